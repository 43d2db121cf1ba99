"""A person's course: what is true between the sessions, beside the sessions themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from openketamine.core.course._codec import reads
from openketamine.core.course._facts import Body, CourseEnded, CourseOpened, Fact
from openketamine.core.course._past import Visit
from openketamine.core.log import Happened, Log, in_order


@dataclass(frozen=True)
class CourseState(Log[Body]):
    """All facts of a person's courses in the order in which they happened, and every session in
    which drug was given, oldest first."""

    visits: tuple[Visit, ...] = ()

    def _reads(self, body: Body, raw: Any) -> Body:
        return reads(body, raw)

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


def fold_course(facts: Iterable[Fact], visits: Sequence[Visit] = ()) -> CourseState:
    """The state after these facts, in whatever order they arrive."""
    treated = sorted((one for one in visits if one.state.started_at), key=lambda one: one.on)
    return CourseState(in_order(facts), tuple(treated))
