"""The state of a session, folded from its stream, and kept so that a reading costs one short step.

Of the device readings, thousands an hour, the state is given only the newest few of each signal,
before the start and since. Of all else nothing is left out. The alarm rules have a memory of their
own (`_watchers`). A kept fold is only ever one that was committed: it is stored by `on_commit`, so
that a rolled-back transaction cannot leave a fact behind that the journal never had.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from threading import Lock

from django.db import transaction

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.commands import Entry
from openketamine.clinic.sessions._writing import fact_of
from openketamine.core.treatment import Fact, State, facts, fold

_KEPT_READINGS = 10
# Some monitors repeat the last cuff pressure every second, and a gate asks for two that lie minutes
# apart: so of the last hour one reading a minute is kept as well.
_KEPT_MINUTES = timedelta(minutes=65)
_KEPT_SESSIONS = 64


@dataclass(frozen=True)
class Folded:
    """A stream up to `number`: readings worth keeping, all other facts, the newest samples."""

    number: int = 0
    others: tuple[Fact, ...] = ()
    readings: tuple[Fact, ...] = ()
    started_at: datetime | None = None

    @cached_property
    def state(self) -> State:
        """What follows from them."""
        return fold((*self.others, *self.readings))


_kept: OrderedDict[str, Folded] = OrderedDict()
_lock = Lock()


def folded(stream: str) -> Folded:
    """The stream as it is now, in this transaction."""
    with _lock:
        known = _kept.get(stream, Folded())
    fresh = journal.core_facts(stream, known.number)
    result = extended(known, fresh)
    transaction.on_commit(partial(_keep, stream, result))
    return result


def extended(known: Folded, fresh: Sequence[Fact]) -> Folded:
    """A fold with these facts after it."""
    if not fresh:
        return known
    others = [*known.others]
    readings = [*known.readings]
    for fact in fresh:
        (readings if isinstance(fact.body, facts.ReadingTaken) else others).append(fact)
    started_at = known.started_at or _start(fresh)
    number = max(known.number, *(fact.number or 0 for fact in fresh))
    kept = _worth_keeping(readings, started_at)
    return Folded(number, tuple(others), kept, started_at)


def foreseen(known: Folded, entries: Sequence[Entry]) -> State:
    """The state as it would be with these facts, which are not written yet."""
    numbered = enumerate(map(fact_of, entries), known.number + 1)
    return extended(known, [replace(fact, number=number) for number, fact in numbered]).state


def _start(fresh: Iterable[Fact]) -> datetime | None:
    return next((fact.at for fact in fresh if isinstance(fact.body, facts.InfusionStarted)), None)


def _worth_keeping(readings: Sequence[Fact], started_at: datetime | None) -> tuple[Fact, ...]:
    """The newest few before the start, for the baseline, and the newest few since."""
    if started_at is None:
        return _newest(readings)
    before = [fact for fact in readings if fact.at <= started_at]
    since = [fact for fact in readings if fact.at > started_at]
    return (*_newest(before), *_newest(since))


def _newest(readings: Sequence[Fact]) -> tuple[Fact, ...]:
    seen: Counter[tuple[str, bool]] = Counter()
    minutes: set[tuple[str, bool, int]] = set()
    kept: list[Fact] = []
    for fact in reversed(readings):
        said = _said(fact)
        minute = int(fact.at.timestamp() // 60)
        fresh_minute = readings[-1].at - fact.at <= _KEPT_MINUTES and any(
            (*one, minute) not in minutes for one in said
        )
        if fresh_minute or any(seen[one] < _KEPT_READINGS for one in said):
            kept.append(fact)
        seen.update(said)
        minutes.update((*one, minute) for one in said)
    return tuple(reversed(kept))


def _said(fact: Fact) -> list[tuple[str, bool]]:
    """The signals of a reading, each with whether its number is believed."""
    body = fact.body
    if not isinstance(body, facts.ReadingTaken):
        return []
    return [
        (signal, signal not in body.doubts)
        for signal, value in body.values.items()
        if value is not None
    ]


def _keep(stream: str, result: Folded) -> None:
    with _lock:
        known = _kept.get(stream)
        if known is None or known.number <= result.number:
            _kept[stream] = result
            _kept.move_to_end(stream)
        while len(_kept) > _KEPT_SESSIONS:
            _kept.popitem(last=False)
