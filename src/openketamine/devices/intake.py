"""The way into the spool for sources that push readings, whatever their device speaks."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from openketamine.devices.connector import Reading
from openketamine.devices.health import Health
from openketamine.devices.spool import Incoming, Kept, Spool


class Source(Protocol):
    """Something that hears devices: a listener, a subscription, a line."""

    @property
    def unreadable(self) -> int:
        """What came and was no message."""

    def where(self) -> list[dict[str, str | int]]:
        """What it listens on, for people: kind, host and port."""

    async def start(self) -> None:
        """Begin. Raises OSError where it cannot."""

    async def stop(self) -> None:
        """End, and let go of what it held."""


class Intake:
    """Makes readings durable and notes how their device does."""

    def __init__(self, spool: Spool, health: Health, on_kept: Callable[[], None]) -> None:
        self.health = health
        self._spool = spool
        self._on_kept = on_kept

    async def keep(self, readings: Sequence[Reading], raw: bytes, connector: str) -> Kept:
        """One message with its readings, the newest first. Raises SpoolError: nothing was kept."""
        first = readings[0]
        kept = await self._spool.keep(
            Incoming(
                key=first.key,
                digest=_digest(readings),
                received_at=first.received_at,
                bodies=tuple((one.key, one.as_json()) for one in readings),
                raw=raw,
            )
        )
        self._on_kept()
        self.health.heard(readings, connector)
        return kept

    def rejects(self, sender: str, why: str, now: datetime) -> None:
        """Something came that was not taken."""
        self.health.rejects(sender, why, now)


def _digest(readings: Sequence[Reading]) -> str:
    """What was said, not when it was heard: a repeat is received at another time."""
    said = [{**one.as_json(), "received_at": ""} for one in readings]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
