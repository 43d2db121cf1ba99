"""A person's record as the person page shows it: what holds now first, what is past after it."""

from dataclasses import dataclass
from datetime import date

from openketamine.clinic.patients.banner import AllergyLine, allergy_line, clinic_date
from openketamine.core.history import Measurement, PersonRecord, latest
from openketamine.core.quantities import format_number

_SIGNALS = {
    "weight": "Weight",
    "height": "Height",
    "systolic": "Systolic blood pressure",
    "diastolic": "Diastolic blood pressure",
    "heart_rate": "Heart rate",
    "spo2": "SpO₂",
    "respiratory_rate": "Respiratory rate",
    "temperature": "Temperature",
}
_UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "/min": "/min"}


@dataclass(frozen=True)
class Line:
    """One entry: what, a word about its state, and a date."""

    text: str
    state: str
    on: str
    more: str = ""
    value: str = ""


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
    procedures: tuple[Line, ...]
    answers: tuple[Line, ...]


def chart_of(record: PersonRecord, today: date) -> Chart:
    """The chart of one record."""
    conditions = [
        (c.current, Line(c.text, c.status, _on(c.onset or c.recorded)))
        for c in record.conditions
        if c.holds
    ]
    medicines = [
        (m.current, Line(m.text, m.status, _on(m.since), _daily(m.daily_mg)))
        for m in record.medicines
    ]
    return Chart(
        conditions=tuple(line for now, line in conditions if now),
        past_conditions=tuple(line for now, line in conditions if not now),
        medicines=tuple(line for now, line in medicines if now),
        past_medicines=tuple(line for now, line in medicines if not now),
        allergies=allergy_line(record.allergies),
        allergy_entries=tuple(
            Line(
                a.text, a.criticality and f"{a.criticality} criticality", "", ", ".join(a.reactions)
            )
            for a in record.allergies.entries
        ),
        measurements=_measurements(record, today),
        procedures=tuple(
            Line(p.text, p.status, _on(p.performed))
            for p in sorted(record.procedures, key=lambda p: p.performed or date.min, reverse=True)
        ),
        answers=tuple(
            Line(_asked(a.question), "", clinic_date(a.at.date()), a.by, a.value.capitalize())
            for a in sorted(record.answers, key=lambda a: a.at, reverse=True)
        ),
    )


def _measurements(record: PersonRecord, today: date) -> tuple[Line, ...]:
    """The newest of each signal; a signal that was never measured is said to be so for weight."""
    found = ((name, latest(record, signal, today)) for signal, name in _SIGNALS.items())
    lines = [Line(name, "", clinic_date(m.taken), value=_amount(m)) for name, m in found if m]
    if latest(record, "weight", today) is None:
        lines.insert(0, Line("Weight", "", "", value="Not known"))
    return tuple(lines)


def _amount(measured: Measurement) -> str:
    """`70 kg`."""
    return f"{format_number(measured.value, 1)} {_UNITS.get(measured.unit, measured.unit)}"


def _asked(question: str) -> str:
    """`off-label-consent` → `Off label consent`."""
    return question.replace("-", " ").capitalize()


def _daily(milligrams: object) -> str:
    return "" if milligrams is None else f"{milligrams:f} mg a day"


def _on(day: date | None) -> str:
    return "" if day is None else clinic_date(day)
