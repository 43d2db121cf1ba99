"""A person's course: what is true between the sessions, beside the sessions themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from openketamine.core.course._codec import reads
from openketamine.core.course._facts import Body, CourseEnded, CourseOpened, Fact
from openketamine.core.course._past import Visit
from openketamine.core.log import Happened, Log, in_order


@dataclass(frozen=True)
class CourseState(Log[Body]):
    """All facts of a person's courses in the order in which they happened, and every session,
    oldest first. `zone`: the clinic's own, by which a moment has a day."""

    sessions: tuple[Visit, ...] = ()
    zone: tzinfo = UTC

    def _reads(self, body: Body, raw: Any) -> Body:
        return reads(body, raw)

    @property
    def visits(self) -> tuple[Visit, ...]:
        """The sessions in which drug was given, oldest first."""
        return tuple(one for one in self.sessions if one.state.started_at is not None)

    @property
    def course(self) -> Happened[CourseOpened] | None:
        """The course that is open now: the one opened last, where nobody ended it."""
        opened = self.last(CourseOpened)
        if opened is None or self.end_of(opened.body.course_id) is not None:
            return None
        return opened

    def end_of(self, course_id: str) -> Happened[CourseEnded] | None:
        """How a course ended; None while it goes on."""
        ends = (one for one in self.all(CourseEnded) if one.body.course_id == course_id)
        return next(ends, None)

    def day(self, moment: datetime) -> date:
        """The clinic's day of a moment."""
        return moment.astimezone(self.zone).date()


def fold_course(
    facts: Iterable[Fact], sessions: Sequence[Visit] = (), zone: tzinfo = UTC
) -> CourseState:
    """The state after these facts, in whatever order they arrive."""
    return CourseState(in_order(facts), tuple(sorted(sessions, key=_when)), zone)


def _when(visit: Visit) -> tuple[date, str]:
    started = visit.state.started_at
    return (visit.on, "" if started is None else started.isoformat())
