"""`assess` as a stream: one number in, what it changes out, without looking at the past again.

A `Watch` is what the rules must remember of the last quarter of an hour. It is never changed; each
step gives the next one. At every moment it says what `assess` says of all samples so far: a
property test holds the two together. Samples must come in the order of their moments; for one that
does not, `step` answers None and the caller begins again from the samples (`watching`).
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from openketamine.core.monitoring._assess import Change, Seen, raised
from openketamine.core.monitoring._limits import Family, Level, Limits
from openketamine.core.monitoring._raised import FindingCleared, FindingRaised
from openketamine.core.monitoring._sample import Sample
from openketamine.core.monitoring._technical import speaks
from openketamine.core.monitoring._voices import NOBODY, Voices, heard, is_lost, technical

Run = tuple[datetime, ...]


class Around(NamedTuple):
    """What the rules must know beside the numbers, at this moment. As in `assess`."""

    symptomatic: bool = False
    expected_since: datetime | None = None
    attached: bool = True


class Watch(NamedTuple):
    """What is remembered; `active` are the findings that stand.

    `calm`: signal → between which numbers there is nothing to judge.
    `newest`: the last believed number of each signal. `crossing`: signal → rule → when the numbers
    crossed the level without a break until now. `clear`: signal → finding that stands → when they
    did not. `voices`: what each device said last, and what it does not see.
    """

    limits: Limits
    baseline: Mapping[str, Decimal]
    calm: Mapping[str, tuple[Decimal, Decimal]]
    active: tuple[FindingRaised, ...]
    newest: Mapping[str, Seen]
    crossing: Mapping[str, Mapping[str, Run]]
    clear: Mapping[str, Mapping[str, Run]]
    voices: Voices


class Step(NamedTuple):
    """The watch after a number or a second, and what to write down."""

    watch: Watch
    changes: tuple[Change, ...]


def watching(
    limits: Limits,
    baseline: Mapping[str, Decimal],
    active: Sequence[FindingRaised],
    samples: Sequence[Sample],
) -> Watch:
    """A watch that has seen these samples, given the findings that stand now.

    `samples`: at least those of the last `limits.look_back`, in any order.
    """
    watch = Watch(limits, baseline, limits.calm(baseline), (), {}, {}, {}, NOBODY)
    watch = _with_active(watch, tuple(active))
    for sample in sorted(samples, key=lambda one: one.moment):
        watch = _fed(watch, sample)
    return watch


def told(watch: Watch, active: Sequence[FindingRaised]) -> Watch | None:
    """The watch where these findings stand. None: begin again, the past must be looked at."""
    known = {one.finding_id for one in watch.active}
    for one in active:
        new = one.finding_id not in known and one.rule in watch.limits.levels
        if new and not watch.crossing.get(one.signal, {}).get(one.rule):
            return None
    return _with_active(watch, tuple(active))


def fed(watch: Watch, sample: Sample) -> Watch | None:
    """The watch with one number more, not judged: somebody else did that. None as in `step`."""
    return _fed(watch, sample) if _in_order(watch, sample) else None


def step(watch: Watch, sample: Sample, now: datetime, around: Around) -> Step | None:
    """The next number. None where it is older than what was seen already: begin again."""
    if not _in_order(watch, sample):
        return None
    return tick(_fed(watch, sample), max(now, sample.moment), around, others_follow=True)


def tick(watch: Watch, now: datetime, around: Around, *, others_follow: bool = False) -> Step:
    """What holds at `now`: a delay may have run out, a monitor may have fallen silent.

    `others_follow` as in `assess`.
    """
    changes: list[Change] = []
    if watch.crossing or watch.clear:
        begin = now - watch.limits.look_back
        for family in watch.limits.families:
            if family.signal in watch.crossing or family.signal in watch.clear:
                lost = others_follow or is_lost(watch.voices, watch.limits, family.signal, begin)
                clock = None if lost else now
                changes += _family(watch, family, begin, clock, around)
    if around.attached:
        since = around.expected_since
        changes += technical(watch.voices, watch.limits, watch.active, now, since)
    else:
        changes += [
            FindingCleared(one.finding_id)
            for one in watch.active
            if one.rule in watch.limits.technical_rules
        ]
    return Step(_applied(watch, changes), tuple(changes)) if changes else Step(watch, ())


def _in_order(watch: Watch, sample: Sample) -> bool:
    moment, newest = sample.moment, watch.newest
    last = watch.voices.last
    if last is not None and moment < last.moment and speaks(sample):
        return False
    for signal in sample.values:
        before = newest.get(signal)
        if before is not None and moment < before.at and sample.believed(signal) is not None:
            return False
    return True


def _fed(watch: Watch, sample: Sample) -> Watch:
    """The watch with one sample more, nothing judged yet."""
    moment, doubts, by_hand = sample.moment, sample.doubts, sample.source == "manual"
    newest, hot = dict(watch.newest), []
    for signal, value in sample.values.items():
        if value is None or signal in doubts:
            continue
        newest[signal] = Seen(moment, value, by_hand, sample.received_at)
        between = watch.calm.get(signal)
        if between is None:
            continue
        if not between[0] < value < between[1] or signal in watch.crossing or signal in watch.clear:
            hot.append(signal)
    voices = heard(watch.voices, watch.limits, sample) if speaks(sample) else watch.voices
    watch = watch._replace(newest=newest, voices=voices)
    for signal in hot:
        watch = _classified(watch, signal)
    return watch


def _classified(watch: Watch, signal: str) -> Watch:
    """The newest number of a signal carries each run on, or ends it."""
    seen, base = watch.newest[signal], watch.baseline.get(signal)
    begin = seen.at - watch.limits.look_back
    before = watch.crossing.get(signal, {})
    runs: dict[str, Run] = {}
    for level in watch.limits.of_signal[signal]:
        if level.bound_met(seen.value, base) is not None:
            runs[level.rule] = (*_since(before.get(level.rule, ()), begin), seen.at)
    crossing = {**watch.crossing, signal: runs}
    if not runs:
        del crossing[signal]
    watch = watch._replace(crossing=crossing)
    if signal not in watch.clear:
        return watch
    rules = {one.finding_id: one.rule for one in watch.active}
    clear = {
        finding: () if rules[finding] in runs else (*_since(run, begin), seen.at)
        for finding, run in watch.clear[signal].items()
    }
    return watch._replace(clear={**watch.clear, signal: clear})


def _family(
    watch: Watch, family: Family, begin: datetime, clock: datetime | None, around: Around
) -> list[Change]:
    newest = watch.newest.get(family.signal)
    if newest is None or newest.at < begin:
        return []
    until = newest.at if clock is None else newest.until(clock)
    runs = watch.crossing.get(family.signal, {})
    clear = watch.clear.get(family.signal, {})
    rank = {level.rule: place for place, level in enumerate(family.levels)}
    reached = next(
        (
            level
            for level in family.levels
            if (around.symptomatic or not level.with_symptoms)
            and _holds(level, _since(runs.get(level.rule, ()), begin), newest, until)
        ),
        None,
    )
    standing = [one for one in watch.active if one.rule in rank and one.signal == family.signal]
    over = [one for one in standing if _over(family, _since(clear[one.finding_id], begin), newest)]
    still = [one for one in standing if one not in over]
    changes: list[Change] = [FindingCleared(one.finding_id) for one in over]
    if reached is not None and all(rank[reached.rule] < rank[one.rule] for one in still):
        changes += [FindingCleared(one.finding_id) for one in still]
        changes.append(raised(family, reached, newest, watch.baseline.get(family.signal)))
    return changes


def _holds(level: Level, run: Run, newest: Seen, until: datetime) -> bool:
    """Whether the numbers have crossed this level for long enough and often enough."""
    if not run:
        return False
    if newest.by_hand:
        return True
    return until - run[0] >= level.delay and _often(level, run)


def _often(level: Level, run: Run) -> bool:
    """Some monitors repeat their last cuff every second: that is one reading, not many."""
    counted, last = 1, run[-1]
    for at in reversed(run[:-1]):
        if counted >= level.readings:
            break
        if last - at >= level.apart:
            counted, last = counted + 1, at
    return counted >= level.readings


def _over(family: Family, run: Run, newest: Seen) -> bool:
    """Whether the condition of a finding has been absent for long enough."""
    return bool(run) and (newest.by_hand or newest.at - run[0] >= family.clear_after)


def _applied(watch: Watch, changes: Sequence[Change]) -> Watch:
    active = list(watch.active)
    for change in changes:
        if isinstance(change, FindingRaised):
            active.append(change)
        else:
            active = [one for one in active if one.finding_id != change.finding_id]
    return _with_active(watch, tuple(active))


def _with_active(watch: Watch, active: tuple[FindingRaised, ...]) -> Watch:
    """The same numbers, these findings standing: their runs are kept, new ones begin here."""
    clear: dict[str, dict[str, Run]] = {}
    for one in active:
        if one.rule in watch.limits.levels:
            run = watch.clear.get(one.signal, {}).get(one.finding_id, ())
            clear.setdefault(one.signal, {})[one.finding_id] = run
    return watch._replace(active=active, clear=clear)


def _since(run: Run, begin: datetime) -> Run:
    return run if not run or run[0] >= begin else run[bisect_left(run, begin) :]
