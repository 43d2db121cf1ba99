"""Who is told of a finding, who answered, and when the next is told. The clock is in the facts.

A list of knowledge/escalation is walked step by step: each step is a fact (`PersonCalled`), written
by the clinic when `next_at` has come. Nothing is remembered but facts, so that whoever looks next,
after a restart or on another machine, comes to the same step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from openketamine.core.log import Happened
from openketamine.core.monitoring import PRIORITIES, delay_of
from openketamine.core.treatment._alarms import Alarm, alarms
from openketamine.core.treatment._facts import (
    CallAnswered,
    FindingAcknowledged,
    PersonCalled,
    PersonMessaged,
)
from openketamine.core.treatment._state import State
from openketamine.knowledge import Document, documents

_PRESCRIBERS = frozenset({"prescriber", "medical_director"})
_BY_DEFAULT = "every-session"


@dataclass(frozen=True)
class Step:
    """Whom to tell, and how long they have; None at the end of the list."""

    to: str
    wait: timedelta | None


@dataclass(frozen=True)
class CallList:
    """For findings of one nature and priority: how long the condition stands first, its own delay
    included, then whom to tell. `message_after`: how long whoever was told on a screen has before
    their telephone or mailbox is told too; None where nothing leaves the house."""

    after: timedelta
    steps: tuple[Step, ...]
    message_after: timedelta | None = None


@dataclass(frozen=True)
class Call:
    """A finding that somebody else must hear of. `told`: the steps so far; `answer`: the last.

    `next_step` is due at `next_at`; both None where nobody is told any more. `messages`: what was
    sent to a telephone or mailbox, or was tried.
    """

    alarm: Alarm
    told: tuple[Happened[PersonCalled], ...]
    messages: tuple[Happened[PersonMessaged], ...]
    answer: Happened[CallAnswered] | None
    next_step: int | None
    next_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether it still waits for an answer, or for the condition to be over."""
        return self.alarm.active or (self.alarm.latched and self.answer is None)

    def tells(self, person: str) -> bool:
        """Whether this person has been told."""
        return any(person in one.body.people for one in self.told)


def calls(state: State) -> tuple[Call, ...]:
    """Every finding for which the protocol has a list, in time."""
    every = alarms(state)
    planned = ((alarm, _plan(state, alarm)) for alarm in every)
    return tuple(_call(state, alarm, plan, every) for alarm, plan in planned if plan is not None)


def due(state: State, now: datetime) -> tuple[Call, ...]:
    """The calls whose next step is to be taken now."""
    return tuple(one for one in calls(state) if one.next_at is not None and one.next_at <= now)


def steps_of(state: State, alarm: Alarm) -> tuple[Step, ...]:
    """The whole list for this finding under this protocol."""
    plan = _plan(state, alarm)
    return plan.steps if plan else ()


def message_after(state: State, alarm: Alarm) -> timedelta | None:
    """How long a screen has to find somebody before a message leaves the house; None: none does."""
    plan = _plan(state, alarm)
    return plan.message_after if plan else None


def answer_words() -> Mapping[str, str]:
    """The answers that a person may give, in their words."""
    return {name: str(one["says"]) for name, one in _document("").body["answers"].items()}


def call_as_json(call: Call) -> dict[str, Any]:
    """A call as the screens read it."""
    answer = call.answer
    return {
        "finding_id": call.alarm.finding.finding_id,
        "open": call.open,
        "told": [
            {"at": one.at.isoformat(), "names": list(one.body.names), "to": one.body.to}
            for one in call.told
        ],
        "messages": [
            {
                "at": one.at.isoformat(),
                "name": one.body.name,
                "channel": one.body.channel,
                "outcome": one.body.outcome,
                "why": one.body.why,
            }
            for one in call.messages
        ],
        "answer": None
        if answer is None
        else {"answer": answer.body.answer, "by": answer.by.name, "at": answer.at.isoformat()},
        "next_at": call.next_at.isoformat() if call.next_at else None,
    }


