"""One LISTEN connection a process, fanned out to every open stream.

A notification only says "these streams have grown to these numbers"; what is new is read from the
journal. So a lost notification costs a moment, never a fact: every stream also looks by itself with
each heartbeat.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

_log = logging.getLogger(__name__)
_RETRY_S = 1.0
BOARD = "*"


class Listener:
    """Wakes whoever waits for a stream, or for any of them (`BOARD`)."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.connected = False
        # Streams that grew since somebody last asked, and that there are any.
        self.grown: set[str] = set()
        self.on_return: Callable[[], None] = lambda: None
        self.news = asyncio.Event()

    @contextmanager
    def waker(self, stream: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the stream grew, for as long as the caller cares."""
        event = asyncio.Event()
        self._waiting[stream].add(event)
        try:
            yield event
        finally:
            self._waiting[stream].discard(event)
            if not self._waiting[stream]:
                del self._waiting[stream]

    def wake(self, stream: str) -> None:
        """The stream grew."""
        self.grown.add(stream)
        self.news.set()
        for name in (stream, BOARD):
            for event in self._waiting.get(name, ()):
                event.set()

    def watched(self, stream: str) -> bool:
        """Whether somebody waits for it."""
        return bool(self._waiting.get(stream))

    async def run(self) -> None:
        """Listen until cancelled; log once when the database goes and once when it returns."""
        lost = False
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                self.connected = False
                if not lost:
                    _log.warning("live: lost the database: %s", type(error).__name__)
                lost = True
                await asyncio.sleep(_RETRY_S)

    async def _listen(self) -> None:
        database = await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True)
        async with database:
            await database.execute("LISTEN journal")
            self.connected = True
            # What grew while nobody listened: everybody looks.
            for stream in list(self._waiting):
                self.wake(stream)
            self.on_return()
            async for notice in database.notifies():
                # A line for each stream that grew: many beds share one commit and one notice.
                for line in notice.payload.split("\n"):
                    self.wake(line.rpartition(" ")[0])


def _parameters() -> dict[str, Any]:
    """How Django reaches the database, for psycopg itself."""
    settings = connection.settings_dict
    given = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
        **settings.get("OPTIONS", {}),
    }
    known = ("pool", "isolation_level", "server_side_binding", "assume_role")
    return {name: value for name, value in given.items() if value and name not in known}
