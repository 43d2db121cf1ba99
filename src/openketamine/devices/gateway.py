"""The gateway process: listener → spool → forward, and a heartbeat beside them."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from openketamine.devices.connectors.lines import LineSettings, LineSource
from openketamine.devices.connectors.mllp.listener import MllpListener, Settings
from openketamine.devices.connectors.sdc import SdcSettings, SdcSource
from openketamine.devices.forward import Clinic, Forward, Heartbeat
from openketamine.devices.health import Health
from openketamine.devices.intake import Intake, Source
from openketamine.devices.spool import LIMIT_BYTES, Spool

_log = logging.getLogger("openketamine.devices.gateway")


@dataclass(frozen=True)
class GatewaySettings:
    """What the command line says. `zone` is for devices that send times without one; `mllp_port`
    None: no listener; `spool_limit`: bytes, past which nothing more is acknowledged."""

    clinic: str
    token: str
    mllp_host: str
    mllp_port: int | None
    data: Path
    name: str = "gw-1"
    zone: tzinfo = UTC
    sdc: tuple[SdcSettings, ...] = ()
    lines: tuple[LineSettings, ...] = ()
    spool_limit: int = LIMIT_BYTES


class Gateway:
    """All parts of one gateway, started and stopped together."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._spool = Spool(settings.data / "spool.sqlite3", settings.spool_limit)
        self._clinic = Clinic(settings.clinic, settings.token, settings.name)
        self._health = Health()
        self._heartbeat = Heartbeat(self._clinic, self._state, self._spool, _now)
        self._forward = Forward(
            self._clinic, self._spool, _now, lambda: self._heartbeat.known() is not None
        )
        self._sources = self._made()

    def _made(self) -> list[Source]:
        settings = self._settings
        intake = Intake(self._spool, self._health, self._forward.notice)
        sources: list[Source] = [SdcSource(one, intake, _now) for one in settings.sdc]
        sources += [LineSource(one, settings.zone, intake, _now) for one in settings.lines]
        return sources if settings.mllp_port is None else [self._mllp(settings.mllp_port), *sources]

    def _mllp(self, port: int) -> MllpListener:
        return MllpListener(
            Settings(self._settings.mllp_host, port, self._settings.zone),
            self._spool,
            self._heartbeat.known,
            _now,
            self._forward.notice,
            self._health,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; the line on standard output says that the port is open."""
        for source in self._sources:
            await source.start()
        tasks = [asyncio.create_task(part.run()) for part in (self._forward, self._heartbeat)]
        sys.stdout.write(json.dumps({"gateway": self._settings.name, **self._where()}) + "\n")
        sys.stdout.flush()
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()  # a part that ended by itself failed: let the supervisor see it
        finally:
            await self._close([*tasks, stopping])

    async def _close(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        for source in self._sources:
            await source.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._clinic.close()
        await self._spool.close()
        _log.info("stopped")

    def _where(self) -> dict[str, list[dict[str, str | int]]]:
        return {"listeners": [place for source in self._sources for place in source.where()]}

    def _state(self) -> dict[str, object]:
        return {
            **self._where(),
            "unreadable": sum(source.unreadable for source in self._sources),
            "health": self._health.as_json(_now()),
        }


async def serve(settings: GatewaySettings) -> None:
    """Run one gateway until the process is asked to stop (SIGTERM or SIGINT)."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await Gateway(settings).run(stop)


def _now() -> datetime:
    return datetime.now(UTC)
