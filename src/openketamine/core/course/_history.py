"""The sessions before, as the next dose depends on them, with what every score after them said."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from openketamine.core.course._courses import Course, protocol_of
from openketamine.core.course._facts import CourseEnded, CourseOpened
from openketamine.core.course._past import Visit, past_sessions
from openketamine.core.course._relapse import relief_days
from openketamine.core.course._response import compared, instruments_of
from openketamine.core.course._series import Point, baseline, between, series
from openketamine.core.course._state import CourseState
from openketamine.core.dosing import PastSession, protocol, protocols


def history(
    state: CourseState, protocol_id: str, on: date | None = None
) -> tuple[PastSession, ...]:
    """Every session of one protocol, oldest first, for `dosing.propose` on a day.

    The improvement after a session is that of the last score before the next session: of the first
    instrument of the protocol's own axis that has a score before session 1. A pause that ends a
    course begins another, with a score before it of its own; so does a course that is opened.
    """
    points = series(state)
    courses = courses_of(state, protocol_id)
    ends = [*(one[0].state.started_at for one in courses[1:]), None]
    found: list[PastSession] = []
    for course, end in zip(courses, ends, strict=False):
        past = past_sessions(course, _improvements(course, points, until=end))
        last = replace(_with_relief(past[-1], course, points, end), last_of_course=True)
        found += [*past[:-1], last]
    # The newest course is over only where somebody ended it, or opened another, since.
    if found and not (on is not None and _parted(state, found[-1].on, on)):
        found[-1] = replace(found[-1], last_of_course=False)
    return tuple(found)


def _with_relief(
    last: PastSession,
    visits: Sequence[Visit],
    points: Mapping[str, Sequence[Point]],
    until: datetime | None,
) -> PastSession:
    """How long pain stayed away after the last session of a course, where somebody asked."""
    name = _instrument("pain", points, visits[0].state.started_at)
    if name is None:
        return last
    return replace(last, relief_days=relief_days(visits, name, points[name], until))


def improvements(
    course: Course, points: Mapping[str, Sequence[Point]]
) -> tuple[Decimal | None, ...]:
    """For each session of a course the improvement after it, in per cent; None: nobody knows."""
    return tuple(_improvements(course.visits, points, _axis_of(course)))


def courses_of(state: CourseState, protocol_id: str) -> list[tuple[Visit, ...]]:
    """The sessions of one protocol, a tuple a course: as somebody opened and ended them, and as
    the pauses say that the protocol calls the end of one."""
    pause = protocol(protocol_id).new_course_after if protocol_id in protocols() else None
    courses: list[list[Visit]] = []
    for visit in state.visits:
        if protocol_of(visit) != protocol_id:
            continue
        before = courses[-1][-1].on if courses else None
        paused = before is not None and pause is not None and pause.met_by((visit.on - before).days)
        if before is None or paused or _parted(state, before, visit.on):
            courses.append([])
        courses[-1].append(visit)
    return [tuple(one) for one in courses]


def _parted(state: CourseState, before: date, after: date) -> bool:
    """Whether a course was opened or ended between two sessions. The day of an opening belongs to
    the new course, that of an end to the old one."""
    opened = any(before < state.day(one.at) <= after for one in state.all(CourseOpened))
    return opened or any(before <= state.day(one.at) < after for one in state.all(CourseEnded))


def _axis_of(course: Course) -> str:
    return "pain" if course.indication == "pain" else "mood"


def _improvements(
    visits: Sequence[Visit],
    points: Mapping[str, Sequence[Point]],
    axis: str = "",
    until: datetime | None = None,
) -> list[Decimal | None]:
    if not visits:
        return []
    name = protocol_of(visits[0])
    area = protocol(name).area if name in protocols() else ""
    starts = [one.state.started_at for one in visits if one.state.started_at is not None]
    chosen = _instrument(axis or ("pain" if area == "pain" else "mood"), points, starts[0])
    if chosen is None:
        return [None] * len(visits)
    first = baseline(points[chosen], starts[0])
    ends: list[datetime | None] = [*starts[1:], until]
    return [
        _percent(chosen, first, points[chosen], start, end)
        for start, end in zip(starts, ends, strict=True)
    ]


def _instrument(
    axis: str, points: Mapping[str, Sequence[Point]], start: datetime | None
) -> str | None:
    here = (name for name in instruments_of(axis) if name in points)
    return next((name for name in here if baseline(points[name], start) is not None), None)


def _percent(
    name: str, first: Point | None, points: Sequence[Point], start: datetime, end: datetime | None
) -> Decimal | None:
    after = between(points, start, end)
    found, _ = compared(name, first, after[-1]) if after else (None, ())
    return found.percent if found else None
