"""The gateway's door: readings, heartbeats, and for the demonstration whom the monitor plays."""

import json
import time
from typing import Any

from django.conf import settings
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from openketamine.clinic.journal import clock
from openketamine.clinic.live._demo import demo_patients
from openketamine.clinic.live._group import GroupCommit
from openketamine.clinic.live._threads import Threads
from openketamine.clinic.live._who import gateway_site, is_gateway
from openketamine.clinic.sessions import commands
from openketamine.clinic.staff.sites import MAIN
from openketamine.core.findings import BadInput

_MOST_BYTES = 4 * 1024 * 1024
_KNOWN_FOR_S = 30.0


class Ingest:
    """Answers are given after the commit: what was acknowledged is on the disk."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._group = GroupCommit(threads)
        self._known: dict[str, tuple[float, str | None]] = {}

    async def readings(self, request: Request) -> Response:
        """Messages in, what became of each out. A bad message is kept aside, never dropped."""
        site = await self._site(request)
        if site is None:
            return _unknown_gateway()
        try:
            posted = await _posted(request)
            messages = _messages(posted)
        except BadInput as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        gateway = commands.gateway_name(str(posted.get("gateway") or "unnamed"), site)
        outcomes = await self._group.record(commands.Delivery(gateway, messages, site))
        return JSONResponse({"accepted": [outcome.as_json() for outcome in outcomes]})

    async def heartbeat(self, request: Request) -> Response:
        """The gateway lives; in return it learns which device speaks for whom."""
        site = await self._site(request)
        if site is None:
            return _unknown_gateway()
        try:
            posted = await _posted(request)
            said = await self._threads.call(commands.record_heartbeat, posted, clock.now(), site)
        except BadInput as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"associations": said})

    async def demo_patients(self, request: Request) -> Response:
        """Whom the virtual monitor plays. There is no such address outside of the demonstration."""
        if not settings.OPENKETAMINE_DEMO:
            return JSONResponse({"error": "Not found."}, status_code=404)
        if not is_gateway(request):
            return _unknown_gateway()
        people = await self._threads.call(demo_patients, clock.now())
        return JSONResponse({"patients": people})

    async def _site(self, request: Request) -> str | None:
        """Where this gateway stands; None where it is none of ours. Asked of the database once in a
        while for the token of another site, and never for the house's own."""
        if is_gateway(request):
            return MAIN
        token, now = request.headers.get("authorization", ""), time.monotonic()
        at, site = self._known.get(token, (now - _KNOWN_FOR_S, None))
        if now - at >= _KNOWN_FOR_S:
            site = await self._threads.call(gateway_site, request)
            if site is not None:
                self._known[token] = (now, site)
        return site


def _messages(posted: dict[str, Any]) -> list[object]:
    messages = posted.get("messages")
    if not isinstance(messages, list):
        raise BadInput("messages", "a list", messages)
    return messages


def _unknown_gateway() -> Response:
    words = "Authorization: expected the gateway's token."
    return JSONResponse({"error": words}, status_code=401)


async def _posted(request: Request) -> dict[str, Any]:
    parts, size = [], 0
    async for chunk in request.stream():
        parts.append(chunk)
        size += len(chunk)
        if size > _MOST_BYTES:
            raise BadInput("body", f"at most {_MOST_BYTES} bytes")
    try:
        posted = json.loads(b"".join(parts))
    except ValueError:
        raise BadInput("body", "JSON") from None
    if not isinstance(posted, dict):
        raise BadInput("body", "an object", posted)
    return posted
