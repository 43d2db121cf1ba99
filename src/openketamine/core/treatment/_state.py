"""The state of a session: its facts in the order in which they happened, and what follows.

Nothing is stored but the facts. Everything else is derived when it is asked for, so that a state
can never disagree with its log, and a fact that arrives late simply takes its place.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar, cast

from openketamine.core.log import Effective, Entry, Happened, effective
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

B = TypeVar("B")


@dataclass(frozen=True)
class State:
    """All facts of a session, in the order in which they happened."""

    facts: tuple[Fact, ...] = ()

    @cached_property
    def effective(self) -> Effective[Body]:
        """The log with corrections applied."""
        return effective(self.facts, reads)

    @property
    def entries(self) -> tuple[Entry[Body], ...]:
        """Every fact with the body that counts for it."""
        return self.effective.entries

    @cached_property
    def _by_kind(self) -> Mapping[type[Any], tuple[Happened[Any], ...]]:
        kinds: dict[type[Any], list[Happened[Any]]] = defaultdict(list)
        for entry in self.entries:
            if entry.body is not None:
                kinds[type(entry.body)].append(Happened(entry.fact, entry.body))
        return {kind: tuple(happened) for kind, happened in kinds.items()}

    def all(self, kind: type[B]) -> tuple[Happened[B], ...]:
        """Every fact of a kind that counts, in time."""
        return cast("tuple[Happened[B], ...]", self._by_kind.get(kind, ()))

    def last(self, kind: type[B]) -> Happened[B] | None:
        """The latest fact of a kind."""
        happened = self.all(kind)
        return happened[-1] if happened else None

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
        by_device = [
            Sample(one.body.measured_at, one.body.received_at, one.body.values, one.body.doubts)
            for one in self.all(ReadingTaken)
        ]
        charted = [by_hand(one.at, one.body) for one in self.all(ObservationCharted)]
        return tuple(sorted(by_device + charted, key=lambda sample: sample.moment))

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
    def last_number(self) -> int:
        """The highest number that the journal gave out here."""
        return max((fact.number or 0 for fact in self.facts), default=0)

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


def fold(facts: Iterable[Fact]) -> State:
    """The state after these facts, in whatever order they arrive."""
    kept: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        _keep(kept[fact.id], fact)
    return State(tuple(sorted((fact for same in kept.values() for fact in same), key=_in_time)))


def advance(state: State, fact: Fact) -> State:
    """The state after one fact more."""
    return fold((*state.facts, fact))


def by_hand(at: datetime, charted: ObservationCharted) -> Sample:
    """What a person measured. People mistype: what cannot be is doubted whoever says it."""
    return Sample(at, at, charted.values, assess_reading(charted.values, at, at), "manual")


def _keep(same_id: list[Fact], fact: Fact) -> None:
    """The same fact sent twice is one fact; the same id with other content is kept beside it."""
    for place, known in enumerate(same_id):
        if (known.at, known.by, known.body) == (fact.at, fact.by, fact.body):
            if _in_time(fact) < _in_time(known):
                same_id[place] = fact
            return
    same_id.append(fact)


def _in_time(fact: Fact) -> tuple[datetime, bool, int, str, str, str]:
    return (fact.at, fact.number is None, fact.number or 0, fact.id, fact.by.id, repr(fact.body))
