"""The sessions of a person as the course page shows them: dose, peaks, what went wrong, scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from openketamine.clinic.outcomes.levels import Peak, peak_level
from openketamine.clinic.patients.banner import clinic_date
from openketamine.core.course import (
    Course,
    CourseState,
    Point,
    Visit,
    improvements,
    past_sessions,
    protocol_of,
)
from openketamine.core.dosing import (
    UNKNOWN,
    PastSession,
    protocol,
    protocols,
    strictest_verdict,
    tolerability,
)
from openketamine.core.quantities import format_number
from openketamine.core.treatment import AdverseEventCharted


@dataclass(frozen=True)
class SessionRow:
    """One session. What nobody wrote down is empty and shown as "not known"."""

    number: int
    session_id: str
    on: date
    day: str
    protocol: str
    in_course: bool
    mg: float
    dose: str
    per_kg: str
    systolic: float | None
    diastolic: float | None
    pressure: str
    spo2: str
    moaas: str
    side_effects: tuple[str, ...]
    better: str
    level: Peak | None = None
    tolerated: str = ""


def session_rows(
    state: CourseState, course: Course, points: Mapping[str, Sequence[Point]]
) -> list[SessionRow]:
    """Every session in which drug was given, numbered over the person's whole life here."""
    found = zip(course.visits, improvements(course, points), strict=True)
    better = {visit.session: percent for visit, percent in found}
    visits = state.visits
    every = past_sessions(visits, [better.get(one.session) for one in visits])
    return [
        _row(number, visit, past, in_course=visit.session in better)
        for number, (visit, past) in enumerate(zip(visits, every, strict=True), start=1)
    ]


def _row(number: int, visit: Visit, past: PastSession, *, in_course: bool) -> SessionRow:
    name = protocol_of(visit)
    mg = Decimal(past.dose_ug or 0) / 1000
    per_kg = past.dose_ug_per_kg
    return SessionRow(
        number=number,
        session_id=visit.session,
        on=visit.on,
        day=clinic_date(visit.on),
        protocol=protocol(name).title if name in protocols() else name,
        in_course=in_course,
        mg=float(mg),
        dose=f"{format_number(mg)} mg",
        per_kg="" if per_kg is None else f"{format_number(Decimal(per_kg) / 1000, 2)} mg/kg",
        systolic=_float(past.peak_systolic),
        diastolic=_float(past.peak_diastolic),
        pressure=_pressure(past),
        spo2=_shown(past.lowest_spo2, " %"),
        moaas=_shown(past.lowest_moaas),
        side_effects=tuple(_events(visit)),
        better=_better(past.improvement_percent),
        level=peak_level(visit),
        tolerated=_verdict(name, past),
    )


def _verdict(name: str, past: PastSession) -> str:
    """The strictest answer of the session."""
    if name not in protocols():
        return UNKNOWN
    return strictest_verdict({one.verdict for one in tolerability(protocol(name), past)})


def _events(visit: Visit) -> list[str]:
    return [
        f"{one.body.event.replace('_', ' ')}, grade {one.body.severity}"
        for one in visit.state.all(AdverseEventCharted)
    ]


def _pressure(past: PastSession) -> str:
    if past.peak_systolic is None or past.peak_diastolic is None:
        return ""
    peak = f"{past.peak_systolic:.0f}/{past.peak_diastolic:.0f}"
    if past.baseline_systolic is None or past.baseline_diastolic is None:
        return peak
    return f"{peak} from {past.baseline_systolic:.0f}/{past.baseline_diastolic:.0f}"


def _better(percent: Decimal | None) -> str:
    if percent is None:
        return ""
    return f"{format_number(abs(percent), 0)} % {'better' if percent >= 0 else 'worse'}"


def _shown(value: Decimal | int | None, unit: str = "") -> str:
    return "" if value is None else f"{format_number(Decimal(value))}{unit}"


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
