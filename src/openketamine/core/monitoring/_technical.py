"""Technical findings: the person may be well, we just cannot see it. Kept apart from physiology.

A signal is watched on the devices that name it, each by its own rhythm: a monitor that never had a
saturation says nothing about the probe of the oximeter beside it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from openketamine.core.monitoring._freshness import continuous_signals
from openketamine.core.monitoring._limits import Limits, Technical
from openketamine.core.monitoring._raised import FindingCleared, FindingRaised, finding_id
from openketamine.core.monitoring._sample import Sample

Change = FindingRaised | FindingCleared
GAPS = 5
"""So many intervals between messages tell the rhythm of a device."""


class Spoken(NamedTuple):
    """That a device said something: measured (as far as that is believed) and received."""

    moment: datetime
    received_at: datetime


class Messages(NamedTuple):
    """What devices said, in the order of time: the last message of any, and all of each."""

    last: Sample | None
    by_device: Sequence[Sequence[Sample]]


def messages_of(window: Sequence[Sample]) -> Messages:
    """Those of these samples, in the order of time, by which a device is known to be alive."""
    last: Sample | None = None
    found: dict[str, list[Sample]] = {}
    for sample in window:
        if speaks(sample):
            found.setdefault(sample.device, []).append(sample)
            last = sample
    return Messages(last, list(found.values()))


def technical_changes(
    limits: Limits,
    messages: Messages,
    active: Sequence[FindingRaised],
    now: datetime,
    expected_since: datetime | None,
) -> list[Change]:
    """Lost signals and silent monitors, raised and cleared."""
    changes: list[Change] = []
    for rule in limits.technical:
        changes += _lost_signal(limits, rule, messages, active)
    since = _silent_since(limits, messages, expected_since)
    return changes + silence_changes(limits, active, since, now)


def silent_after(limits: Limits, spoken: Sequence[Sample | Spoken]) -> timedelta:
    """How long without a word is silence: the delay, or some of a slow device's own intervals."""
    last = spoken[-GAPS - 1 :]
    gaps = [later.received_at - earlier.received_at for earlier, later in pairwise(last)]
    rhythm = sorted(gaps)[len(gaps) // 2] if gaps else timedelta(0)
    return max(limits.silence.delay, limits.silence_rhythm * rhythm)


def speaks(sample: Sample) -> bool:
    """Whether a monitor said something, by which it is known to be alive."""
    return sample.source == "device" and not continuous_signals().isdisjoint(sample.values)


def is_lost(limits: Limits, signal: str, messages: Messages) -> bool:
    """Whether devices speak and none of them sees this signal now."""
    last = messages.last
    if last is None or all(one.signal != signal for one in limits.technical):
        return False
    return not any(_there(limits, signal, own, last) for own in _carriers(signal, messages))


def all_silent_after(limits: Limits, voices: Sequence[Sequence[Sample | Spoken]]) -> timedelta:
    """How long without a word of anybody is silence: by the quickest of those that still speak.

    `voices`: for each device its messages. One that fell silent before is missed as its signals.
    """
    newest = max((own[-1] for own in voices), key=_moment_and_received, default=None)
    if newest is None:
        return limits.silence.delay
    alive = [own for own in voices if not outlived(limits, own, newest)]
    return min(silent_after(limits, own) for own in alive)


def _moment_and_received(one: Sample | Spoken) -> tuple[datetime, datetime]:
    return one.moment, one.received_at


def outlived(limits: Limits, own: Sequence[Sample | Spoken], last: Sample | Spoken) -> bool:
    """Whether this device has said nothing for so long that it is silent, while another spoke.

    `own`: its messages; `last`: the last message of any device.
    """
    return last.received_at > own[-1].received_at + silent_after(limits, own)


def _carriers(signal: str, messages: Messages) -> list[Sequence[Sample]]:
    """For each device that named this signal, all that it said."""
    return [own for own in messages.by_device if any(signal in one.values for one in own)]


def _there(limits: Limits, signal: str, own: Sequence[Sample], last: Sample) -> bool:
    return own[-1].believed(signal) is not None and not outlived(limits, own, last)


def _lost_signal(
    limits: Limits, rule: Technical, messages: Messages, active: Sequence[FindingRaised]
) -> list[Change]:
    last, carriers = messages.last, _carriers(rule.signal, messages)
    if last is None:
        return []
    standing = [one for one in active if one.rule == rule.rule]
    if any(_there(limits, rule.signal, own, last) for own in carriers):
        return [FindingCleared(one.finding_id) for one in standing]
    if standing or not carriers:
        return []
    if not all(_lost_for_long(limits, rule, own, last) for own in carriers):
        return []
    return [technical_finding(rule, last.moment)]


def _lost_for_long(limits: Limits, rule: Technical, own: Sequence[Sample], last: Sample) -> bool:
    """Whether this device has not seen the signal for the delay of the rule, or fell silent."""
    if outlived(limits, own, last):
        return True
    first = own[-1]
    for sample in reversed(own):
        if sample.believed(rule.signal) is not None:
            break
        first = sample
    return own[-1].moment - first.moment >= rule.delay


def _silent_since(
    limits: Limits, messages: Messages, expected_since: datetime | None
) -> datetime | None:
    received = (one.received_at for own in messages.by_device for one in own)
    last = max(received, default=expected_since)
    return None if last is None else last + all_silent_after(limits, messages.by_device)


def silence_changes(
    limits: Limits, active: Sequence[FindingRaised], since: datetime | None, now: datetime
) -> list[Change]:
    """The finding that every monitor is silent, raised or cleared.

    `since`: from when on what is not heard counts as silence; None where nobody is expected.
    """
    if since is None:
        return []
    standing = [one for one in active if one.rule == limits.silence.rule]
    if now <= since:
        return [FindingCleared(one.finding_id) for one in standing]
    return [] if standing else [technical_finding(limits.silence, since)]


def technical_finding(rule: Technical, at: datetime) -> FindingRaised:
    """The finding of a technical rule."""
    return FindingRaised(
        finding_id=finding_id(rule.rule, rule.signal, at),
        rule=rule.rule,
        signal=rule.signal,
        priority=rule.priority,
        nature="technical",
        summary=rule.summary,
        advice=rule.advice,
        limit=f"longer than {int(rule.delay.total_seconds())} s",
        sources=rule.sources,
        evidence=rule.evidence,
    )
