"""The newest facts of every stream that somebody follows: read once, written out once, for all.

A hundred screens that follow a hundred beds cost one look into the journal for each commit, not one
for each screen. What a tail does not reach back to, its reader fetches from the journal.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.live._listener import Listener
from openketamine.clinic.live._threads import Threads

_log = logging.getLogger(__name__)
_REMEMBERED = 256
_AT_ONCE = 200
_RETRY_S = 1.0
# After each look: where many gateways deliver, forty commits a second are not forty looks.
_REST_S = 0.03


def event(name: str, data: Any, number: int | None = None) -> str:
    """One event on the wire; its `number` comes back from the browser as Last-Event-ID."""
    first = "" if number is None else f"id: {number}\n"
    return f"{first}event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


def fact_event(fact: journal.StoredFact) -> str:
    """A fact as an event."""
    return event("fact", fact.as_json(), fact.number)


class _Event(NamedTuple):
    number: int
    text: str


class Tail:
    """The end of one stream. `number`: the last fact in it, None before anything was read."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.readers: set[asyncio.Event] = set()
        self._events: deque[_Event] = deque(maxlen=_REMEMBERED)

    def after(self, number: int) -> list[_Event] | None:
        """What follows a number. None: the tail does not reach back so far; ask the journal."""
        if self.number is None:
            return None
        if number >= self.number:
            return []
        if not self._events or self._events[0].number > number + 1:
            return None
        return [one for one in self._events if one.number > number]

    def begin(self, number: int) -> None:
        """Somebody has read up to here; go on from here, unless the tail is further already."""
        if self.number is None or self.number < number:
            self.number = number
            self._events.clear()

    def grow(self, facts: Sequence[journal.StoredFact]) -> None:
        """These follow. What is here already is not taken twice, and no number is left out."""
        for fact in facts:
            if self.number is not None and fact.number == self.number + 1:
                self._events.append(_Event(fact.number, fact_event(fact)))
                self.number = fact.number
        self.wake()

    def wake(self) -> None:
        """Whoever reads this tail looks."""
        for reader in self.readers:
            reader.set()


class Tails:
    """All tails of this process."""

    def __init__(self, listener: Listener, threads: Threads) -> None:
        self._listener = listener
        self._threads = threads
        self._tails: dict[str, Tail] = {}
        listener.on_return = self._suspect_all

    @contextmanager
    def follow(self, stream: str) -> Iterator[tuple[Tail, asyncio.Event]]:
        """The tail of a stream and an event that is set when it grew, while the caller cares."""
        tail = self._tails.setdefault(stream, Tail())
        woken = asyncio.Event()
        tail.readers.add(woken)
        try:
            yield tail, woken
        finally:
            tail.readers.discard(woken)
            if not tail.readers and self._tails.get(stream) is tail:
                del self._tails[stream]

    def suspect(self, stream: str) -> None:
        """A heartbeat passed without news: look, in case a notice was lost."""
        self._listener.grown.add(stream)
        self._listener.news.set()

    def _suspect_all(self) -> None:
        for stream in self._tails:
            self.suspect(stream)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._listener.news.wait()
            self._listener.news.clear()
            grown, self._listener.grown = self._listener.grown, set()
            behind = {
                stream: tail.number
                for stream in grown
                if (tail := self._tails.get(stream)) is not None and tail.number is not None
            }
            try:
                await self._catch_up(behind)
                await asyncio.sleep(_REST_S)
            except Exception:
                _log.exception("live: could not read what is new")
                await asyncio.sleep(_RETRY_S)
                self._listener.grown |= grown
                self._listener.news.set()

    async def _catch_up(self, behind: Mapping[str, int]) -> None:
        if not behind:
            return
        found = await self._threads.call(journal.grown, behind, _AT_ONCE)
        for stream, facts in found.items():
            tail = self._tails.get(stream)
            if tail is not None:
                tail.grow(facts)
            if len(facts) >= _AT_ONCE:
                self.suspect(stream)