def _call(state: State, alarm: Alarm, plan: CallList, every: Sequence[Alarm]) -> Call:
    identity = alarm.finding.finding_id
    told = tuple(one for one in state.all(PersonCalled) if one.body.finding_id == identity)
    sent = tuple(one for one in state.all(PersonMessaged) if one.body.finding_id == identity)
    answer = _answer(state, alarm, every)
    step, at = _next(state, alarm, plan, told, answer)
    return Call(alarm, told, sent, answer, step, at)


def _next(
    state: State,
    alarm: Alarm,
    plan: CallList,
    told: tuple[Happened[PersonCalled], ...],
    answer: Happened[CallAnswered] | None,
) -> tuple[int | None, datetime | None]:
    step = max((one.body.step for one in told), default=-1) + 1
    if not alarm.active or step >= len(plan.steps) or not state.is_here:
        return None, None
    last = told[-1] if told else None
    at = alarm.raised_at + max(plan.after - delay_of(alarm.finding.rule), timedelta(0))
    if last is not None:
        wait = plan.steps[last.body.step].wait if last.body.step < len(plan.steps) else None
        if wait is None:
            return None, None
        at = last.at + wait
    if answer is not None and (last is None or answer.at >= last.at):
        holds = _holds(state, answer.body.answer)
        if holds is None:
            return None, None
        at = max(at, answer.at + holds)
    if last is None and _seen_by_a_prescriber(state, alarm):
        return None, None
    return step, at


def _answer(state: State, alarm: Alarm, among: Sequence[Alarm]) -> Happened[CallAnswered] | None:
    """The last answer: to this finding, or to one of the same signal that was as urgent.

    A saturation that wavers about its limit is raised anew every half minute; whoever has said that
    they come must not be called each time.
    """
    every = {one.finding.finding_id: one.finding for one in among}
    mine = alarm.finding
    found = None
    for one in state.all(CallAnswered):
        other = every.get(one.body.finding_id)
        if other is None or other.signal != mine.signal or other.nature != mine.nature:
            continue
        as_urgent = PRIORITIES.index(other.priority) <= PRIORITIES.index(mine.priority)
        holds = _holds(state, one.body.answer)
        late = holds is not None and one.at + holds < alarm.raised_at
        if other is mine or (as_urgent and not late):
            found = one
    return found


def _seen_by_a_prescriber(state: State, alarm: Alarm) -> bool:
    """Somebody who may order stood at the chair and pressed "Seen" before anybody was told."""
    return any(
        one.body.finding_id == alarm.finding.finding_id and one.by.role in _PRESCRIBERS
        for one in state.all(FindingAcknowledged)
    )


def _holds(state: State, answer: str) -> timedelta | None:
    """How long an answer holds the list; None: until the condition is over."""
    body = _document(_protocol_id(state)).body
    node = body["answers"].get(answer, body["answers"]["seen"])
    return _seconds(node["holds"]) if "holds" in node else None


def _plan(state: State, alarm: Alarm) -> CallList | None:
    """The list for this finding under this protocol; None where nobody is called for it."""
    kind = (alarm.finding.nature, alarm.finding.priority)
    return _lists(_protocol_id(state)).get(kind)


def _protocol_id(state: State) -> str:
    return state.opened.protocol_id if state.opened else ""


@cache
def _lists(protocol_id: str) -> Mapping[tuple[str, str], CallList]:
    return {
        (one["nature"], one["priority"]): CallList(
            _seconds(one["after"]),
            tuple(_step(step) for step in one["steps"]),
            _seconds(one["message_after"]) if "message_after" in one else None,
        )
        for one in _document(protocol_id).body["lists"]
    }


def _step(node: Mapping[str, Any]) -> Step:
    return Step(node["to"], _seconds(node["wait"]) if "wait" in node else None)


@cache
def _document(protocol_id: str) -> Document:
    """The list of a protocol: its own file where there is one, the house's otherwise."""
    every = documents("escalation")
    own = (one for one in every if protocol_id in one.body.get("protocols", ()))
    return next(own, next(one for one in every if one.id == _BY_DEFAULT))


def _seconds(node: Mapping[str, Any]) -> timedelta:
    return timedelta(seconds=float(node["value"]))
