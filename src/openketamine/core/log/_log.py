"""A log folded: its facts in the order in which they happened, and which of them count.

Nothing is stored but the facts. Everything else is derived when it is asked for, so that a state
can never disagree with its log, and a fact that arrives late simply takes its place.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from openketamine.core.log._effective import Effective, Entry, effective
from openketamine.core.log._fact import B, Fact, Happened

K = TypeVar("K")


@dataclass(frozen=True)
class Log(ABC, Generic[B]):
    """All facts of one log, in the order in which they happened (see `in_order`)."""

    facts: tuple[Fact[B], ...] = ()

    @abstractmethod
    def _reads(self, body: B, raw: Any) -> B:
        """Another body of the same kind, from JSON: how a correction is read."""

    @cached_property
    def effective(self) -> Effective[B]:
        """The log with corrections applied."""
        return effective(self.facts, self._reads)

    @property
    def entries(self) -> tuple[Entry[B], ...]:
        """Every fact with the body that counts for it."""
        return self.effective.entries

    @cached_property
    def _by_kind(self) -> Mapping[type[Any], tuple[Happened[Any], ...]]:
        kinds: dict[type[Any], list[Happened[Any]]] = defaultdict(list)
        for entry in self.entries:
            if entry.body is not None:
                kinds[type(entry.body)].append(Happened(entry.fact, entry.body))
        return {kind: tuple(happened) for kind, happened in kinds.items()}

    def all(self, kind: type[K]) -> tuple[Happened[K], ...]:
        """Every fact of a kind that counts, in time."""
        return cast("tuple[Happened[K], ...]", self._by_kind.get(kind, ()))

    def last(self, kind: type[K]) -> Happened[K] | None:
        """The latest fact of a kind."""
        happened = self.all(kind)
        return happened[-1] if happened else None

    @property
    def last_number(self) -> int:
        """The highest number that the journal gave out here."""
        return max((fact.number or 0 for fact in self.facts), default=0)


def in_order(facts: Iterable[Fact[B]]) -> tuple[Fact[B], ...]:
    """These facts as a log keeps them, in whatever order they arrive."""
    kept: dict[str, list[Fact[B]]] = defaultdict(list)
    for fact in facts:
        _keep(kept[fact.id], fact)
    return tuple(sorted((fact for same in kept.values() for fact in same), key=_in_time))


def _keep(same_id: list[Fact[B]], fact: Fact[B]) -> None:
    """The same fact sent twice is one fact; the same id with other content is kept beside it."""
    for place, known in enumerate(same_id):
        if (known.at, known.by, known.body) == (fact.at, fact.by, fact.body):
            if _in_time(fact) < _in_time(known):
                same_id[place] = fact
            return
    same_id.append(fact)


def _in_time(fact: Fact[Any]) -> tuple[datetime, bool, int, str, str, str]:
    return (fact.at, fact.number is None, fact.number or 0, fact.id, fact.by.id, repr(fact.body))
