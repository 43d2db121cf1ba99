"""Who must hear of a finding away from every screen: on a telephone, in a mailbox.

A secondary means beside the bar on every page. The same list, the same steps, the same answers
(`_calls`): this only says whom a screen was to find, and until when it had the time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from openketamine.core.log import Happened
from openketamine.core.treatment._calls import Call, calls, message_after
from openketamine.core.treatment._facts import FindingAcknowledged, PersonCalled
from openketamine.core.treatment._state import State


@dataclass(frozen=True)
class Away:
    """One person who was told of a finding at a step of the list and who has not been heard of.

    `told_at`: when they were told on their screens; `wait`: how long a screen has to find them.
    """

    finding_id: str
    nature: str
    priority: str
    step: int
    person: str
    name: str
    told_at: datetime
    wait: timedelta

    def is_due(self, now: datetime, *, has_a_page: bool) -> bool:
        """Whether a message goes out now. Whoever has no page in sight is written to at once."""
        return now >= self.told_at + (self.wait if has_a_page else timedelta(0))


def away(state: State) -> tuple[Away, ...]:
    """Everybody who was told of a finding that stands, and of whom nothing was heard since.

    An answer of anybody ends it for all who were told before it; "Seen" only for whoever pressed
    it: a nurse who silences a sound beside the chair has not called the prescriber off.
    """
    if not state.is_here:
        return ()
    return tuple(
        _of(call, told, place, wait)
        for call in calls(state)
        if call.alarm.active and (wait := message_after(state, call.alarm)) is not None
        for told in call.told
        if call.answer is None or call.answer.at < told.at
        for place, person in enumerate(told.body.people)
        if not _has_seen(state, told, person)
    )


def _of(call: Call, told: Happened[PersonCalled], place: int, wait: timedelta) -> Away:
    finding, said = call.alarm.finding, told.body
    return Away(
        finding_id=finding.finding_id,
        nature=finding.nature,
        priority=finding.priority,
        step=said.step,
        person=said.people[place],
        name=said.names[place],
        told_at=told.at,
        wait=wait,
    )


def _has_seen(state: State, told: Happened[PersonCalled], person: str) -> bool:
    return any(
        one.body.finding_id == told.body.finding_id and one.by.id == person and one.at >= told.at
        for one in state.all(FindingAcknowledged)
    )
