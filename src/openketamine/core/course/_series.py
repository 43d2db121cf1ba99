"""Every score of a person on one axis, wherever it was taken: in a session, at home, by staff."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from openketamine.core.course._facts import ScoreTaken
from openketamine.core.course._past import Visit
from openketamine.core.course._state import CourseState
from openketamine.core.log import Happened
from openketamine.core.treatment import ScoreRecorded


@dataclass(frozen=True)
class Point:
    """One time that an instrument was filled in.

    `total` is None where it could not be scored: that is missing, never a low score. `where`:
    session, link or staff. `unanswered`: so many items have no answer.
    """

    at: datetime
    instrument: str
    version: str
    answers: tuple[int | None, ...]
    total: Decimal | int | None
    where: str
    fact: str
    band: str = ""
    flags: tuple[str, ...] = ()
    note: str = ""

    @property
    def unanswered(self) -> int:
        """How many items have no answer."""
        return sum(one is None for one in self.answers)


def series(state: CourseState) -> dict[str, tuple[Point, ...]]:
    """Instrument → its points in time. What was struck out by a correction is not among them."""
    found = sorted((*_taken(state), *_recorded(state.sessions)), key=lambda one: (one.at, one.fact))
    return {
        name: tuple(one for one in found if one.instrument == name)
        for name in sorted({one.instrument for one in found})
    }


def baseline(points: Sequence[Point], start: datetime | None) -> Point | None:
    """The last score before session 1 of the course: the one rule for every instrument.

    Before there was a session nothing has changed yet, so there is none. A form that could not be
    scored is passed over for an earlier one that could.
    """
    if start is None:
        return None
    before = [one for one in points if one.at < start and one.total is not None]
    return before[-1] if before else None


def between(
    points: Sequence[Point], after: datetime, until: datetime | None = None
) -> tuple[Point, ...]:
    """Scored points after a moment and before another."""
    return tuple(
        one
        for one in points
        if one.total is not None and one.at >= after and (until is None or one.at < until)
    )


def _taken(state: CourseState) -> Iterable[Point]:
    for one in state.all(ScoreTaken):
        yield _point(one, "link" if one.body.source == "patient" else "staff")


def _recorded(sessions: Sequence[Visit]) -> Iterable[Point]:
    for visit in sessions:
        for one in visit.state.all(ScoreRecorded):
            yield _point(one, "session")


def _point(one: Happened[ScoreTaken] | Happened[ScoreRecorded], where: str) -> Point:
    body = one.body
    return Point(
        at=one.at,
        instrument=body.instrument,
        version=body.version,
        answers=body.answers,
        total=body.total,
        where=where,
        fact=one.fact.id,
        band=body.band,
        flags=body.flags,
        note=body.note,
    )
