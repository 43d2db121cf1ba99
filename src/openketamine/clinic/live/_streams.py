"""Server-sent events: the log of a session as it grows, and the board."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from openketamine.clinic.journal import clock
from openketamine.clinic.journal import queries as journal
from openketamine.clinic.live._listener import BOARD, Listener
from openketamine.clinic.live._tails import Tails, event, fact_event
from openketamine.clinic.live._threads import Threads
from openketamine.clinic.live._who import Guest, admitted, session_key, still_a_guest
from openketamine.clinic.sessions import queries
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.presence import still_watching

HEARTBEAT_S = 2.0
# A board is folded for all who look at it together, and not more often than this.
_BOARD_REST_S = 1.0
# How often an open stream asks whether its reader is still signed in.
_STILL_HERE_S = 30.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_WORDS = {
    401: "Please sign in.",
    403: "Your role may not read this, or it is of a site where you do not work.",
    404: "There is no such session.",
}


def refuse(status: int) -> Response:
    """A no in one sentence."""
    return JSONResponse({"error": _WORDS[status]}, status_code=status)


async def _sleep_or_wake(event_: asyncio.Event, seconds: float) -> None:
    # Not `wait_for`, which makes a task each time: this runs once a second for each open screen.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event_.wait()
    event_.clear()


class Streams:
    """The two streams; both look by themselves at each heartbeat, woken or not."""

    def __init__(self, listener: Listener, tails: Tails, threads: Threads) -> None:
        self._listener = listener
        self._tails = tails
        self._threads = threads
        self._board: list[dict[str, Any]] = []
        self._board_at = 0.0
        self._board_lock = asyncio.Lock()

    async def session(self, request: Request) -> Response:
        """Every fact of one session after Last-Event-ID, each once, in order, and a heartbeat."""
        session_id: UUID = request.path_params["session_id"]
        key, now = session_key(request), clock.now()
        session = await self._threads.call(_session_or_none, session_id)
        whose, site = (session.person_id, session.site_id) if session else (None, None)
        who = await self._threads.call(admitted, key, "session.read", whose, now, site)
        if isinstance(who, int):
            return refuse(who)
        if session is None:
            return refuse(404)
        # A number that is not there yet would make all who follow this session wait for it.
        after = min(_after(request), await self._threads.call(journal.head, session.stream))
        return StreamingResponse(
            self._facts(session, after, key, who),
            media_type="text/event-stream",
            headers=_HEADERS,
        )

    async def _facts(
        self, session: Session, after: int, key: str, who: Guest
    ) -> AsyncIterator[str]:
        watch = _Watch(self._threads, key, session, who)
        with self._tails.follow(session.stream) as (tail, woken):
            beat_at = 0.0
            while True:
                events = tail.after(after)
                if events is None:
                    facts = await self._threads.call(journal.facts, session.stream, after)
                    for fact in facts:
                        after = fact.number
                        yield fact_event(fact)
                    tail.begin(after)
                elif events:
                    after = events[-1].number
                    yield "".join(one.text for one in events)
                if _clock() >= beat_at:
                    if not await watch.is_here():
                        yield event("signed-off", {})
                        return
                    yield event("heartbeat", {"now": clock.now().isoformat(), "number": after})
                    self._tails.suspect(session.stream)
                    beat_at = _clock() + HEARTBEAT_S
                await _sleep_or_wake(woken, max(0.0, beat_at - _clock()))

    async def board(self, request: Request) -> Response:
        """The board, each time that something on it changed, and a heartbeat."""
        key, now = session_key(request), clock.now()
        who = await self._threads.call(admitted, key, "board.read", None, now)
        if isinstance(who, int):
            return refuse(who)
        return StreamingResponse(
            self._tiles(request, key, who), media_type="text/event-stream", headers=_HEADERS
        )

    async def _tiles(self, request: Request, key: str, who: Guest) -> AsyncIterator[str]:
        watch = _Watch(self._threads, key, None, who)
        with self._listener.waker(BOARD) as woken:
            while not await request.is_disconnected():
                if not await watch.is_here():
                    yield event("signed-off", {})
                    return
                tiles = [one for one in await self._current_board() if watch.sees(one["site"])]
                yield event("board", {"now": clock.now().isoformat(), "tiles": tiles})
                # At most one board a second, at least one a heartbeat: each is also the heartbeat.
                await asyncio.sleep(_BOARD_REST_S)
                await _sleep_or_wake(woken, HEARTBEAT_S - _BOARD_REST_S)

    async def _current_board(self) -> list[dict[str, Any]]:
        async with self._board_lock:
            if _clock() - self._board_at >= _BOARD_REST_S:
                self._board = await self._threads.call(queries.board, clock.now())
                self._board_at = _clock()
            return self._board


_RUNS = frozenset({"infusing", "giving", "paused"})


class _Watch:
    """Whether the reader of a stream is still signed in; while somebody is treated, reading is
    presence."""

    def __init__(self, threads: Threads, key: str, session: Session | None, who: Guest) -> None:
        self._threads = threads
        self._key = key
        self._session = session
        self._who = who
        self._next = 0.0

    def sees(self, site: str) -> bool:
        """Whether the reader works there."""
        return self._who.sees(site)

    async def is_here(self) -> bool:
        if _clock() < self._next:
            return True
        self._next = _clock() + _STILL_HERE_S
        return await self._threads.call(self._look)

    def _look(self) -> bool:
        now = clock.now()
        phase = queries.phase(self._session, now) if self._session is not None else ""
        if phase in _RUNS or phase == "recovery":
            still_watching(self._key, now, dose_runs=phase in _RUNS)
        who = still_a_guest(self._key, now)
        self._who = who or self._who
        return who is not None and (self._session is None or who.sees(self._session.site_id))


def _session_or_none(session_id: UUID) -> Session | None:
    try:
        return queries.session(session_id)
    except Session.DoesNotExist:
        return None


def _after(request: Request) -> int:
    """Where the reader left off: Last-Event-ID, or `?after=` at the first connection."""
    word = request.headers.get("last-event-id") or request.query_params.get("after", "0")
    return int(word) if word.isdecimal() else 0


def _clock() -> float:
    return asyncio.get_running_loop().time()
