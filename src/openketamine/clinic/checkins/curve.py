"""The person's own curve: mood and pain, each a picture with the same numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from openketamine.core.course import CourseState, Point, series
from openketamine.core.scoring import instrument

_WANTED = (
    ("phq-9", "Mood", "PHQ-9, 0 is best, 27 is worst", 27),
    ("peg", "Pain in daily life", "PEG, 0 is best, 10 is worst", 10),
    ("nrs-pain", "Pain", "0 is no pain, 10 is the worst", 10),
)
_WIDTH, _HEIGHT, _EDGE = 320, 140, 14


@dataclass(frozen=True)
class Dot:
    """One answer in the picture, and the session that it stands after."""

    x: float
    y: float
    at: datetime
    score: str
    band: str


@dataclass(frozen=True)
class Curve:
    """One instrument over time. `sessions`: where treatments were, as x."""

    id: str
    title: str
    says: str
    dots: tuple[Dot, ...]
    sessions: tuple[float, ...]
    line: str
    width: int = _WIDTH
    height: int = _HEIGHT


def curve_of(state: CourseState) -> list[Curve]:
    """What the person answered, instrument by instrument; nothing is filled in between or ahead."""
    found = series(state)
    sessions = [one.state.started_at for one in state.visits if one.state.started_at]
    curves = []
    for name, title, says, worst in _WANTED:
        points = [one for one in found.get(name, ()) if one.total is not None]
        if points:
            curves.append(_curve(name, (title, says, worst), points, sessions))
    return curves


def _curve(
    name: str, words: tuple[str, str, int], points: Sequence[Point], sessions: Sequence[datetime]
) -> Curve:
    title, says, worst = words
    moments = [one.at for one in points] + list(sessions)
    first, last = min(moments), max(moments)
    long = max((last - first).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        share = (at - first).total_seconds() / long
        return round(_EDGE + share * (_WIDTH - 2 * _EDGE), 1)

    def y(score: float) -> float:
        # Better is up, as a person reads a curve of how they are.
        return round(_EDGE + score / worst * (_HEIGHT - 2 * _EDGE), 1)

    dots = tuple(
        Dot(
            x(one.at),
            y(float(one.total or 0)),
            timezone.localtime(one.at),
            str(one.total),
            one.band,
        )
        for one in points
    )
    line = " ".join(f"{one.x},{one.y}" for one in dots)
    assert instrument(name)  # noqa: S101  (the table above names what exists)
    return Curve(name, title, says, dots, tuple(map(x, sessions)), line)
