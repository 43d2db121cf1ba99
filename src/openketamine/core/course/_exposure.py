"""How often and how much, over every session of a person: the flags E1 to E8 and their counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.course._courses import Course, protocol_of
from openketamine.core.course._past import Visit, given_ug
from openketamine.core.course._series import Point
from openketamine.core.course._state import CourseState
from openketamine.core.dosing import (
    Protocol,
    is_within,
    mean_interval,
    of_first_days,
    protocol,
    protocols,
)
from openketamine.core.findings import Action, Source, sources_of
from openketamine.knowledge import Threshold, document, read_threshold


@dataclass(frozen=True)
class Exposed:
    """One flag: what was counted, against which limit, and whether it is raised.

    `count` is None where there is nothing to count yet, as the mean of one interval.
    """

    flag: str
    action: Action
    count: Decimal | None
    says: str
    limit: Threshold
    raised: bool
    of_protocol: str
    sources: tuple[Source, ...]
    evidence: str
    sessions: tuple[date, ...] = ()


@dataclass(frozen=True)
class Total:
    """What was given within so many days (None: ever), in sessions and µg."""

    days: int | None
    sessions: int
    ug: int


def exposure(
    state: CourseState, course: Course, points: Mapping[str, Sequence[Point]], today: date
) -> tuple[Exposed, ...]:
    """Every flag that is counted, raised or not, in the order of the knowledge. What is counted
    since a first session is counted within the course."""
    return tuple(_exposed(node, state, course, points, today) for node in _flags())


def totals(state: CourseState, today: date) -> tuple[Total, ...]:
    """Sessions and drug over a week, a month, half a year, a year, and ever."""
    return tuple(_total(state.visits, today, days) for days in (7, 30, 183, 365, None))


def asked_flags() -> tuple[Mapping[str, Any], ...]:
    """The flags that the rules of the evaluation raise: E6 and E7."""
    return tuple(document("exposure", "flags").body["asked"])


def _exposed(
    node: Mapping[str, Any],
    state: CourseState,
    course: Course,
    points: Mapping[str, Sequence[Point]],
    today: date,
) -> Exposed:
    of_course = node["counts"] in ("first_days", "spacing", "unscored")
    visits = course.visits if of_course else state.visits
    counted = [one for one in visits if _counts(node, one)]
    window = [one for one in counted if is_within(one.on, today, int(node["days"]))]
    limit, own = _limit(node, window)
    count, days = _count(str(node["counts"]), node, state, counted, window, points, today)
    return Exposed(
        flag=str(node["flag"]),
        action=Action(str(node["action"])),
        count=count,
        says=str(node["says"]),
        limit=limit,
        raised=count is not None and limit.met_by(count),
        of_protocol=own,
        sources=sources_of(node["limit"]["sources"]),
        evidence=str(node["limit"]["evidence"]),
        sessions=days,
    )


def _count(
    how: str,
    node: Mapping[str, Any],
    state: CourseState,
    counted: Sequence[Visit],
    window: Sequence[Visit],
    points: Mapping[str, Sequence[Point]],
    today: date,
) -> tuple[Decimal | None, tuple[date, ...]]:
    days = tuple(one.on for one in window)
    if how == "sessions":
        return Decimal(len(window)), days
    if how == "mg":
        return Decimal(sum(given_ug(one.state) for one in window)) / 1000, days
    if how == "first_days":
        first = of_first_days([one.on for one in counted], int(node["days"]))
        return Decimal(len(first)), first
    if how == "spacing":
        return mean_interval([one.on for one in counted], int(node["days"])), ()
    late = tuple(_unscored(state, counted, points, today, int(node["days"])))
    return Decimal(len(late)), late


def _counts(node: Mapping[str, Any], visit: Visit) -> bool:
    known = _protocol(visit)
    for key, value in (("routes", "route"), ("drugs", "drug")):
        if key in node and (known is None or getattr(known, value) not in node[key]):
            return False
    return True


def _limit(node: Mapping[str, Any], window: Sequence[Visit]) -> tuple[Threshold, str]:
    """The house's, or that of the protocol by which all these sessions were."""
    names = {protocol_of(one) for one in window}
    known = _protocol(window[0]) if len(names) == 1 else None
    key = str(node.get("key", ""))
    if known is not None and key in known.exposure:
        return known.exposure[key], known.id
    return read_threshold(node["limit"]), ""


def _unscored(
    state: CourseState,
    counted: Sequence[Visit],
    points: Mapping[str, Sequence[Point]],
    today: date,
    days: int,
) -> Iterable[date]:
    """Sessions after month 1 that no scored form followed in time; the time must be over."""
    hours = int(document("exposure", "flags").body["within"]["value"])
    scored = [one.at for some in points.values() for one in some if one.total is not None]
    for visit in counted:
        start = visit.state.started_at
        if start is None or (visit.on - counted[0].on).days <= days:
            continue
        ends = start + timedelta(hours=hours)
        if state.day(ends) < today and not any(start < at <= ends for at in scored):
            yield visit.on


def _total(visits: Sequence[Visit], today: date, days: int | None) -> Total:
    found = [one for one in visits if days is None or is_within(one.on, today, days)]
    return Total(days, len(found), sum(given_ug(one.state) for one in found))


def _protocol(visit: Visit) -> Protocol | None:
    name = protocol_of(visit)
    return protocol(name) if name in protocols() else None


@cache
def _flags() -> tuple[Mapping[str, Any], ...]:
    return tuple(document("exposure", "flags").body["flags"])
