"""All virtual monitors of a demo clinic: asks who sits where, and gives each chair a monitor."""

import asyncio
import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx

from openketamine.simulator.monitor import Seated, VirtualMonitor, read_seated
from openketamine.simulator.sender import MllpSender

_log = logging.getLogger("openketamine.simulator.ward")
ASK_EVERY_S = 2.0


@dataclass(frozen=True)
class WardSettings:
    """What the command line says."""

    clinic: str
    token: str
    mllp_host: str
    mllp_port: int
    speed: float = 1.0
    seed: int = 1


class Ward:
    """Starts and ends monitors as people come and go."""

    def __init__(self, settings: WardSettings, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        self._monitors: dict[str, tuple[VirtualMonitor, asyncio.Task[None]]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. A clinic that does not answer leaves the monitors as they are."""
        headers = {"Authorization": f"Bearer {self._settings.token}"}
        async with httpx.AsyncClient(
            base_url=self._settings.clinic, headers=headers, timeout=10, trust_env=False
        ) as client:
            while not stop.is_set():
                await self._ask(client)
                await _either(stop, ASK_EVERY_S)
        await self._end(list(self._monitors))

    async def _ask(self, client: httpx.AsyncClient) -> None:
        try:
            response = await client.get("/live/demo/patients")
            response.raise_for_status()
            told = response.json()["patients"]
            seated = [read_seated(one) for one in told if one.get("device_id")]
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            _log.warning("the clinic did not say who sits where (%s)", type(error).__name__)
            return
        for person in seated:
            self._seat(person)
        here = {person.bedside.device_id for person in seated}
        await self._end([device for device in self._monitors if device not in here])

    def _seat(self, person: Seated) -> None:
        device = person.bedside.device_id
        running = self._monitors.get(device)
        if running and not running[1].done():
            running[0].seated = person
            return
        settings = self._settings
        # Each device its own noise, and the same one at every run with the same seed.
        seed = settings.seed + zlib.crc32(device.encode())
        sender = MllpSender(settings.mllp_host, settings.mllp_port)
        monitor = VirtualMonitor(person, sender, self._clock, seed=seed, speed=settings.speed)
        self._monitors[device] = (monitor, asyncio.create_task(_guarded(monitor, device)))

    async def _end(self, devices: list[str]) -> None:
        tasks = [self._monitors.pop(device)[1] for device in devices]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _guarded(monitor: VirtualMonitor, device: str) -> None:
    """A monitor that fails says so, and the ward starts it again at the next question."""
    try:
        await monitor.run()
    except Exception:
        _log.exception("the virtual monitor %s failed", device)


async def _either(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
