"""Who appears in the demonstration, and what they answer when asked. All of them are invented."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

_PEOPLE = Path(__file__).parent / "people"
_DAYS_AGO = re.compile(rb"@today-(\d+)")

_ANSWERS = {
    "antidepressant-trials": "two or more",
    "off-label-consent": "given",
    "capacity": "yes",
    "psychosis": "never",
    "family-psychosis": "no",
    "mania": "never",
    "suicidality": "no acute risk",
    "pregnancy": "not pregnant",
    "contraception": "reliable",
    "breastfeeding": "no",
    "pressure-hazard": "no",
    "thyroid-control": "treated and stable",
    "liver-tests": "within the limits",
    "other-ketamine": "no",
    "escort": "confirmed",
    "drug-screen": "nothing unexpected",
    "intoxication": "sober",
    "alcohol": "none",
    "cannabis": "none",
    "same-day-anaesthetic": "no",
}


@dataclass(frozen=True)
class Patient:
    """One invented person: a bundle, answers, and the vital signs that their monitor shows."""

    bundle: str
    pressure: str = "118/74"
    phq9: tuple[int, ...] = (2, 3, 2, 2, 1, 2, 2, 1, 0)
    baseline: dict[str, float] = field(default_factory=dict)

    @property
    def answers(self) -> dict[str, str]:
        """What they say when asked before a treatment."""
        return {"blood-pressure-today": self.pressure, **_ANSWERS}


@dataclass(frozen=True)
class Scene:
    """Who is where when the demonstration opens."""

    infusing: Patient
    recovering: Patient
    waiting: Patient


_SCENES = (
    Scene(
        infusing=Patient("tobias-lindgren", "124/78", (2, 2, 3, 3, 2, 2, 2, 1, 0)),
        recovering=Patient("ayesha-karim", "122/76", (1, 2, 2, 2, 1, 1, 2, 0, 0)),
        waiting=Patient("maren-holt", "118/74"),
    ),
    Scene(
        infusing=Patient("paul-ferreira", "128/80", (3, 3, 2, 2, 2, 3, 2, 1, 0)),
        recovering=Patient("ingrid-moser", "120/76", (2, 1, 2, 2, 1, 1, 1, 0, 0)),
        waiting=Patient("naledi-dube", "116/72", (2, 2, 2, 3, 1, 2, 1, 1, 0)),
    ),
)


def scene(number: int) -> Scene:
    """The cast of the scene with this number, from 0: they take turns."""
    return _SCENES[number % len(_SCENES)]


def bundles(today: date) -> list[bytes]:
    """Everybody's FHIR bundle. `@today-6` in a file is the day six days ago, so that a weight is
    as recent as the story needs on any day."""
    return [_dated(path.read_bytes(), today) for path in sorted(_PEOPLE.glob("*.json"))]


def bundle(name: str, today: date) -> bytes:
    """One person's bundle."""
    return _dated((_PEOPLE / f"{name}.json").read_bytes(), today)


def _dated(raw: bytes, today: date) -> bytes:
    def day(found: re.Match[bytes]) -> bytes:
        return (today - timedelta(days=int(found[1]))).isoformat().encode()

    return _DAYS_AGO.sub(day, raw)
