"""The gateway's own small disk: what was acknowledged is here until the clinic has it.

One SQLite file, flushed to the disk at every commit. Messages that arrive while one commit runs
share the next one, so that many bedsides cost few flushes and nobody waits on a timer.
"""

import asyncio
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, TypeVar

Kept = Literal["new", "duplicate", "conflict"]
"""Stored now, there already, or another message under the same key (which is not stored)."""

KEEP_KEYS = timedelta(hours=24)
"""A repeat within this time is known here; one that is older is known by the clinic."""

LIMIT_BYTES = 4 * 1024**3
RESERVE_BYTES = 64 * 1024**2
"""Left free on the disk: what was delivered is deleted by writing, and the log needs room too."""

_MOST_BYTES = 2 * 1024**2
"""Of one batch to the clinic, which takes twice that."""

_TIDY_EVERY, _KEYS_AT_ONCE = timedelta(minutes=1), 20_000
# After every time, as times are written here.
_LAST = "9999"
_T = TypeVar("_T")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, digest TEXT NOT NULL, at TEXT NOT NULL)
  WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
CREATE TABLE IF NOT EXISTS waiting (
  number INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, key TEXT NOT NULL,
  body TEXT NOT NULL, raw BLOB, set_aside TEXT NOT NULL DEFAULT '');
"""
_MAKE_WAY = "DELETE FROM seen WHERE key IN (SELECT key FROM seen WHERE at < ? ORDER BY at LIMIT ?)"


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
    """One reading that the clinic does not have yet; `body` is the JSON that it will be sent."""

    number: int
    key: str
    body: str


@dataclass(frozen=True)
class Room:
    """How full the spool is: readings that wait and that were set aside, bytes used, and the limit.

    `refused`: how often a message was not taken since the start for want of room; `full`: none is
    taken now.
    """

    waiting: int
    aside: int
    used: int
    limit: int
    refused: int
    full: bool

    def as_json(self) -> dict[str, int | bool]:
        """The form in which the clinic is told."""
        return {
            "spool_waiting": self.waiting,
            "set_aside": self.aside,
            "spool_bytes": self.used,
            "spool_limit": self.limit,
            "spool_refused": self.refused,
            "spool_full": self.full,
        }


class Spool:
    """Write, read in order, delete when accepted. All SQL runs in one thread of its own.

    Past `limit` bytes, or where the disk has less than the reserve, nothing more is taken: the
    sender gets no acknowledgement and keeps what it has. Keys of what was delivered make way first.
    """

    def __init__(self, path: Path, limit: int = LIMIT_BYTES, reserve: int = RESERVE_BYTES) -> None:
        self._path, self._limit, self._reserve = path, limit, reserve
        self._refused, self._aside = 0, 0
        self._tidied_at: datetime | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        self._queue: list[tuple[Incoming, asyncio.Future[Kept]]] = []
        self._committing: asyncio.Task[None] | None = None
        self._closed = False
        try:
            self._db = _open(path)
            # Counted once: a spool that a long outage filled is not walked through every second.
            self._waiting = self._db.execute("SELECT count(*) FROM waiting").fetchone()[0]
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
        return await self._run(lambda: self._select(limit))

    async def accepted(self, numbers: Sequence[int], now: datetime) -> None:
        """The clinic has these: forget them; their keys stay for a day, to know repeats by."""
        await self._run(lambda: self._delete(numbers, now))

    async def set_aside(self, number: int, why: str) -> None:
        """Keep one that the clinic cannot read, out of the way of those behind it."""
        await self._run(lambda: self._put_aside(number, why))

    async def room(self) -> Room:
        """How full it is."""
        return await self._run(self._measure)

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
        except SpoolError:
            raise
        except (sqlite3.Error, OSError) as error:
            raise SpoolError(f"the spool cannot be used: {error}") from error

    def _store(self, batch: Sequence[Incoming]) -> list[Kept]:
        if not self._has_room():
            self._refused += len(batch)
            raise SpoolError("the spool is full: nothing is taken until the clinic has taken some")
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            kept = [self._store_one(incoming) for incoming in batch]
        new = zip(batch, kept, strict=True)
        self._waiting += sum(len(one.bodies) for one, how in new if how == "new")
        return kept

    def _has_room(self) -> bool:
        """After the oldest keys have made way, where that is needed."""
        if self._used() >= self._limit * 3 // 4:
            self._execute(_MAKE_WAY, (self._oldest_at(_LAST), _KEYS_AT_ONCE))
        return not self._is_full()

    def _is_full(self) -> bool:
        free = shutil.disk_usage(self._path.parent).free
        return self._used() >= self._limit or free <= self._reserve

    def _used(self) -> int:
        """Bytes of the file that hold something."""
        names = ("page_count", "freelist_count", "page_size")
        pages, unused, size = (self._db.execute(f"PRAGMA {one}").fetchone()[0] for one in names)
        return int((pages - unused) * size)

    def _oldest_at(self, or_else: str) -> str:
        """When the reading came that has waited longest: keys from then on are still needed."""
        row = self._db.execute(
            "SELECT at FROM seen WHERE key = "
            "(SELECT message FROM waiting WHERE set_aside = '' ORDER BY number LIMIT 1)"
        ).fetchone()
        return min(or_else, row[0]) if row else or_else

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

    def _select(self, limit: int) -> list[Waiting]:
        rows = self._db.execute(
            "SELECT number, key, body FROM waiting WHERE set_aside = '' ORDER BY number LIMIT ?",
            (limit,),
        ).fetchall()
        sizes = accumulate(len(body) for _, _, body in rows)
        most = max(1, sum(size <= _MOST_BYTES for size in sizes))
        return [Waiting(*row) for row in rows[:most]]

    def _delete(self, numbers: Sequence[int], now: datetime) -> None:
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            rows = [(number,) for number in numbers]
            gone = self._db.executemany("DELETE FROM waiting WHERE number = ?", rows).rowcount
            if self._tidied_at is None or not timedelta() <= now - self._tidied_at < _TIDY_EVERY:
                old = self._oldest_at((now - KEEP_KEYS).isoformat())
                self._db.execute("DELETE FROM seen WHERE at < ?", (old,))
                self._tidied_at = now
        self._waiting -= gone

    def _execute(self, statement: str, values: tuple[Any, ...]) -> None:
        self._db.execute(statement, values)

    def _put_aside(self, number: int, why: str) -> None:
        self._execute("UPDATE waiting SET set_aside = ? WHERE number = ?", (why, number))
        self._waiting, self._aside = self._waiting - 1, self._aside + 1

    def _measure(self) -> Room:
        return Room(
            self._waiting, self._aside, self._used(), self._limit, self._refused, self._is_full()
        )


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
