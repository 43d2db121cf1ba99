"""Technical findings step by step: what is remembered of each device, what it no longer sees.

At every moment it says what `_technical` says of all messages so far; see `_watch`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from openketamine.core.monitoring._limits import Limits, Technical
from openketamine.core.monitoring._raised import FindingCleared, FindingRaised
from openketamine.core.monitoring._sample import Sample
from openketamine.core.monitoring._technical import (
    GAPS,
    Change,
    Spoken,
    all_silent_after,
    outlived,
    silence_changes,
    technical_finding,
)


class Voice(NamedTuple):
    """What is remembered of one device.

    `named`: when a signal was last in a message of it. `lost_since`: technical rule → since when it
    does not see the signal. `spoken`: its last messages as (moment, received).
    """

    named: Mapping[str, datetime]
    lost_since: Mapping[str, datetime]
    spoken: tuple[Spoken, ...]


class Voices(NamedTuple):
    """Each device by its id; the newest message of any; when messages came, those only that no
    later message was received before."""

    by_device: Mapping[str, Voice]
    last: Spoken | None
    heard: tuple[Spoken, ...]


_NEVER_HEARD = Voice({}, {}, ())
NOBODY = Voices({}, None, ())


def heard(voices: Voices, limits: Limits, sample: Sample) -> Voices:
    """A device has spoken: it is not silent, and each signal is there or lost."""
    moment = sample.moment
    now = Spoken(moment, sample.received_at)
    voice = _said(voices.by_device.get(sample.device, _NEVER_HEARD), sample, limits)
    spoken = _enough((*voice.spoken, now), moment - limits.longest_delay)
    return Voices(
        {**voices.by_device, sample.device: voice._replace(spoken=spoken)},
        now,
        _latest(voices.heard, now, moment - limits.look_back),
    )


def is_lost(voices: Voices, limits: Limits, signal: str, begin: datetime) -> bool:
    """Whether devices speak and none of them sees this signal now. As in `_technical`."""
    rule = next((one for one in limits.technical if one.signal == signal), None)
    if rule is None or voices.last is None or voices.last.moment < begin:
        return False
    carriers = _carriers(voices, signal, begin)
    return not any(_there(voices, limits, rule, one, begin) for one in carriers)


def technical(
    voices: Voices,
    limits: Limits,
    active: Sequence[FindingRaised],
    now: datetime,
    expected_since: datetime | None,
) -> list[Change]:
    """Lost signals and silent monitors, raised and cleared. As `technical_changes`."""
    begin = now - limits.look_back
    changes: list[Change] = []
    if voices.last is not None and voices.last.moment >= begin and not _all_well(voices, active):
        for rule in limits.technical:
            changes += _lost_signal(voices, limits, rule, active, begin)
    since = _silent_since(voices, limits, now, expected_since)
    return changes + silence_changes(limits, active, since, now)


def _all_well(voices: Voices, active: Sequence[FindingRaised]) -> bool:
    """The second that is like nearly all others: one device, which sees everything it ever saw."""
    if active or len(voices.by_device) > 1:
        return False
    return not any(voice.lost_since for voice in voices.by_device.values())


def _said(voice: Voice, sample: Sample, limits: Limits) -> Voice:
    """What this device names and sees."""
    moment, values, lost, named = sample.moment, sample.values, voice.lost_since, dict(voice.named)
    for rule in limits.technical:
        if rule.signal in values:
            named[rule.signal] = moment
        if sample.believed(rule.signal) is None:
            lost = lost if rule.rule in lost else {**lost, rule.rule: moment}
        elif rule.rule in lost:
            lost = {name: since for name, since in lost.items() if name != rule.rule}
    return Voice(named, lost, voice.spoken)


def _enough(spoken: tuple[Spoken, ...], keep_from: datetime) -> tuple[Spoken, ...]:
    """One that is older than the longest delay tells as much as all before it."""
    first = 0
    while len(spoken) - first > GAPS + 1 and spoken[first + 1].moment <= keep_from:
        first += 1
    return spoken[first:] if first else spoken


def _latest(before: tuple[Spoken, ...], now: Spoken, begin: datetime) -> tuple[Spoken, ...]:
    received = now.received_at
    if len(before) == 1 and before[0].received_at <= received:
        return (now,)
    kept = (one for one in before if one.received_at > received and one.moment >= begin)
    return (*kept, now)


def _carriers(voices: Voices, signal: str, begin: datetime) -> list[Voice]:
    """The devices that named this signal lately."""
    return [
        one
        for one in voices.by_device.values()
        if (named := one.named.get(signal)) is not None and named >= begin
    ]


def _there(voices: Voices, limits: Limits, rule: Technical, voice: Voice, begin: datetime) -> bool:
    return rule.rule not in voice.lost_since and not _is_silent(voices, limits, voice, begin)


def _is_silent(voices: Voices, limits: Limits, voice: Voice, begin: datetime) -> bool:
    """While another device speaks; where all are silent, that is a finding of its own."""
    if voices.last is None or len(voices.by_device) == 1:
        return False
    return outlived(limits, _lately(voice, begin), voices.last)


def _lately(voice: Voice, begin: datetime) -> list[Spoken]:
    return [one for one in voice.spoken if one.moment >= begin]


def _lost_signal(
    voices: Voices,
    limits: Limits,
    rule: Technical,
    active: Sequence[FindingRaised],
    begin: datetime,
) -> list[Change]:
    standing = [one for one in active if one.rule == rule.rule]
    carriers = _carriers(voices, rule.signal, begin)
    if any(_there(voices, limits, rule, one, begin) for one in carriers):
        return [FindingCleared(one.finding_id) for one in standing]
    if standing or not carriers or voices.last is None:
        return []
    if not all(_lost_for_long(voices, limits, rule, one, begin) for one in carriers):
        return []
    return [technical_finding(rule, voices.last.moment)]


def _lost_for_long(
    voices: Voices, limits: Limits, rule: Technical, voice: Voice, begin: datetime
) -> bool:
    """Whether this device has not seen the signal for the delay of the rule, or fell silent."""
    if _is_silent(voices, limits, voice, begin):
        return True
    limit = voice.spoken[-1].moment - rule.delay
    earlier = next((one.moment for one in reversed(voice.spoken) if one.moment <= limit), None)
    since = max(voice.lost_since[rule.rule], begin)
    return earlier is not None and earlier >= since


def _silent_since(
    voices: Voices, limits: Limits, now: datetime, expected_since: datetime | None
) -> datetime | None:
    begin = now - limits.look_back
    last = next((one.received_at for one in voices.heard if one.moment >= begin), expected_since)
    if last is None:
        return None
    since = last + limits.silence.delay
    if now > since:
        # A slow device has longer; that is reckoned only where it makes a difference.
        lately = [own for one in voices.by_device.values() if (own := _lately(one, begin))]
        since = last + all_silent_after(limits, lately)
    return since
