"""People without anything that says who they are: what a research export may hold. Pure.

After the safe harbour rule: no name, number, place or free words; of dates the year of the first
session only, everything else as days since it; ages over 89 as one group; an id that was drawn for
this export, is derived from nothing and is kept nowhere. With `dates="shifted"` each person's days
are moved by a number of their own instead: easier to use, and no longer safe harbour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from openketamine.clinic.results.expected import check_ins
from openketamine.core.course import (
    CourseState,
    Visit,
    current_course,
    measures,
    protocol_of,
    series,
)
from openketamine.core.dosing import protocol, protocols
from openketamine.core.treatment import AdverseEventCharted
from openketamine.knowledge import document

YEARS, SHIFTED = "years", "shifted"
DATES = (YEARS, SHIFTED)
_LONGEST_SHIFT = 365
_OTHER = "other"
_REASONS = frozenset(
    {"complete", "no_benefit", "side_effects", "wish", "moved", "lost", "died", "other"}
)


@dataclass(frozen=True)
class Known:
    """One person as the clinic knows them; this never leaves it."""

    birth_date: date | None
    sex: str
    state: CourseState


@dataclass(frozen=True)
class Dose:
    """One session. `day`: since the first; `dose_mg`: what was given in all."""

    day: int
    number: int
    drug: str
    route: str
    dose_mg: float
    events: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Scored:
    """One instrument, filled in. `day` is negative before the first session; on that day itself
    `before` says whether it was before the drug, and so a score to start from."""

    day: int
    before: bool
    instrument: str
    version: str
    total: float | None
    unanswered: int
    where: str


@dataclass(frozen=True)
class Nobody:
    """One person of an export. `age` in whole years at the first session; None: not known."""

    id: str
    sex: str
    age: int | None
    age_is_or_more: bool
    protocol: str
    indication: str
    first_year: int
    first_day: date | None
    ended: str
    doses: tuple[Dose, ...]
    scores: tuple[Scored, ...]
    check_ins: tuple[tuple[int, str], ...]


def deidentified(people: Iterable[Known], dates: str, chance: Random) -> list[Nobody]:
    """Those who had a session, in an order that says nothing. `chance`: the system's own, so that
    nobody can draw the same ids again."""
    found = [one for known in people if (one := _nobody(known, dates, chance)) is not None]
    chance.shuffle(found)
    return found


def small_cells(people: Sequence[Nobody]) -> tuple[tuple[str, int], ...]:
    """Groups by protocol, sex and ten years of age that hold fewer people than is wise."""
    counted: dict[str, int] = {}
    for one in people:
        decade = "age not known" if one.age is None else f"{one.age // 10 * 10}s"
        name = f"{one.protocol}, {one.sex}, {decade}"
        counted[name] = counted.get(name, 0) + 1
    limit = measures().smallest_cell
    return tuple((name, count) for name, count in sorted(counted.items()) if limit.met_by(count))


def _nobody(known: Known, dates: str, chance: Random) -> Nobody | None:
    course = current_course(known.state)
    if course.start is None:
        return None
    first = known.state.day(course.start)
    moved = timedelta(days=chance.randint(1, _LONGEST_SHIFT)) if dates == SHIFTED else None
    shown = None if moved is None else first - moved
    age, or_more = _age(known.birth_date, first)
    return Nobody(
        id=f"{chance.getrandbits(64):016x}",
        sex=known.sex if known.sex in ("female", "male", "other") else "unknown",
        age=age,
        age_is_or_more=or_more,
        protocol=course.protocol_id if course.protocol_id in protocols() else _OTHER,
        indication=course.indication,
        first_year=(shown or first).year,
        first_day=shown,
        ended=_reason(course.ended.body.reason) if course.ended else "",
        doses=tuple(_doses(course.visits, first)),
        scores=tuple(_scores(known.state, course.start)),
        check_ins=tuple(
            ((date.fromisoformat(one.on) - first).days, one.end)
            for one in check_ins(known.state, course)
        ),
    )


def _age(born: date | None, on: date) -> tuple[int | None, bool]:
    """Whole years; everybody beyond the oldest that may be named is one group."""
    if born is None:
        return None, False
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    oldest = measures().oldest_age
    return (int(oldest.value) + 1, True) if oldest.met_by(age) else (age, False)


def _doses(visits: Sequence[Visit], first: date) -> Iterable[Dose]:
    for number, visit in enumerate(visits, 1):
        name = protocol_of(visit)
        known = protocol(name) if name in protocols() else None
        yield Dose(
            day=(visit.on - first).days,
            number=number,
            drug=known.drug if known else _OTHER,
            route=known.route if known else _OTHER,
            dose_mg=_given_mg(visit),
            events=tuple(
                (_word(one.body.event), one.body.severity)
                for one in visit.state.all(AdverseEventCharted)
            ),
        )


def _given_mg(visit: Visit) -> float:
    last = max(fact.at for fact in visit.state.facts)
    pumped = int(visit.state.infusion.given_ug(last)) if visit.state.infusion else 0
    by_hand = visit.state.doses.given_ug if visit.state.doses else 0
    return (pumped + by_hand) / 1000


def _scores(state: CourseState, start: datetime) -> Iterable[Scored]:
    first = state.day(start)
    points = sorted((one for some in series(state).values() for one in some), key=lambda p: p.at)
    for one in points:
        yield Scored(
            day=(state.day(one.at) - first).days,
            before=one.at < start,
            instrument=one.instrument,
            version=one.version,
            total=None if one.total is None else float(one.total),
            unanswered=one.unanswered,
            where=one.where,
        )


def _word(event: str) -> str:
    words = document("measures", "clinic-results").body["event_words"]
    return event if event in words else _OTHER


def _reason(reason: str) -> str:
    return reason if reason in _REASONS else _OTHER
