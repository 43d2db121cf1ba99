"""A dose that no pump gives: one injection, devices minutes apart, something under the tongue.

What was given is what was charted, act by act; how much was ordered stands in the signed plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from openketamine.core.log import Entry
from openketamine.core.treatment._facts import Body, DoseGiven, DoseStopped


@dataclass(frozen=True)
class Given:
    """One act of giving, and when."""

    at: datetime
    body: DoseGiven


@dataclass(frozen=True)
class Doses:
    """Everything given by hand in a session, in time; `ordered_ug` None where no plan is known."""

    given: tuple[Given, ...]
    ordered_ug: int | None
    stopped_at: datetime | None = None

    @property
    def started_at(self) -> datetime:
        """When the first of it was given: from here the person is watched."""
        return self.given[0].at

    @property
    def given_ug(self) -> int:
        """Mass given in all."""
        return sum(one.body.dose_ug for one in self.given)

    @property
    def given_ul(self) -> int:
        """Volume given in all; 0 for what has none."""
        return sum(one.body.volume_ul for one in self.given)

    @property
    def ended_at(self) -> datetime | None:
        """When the last was given, once all is given or somebody said that no more will be."""
        complete = self.ordered_ug is not None and self.given_ug >= self.ordered_ug
        return self.given[-1].at if complete or self.stopped_at else None


def read_doses(entries: Sequence[Entry[Body]], ordered_ug: int | None) -> Doses | None:
    """What was given by hand; None where nothing was."""
    given = tuple(
        Given(one.fact.at, one.body) for one in entries if isinstance(one.body, DoseGiven)
    )
    stops = [one.fact.at for one in entries if isinstance(one.body, DoseStopped)]
    return Doses(given, ordered_ug, min(stops, default=None)) if given else None
