"""Each session as the alarm rules see it, kept in memory and carried on reading by reading.

A watcher knows its stream up to a number. Whoever writes holds the stream's row in `journal_head`,
so one look at the number tells whether another process has written since; then only what is new is
read. After a restart, and where a number came out of order, the last quarter of an hour is read.
A watcher is kept only once what it has seen is committed.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Lock
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.library.queries import alarm_site
from openketamine.core.monitoring import Around, Sample, Watch, fed, limits_for, told, watching
from openketamine.core.monitoring import step as watch_step
from openketamine.core.monitoring import tick as watch_tick
from openketamine.core.screening import Tightened
from openketamine.core.treatment import (
    Fact,
    PumpWatch,
    State,
    active_findings,
    answered_since_start,
    around,
    attached_devices,
    baseline_before,
    by_device,
    by_hand,
    facts,
    fold,
    of_pump,
    pump_heard,
    pump_reading,
    pump_step,
    symptom_changes,
)

# Nobody watches a person who has not sat down, or has left.
_WATCHED = frozenset(
    {"expected", "planned", "prepared", "infusing", "giving", "paused", "recovery"}
)
# A baseline is taken from the last hour before the start (checklists/pre-dose); what was measured
# then may have been received a little later.
_BASELINE = timedelta(hours=1)
_LATE = timedelta(minutes=6)
_FAR = timedelta(days=1)
_MOST_AT_ONCE = 2000
_KEPT = 12_000

Changes = tuple[facts.FindingRaised | facts.FindingCleared, ...]


class Watcher(NamedTuple):
    """A session up to `number`. `others`: every fact but the readings; `state`: their fold.

    `watched`: somebody is there. `eventful`: symptoms were charted, so that the rules must ask.
    """

    number: int
    others: tuple[Fact, ...]
    state: State
    watch: Watch
    around: Around
    watched: bool
    eventful: bool
    pump: PumpWatch = PumpWatch()


_kept: OrderedDict[str, Watcher] = OrderedDict()
_lock = Lock()
_adopted: tuple[Tightened, ...] = ()


def at_numbers(numbers: Mapping[str, int], now: datetime) -> dict[str, Watcher]:
    """The watchers of these streams, each of which ends at the number given here, or further on
    where nobody holds the stream and somebody has written since."""
    with _lock:
        known = {stream: _kept[stream] for stream in numbers if stream in _kept}
    found, behind, cold = {}, {}, {}
    for stream, number in numbers.items():
        one = known.get(stream)
        if one is not None and one.number == number:
            found[stream] = one
        elif one is not None and 0 < number - one.number < _MOST_AT_ONCE:
            behind[stream] = one
        else:
            cold[stream] = number
    if behind:
        news = journal.news({stream: one.number for stream, one in behind.items()}, _MOST_AT_ONCE)
        for stream, one in behind.items():
            found[stream] = absorbed(stream, one, news.get(stream, []), now)
    return found | _begun(cold, now)


def at_head(stream: str, now: datetime) -> Watcher:
    """The watcher of one stream as it is now, in this transaction."""
    return at_numbers({stream: journal.head(stream)}, now)[stream]


def keep(watchers: Mapping[str, Watcher]) -> None:
    """Remember these once the transaction is committed."""
    transaction.on_commit(partial(_keep, dict(watchers)))


def forget(streams: Iterable[str]) -> None:
    """A transaction failed: what was kept of these streams is read again."""
    with _lock:
        for stream in streams:
            _kept.pop(stream, None)


def heard(
    stream: str, one: Watcher, bodies: Sequence[facts.ReadingTaken], written: int, now: datetime
) -> tuple[Watcher, Changes]:
    """The last of these readings, which are about to be written, and what it changes.

    `written`: the last number of the stream that is written already.
    """
    body, number = bodies[-1], one.number + 1
    if not one.watched:
        return one._replace(number=number), ()
    sample = by_device(body)
    beside = _around_at(one, now)
    made = None if _before_start(one, sample) else watch_step(one.watch, sample, now, beside)
    if made is None:
        # What was raised a moment ago in this turn is not in the state yet.
        watch = _again(
            stream, written, one.state, now, one.watch.active, [by_device(each) for each in bodies]
        )
        made = watch_tick(watch, max(now, sample.moment), beside, others_follow=True)
    pump, said = _pump(_with_pump(one.pump, sample), one.state, now)
    changes = _symptoms(one, now) + made.changes + said
    return one._replace(number=number, watch=made.watch, pump=pump), changes


def judged(one: Watcher, now: datetime) -> Changes:
    """What the rules say at this moment that they did not say before."""
    if not one.watched:
        return ()
    said = watch_tick(one.watch, now, _around_at(one, now)).changes
    return _symptoms(one, now) + said + _pump(one.pump, one.state, now)[1]


def _with_pump(pump: PumpWatch, sample: Sample) -> PumpWatch:
    reading = pump_reading(sample)
    return pump if reading is None else pump_heard(pump, reading)


def _pump(pump: PumpWatch, state: State, now: datetime) -> tuple[PumpWatch, Changes]:
    """What the pump says against what was charted."""
    if not pump.readings and not pump.active:
        return pump, ()
    attached = any(one.body.device_kind == "pump" for one in attached_devices(state, now).values())
    zone = timezone.get_current_timezone()
    return pump_step(pump, state.infusion, now, zone, attached=attached)


def _pump_of(
    active: Sequence[facts.FindingRaised], samples: Iterable[Sample], before: PumpWatch
) -> PumpWatch:
    """The watch of a pump as it stands in the log."""
    pump = PumpWatch(before.readings, of_pump(active))
    for sample in samples:
        pump = _with_pump(pump, sample)
    return pump


def absorbed(stream: str, one: Watcher, news: Sequence[Fact], now: datetime) -> Watcher:
    """The watcher with these facts, readings among them, which are written and judged already."""
    others = [fact for fact in news if not isinstance(fact.body, facts.ReadingTaken)]
    number = max((fact.number or 0 for fact in news), default=one.number)
    watch: Watch | None = one.watch
    for fact in news:
        sample = sample_of(fact)
        if sample is not None and watch is not None:
            watch = None if _before_start(one, sample) else fed(watch, sample)
    said = [sample for fact in news if (sample := sample_of(fact)) is not None]
    if not others and watch is not None:
        pump = _pump_of(one.pump.active, said, one.pump)
        return one._replace(number=number, watch=watch, pump=pump)
    state = fold((*one.others, *others)) if others else one.state
    if watch is not None:
        corrected = any(isinstance(fact.body, facts.Corrected) for fact in others)
        started = state.started_at != one.state.started_at
        watch = None if corrected or started else told(watch, active_findings(state))
    if watch is None:
        watch = _again(stream, number, state, now, active_findings(state))
    pump = _pump_of(active_findings(state), said, one.pump)
    return _watcher(number, (*one.others, *others), state, watch, now)._replace(pump=pump)


def sample_of(fact: Fact) -> Sample | None:
    """What a device or a person measured, or None for every other fact."""
    body = fact.body
    if isinstance(body, facts.ReadingTaken):
        return by_device(body)
    if isinstance(body, facts.ObservationCharted):
        return by_hand(fact.at, body)
    return None


def adopt(site: tuple[Tightened, ...]) -> None:
    """The clinic's own limits may have changed: then every session is looked at with the new ones.

    Findings that stand are kept; what only the new limit calls for is raised by the next number.
    """
    global _adopted  # noqa: PLW0603
    with _lock:
        if _adopted != site:
            _kept.clear()
        _adopted = site


def _begun(numbers: Mapping[str, int], now: datetime) -> dict[str, Watcher]:
    """Watchers from what is written, many at a time: after a restart all beds speak at once."""
    if not numbers:
        return {}
    others = journal.but_readings(numbers)
    # A stream without a reading has nothing but these facts.
    spoken = {one: number for one, number in numbers.items() if number > len(others[one])}
    recent, site = _lately(spoken, now), alarm_site()
    found = {}
    for stream, number in numbers.items():
        state = fold(others[stream])
        active = active_findings(state)
        watch = _watch(stream, number, state, active, site, recent.get(stream, ()))
        pump = _pump_of(active, recent.get(stream, ()), PumpWatch())
        begun = _watcher(number, tuple(others[stream]), state, watch, now)
        found[stream] = begun._replace(pump=pump)
    return found


def _again(
    stream: str,
    number: int,
    state: State,
    now: datetime,
    active: Sequence[facts.FindingRaised],
    more: Sequence[Sample] = (),
) -> Watch:
    """From what is written up to `number`, and what is about to be written (`more`)."""
    recent = _lately({stream: number}, now).get(stream, ())
    return _watch(stream, number, state, active, alarm_site(), recent, more)


def _lately(numbers: Mapping[str, int], now: datetime) -> dict[str, list[Sample]]:
    """What devices said in the last quarter of an hour."""
    return _samples(numbers, now - limits_for("").look_back, now + _FAR)


def _watch(
    stream: str,
    number: int,
    state: State,
    active: Sequence[facts.FindingRaised],
    site: tuple[Tightened, ...],
    recent: Sequence[Sample],
    more: Sequence[Sample] = (),
) -> Watch:
    limits = limits_for(state.opened.protocol_id if state.opened else "", site)
    if state.phase not in _WATCHED:
        return watching(limits, {}, (), ())
    usual = _baseline(stream, number, state, more)
    return watching(limits, usual, active, (*recent, *state.samples, *more))


def _baseline(
    stream: str, number: int, state: State, more: Sequence[Sample]
) -> Mapping[str, Decimal]:
    start = state.started_at
    if start is None:
        return {}
    before = _samples({stream: number}, start - _BASELINE, start + _LATE).get(stream, ())
    in_time = sorted((*before, *state.samples, *more), key=lambda one: one.moment)
    return baseline_before(tuple(in_time), start)


def _samples(
    numbers: Mapping[str, int], since: datetime, until: datetime
) -> dict[str, list[Sample]]:
    taken = journal.samples(numbers, since, until) if numbers else {}
    return {
        stream: [sample for fact in known if (sample := sample_of(fact)) is not None]
        for stream, known in taken.items()
    }


def _watcher(
    number: int, others: tuple[Fact, ...], state: State, watch: Watch, now: datetime
) -> Watcher:
    # Of two machines the clock of one is ahead: what is written has happened.
    beside = around(state, max([now, *(fact.at for fact in others[-20:])]))
    eventful = bool(
        state.all(facts.AdverseEventCharted)
        or state.all(facts.ScoreRecorded)
        or answered_since_start(state)
    )
    return Watcher(number, others, state, watch, beside, state.phase in _WATCHED, eventful)


def _around_at(one: Watcher, now: datetime) -> Around:
    return around(one.state, now) if one.eventful else one.around


def _symptoms(one: Watcher, now: datetime) -> Changes:
    return symptom_changes(one.state, now) if one.eventful else ()


def _before_start(one: Watcher, sample: Sample) -> bool:
    """Whether a number came late that belongs to the baseline."""
    start = one.state.started_at
    return start is not None and sample.moment <= start


def _keep(watchers: Mapping[str, Watcher]) -> None:
    with _lock:
        for stream, one in watchers.items():
            known = _kept.get(stream)
            if one.state.phase == "closed":
                _kept.pop(stream, None)
            elif known is None or known.number <= one.number:
                _kept[stream] = one
                _kept.move_to_end(stream)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
