"""Everything that follows from a course, reckoned once; and the tasks that it asks for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openketamine.core.course._checks import Check, checks
from openketamine.core.course._courses import Course, current_course
from openketamine.core.course._durations import duration
from openketamine.core.course._exposure import Exposed, Total, exposure, totals
from openketamine.core.course._facts import TaskOpened
from openketamine.core.course._history import improvements
from openketamine.core.course._next import REACHED, StopRule, stop_rules
from openketamine.core.course._past import past_sessions
from openketamine.core.course._relapse import MET, Relapse, relapses
from openketamine.core.course._response import (
    Outcome,
    Quadrant,
    outcomes,
    primary,
    quadrant,
    title,
)
from openketamine.core.course._series import Point, series
from openketamine.core.course._state import CourseState
from openketamine.core.course._tasks import tasks
from openketamine.core.course._warning import Warned, warning
from openketamine.core.dosing import protocol, protocols
from openketamine.knowledge import document


@dataclass(frozen=True)
class Summary:
    """A course on one day."""

    course: Course
    points: Mapping[str, Sequence[Point]]
    outcomes: tuple[Outcome, ...]
    primary: Outcome | None
    quadrant: Quadrant
    relapses: tuple[Relapse, ...]
    warning: Warned
    stop: tuple[StopRule, ...]
    exposure: tuple[Exposed, ...]
    totals: tuple[Total, ...]
    checks: tuple[Check, ...]


def summary(state: CourseState, today: date) -> Summary:
    """Reckon all of it."""
    course, points = current_course(state), series(state)
    known = outcomes(state, course, points, today)
    lost = relapses(state, course, points)
    return Summary(
        course=course,
        points=points,
        outcomes=known,
        primary=primary(course, known),
        quadrant=quadrant(course, known),
        relapses=lost,
        warning=warning(state, course, points, lost, today),
        stop=_stop(course, points),
        exposure=exposure(state, course, points, today),
        totals=totals(state, today),
        checks=checks(state, course, points, today),
    )


def wanted_tasks(state: CourseState, found: Summary, now: datetime) -> tuple[TaskOpened, ...]:
    """Tasks that this course asks for and that were never opened.

    Each is named for what it rests on, so that the same thing asks once, and while one of its kind
    and rule is open no second one is.
    """
    every = tasks(state)
    known = {one.task_id for one in every}
    standing = {(one.body.kind, one.body.rule) for one in every if one.is_open}
    wanted = [_opened(one, now) for one in _wanted(found)]
    return tuple(
        one for one in wanted if one.task_id not in known and (one.kind, one.rule) not in standing
    )


@dataclass(frozen=True)
class _Wanted:
    kind: str
    rule: str
    name: str
    says: str
    rests_on: tuple[str, ...]


def _wanted(found: Summary) -> Iterator[_Wanted]:
    """What asks for a task. An ended course is no longer judged; its checks go on."""
    if found.course.ended is None:
        yield from _judged(found)
    for check in found.checks:
        if check.state == "late" and not check.only_if:
            name = f"{check.id}:{check.due_on}"
            yield _Wanted("check_due", check.id, name, f"{check.title}: {check.why}", ())


def _judged(found: Summary) -> Iterator[_Wanted]:
    for one in found.outcomes:
        on_axis = one in (found.quadrant.mood.outcome, found.quadrant.pain.outcome)
        if on_axis and one.change is not None and one.change.worse and one.current is not None:
            said = f"{title(one.instrument)} {one.change.baseline} → {one.change.current}"
            yield _Wanted("worsening", one.instrument, one.current.fact, said, (one.current.fact,))
    met = [one for one in found.relapses if one.verdict == MET]
    if met:
        first = min(met, key=lambda one: one.on or date.max)
        said = f"{first.title} ({first.says})"
        yield _Wanted("relapse", "", first.rests_on[-1], said, first.rests_on)
    for rule in found.stop:
        if rule.rule == "STOP-NO-BENEFIT" and rule.verdict == REACHED:
            said = f"{rule.improvement} % better after {rule.sessions} sessions"
            yield _Wanted("stop_rule", rule.rule, str(found.course.start), said, ())


def _opened(wanted: _Wanted, now: datetime) -> TaskOpened:
    node = _kinds()[wanted.kind]
    return TaskOpened(
        task_id=f"{wanted.kind}:{wanted.name}",
        kind=wanted.kind,
        summary=f"{node['summary']}: {wanted.says}",
        due_at=now + duration(node["within"]),
        roles=tuple(str(one) for one in node["roles"]),
        rule=wanted.rule,
        level=str(node["level"]),
        rests_on=wanted.rests_on,
        sources=tuple(dict(one) for one in node["within"]["sources"]),
    )


def _kinds() -> Mapping[str, Mapping[str, Any]]:
    return {str(one["kind"]): one for one in document("tasks", "course").body["tasks"]}


def _stop(course: Course, points: Mapping[str, Sequence[Point]]) -> tuple[StopRule, ...]:
    if course.protocol_id not in protocols() or not course.visits:
        return ()
    past = past_sessions(course.visits, improvements(course, points))
    return stop_rules(protocol(course.protocol_id), past)
