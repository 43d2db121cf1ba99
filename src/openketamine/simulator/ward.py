"""All virtual monitors of a demo clinic: asks who sits where, and gives each chair a monitor."""

import asyncio
import logging
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from openketamine.simulator.monitor import Seated, VirtualMonitor, read_seated
from openketamine.simulator.pump import Loaded, VirtualPump, read_loaded
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
        self._devices: dict[str, tuple[VirtualMonitor | VirtualPump, asyncio.Task[None]]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. A clinic that does not answer leaves the monitors as they are."""
        headers = {"Authorization": f"Bearer {self._settings.token}"}
        async with httpx.AsyncClient(
            base_url=self._settings.clinic, headers=headers, timeout=10, trust_env=False
        ) as client:
            while not stop.is_set():
                await self._ask(client)
                await _either(stop, ASK_EVERY_S)
        await self._end(list(self._devices))

    async def _ask(self, client: httpx.AsyncClient) -> None:
        try:
            response = await client.get("/live/demo/patients")
            response.raise_for_status()
            told = [one for one in response.json()["patients"] if one.get("device_id")]
            here = [_read(one) for one in told]
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            _log.warning("the clinic did not say who sits where (%s)", type(error).__name__)
            return
        for one in here:
            self._place(one)
        known = {one.bedside.device_id for one in here}
        await self._end([device for device in self._devices if device not in known])

    def _place(self, here: Seated | Loaded) -> None:
        """A device for this person or pump; one that runs is told what is new."""
        name = here.bedside.device_id
        device, task = self._devices.get(name, (None, None))
        if task is not None and not task.done():
            if isinstance(device, VirtualMonitor) and isinstance(here, Seated):
                device.seated = here
            elif isinstance(device, VirtualPump) and isinstance(here, Loaded):
                device.loaded = here
            return
        new = self._new(here)
        self._devices[name] = (new, asyncio.create_task(_guarded(new, name)))

    def _new(self, here: Seated | Loaded) -> VirtualMonitor | VirtualPump:
        settings = self._settings
        sender = MllpSender(settings.mllp_host, settings.mllp_port)
        if isinstance(here, Loaded):
            return VirtualPump(here, sender, self._clock, speed=settings.speed)
        # Each device its own noise, and the same one at every run with the same seed.
        seed = settings.seed + zlib.crc32(here.bedside.device_id.encode())
        return VirtualMonitor(here, sender, self._clock, seed=seed, speed=settings.speed)

    async def _end(self, devices: list[str]) -> None:
        tasks = [self._devices.pop(device)[1] for device in devices]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _read(told: Mapping[str, Any]) -> Seated | Loaded:
    return read_loaded(told) if told.get("device_kind") == "pump" else read_seated(told)


async def _guarded(monitor: VirtualMonitor | VirtualPump, device: str) -> None:
    """A device that fails says so, and the ward starts it again at the next question."""
    try:
        await monitor.run()
    except Exception:
        _log.exception("the virtual device %s failed", device)


async def _either(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
