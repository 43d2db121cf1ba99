"""Carries readings to the clinic, in order, until it says that it has them; and heartbeats."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from openketamine.devices.spool import Spool, SpoolError, Waiting

_log = logging.getLogger("openketamine.devices.forward")
BATCH = 1000
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
HEARTBEAT_S = 2.0
KNOWN_FOR = timedelta(seconds=3 * HEARTBEAT_S)
"""How long the associations of the last heartbeat are believed."""

MOST_FAULTS = 8
"""So many failures (HTTP 500) of a clinic that hears our heartbeats are the reading's fault."""

_JSON = {"Content-Type": "application/json"}
_UNREADABLE_THERE = frozenset({400, 413, 422})
_FAULT_THERE = "HTTP 500"


class ClinicAwayError(RuntimeError):
    """The clinic did not accept; the text says why, without personal data."""


class Clinic:
    """The two addresses of the clinic that the gateway speaks to."""

    def __init__(self, url: str, token: str, gateway: str) -> None:
        self._gateway = gateway
        # The clinic stands next door: no proxy from the environment gets to see readings.
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
            trust_env=False,
        )

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.aclose()

    async def deliver(self, batch: list[Waiting]) -> frozenset[str]:
        """The keys that the clinic now has. Raises ClinicAwayError, or ValueError: unreadable."""
        # As it stands in the spool: it is not read and written out again for each reading.
        messages = ",".join(waiting.body for waiting in batch)
        body = f'{{"gateway":{json.dumps(self._gateway)},"messages":[{messages}]}}'
        said = await self._post("/live/gateway/readings", body)
        accepted = said.get("accepted")
        if not isinstance(accepted, list):
            raise ClinicAwayError("the clinic answered without a list of what it accepted")
        return frozenset(one["key"] for one in accepted if isinstance(one, dict) and "key" in one)

    async def heartbeat(self, state: Mapping[str, Any]) -> dict[str, str]:
        """Say that we live; hear which device speaks for whom. Raises ClinicAwayError."""
        body = json.dumps({"gateway": self._gateway, **state})
        said = await self._post("/live/gateway/heartbeat", body)
        associations = said.get("associations")
        if not isinstance(associations, dict):
            raise ClinicAwayError("the clinic answered a heartbeat without associations")
        return {device: str(one["mrn"]) for device, one in associations.items() if "mrn" in one}

    async def _post(self, path: str, body: str) -> dict[str, Any]:
        try:
            response = await self._client.post(path, content=body.encode(), headers=_JSON)
        except httpx.HTTPError as error:
            raise ClinicAwayError(type(error).__name__) from error
        if response.status_code in _UNREADABLE_THERE:
            raise ValueError(f"HTTP {response.status_code}")
        if response.status_code != httpx.codes.OK:
            raise ClinicAwayError(f"HTTP {response.status_code}")
        try:
            said = response.json()
        except json.JSONDecodeError as error:
            raise ClinicAwayError("the clinic's answer is no JSON") from error
        return said if isinstance(said, dict) else {}


class Forward:
    """Empties the spool into the clinic for as long as it runs."""

    def __init__(
        self,
        clinic: Clinic,
        spool: Spool,
        clock: Callable[[], datetime],
        heard: Callable[[], bool],
    ) -> None:
        self._clinic = clinic
        self._spool = spool
        self._clock = clock
        self._heard = heard
        self._news = asyncio.Event()
        self._limit = BATCH
        self._faults = 0

    def notice(self) -> None:
        """Something was spooled."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled. A clinic that is away is tried again, ever more slowly, up to 5 s."""
        pause = FIRST_PAUSE_S
        while True:
            self._news.clear()
            try:
                moved = await self._step()
            except (ClinicAwayError, SpoolError) as error:
                _log.warning("not forwarded (%s); trying again in %.1f s", error, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
                continue
            pause = FIRST_PAUSE_S
            if not moved:
                await self._news.wait()

    async def _step(self) -> bool:
        """One batch. False where nothing waits."""
        batch = await self._spool.oldest(self._limit)
        if not batch:
            return False
        try:
            keys = await self._clinic.deliver(batch)
        except ValueError as error:
            await self._isolate(batch, str(error))
            return True
        except ClinicAwayError as error:
            if not self._is_its_own_fault(error):
                raise
            await self._isolate(batch, str(error))
            return True
        done = [waiting.number for waiting in batch if waiting.key in keys]
        if not done:
            raise ClinicAwayError("the clinic accepted nothing of what it was sent")
        await self._spool.accepted(done, self._clock())
        self._limit, self._faults = BATCH, 0
        return True

    def _is_its_own_fault(self, error: ClinicAwayError) -> bool:
        """Whether a clinic that is well fails at this batch again and again."""
        self._faults = self._faults + 1 if str(error) == _FAULT_THERE and self._heard() else 0
        return self._faults >= MOST_FAULTS

    async def _isolate(self, batch: list[Waiting], why: str) -> None:
        """One reading that the clinic cannot take must not hold up all those behind it."""
        if len(batch) > 1:
            self._limit = len(batch) // 2
            return
        _log.error("set aside %s: the clinic answered %s", batch[0].key, why)
        await self._spool.set_aside(batch[0].number, why)
        self._limit, self._faults = BATCH, 0


class Heartbeat:
    """Tells the clinic every two seconds that the gateway lives, and hears the associations."""

    def __init__(
        self,
        clinic: Clinic,
        state: Callable[[], Mapping[str, Any]],
        spool: Spool,
        clock: Callable[[], datetime],
    ) -> None:
        self._clinic = clinic
        self._state = state
        self._spool = spool
        self._clock = clock
        self._known: dict[str, str] = {}
        self._known_at: datetime | None = None

    def known(self) -> dict[str, str] | None:
        """Device → MRN; None while the clinic was not heard lately, because then we cannot know."""
        if self._known_at is None or self._clock() - self._known_at > KNOWN_FOR:
            return None
        return self._known

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._beat()
            except (ClinicAwayError, ValueError, SpoolError) as error:
                _log.warning("heartbeat not heard (%s)", error)
            await asyncio.sleep(HEARTBEAT_S)

    async def _beat(self) -> None:
        room = await self._spool.room()
        now = self._clock()
        state = {**self._state(), **room.as_json(), "at": now.isoformat()}
        self._known = await self._clinic.heartbeat(state)
        self._known_at = self._clock()
