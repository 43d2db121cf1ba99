"""Fold a recording: what the state is at its end, and what was raised on the way."""

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from openketamine.core.dosing import protocol
from openketamine.core.findings import BadInput
from openketamine.core.monitoring import (
    FindingCleared,
    FindingRaised,
    Limits,
    Sample,
    assess,
    limits_for,
)
from openketamine.core.treatment._alarms import (
    attached_devices,
    may_speak,
    monitored_since,
    symptom_changes,
    symptomatic,
)
from openketamine.core.treatment._codec import decode_fact
from openketamine.core.treatment._facts import (
    Author,
    DeviceAttached,
    Fact,
    ReadingTaken,
    SessionOpened,
)
from openketamine.core.treatment._json import state_as_json
from openketamine.core.treatment._pump import PumpWatch, pump_heard, pump_reading, pump_step
from openketamine.core.treatment._state import State, fold
from openketamine.core.treatment._vitals import baseline

_RULES = Author("rules", "OpenKetamine", "system")
_TICK = timedelta(seconds=1)
# As the live front does: delays run by the clock where no number came for this long.
_QUIET = timedelta(seconds=5)


def read_facts(lines: Iterable[str]) -> tuple[Fact, ...]:
    """Facts from JSON lines; empty ones are skipped. A fact without a number gets that of its line.

    Raises BadInput that names the line and the field.
    """
    facts = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fact = decode_fact(json.loads(line, parse_float=Decimal, parse_constant=_no_number))
        except (json.JSONDecodeError, RecursionError) as error:
            raise BadInput(f"line {number}", f"one JSON object ({_short(error)})") from None
        except BadInput as error:
            raise BadInput(f"line {number}, {error.field}", error.expected, error.got) from None
        facts.append(fact if fact.number is not None else replace(fact, number=number))
    return tuple(facts)


def _short(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else "too deeply nested"


def _no_number(word: str) -> None:
    raise BadInput("number", "a finite number", word)


def replay(
    lines: Iterable[str], now: datetime | None = None, protocol_id: str | None = None
) -> dict[str, Any]:
    """`state_as_json` at the end of a recording (or at `now`), with what its numbers raise.

    Findings that the recording holds are taken as they are; a recording without any is judged here.
    `protocol_id` stands in for the one in the facts. Raises BadInput.
    """
    facts = read_facts(lines)
    if protocol_id is not None:
        facts = tuple(_under(protocol(protocol_id).id, fact) for fact in facts)
    state = fold(facts)
    end = now or max((fact.at for fact in facts), default=None)
    if end is None:
        raise BadInput("facts", "at least one fact")
    judged = not state.all(FindingRaised)
    if judged:
        state = fold((*facts, *judge(state, end)))
    return state_as_json(state, end) | {
        "at": end.isoformat(),
        "facts": len(facts),
        "judged": judged,
    }


def _under(protocol_id: str, fact: Fact) -> Fact:
    """The fact as it would be had the session been opened under another protocol."""
    if not isinstance(fact.body, SessionOpened):
        return fact
    return replace(fact, body=replace(fact.body, protocol_id=protocol_id))


def judge(state: State, end: datetime) -> tuple[Fact, ...]:
    """The finding facts that monitoring raises and clears over a recording, number by number."""
    limits = limits_for(state.opened.protocol_id if state.opened else "")
    watch = _Watch(state, limits)
    facts: list[Fact] = []
    for moment in _moments(state, limits, end):
        for change in watch.at(moment):
            kind = "raised" if isinstance(change, FindingRaised) else "cleared"
            facts.append(Fact(f"{kind}-{change.finding_id}", moment, _RULES, change))
    return tuple(facts)


class _Watch:
    """Walks through a recording and remembers which findings stand."""

    def __init__(self, state: State, limits: Limits) -> None:
        self._state = state
        self._limits = limits
        self._samples = state.samples
        self._times = [sample.moment for sample in self._samples]
        self._baseline = baseline(state)
        self._start = state.started_at
        self._active: dict[str, FindingRaised] = {}
        said = [reading for one in state.samples if (reading := pump_reading(one)) is not None]
        self._unheard = sorted(said, key=lambda one: one.received_at, reverse=True)
        self._pump = PumpWatch()

    def at(self, moment: datetime) -> tuple[FindingRaised | FindingCleared, ...]:
        changes = assess(
            self._limits,
            self._baseline_at(moment),
            self._recent(moment),
            tuple(self._active.values()),
            moment,
            symptomatic=symptomatic(self._state, moment),
            expected_since=monitored_since(self._state, moment),
            attached=may_speak(self._state, moment),
        )
        changes += self._symptoms(moment) + self._pump_at(moment)
        for change in changes:
            if isinstance(change, FindingRaised):
                self._active[change.finding_id] = change
            else:
                self._active.pop(change.finding_id, None)
        return changes

    def _symptoms(self, moment: datetime) -> tuple[FindingRaised, ...]:
        raised = (
            one for one in symptom_changes(self._state, moment) if isinstance(one, FindingRaised)
        )
        return tuple(one for one in raised if one.finding_id not in self._active)

    def _pump_at(self, moment: datetime) -> tuple[FindingRaised | FindingCleared, ...]:
        while self._unheard and self._unheard[-1].received_at <= moment:
            self._pump = pump_heard(self._pump, self._unheard.pop())
        if not self._pump.readings:
            return ()
        here = attached_devices(self._state, moment).values()
        attached = any(one.body.device_kind == "pump" for one in here)
        # A recording may not tell of attaching at all.
        attached = attached or not self._state.all(DeviceAttached)
        self._pump, changes = pump_step(
            self._pump, self._state.infusion, moment, moment.tzinfo or UTC, attached=attached
        )
        return changes

    def _recent(self, moment: datetime) -> tuple[Sample, ...]:
        begin = bisect_left(self._times, moment - self._limits.look_back)
        return self._samples[begin : bisect_left(self._times, moment + timedelta(microseconds=1))]

    def _baseline_at(self, moment: datetime) -> Mapping[str, Decimal]:
        return self._baseline if self._start is not None and moment >= self._start else {}


def _moments(state: State, limits: Limits, end: datetime) -> Iterator[datetime]:
    """Every moment at which something can change: a fact, a delay, or silence."""
    times = {fact.at for fact in state.facts if fact.at <= end}
    readings = sorted(one.body.received_at for one in state.all(ReadingTaken))
    for earlier, later in pairwise([*readings, end]):
        quiet = earlier + _QUIET
        while quiet < min(later, earlier + limits.longest_wait):
            times.add(quiet)
            quiet += _TICK
        quiet = earlier + limits.silence.delay + _TICK
        while quiet < min(later, earlier + limits.look_back):
            times.add(quiet)
            quiet += limits.silence.delay
    yield from sorted(times)
