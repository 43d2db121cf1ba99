"""The live front as one ASGI application, with the pages mounted under it."""

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from openketamine.clinic.journal import clock
from openketamine.clinic.live._ingest import Ingest
from openketamine.clinic.live._listener import Listener
from openketamine.clinic.live._streams import Streams
from openketamine.clinic.live._tails import Tails
from openketamine.clinic.live._threads import Threads
from openketamine.clinic.outcomes.commands import tell
from openketamine.clinic.sessions import commands
from openketamine.knowledge import documents, kinds

_log = logging.getLogger(__name__)
_LOOK_S = 1.0
_PACK_S = 60.0
# A group of readings waits for the database three times, and each time must get the interpreter
# back from a thread that may be building a page: Python's own 5 ms are too long for that.
_TURN_S = 0.001
_ALL, _LATELY = timedelta(days=36500), timedelta(days=2)


def live_front(pages: ASGIApp) -> Starlette:
    """Gateways in, events out, everything else to `pages`."""
    threads, listener = Threads(), Listener()
    tails = Tails(listener, threads)
    ingest, streams = Ingest(threads), Streams(listener, tails, threads)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        _collect_seldom()
        sys.setswitchinterval(_TURN_S)
        tasks: list[asyncio.Task[None]] = [
            asyncio.create_task(listener.run()),
            asyncio.create_task(tails.run()),
            asyncio.create_task(_each_second(threads, commands.note_silence)),
            asyncio.create_task(_each_second(threads, commands.note_calls)),
            asyncio.create_task(_each_second(threads, tell)),
            asyncio.create_task(_pack_closed(threads)),
            asyncio.create_task(asyncio.to_thread(_read_knowledge)),
        ]
        yield
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        # Not here on the loop: closing a database connection blocks.
        await asyncio.to_thread(threads.close)

    return Starlette(
        routes=[
            Route("/live/gateway/readings", ingest.readings, methods=["POST"]),
            Route("/live/gateway/heartbeat", ingest.heartbeat, methods=["POST"]),
            Route("/live/demo/patients", ingest.demo_patients),
            Route("/live/sessions/{session_id:uuid}/events", streams.session),
            Route("/live/board/events", streams.board),
            Mount("/", app=pages),
        ],
        lifespan=lifespan,
    )


def _read_knowledge() -> None:
    """Read every knowledge file once, so that nobody's first page waits for it."""
    for kind in kinds():
        documents(kind)
    gc.freeze()


def _collect_seldom() -> None:
    """Look for cycles a hundred times less often than Python would.

    What a reading leaves behind has no cycles and is freed at once; the memory of thousands of beds
    was walked through in search of them, for two fifths of all the time.
    """
    gc.set_threshold(70_000, 20, 20)


async def _each_second(threads: Threads, note: Callable[[datetime], int]) -> None:
    """Has a monitor fallen silent, has a delay run out? Must somebody be told of a finding or a
    task?"""
    failed = False
    while True:
        try:
            await threads.call(note, clock.now())
            failed = False
        except Exception:
            # This loop must outlive a database that restarts; it is logged once, not every second.
            if not failed:
                _log.exception("live: %s failed, and is tried again each second", note.__name__)
            failed = True
        await asyncio.sleep(_LOOK_S)


async def _pack_closed(threads: Threads) -> None:
    """Once a minute: sessions that have come to rest are packed, after a start all of them; what
    was kept aside long ago is filed."""
    since, rest = _ALL, _PACK_S
    while True:
        await asyncio.sleep(rest)
        now = clock.now()
        try:
            packed = await threads.call(commands.pack_closed, now, now - since)
            packed += await threads.call(commands.shelve_quarantined, now)
        except Exception:
            _log.exception("live: could not pack closed sessions or file what was kept aside")
            packed = 0
        rest = _LOOK_S if packed else _PACK_S
        since = since if packed else _LATELY
