"""From recent numbers to findings raised and cleared. Pure: the same on server, replay, simulator.

What we chose: high priority is raised by the first number; medium and low of continuous signals
only after the delay of their level; a low-priority cuff value only when the next cuff repeats it; a
number charted by hand at once, because a person has already judged it. A doubted or missing number
neither raises nor clears anything physiological.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from openketamine.core.monitoring._limits import Bound, Family, Level, Limits
from openketamine.core.monitoring._raised import FindingCleared, FindingRaised, finding_id
from openketamine.core.monitoring._sample import Sample
from openketamine.core.monitoring._technical import technical_changes
from openketamine.core.quantities import format_number

Change = FindingRaised | FindingCleared
_IN_WORDS = {">=": "{} {} or more", ">": "above {} {}", "<=": "{} {} or less", "<": "below {} {}"}


@dataclass(frozen=True)
class _Seen:
    at: datetime
    value: Decimal
    by_hand: bool


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
) -> tuple[Change, ...]:
    """What has changed: findings to raise and to clear, given those that are active.

    `recent`: samples of at least `limits.look_back`. `symptomatic`: an emergency symptom was just
    charted. `expected_since`: a monitor is attached since then, so that silence is a finding.
    `attached`: false when the monitor was taken off on purpose: then nothing technical stands.
    """
    begin = now - limits.look_back
    window = sorted((one for one in recent if begin <= one.at <= now), key=lambda one: one.at)
    changes: list[Change] = []
    for family in limits.families:
        changes += _family_changes(family, baseline, window, active, symptomatic=symptomatic)
    if attached:
        changes += technical_changes(limits, window, active, now, expected_since)
    else:
        changes += [FindingCleared(one.finding_id) for one in active if one.nature == "technical"]
    return tuple(changes)


def _family_changes(
    family: Family,
    baseline: Mapping[str, Decimal],
    window: Sequence[Sample],
    active: Sequence[FindingRaised],
    *,
    symptomatic: bool,
) -> list[Change]:
    base = baseline.get(family.signal)
    newest = next(_backwards(window, family.signal), None)
    if newest is None:
        return []
    levels = [level for level in family.levels if symptomatic or not level.with_symptoms]
    reached = next((level for level in levels if _holds(level, window, family.signal, base)), None)
    rank = {level.rule: place for place, level in enumerate(family.levels)}
    standing = [one for one in active if one.rule in rank and one.signal == family.signal]
    over = [one for one in standing if _over(family, one, window, base)]
    still = [one for one in standing if one not in over]
    changes: list[Change] = [FindingCleared(one.finding_id) for one in over]
    if reached is not None and all(rank[reached.rule] < rank[one.rule] for one in still):
        # Escalation: the milder finding gives way, so that one condition rings once.
        changes += [FindingCleared(one.finding_id) for one in still]
        changes.append(_raise(family, reached, newest, base))
    return changes


def _backwards(window: Sequence[Sample], signal: str) -> Iterator[_Seen]:
    for sample in reversed(window):
        value = sample.believed(signal)
        if value is not None:
            yield _Seen(sample.at, value, sample.source == "manual")


def _holds(level: Level, window: Sequence[Sample], signal: str, base: Decimal | None) -> bool:
    """Whether the newest numbers cross this level, for long enough or often enough."""
    newest: _Seen | None = None
    for count, seen in enumerate(_backwards(window, signal), 1):
        if level.bound_met(seen.value, base) is None:
            return False
        newest = newest or seen
        if newest.by_hand or (count >= level.readings and newest.at - seen.at >= level.delay):
            return True
    return False


def _over(
    family: Family, finding: FindingRaised, window: Sequence[Sample], base: Decimal | None
) -> bool:
    """Whether the condition of an active finding has been absent for long enough."""
    level = next(level for level in family.levels if level.rule == finding.rule)
    newest: _Seen | None = None
    for seen in _backwards(window, family.signal):
        if level.bound_met(seen.value, base) is not None:
            return False
        newest = newest or seen
        if newest.by_hand or newest.at - seen.at >= family.clear_after:
            return True
    return False


def _raise(family: Family, level: Level, seen: _Seen, base: Decimal | None) -> FindingRaised:
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
    amount = format_number(bound.threshold.value, 1)
    words = _IN_WORDS[bound.threshold.compare].format(amount, family.unit_words)
    if bound.against_baseline and base is not None:
        return f"{words} over the baseline of {format_number(base, 1)}"
    return words
