"""Technical findings: the person may be well, we just cannot see it. Kept apart from physiology."""

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


def technical_changes(
    limits: Limits,
    window: Sequence[Sample],
    active: Sequence[FindingRaised],
    now: datetime,
    expected_since: datetime | None,
) -> list[Change]:
    """Lost signals and silent monitors, raised and cleared. `window` is in the order of time."""
    spoken = [sample for sample in window if speaks(sample)]
    changes: list[Change] = []
    for rule in limits.technical:
        changes += _lost_signal(rule, spoken, active)
    return changes + _silence(limits, spoken, active, now, expected_since)


def silent_after(limits: Limits, spoken: Sequence[Sample | Spoken]) -> timedelta:
    """How long without a word is silence: the delay, or some of a slow device's own intervals."""
    last = spoken[-GAPS - 1 :]
    gaps = [later.received_at - earlier.received_at for earlier, later in pairwise(last)]
    rhythm = sorted(gaps)[len(gaps) // 2] if gaps else timedelta(0)
    return max(limits.silence.delay, limits.silence_rhythm * rhythm)


def speaks(sample: Sample) -> bool:
    """Whether a monitor said something, by which it is known to be alive."""
    return sample.source == "device" and not continuous_signals().isdisjoint(sample.values)


def _lost_signal(
    rule: Technical, spoken: Sequence[Sample], active: Sequence[FindingRaised]
) -> list[Change]:
    standing = [one for one in active if one.rule == rule.rule]
    lost: list[Sample] = []
    for sample in reversed(spoken):
        if sample.believed(rule.signal) is not None:
            break
        lost.append(sample)
    if not lost:
        return [FindingCleared(one.finding_id) for one in standing] if spoken else []
    ever_there = any(rule.signal in sample.values for sample in spoken)
    if standing or not ever_there or lost[0].moment - lost[-1].moment < rule.delay:
        return []
    return [technical_finding(rule, lost[0].moment)]


def _silence(
    limits: Limits,
    spoken: Sequence[Sample],
    active: Sequence[FindingRaised],
    now: datetime,
    expected_since: datetime | None,
) -> list[Change]:
    standing = [one for one in active if one.rule == limits.silence.rule]
    last = max((sample.received_at for sample in spoken), default=expected_since)
    if last is None:
        return []
    since = last + silent_after(limits, spoken)
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
