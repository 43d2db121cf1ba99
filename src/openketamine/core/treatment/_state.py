"""The state of a session: its facts in the order in which they happened, and what follows.

What every log can do stands in `core.log`; here is what follows from the facts of a session.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from openketamine.core.log import Happened, Log, in_order
from openketamine.core.monitoring import Sample, assess_reading
from openketamine.core.treatment._codec import reads
from openketamine.core.treatment._doses import Doses, read_doses
from openketamine.core.treatment._facts import (
    Body,
    Discharged,
    DrugWithdrawn,
    Fact,
    ObservationCharted,
    PlanSigned,
    ReadingTaken,
    SessionClosed,
    SessionOpened,
)
from openketamine.core.treatment._infusion import Infusion, read_infusion

_HERE = frozenset({"expected", "planned", "prepared", "infusing", "giving", "paused", "recovery"})


@dataclass(frozen=True)
class State(Log[Body]):
    """All facts of a session, in the order in which they happened."""

    def _reads(self, body: Body, raw: Any) -> Body:
        return reads(body, raw)

    @cached_property
    def infusion(self) -> Infusion | None:
        """The infusion, None before it started."""
        return read_infusion(self.entries)[0]

    @cached_property
    def doses(self) -> Doses | None:
        """What was given without a pump, None before the first of it."""
        plan = self.plan.body if self.plan else None
        return read_doses(self.entries, plan.dose_ug if plan else None)

    @property
    def started_at(self) -> datetime | None:
        """When the person first received drug; None before."""
        starts = [one.started_at for one in (self.infusion, self.doses) if one is not None]
        return min(starts, default=None)

    @cached_property
    def samples(self) -> tuple[Sample, ...]:
        """Every set of numbers of the session, from devices and by hand, in time."""
        read = [by_device(one.body) for one in self.all(ReadingTaken)]
        charted = [by_hand(one.at, one.body) for one in self.all(ObservationCharted)]
        return tuple(sorted(read + charted, key=lambda sample: sample.moment))

    @property
    def opened(self) -> SessionOpened | None:
        """Whose session it is, and of which protocol."""
        first = self.all(SessionOpened)
        return first[0].body if first else None

    @property
    def plan(self) -> Happened[PlanSigned] | None:
        """The plan that counts: the one signed last."""
        return self.last(PlanSigned)

    @property
    def ended_at(self) -> datetime | None:
        """When the dose was over; None before, and while nobody said so.

        A pump that nobody stopped still runs, whatever the drug book says.
        """
        ends = []
        if self.infusion is not None:
            ends.append(self.infusion.stopped_at)
        if self.doses is not None:
            ends.append(self.doses.ended_at)
        over = [end for end in ends if end is not None]
        return max(over) if over and len(over) == len(ends) else None

    @property
    def phase(self) -> str:
        """Where the session stands, in one word."""
        if self.last(SessionClosed):
            return "closed"
        if self.last(Discharged):
            return "discharged"
        if self.ended_at is not None:
            return "recovery"
        if self.infusion is not None:
            return "infusing" if self.infusion.running else "paused"
        if self.doses is not None:
            return "giving"
        if self.last(DrugWithdrawn):
            return "prepared"
        return "planned" if self.plan else "expected"

    @property
    def is_here(self) -> bool:
        """Whether somebody may sit in the chair: nobody is called to an empty one."""
        return self.phase in _HERE


def fold(facts: Iterable[Fact]) -> State:
    """The state after these facts, in whatever order they arrive."""
    return State(in_order(facts))


def advance(state: State, fact: Fact) -> State:
    """The state after one fact more."""
    return fold((*state.facts, fact))


def by_device(body: ReadingTaken) -> Sample:
    """What one device said at one moment."""
    return Sample(
        body.measured_at, body.received_at, body.values, body.doubts, device=body.device_id
    )


def by_hand(at: datetime, charted: ObservationCharted) -> Sample:
    """What a person measured. People mistype: what cannot be is doubted whoever says it."""
    return Sample(at, at, charted.values, assess_reading(charted.values, at, at), "manual")
