"""Findings of a session with their times, and the watch that raises and clears them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from openketamine.core.log import Happened
from openketamine.core.monitoring import (
    Around,
    FindingCleared,
    FindingRaised,
    Sample,
    answer_finding,
    assess,
    is_emergency_symptom,
    limits_for,
    presentation,
    score_finding,
    symptom_finding,
    symptom_lasts,
)
from openketamine.core.treatment._facts import (
    AdverseEventCharted,
    Author,
    ChecklistAnswered,
    DeviceAttached,
    DeviceDetached,
    FindingAcknowledged,
    ScoreRecorded,
)
from openketamine.core.treatment._state import State
from openketamine.core.treatment._vitals import baseline


@dataclass(frozen=True)
class Alarm:
    """A finding from its raising to its end."""

    finding: FindingRaised
    raised_at: datetime
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: Author | None = None

    @property
    def active(self) -> bool:
        """Whether the condition still stands."""
        return self.cleared_at is None

    @property
    def latched(self) -> bool:
        """Whether it is over and stays on the screen all the same, because nobody has seen it."""
        unseen = self.acknowledged_at is None
        return not self.active and unseen and presentation(self.finding.priority).latches

    @property
    def stands(self) -> bool:
        """Whether it asks for somebody: its condition stands, or it is latched."""
        return self.active or self.latched


def alarms(state: State) -> tuple[Alarm, ...]:
    """Every finding that was raised, in time, with when it was seen and when it was over."""
    found = {
        one.body.finding_id: Alarm(one.body, one.at) for one in reversed(state.all(FindingRaised))
    }
    for seen in state.all(FindingAcknowledged):
        alarm = found.get(seen.body.finding_id)
        if alarm is not None and alarm.acknowledged_at is None:
            found[seen.body.finding_id] = replace(
                alarm, acknowledged_at=seen.at, acknowledged_by=seen.by
            )
    for over in state.all(FindingCleared):
        alarm = found.get(over.body.finding_id)
        if alarm is not None and alarm.cleared_at is None:
            found[over.body.finding_id] = replace(alarm, cleared_at=over.at)
    return tuple(
        sorted(found.values(), key=lambda alarm: (alarm.raised_at, alarm.finding.finding_id))
    )


def active_findings(state: State) -> tuple[FindingRaised, ...]:
    """The findings that still stand."""
    return tuple(alarm.finding for alarm in alarms(state) if alarm.active)


def attached_devices(state: State, now: datetime) -> dict[str, Happened[DeviceAttached]]:
    """Devices that speak for this person at `now`, by id."""
    happened: list[Happened[DeviceAttached] | Happened[DeviceDetached]]
    happened = [*state.all(DeviceAttached), *state.all(DeviceDetached)]
    attached: dict[str, Happened[DeviceAttached]] = {}
    for one in sorted(happened, key=lambda one: (one.at, one.fact.number or 0)):
        if one.at > now:
            break
        if isinstance(one.body, DeviceAttached):
            attached[one.body.device_id] = Happened(one.fact, one.body)
        else:
            attached.pop(one.body.device_id, None)
    return attached


def watch(
    state: State, now: datetime, recent: Sequence[Sample] | None = None
) -> tuple[FindingRaised | FindingCleared, ...]:
    """What the numbers and symptoms up to `now` raise and clear; call it after every fact and tick.

    `recent`: the samples of the last quarter of an hour, where `state` was folded without readings.
    """
    protocol = state.opened.protocol_id if state.opened else ""
    changes = assess(
        limits_for(protocol),
        baseline(state),
        state.samples if recent is None else recent,
        active_findings(state),
        now,
        symptomatic=symptomatic(state, now),
        expected_since=monitored_since(state, now),
        attached=may_speak(state, now),
    )
    return symptom_changes(state, now) + changes


def around(state: State, now: datetime) -> Around:
    """What the rules must know of a session beside its numbers."""
    return Around(symptomatic(state, now), monitored_since(state, now), may_speak(state, now))


def symptomatic(state: State, now: datetime) -> bool:
    """Whether an emergency symptom was charted a short time ago."""
    return any(
        is_emergency_symptom(one.body.event) and one.at <= now <= one.at + symptom_lasts()
        for one in state.all(AdverseEventCharted)
    )


def symptom_changes(state: State, now: datetime) -> tuple[FindingRaised | FindingCleared, ...]:
    """A symptom, a score, a consent taken back is an event: it is raised at once, and over when
    somebody has acknowledged it."""
    known = {alarm.finding.finding_id: alarm for alarm in alarms(state)}
    changes: list[FindingRaised | FindingCleared] = []
    for finding in _of_events(state, now):
        alarm = known.get(finding.finding_id)
        if alarm is None:
            changes.append(finding)
        elif alarm.active and alarm.acknowledged_at is not None:
            changes.append(FindingCleared(finding.finding_id))
    return tuple(changes)


def _of_events(state: State, now: datetime) -> list[FindingRaised]:
    said = [
        symptom_finding(one.body.event, one.at)
        for one in state.all(AdverseEventCharted)
        if one.at <= now
    ]
    said += [
        score_finding(one.body.instrument, one.body.total, one.at)
        for one in state.all(ScoreRecorded)
        if one.at <= now
    ]
    said += [
        answer_finding(one.body.checklist, one.body.item, one.body.answer, one.at)
        for one in answered_since_start(state)
        if one.at <= now
    ]
    return [finding for finding in said if finding is not None]


def answered_since_start(state: State) -> tuple[Happened[ChecklistAnswered], ...]:
    """Answers to a checklist that were given while drug was in the person."""
    start = state.started_at
    if start is None:
        return ()
    return tuple(one for one in state.all(ChecklistAnswered) if one.at >= start)


def monitored_since(state: State, now: datetime) -> datetime | None:
    """Since when a monitor has been attached; None where there is none."""
    attached = attached_devices(state, now).values()
    return max((one.at for one in attached if one.body.device_kind == "monitor"), default=None)


def may_speak(state: State, now: datetime) -> bool:
    """Whether a monitor is attached, or the log does not tell of attaching at all."""
    return not state.all(DeviceAttached) or monitored_since(state, now) is not None
