"""From recent numbers to findings raised and cleared. Pure: the same on server, replay, simulator.

`assess` looks at all of them each time and is the definition; `_watch` says the same step by step.

What we chose: a level of a continuous signal waits for its delay, which runs by the clock and not
by counting numbers: the newest number stands until a newer one says something else, so that a slow
monitor, or one that falls silent, keeps nothing back. It stands still while the device speaks and
this signal is lost: that is a technical finding. A low-priority cuff value waits until the next
cuff repeats it; a number charted by hand counts at once, because a person has already judged it. A
doubted or missing number neither raises nor clears anything physiological.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from openketamine.core.monitoring._limits import Bound, Family, Level, Limits
from openketamine.core.monitoring._raised import FindingCleared, FindingRaised, finding_id
from openketamine.core.monitoring._sample import Sample
from openketamine.core.monitoring._technical import is_lost, messages_of, technical_changes
from openketamine.core.quantities import format_number

Change = FindingRaised | FindingCleared
_IN_WORDS = {">=": "{} {} or more", ">": "above {} {}", "<=": "{} {} or less", "<": "below {} {}"}


class Seen(NamedTuple):
    """One believed number."""

    at: datetime
    value: Decimal
    by_hand: bool
    received_at: datetime

    def until(self, now: datetime) -> datetime:
        """Up to when it stands, by the clock that measured it, where nothing came after it."""
        return self.at + max(now - self.received_at, timedelta(0))


def assess(
    limits: Limits,
    baseline: Mapping[str, Decimal],
    recent: Sequence[Sample],
    active: Sequence[FindingRaised],
    now: datetime,
    *,
    symptomatic: bool = False,
    expected_since: datetime | None = None,
    attached: bool = True,
    others_follow: bool = False,
) -> tuple[Change, ...]:
    """What has changed: findings to raise and to clear, given those that are active.

    `recent`: samples of at least `limits.look_back`. `symptomatic`: an emergency symptom was just
    charted. `expected_since`: a monitor is attached since then, so that silence is a finding.
    `attached`: false when the monitor was taken off on purpose: then nothing technical stands.
    `others_follow`: numbers that waited somewhere are read one after the other, so that the newest
    here is not the newest there is, and stands for its own moment only.
    """
    begin = now - limits.look_back
    window = sorted(
        (one for one in recent if begin <= one.moment <= now), key=lambda one: one.moment
    )
    believed, messages = _believed(window), messages_of(window)
    changes: list[Change] = []
    for family in limits.families:
        samples = believed.get(family.signal, ())
        lost = others_follow or is_lost(limits, family.signal, messages)
        clock = None if lost else now
        changes += _family_changes(
            family, baseline, samples, active, clock, symptomatic=symptomatic
        )
    if attached:
        changes += technical_changes(limits, messages, active, now, expected_since)
    else:
        changes += [
            FindingCleared(one.finding_id) for one in active if one.rule in limits.technical_rules
        ]
    return tuple(changes)


def _family_changes(
    family: Family,
    baseline: Mapping[str, Decimal],
    samples: Sequence[Sample],
    active: Sequence[FindingRaised],
    clock: datetime | None,
    *,
    symptomatic: bool,
) -> list[Change]:
    newest = next(_backwards(samples, family.signal), None)
    if newest is None:
        return []
    base = baseline.get(family.signal)
    levels = [level for level in family.levels if symptomatic or not level.with_symptoms]
    until = newest.at if clock is None else newest.until(clock)
    reached = next(
        (level for level in levels if _holds(level, samples, family.signal, base, until)), None
    )
    rank = {level.rule: place for place, level in enumerate(family.levels)}
    standing = [one for one in active if one.rule in rank and one.signal == family.signal]
    over = [one for one in standing if _over(family, one, samples, base)]
    still = [one for one in standing if one not in over]
    changes: list[Change] = [FindingCleared(one.finding_id) for one in over]
    if reached is not None and all(rank[reached.rule] < rank[one.rule] for one in still):
        # Escalation: the milder finding gives way, so that one condition rings once.
        changes += [FindingCleared(one.finding_id) for one in still]
        changes.append(raised(family, reached, newest, base))
    return changes


def _believed(window: Sequence[Sample]) -> dict[str, list[Sample]]:
    """For each signal the samples in which it is believed, oldest first."""
    found: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in window:
        doubts = sample.doubts
        for signal, value in sample.values.items():
            if value is not None and signal not in doubts:
                found[signal].append(sample)
    return found


def _backwards(samples: Sequence[Sample], signal: str) -> Iterator[Seen]:
    for sample in reversed(samples):
        value = sample.believed(signal)
        if value is not None:
            yield Seen(sample.moment, value, sample.source == "manual", sample.received_at)


def _holds(
    level: Level, samples: Sequence[Sample], signal: str, base: Decimal | None, until: datetime
) -> bool:
    """Whether the newest numbers cross this level, for long enough and often enough."""
    newest: Seen | None = None
    counted: list[datetime] = []
    for seen in _backwards(samples, signal):
        if level.bound_met(seen.value, base) is None:
            return False
        newest = newest or seen
        # Some monitors repeat their last cuff every second: that is one reading, not many.
        if not counted or counted[-1] - seen.at >= level.apart:
            counted.append(seen.at)
        if newest.by_hand or _long_and_often(level, until - seen.at, len(counted)):
            return True
    return False


def _long_and_often(level: Level, lasted: timedelta, readings: int) -> bool:
    return lasted >= level.delay and readings >= level.readings


def _over(
    family: Family, finding: FindingRaised, samples: Sequence[Sample], base: Decimal | None
) -> bool:
    """Whether the condition of an active finding has been absent for long enough."""
    level = next(level for level in family.levels if level.rule == finding.rule)
    newest: Seen | None = None
    for seen in _backwards(samples, family.signal):
        if level.bound_met(seen.value, base) is not None:
            return False
        newest = newest or seen
        if newest.by_hand or newest.at - seen.at >= family.clear_after:
            return True
    return False


def raised(family: Family, level: Level, seen: Seen, base: Decimal | None) -> FindingRaised:
    """The finding that this number raises. Raises ValueError where it does not cross the level."""
    bound = level.bound_met(seen.value, base)
    if bound is None:
        raise ValueError(f"{level.rule} is not met by {seen.value}")
    limit = _limit_in_words(family, bound, base)
    number = format_number(seen.value, 1)
    return FindingRaised(
        finding_id=finding_id(level.rule, family.signal, seen.at),
        rule=level.rule,
        signal=family.signal,
        priority=level.priority,
        nature="physiological",
        summary=f"{family.name} {number} {family.unit_words}: {limit}",
        advice=level.advice,
        value=seen.value,
        limit=limit,
        sources=level.sources,
        evidence=level.evidence,
    )


def _limit_in_words(family: Family, bound: Bound, base: Decimal | None) -> str:
    unit = "%" if bound.in_percent else family.unit_words
    words = _IN_WORDS[bound.threshold.compare].format(format_number(bound.threshold.value, 1), unit)
    if bound.against_baseline and base is not None:
        words = f"{words} over the baseline of {format_number(base, 1)}"
    if bound.house is not None:
        words = f"{words} (this clinic’s own limit; house {format_number(bound.house, 1)})"
    return words
