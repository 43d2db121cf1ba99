"""The gateway's own small disk: what was acknowledged is here until the clinic has it.

One SQLite file, flushed to the disk at every commit. Messages that arrive while one commit runs
share the next one, so that many bedsides cost few flushes and nobody waits on a timer.
"""

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

Kept = Literal["new", "duplicate", "conflict"]
"""Stored now, there already, or another message under the same key (which is not stored)."""

KEEP_KEYS = timedelta(hours=24)
_T = TypeVar("_T")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, digest TEXT NOT NULL, at TEXT NOT NULL)
  WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
CREATE TABLE IF NOT EXISTS waiting (
  number INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, key TEXT NOT NULL,
  body TEXT NOT NULL, raw BLOB, set_aside TEXT NOT NULL DEFAULT '');
"""


class SpoolError(OSError):
    """The disk did not take it: nothing may be acknowledged."""


@dataclass(frozen=True)
class Incoming:
    """One message to make durable, with its readings as (key, JSON) and its raw bytes."""

    key: str
    digest: str
    received_at: datetime
    bodies: tuple[tuple[str, dict[str, Any]], ...]
    raw: bytes


@dataclass(frozen=True)
class Waiting:
    """One reading that the clinic does not have yet."""

    number: int
    key: str
    body: dict[str, Any]


class Spool:
    """Write, read in order, delete when accepted. All SQL runs in one thread of its own."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        self._queue: list[tuple[Incoming, asyncio.Future[Kept]]] = []
        self._committing: asyncio.Task[None] | None = None
        self._closed = False
        try:
            self._db = _open(path)
        except (sqlite3.Error, OSError) as error:
            raise SpoolError(f"the spool cannot be opened: {error}") from error

    async def keep(self, incoming: Incoming) -> Kept:
        """Make one message durable. Raises SpoolError, and then it was not stored."""
        done: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._queue.append((incoming, done))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_queue())
        return await done

    async def oldest(self, limit: int) -> list[Waiting]:
        """The readings that have waited longest, in the order in which they came."""
        rows = await self._run(lambda: self._select(limit))
        return [Waiting(number, key, json.loads(body)) for number, key, body in rows]

    async def accepted(self, numbers: Sequence[int], now: datetime) -> None:
        """The clinic has these: forget them; their keys stay for a day, to know repeats by."""
        await self._run(lambda: self._delete(numbers, now))

    async def set_aside(self, number: int, why: str) -> None:
        """Keep one that the clinic cannot read, out of the way of those behind it."""
        statement = "UPDATE waiting SET set_aside = ? WHERE number = ?"
        await self._run(lambda: self._execute(statement, (why, number)))

    async def counts(self) -> tuple[int, int]:
        """How many readings wait, and how many were set aside."""
        return await self._run(self._count)

    async def close(self) -> None:
        """Finish the commit that runs, and close the file."""
        if self._committing is not None:
            await asyncio.gather(self._committing, return_exceptions=True)
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._db.close)
        self._thread.shutdown()

    async def _commit_queue(self) -> None:
        while self._queue:
            batch, self._queue = self._queue, []
            try:
                results = await self._run(partial(self._store, [item for item, _ in batch]))
            except SpoolError as error:
                for _, done in batch:
                    _settle(done, error)
            else:
                for (_, done), kept in zip(batch, results, strict=True):
                    _settle(done, kept)

    async def _run(self, work: Callable[[], _T]) -> _T:
        if self._closed:
            raise SpoolError("the spool is closed")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise SpoolError(f"the spool cannot be used: {error}") from error

    def _store(self, batch: Sequence[Incoming]) -> list[Kept]:
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            return [self._store_one(incoming) for incoming in batch]

    def _store_one(self, incoming: Incoming) -> Kept:
        row = self._db.execute("SELECT digest FROM seen WHERE key = ?", (incoming.key,)).fetchone()
        if row:
            return "duplicate" if row[0] == incoming.digest else "conflict"
        at = incoming.received_at.isoformat()
        self._db.execute("INSERT INTO seen VALUES (?, ?, ?)", (incoming.key, incoming.digest, at))
        self._db.executemany(
            "INSERT INTO waiting (message, key, body, raw) VALUES (?, ?, ?, ?)",
            [
                # The raw message is kept once, beside the first of its readings.
                (incoming.key, key, json.dumps(body), None if place else incoming.raw)
                for place, (key, body) in enumerate(incoming.bodies)
            ],
        )
        return "new"

    def _select(self, limit: int) -> list[tuple[int, str, str]]:
        return self._db.execute(
            "SELECT number, key, body FROM waiting WHERE set_aside = '' ORDER BY number LIMIT ?",
            (limit,),
        ).fetchall()

    def _delete(self, numbers: Sequence[int], now: datetime) -> None:
        old = (now - KEEP_KEYS).isoformat()
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            rows = [(number,) for number in numbers]
            self._db.executemany("DELETE FROM waiting WHERE number = ?", rows)
            self._db.execute(
                "DELETE FROM seen WHERE at < ? AND key NOT IN (SELECT message FROM waiting)",
                (old,),
            )

    def _execute(self, statement: str, values: tuple[Any, ...]) -> None:
        self._db.execute(statement, values)

    def _count(self) -> tuple[int, int]:
        query = "SELECT count(*), count(nullif(set_aside, '')) FROM waiting"
        total, aside = self._db.execute(query).fetchone()
        return total - aside, aside


def _open(path: Path) -> sqlite3.Connection:
    """Readable by the gateway's own user only, and by one gateway at a time."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2)
    db.execute("PRAGMA locking_mode=EXCLUSIVE")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    # What was forwarded held names; it is overwritten, not only unlinked.
    db.execute("PRAGMA secure_delete=ON")
    db.executescript(_SCHEMA)
    # What the clinic could not read gets another chance: it may have been repaired since.
    db.execute("UPDATE waiting SET set_aside = '' WHERE set_aside <> ''")
    return db


def _settle(done: asyncio.Future[Kept], outcome: Kept | SpoolError) -> None:
    if done.done():
        return
    if isinstance(outcome, SpoolError):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
