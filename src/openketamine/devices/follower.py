"""What every source has in common that follows a device which waits for no acknowledgement.

What comes while our disk takes nothing is lost, and said so; it does not fill our memory either.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from openketamine.devices.connector import Reading
from openketamine.devices.intake import Intake
from openketamine.devices.spool import SpoolError

_MOST_WAITING = 1000


class Follower(ABC):
    """A task that follows, and the readings that are on their way to the disk."""

    name: str
    """Of the connector."""

    def __init__(self, intake: Intake, clock: Callable[[], datetime]) -> None:
        self.unreadable = 0
        self._intake = intake
        self._clock = clock
        self._log = logging.getLogger(f"openketamine.devices.{self.name}")
        self._task: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.Task[None]] = set()

    @abstractmethod
    def where(self) -> list[dict[str, str | int]]:
        """What is followed."""

    @abstractmethod
    async def _follow(self) -> None:
        """Until cancelled."""

    async def start(self) -> None:
        """Begin; a device that is not there yet is waited for. Raises OSError where it cannot."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Let go of the device; what was read is kept first."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def _take(self, readings: Sequence[Reading], raw: bytes) -> None:
        """Readings of one message, the newest first."""
        device = readings[0].device_id
        if len(self._waiting) >= _MOST_WAITING:
            self._intake.rejects(device, "more than the disk can take", self._clock())
            return
        task = asyncio.get_running_loop().create_task(self._keep(readings, raw))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _keep(self, readings: Sequence[Reading], raw: bytes) -> None:
        try:
            await self._intake.keep(readings, raw, self.name)
        except SpoolError as error:
            device = readings[0].device_id
            self._intake.rejects(device, "lost: the disk did not take it", self._clock())
            self._log.error("a reading is lost: %s", error)
