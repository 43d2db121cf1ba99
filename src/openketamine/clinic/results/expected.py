"""Check-ins of one course: which were expected, and how each of them ended. Pure.

Whom no message could reach was expected to answer all the same: a check-in of which nothing is
known but that it is missing counts as one, or who has no address would look like nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from openketamine.core.course import Course, CourseState, facts

FINISHED, OPEN = "finished", "open"


@dataclass(frozen=True)
class CheckIn:
    """One of them. `on`: the day on which a message was first tried, or on which it was over where
    none was, ISO. `end`: finished, open, or the cause why it is missing."""

    on: str
    end: str


def check_ins(state: CourseState, course: Course) -> tuple[CheckIn, ...]:
    """Since the course was opened; where nobody opened it, since its first session."""
    since = course.opened.at if course.opened else course.start
    ends = dict(_ends(state))
    return tuple(
        CheckIn(state.day(at).isoformat(), ends.get(name, OPEN))
        for name, at in _first_named(state).items()
        if since is not None and at >= since
    )


def _first_named(state: CourseState) -> dict[str, datetime]:
    """Check-in → when the log speaks of it for the first time, in that order."""
    told = [
        *((one.at, one.body.check_in) for one in state.all(facts.CheckInInvited)),
        *((one.at, one.body.check_in) for one in state.all(facts.CheckInUndelivered)),
        *((one.at, one.body.check_in) for one in state.all(facts.CheckInFinished)),
        *((one.at, one.body.check_in) for one in state.all(facts.CheckInMissed)),
    ]
    found: dict[str, datetime] = {}
    for at, name in sorted(told):
        found.setdefault(name, at)
    return found


def _ends(state: CourseState) -> Iterator[tuple[str, str]]:
    """What was finished counts, whatever was written of it before."""
    yield from ((one.body.check_in, one.body.cause) for one in state.all(facts.CheckInMissed))
    yield from ((one.body.check_in, FINISHED) for one in state.all(facts.CheckInFinished))
