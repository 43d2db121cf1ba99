"""The state of a session, folded from its stream, and kept so that a reading costs one short step.

Of the device readings, thousands an hour, the state is given only the newest few of each signal
(`_worth`). Of all else nothing is left out. The alarm rules have a memory of their
own (`_watchers`). A kept fold is only ever one that was committed: it is stored by `on_commit`, so
that a rolled-back transaction cannot leave a fact behind that the journal never had.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from threading import Lock

from django.db import transaction

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.commands import Entry
from openketamine.clinic.journal.queries import Reading
from openketamine.clinic.sessions._worth import Said, said, worth_keeping
from openketamine.clinic.sessions._writing import fact_of
from openketamine.core.treatment import Fact, State, facts, fold

_KEPT_SESSIONS = 512
_MOST_NEWS = 500


@dataclass(frozen=True)
class Folded:
    """A stream up to `number`: readings worth keeping, and all other facts."""

    number: int = 0
    others: tuple[Fact, ...] = ()
    readings: tuple[Said, ...] = ()
    started_at: datetime | None = None

    @cached_property
    def state(self) -> State:
        """What follows from them."""
        return fold((*self.others, *(one.fact for one in self.readings)))


_kept: OrderedDict[str, Folded] = OrderedDict()
_lock = Lock()


def folded(stream: str) -> Folded:
    """The stream as it is now, in this transaction."""
    with _lock:
        known = _kept.get(stream, Folded())
    ordinary, small = journal.log(stream, known.number)
    result = _extended(known, ordinary, small)
    transaction.on_commit(partial(_keep, stream, result))
    return result


def folded_many(streams: Sequence[str]) -> dict[str, Folded]:
    """The same for many streams: two looks into the journal for all that have grown a little."""
    numbers = journal.heads(streams)
    with _lock:
        kept = {one: _kept[one] for one in streams if one in _kept}
    behind = {
        stream: one.number
        for stream, one in kept.items()
        if 0 < numbers.get(stream, 0) - one.number < _MOST_NEWS
    }
    news = journal.news(behind, _MOST_NEWS) if behind else {}
    found = {}
    for stream in streams:
        known = kept.get(stream)
        if stream in behind and known is not None:
            found[stream] = _extended(known, news.get(stream, []), ())
            transaction.on_commit(partial(_keep, stream, found[stream]))
        elif known is not None and known.number == numbers.get(stream, 0):
            found[stream] = known
        else:
            found[stream] = folded(stream)
    return found


def _extended(known: Folded, ordinary: Sequence[Fact], small: Sequence[Reading]) -> Folded:
    """A fold with these facts and readings after it."""
    if not ordinary and not small:
        return known
    taken = [fact for fact in ordinary if isinstance(fact.body, facts.ReadingTaken)]
    others = [fact for fact in ordinary if not isinstance(fact.body, facts.ReadingTaken)]
    everything: list[Fact | Reading] = [*ordinary, *small]
    number = max([known.number, *(one.number or 0 for one in everything)])
    fresh: list[Fact | Reading] = [*taken, *small]
    if taken:
        fresh.sort(key=lambda one: one.number or 0)
    started_at = known.started_at or _start(others)
    kept = worth_keeping([*known.readings, *map(said, fresh)], started_at)
    return Folded(number, (*known.others, *others), kept, started_at)


def foreseen(known: Folded, entries: Sequence[Entry]) -> State:
    """The state as it would be with these facts, which are not written yet."""
    numbered = enumerate(map(fact_of, entries), known.number + 1)
    return _extended(known, [replace(fact, number=number) for number, fact in numbered], ()).state


def _start(fresh: Iterable[Fact]) -> datetime | None:
    starts = (facts.InfusionStarted, facts.DoseGiven)
    return next((fact.at for fact in fresh if isinstance(fact.body, starts)), None)


def _keep(stream: str, result: Folded) -> None:
    with _lock:
        known = _kept.get(stream)
        if known is None or known.number <= result.number:
            _kept[stream] = result
            _kept.move_to_end(stream)
        while len(_kept) > _KEPT_SESSIONS:
            _kept.popitem(last=False)
