"""Whether a response was lost, as each study would say.

The definitions stand side by side and none wins. Only a person in whom a response was seen can
relapse; where nobody knows whether there was one, nothing is said. What warns before: `_warning`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.course._courses import Course
from openketamine.core.course._facts import EventRecorded
from openketamine.core.course._past import Visit
from openketamine.core.course._response import NOT_EVALUABLE, compared, title
from openketamine.core.course._series import Point, baseline, between
from openketamine.core.course._state import CourseState
from openketamine.core.findings import Source, sources_of
from openketamine.knowledge import document, read_threshold

MET, NOT_MET, NO_RESPONSE = "met", "not met", "no response seen"


@dataclass(frozen=True)
class Relapse:
    """One definition held against one person.

    `verdict`: met, not met, no response seen, or not evaluable. `half`: the last score would be a
    relapse if the next is like it. `on`: the day on which it was first met.
    """

    definition: str
    title: str
    verdict: str
    sources: tuple[Source, ...]
    evidence: str
    says: str = ""
    on: date | None = None
    half: bool = False
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """One instrument over one course: baseline, points since, and the first with a response."""

    name: str
    first: Point | None
    since: tuple[Point, ...]
    responded: int | None

    @property
    def after(self) -> tuple[Point, ...]:
        """The response, and what followed."""
        return () if self.responded is None else self.since[self.responded :]


def relapses(
    state: CourseState, course: Course, points: Mapping[str, Sequence[Point]]
) -> tuple[Relapse, ...]:
    """Every definition of the knowledge, in its order."""
    seen = {name: seen_of(name, course, some) for name, some in points.items()}
    return tuple(_judged(node, state, seen) for node in _definitions())


def seen_of(name: str, course: Course, points: Sequence[Point]) -> Seen:
    """One instrument as this course has it."""
    first = baseline(points, course.start)
    since = between(points, course.start) if course.start else ()
    found = (place for place, one in enumerate(since) if _is_response(name, first, one))
    return Seen(name, first, since, next(found, None))


def _is_response(name: str, first: Point | None, one: Point) -> bool:
    found, _ = compared(name, first, one)
    return found is not None and found.verdict == "response"


def _judged(node: Mapping[str, Any], state: CourseState, seen: Mapping[str, Seen]) -> Relapse:
    cited = node.get("score") or node.get("share") or node
    bare = Relapse(
        definition=str(node["definition"]),
        title=str(node["title"]),
        verdict=NOT_EVALUABLE,
        sources=sources_of(cited["sources"]),
        evidence=str(cited["evidence"]),
    )
    if node["method"] == "event":
        return _by_event(bare, node, state, seen)
    one = seen.get(str(node["instrument"]))
    if one is None or one.first is None:
        return _with(bare, says=f"no {title(str(node['instrument']))} before session 1")
    if not one.since:
        return _with(bare, says=f"no {title(one.name)} since session 1")
    if one.responded is None:
        return _with(bare, verdict=NO_RESPONSE)
    methods: Mapping[str, Callable[[Relapse, Mapping[str, Any], Seen, CourseState], Relapse]] = {
        "consecutive": _consecutive,
        "lost": _lost,
        "back": _back,
    }
    return methods[str(node["method"])](bare, node, one, state)


def _consecutive(bare: Relapse, node: Mapping[str, Any], one: Seen, state: CourseState) -> Relapse:
    """So many scores one after the other; too close together or too far apart do not count."""
    limit, times = read_threshold(node["score"]), int(node["times"])
    low, high = node.get("apart", (0, None))
    run: list[Point] = []
    for point in one.after:
        if not limit.met_by(point.total or 0):
            run = []
            continue
        if run and high is not None and (state.day(point.at) - state.day(run[-1].at)).days > high:
            run = []
        if not run or (state.day(point.at) - state.day(run[-1].at)).days >= low:
            run.append(point)
        if len(run) >= times:
            return _hit(bare, run, state, " and ".join(f"{found.total}" for found in run))
    return _with(bare, verdict=NOT_MET, half=bool(run), rests_on=tuple(p.fact for p in run))


def _lost(bare: Relapse, node: Mapping[str, Any], one: Seen, state: CourseState) -> Relapse:
    """A share of what was gained since before the course, at its best so far, is gone."""
    limit, start = read_threshold(node["share"]), total_of(one.first)
    best = one.after[0]
    for point in one.after:
        gained = start - total_of(best)
        if gained > 0 and limit.met_by(100 * (total_of(point) - total_of(best)) / gained):
            said = f"from {start} to {best.total} and back to {point.total}"
            return _hit(bare, (best, point), state, said)
        best = min((best, point), key=total_of)
    return _with(bare, verdict=NOT_MET)


def _back(bare: Relapse, node: Mapping[str, Any], one: Seen, state: CourseState) -> Relapse:
    limit, start = read_threshold(node["share"]), total_of(one.first)
    for point in one.after:
        if start and limit.met_by(100 * total_of(point) / start):
            return _hit(bare, (point,), state, f"{point.total} of {start} before")
    return _with(bare, verdict=NOT_MET)


def _by_event(
    bare: Relapse,
    node: Mapping[str, Any],
    state: CourseState,
    seen: Mapping[str, Seen],
) -> Relapse:
    responses = [one.after[0].at for one in seen.values() if one.responded is not None]
    if not responses:
        known = any(one.first is not None and one.since for one in seen.values())
        return _with(bare, verdict=NO_RESPONSE if known else NOT_EVALUABLE)
    since = min(responses)
    for one in state.all(EventRecorded):
        if one.body.kind in node["events"] and one.at >= since:
            said = one.body.kind.replace("_", " ")
            on = state.day(one.at)
            return _with(bare, verdict=MET, says=said, on=on, rests_on=(one.fact.id,))
    return _with(bare, verdict=NOT_MET)


def _hit(bare: Relapse, points: Sequence[Point], state: CourseState, said: str) -> Relapse:
    rests_on = tuple(one.fact for one in points)
    return _with(bare, verdict=MET, says=said, on=state.day(points[-1].at), rests_on=rests_on)


def _with(bare: Relapse, **said: Any) -> Relapse:
    return replace(bare, **said)


def total_of(point: Point | None) -> Decimal:
    """Its number; nothing counts as 0."""
    return Decimal(point.total) if point is not None and point.total is not None else Decimal(0)


@cache
def _definitions() -> tuple[Mapping[str, Any], ...]:
    return tuple(document("relapse", "definitions").body["definitions"])


def first_response(name: str, course: Course, points: Sequence[Point]) -> Point | None:
    """The score at which a response was first seen in this course; None where none was."""
    after = seen_of(name, course, points).after
    return after[0] if after else None


def relief_days(
    visits: Sequence[Visit], name: str, points: Sequence[Point], until: datetime | None
) -> int | None:
    """Days from the last of these sessions until pain was back; so far, where it is not back.

    None: not known, because no score was taken before or after.
    """
    node = next((n for n in _definitions() if n.get("instrument") == name), None)
    starts = [one.state.started_at for one in visits if one.state.started_at is not None]
    if node is None or node["method"] != "back" or not starts:
        return None
    limit, start = read_threshold(node["share"]), total_of(baseline(points, starts[0]))
    after = between(points, starts[-1], until)
    if not after or not start:
        return None
    back = next((one for one in after if limit.met_by(100 * total_of(one) / start)), None)
    return ((back or after[-1]).at - starts[-1]).days
