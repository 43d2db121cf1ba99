"""Emergency cards: which ones the moment offers, which are open, and what of them was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from openketamine.core.log import Happened
from openketamine.core.treatment._alarms import active_findings
from openketamine.core.treatment._facts import (
    AdverseEventCharted,
    EmergencyBegun,
    EmergencyOver,
    EmergencyStepDone,
)
from openketamine.core.treatment._state import State
from openketamine.knowledge import documents


@dataclass(frozen=True)
class Emergency:
    """One card that somebody opened: when, what was done of it, and how it ended."""

    card: str
    begun: Happened[EmergencyBegun]
    done: tuple[Happened[EmergencyStepDone], ...]
    over: Happened[EmergencyOver] | None

    @property
    def running(self) -> bool:
        """Whether nobody has said that it is over."""
        return self.over is None


def cards() -> Mapping[str, Mapping[str, Any]]:
    """The cards of knowledge/emergencies by id: title, about, steps, rescue, never."""
    reviewed = {one.id: one.reviewed_by for one in documents("emergencies")}
    return {
        card: {**body, "title": title, "reviewed_by": reviewed[card]}
        for card, title, body in _cards()
    }


def emergencies(state: State) -> tuple[Emergency, ...]:
    """Every card that was opened, in time. A step counts for the card that was open when it was
    done, and for the one opened last where several of the same kind follow each other."""
    begun = state.all(EmergencyBegun)
    return tuple(_one(state, one, _until(one, begun)) for one in begun)


def offered(state: State, now: datetime) -> tuple[str, ...]:
    """The cards that fit what stands now: an active finding, or a symptom of this session that no
    card of its kind has answered yet. Ids in the order of their titles."""
    rules = {finding.rule for finding in active_findings(state)}
    opened = emergencies(state)
    running = {one.card for one in opened if one.running}
    return tuple(
        card
        for card, _, body in _cards()
        if card not in running
        and (
            rules & set(body["offered_for"]["findings"])
            or _unanswered(state, opened, (card, body), now)
        )
    )


def _until(
    one: Happened[EmergencyBegun], begun: tuple[Happened[EmergencyBegun], ...]
) -> datetime | None:
    """When the same card was opened again; None where it was not."""
    later = (o.at for o in begun if o.body.card == one.body.card and o.at > one.at)
    return min(later, default=None)


def _one(state: State, begun: Happened[EmergencyBegun], until: datetime | None) -> Emergency:
    def within(at: datetime) -> bool:
        return at >= begun.at and (until is None or at < until)

    card = begun.body.card
    done = tuple(o for o in state.all(EmergencyStepDone) if o.body.card == card and within(o.at))
    ends = [o for o in state.all(EmergencyOver) if o.body.card == card and within(o.at)]
    return Emergency(card, begun, done, ends[0] if ends else None)


def _unanswered(
    state: State,
    opened: tuple[Emergency, ...],
    card: tuple[str, Mapping[str, Any]],
    now: datetime,
) -> bool:
    name, body = card
    answers = [one.begun.at for one in opened if one.card == name]
    return any(
        one.at <= now
        and any(word in one.body.event.casefold() for word in body["offered_for"]["symptoms"])
        and not any(at >= one.at for at in answers)
        for one in state.all(AdverseEventCharted)
    )


@cache
def _cards() -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    found = ((one.id, one.title, one.body) for one in documents("emergencies"))
    return tuple(sorted(found, key=lambda card: card[1]))
