"""Which sessions make one course: as somebody opened it, or as the pauses between them say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from openketamine.core.course._facts import CourseEnded, CourseOpened
from openketamine.core.course._past import Visit
from openketamine.core.course._state import CourseState
from openketamine.core.dosing import protocol, protocols
from openketamine.core.log import Happened

_INDICATION = {"psychiatry": "depression", "pain": "pain"}


@dataclass(frozen=True)
class Course:
    """One course. `opened` None: nobody opened it, its sessions say that it goes on.

    `indication`: depression, pain or both. `primary`: the instrument by which it is judged, empty
    where nobody chose one.
    """

    visits: tuple[Visit, ...]
    protocol_id: str
    indication: str
    primary: str = ""
    opened: Happened[CourseOpened] | None = None
    ended: Happened[CourseEnded] | None = None

    @property
    def start(self) -> datetime | None:
        """When drug was given for the first time in it; None before."""
        return self.visits[0].state.started_at if self.visits else None


def current_course(state: CourseState) -> Course:
    """The course opened last, going on or ended.

    Sessions of which nobody opened a course are one of their own, as far back as the last pause
    that their protocol calls the end of a course.
    """
    opened = state.last(CourseOpened)
    if opened is None:
        return _unopened(state.visits)
    ended = state.end_of(opened.body.course_id)
    first = state.day(opened.at)
    last = None if ended is None else state.day(ended.at)
    since = tuple(one for one in state.visits if first <= one.on)
    later = tuple(one for one in since if last is not None and one.on > last)
    if later:
        return _unopened(later)
    body = opened.body
    return Course(since, body.protocol_id, body.indication, body.primary, opened, ended)


def protocol_of(visit: Visit) -> str:
    """By which protocol a session was opened."""
    return visit.state.opened.protocol_id if visit.state.opened else ""


def _unopened(visits: Sequence[Visit]) -> Course:
    name = protocol_of(visits[-1]) if visits else ""
    known = protocol(name) if name in protocols() else None
    if known is None:
        return Course(tuple(visits), name, "both")
    kept: list[Visit] = []
    for visit in reversed(visits):
        days = (kept[0].on - visit.on).days if kept else 0
        if known.new_course_after is not None and kept and known.new_course_after.met_by(days):
            break
        kept.insert(0, visit)
    return Course(tuple(kept), name, _INDICATION.get(known.area, "both"))
