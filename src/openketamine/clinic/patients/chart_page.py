"""A person's record as the person page shows it: what holds now first, what is past after it."""

from dataclasses import dataclass
from datetime import date

from openketamine.clinic.patients.banner import AllergyLine, allergy_line, clinic_date
from openketamine.clinic.patients.fact_lines import (
    amount,
    anchor_of,
    question_name,
    signal_name,
)
from openketamine.core.history import Allergies, Condition, Medicine, PersonRecord, latest

_FIRST = ("weight", "height", "systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate")
_EARLIER = 5


@dataclass(frozen=True)
class Line:
    """One entry: what, a word about its state, and a date. `anchor`: where a finding points."""

    text: str
    state: str
    on: str
    more: str = ""
    value: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Chart:
    """The sections of the page."""

    conditions: tuple[Line, ...]
    past_conditions: tuple[Line, ...]
    medicines: tuple[Line, ...]
    past_medicines: tuple[Line, ...]
    allergies: AllergyLine
    allergy_entries: tuple[Line, ...]
    measurements: tuple[Line, ...]
    earlier: tuple[Line, ...]
    family: tuple[Line, ...]
    not_understood: tuple[Line, ...]
    procedures: tuple[Line, ...]
    answers: tuple[Line, ...]


def chart_of(record: PersonRecord, today: date) -> Chart:
    """The chart of one record."""
    conditions = [(c.current, _condition(c)) for c in record.conditions if c.holds]
    medicines = [(m.current, _medicine(m)) for m in record.medicines]
    newest, earlier = _measurements(record, today)
    return Chart(
        conditions=tuple(line for now, line in conditions if now),
        past_conditions=tuple(line for now, line in conditions if not now),
        medicines=tuple(line for now, line in medicines if now),
        past_medicines=tuple(line for now, line in medicines if not now),
        allergies=allergy_line(record.allergies),
        allergy_entries=_allergies(record.allergies),
        measurements=newest,
        earlier=earlier,
        family=tuple(
            Line(f.text, f.relation, "", anchor=anchor_of(f.resource)) for f in record.family
        ),
        not_understood=tuple(
            Line(name, "", "", why, anchor=anchor_of(name))
            for name, why in record.report.not_understood
        ),
        procedures=tuple(
            Line(p.text, p.status, _on(p.performed), anchor=anchor_of(p.resource))
            for p in sorted(record.procedures, key=lambda p: p.performed or date.min, reverse=True)
        ),
        answers=_answers(record),
    )


def _condition(one: Condition) -> Line:
    when = _on(one.onset or one.recorded)
    return Line(one.text, one.status, when, anchor=anchor_of(one.resource))


def _medicine(one: Medicine) -> Line:
    daily = _daily(one.daily_mg)
    return Line(one.text, one.status, _on(one.since), daily, anchor=anchor_of(one.resource))


def _allergies(known: Allergies) -> tuple[Line, ...]:
    return tuple(
        Line(
            one.text,
            one.criticality and f"{one.criticality} criticality",
            "",
            ", ".join(one.reactions),
            anchor=anchor_of(one.resource),
        )
        for one in known.entries
    )


def _answers(record: PersonRecord) -> tuple[Line, ...]:
    """What was asked, newest first; the newest of each question is where a finding points."""
    lines: list[Line] = []
    pointed: set[str] = set()
    for one in sorted(record.answers, key=lambda one: one.at, reverse=True):
        place = anchor_of(one.resource or f"answer/{one.question}")
        anchor = "" if place in pointed else place
        pointed.add(place)
        said, by = one.value.capitalize(), one.by or "in the record"
        lines.append(
            Line(question_name(one.question), "", clinic_date(one.at.date()), by, said, anchor)
        )
    return tuple(lines)


def _measurements(record: PersonRecord, today: date) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """The newest of each signal, and some before it; a weight that was never taken is said so.

    Two numbers of one entry, as of a pressure, are one place to point at.
    """
    newest: list[Line] = []
    earlier: list[Line] = []
    pointed: set[str] = set()
    if latest(record, "weight", today) is None:
        newest.append(Line("Weight", "", "", value="Not known"))
    for signal in sorted(record.series, key=_in_order):
        taken = [one for one in record.series[signal] if one.taken <= today][::-1]
        for place, one in enumerate(taken[: _EARLIER + 1]):
            anchor = "" if one.resource in pointed else anchor_of(one.resource)
            pointed.add(one.resource)
            line = Line(
                signal_name(signal), "", clinic_date(one.taken), value=amount(one), anchor=anchor
            )
            (earlier if place else newest).append(line)
    return tuple(newest), tuple(earlier)


def _in_order(signal: str) -> tuple[int, str]:
    return (_FIRST.index(signal) if signal in _FIRST else len(_FIRST), signal)


def _daily(milligrams: object) -> str:
    return "" if milligrams is None else f"{milligrams:f} mg a day"


def _on(day: date | None) -> str:
    return "" if day is None else clinic_date(day)
