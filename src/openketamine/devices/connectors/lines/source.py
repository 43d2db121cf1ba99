"""Reads lines from a serial port, a terminal or a pipe for as long as it is there, and comes back.

A serial line knows no acknowledgement: what comes while our disk is full is lost, and said so.
"""

import asyncio
import os
import termios
import tty
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from openketamine.core.findings import BadInput
from openketamine.devices.connectors.lines.decode import decode_line
from openketamine.devices.connectors.lines.dialect import Dialect
from openketamine.devices.follower import Follower
from openketamine.devices.intake import Intake

LONGEST_LINE = 4096
_READ, _PAUSE_S = 4096, 1.0


@dataclass(frozen=True)
class LineSettings:
    """Which port, at which speed (0: as it is), in which dialect; `device`: its id, where no line
    names it."""

    port: Path
    dialect: Dialect
    baud: int = 0
    device: str = ""


class LineSource(Follower):
    """One port, read until it is stopped."""

    name = "lines"

    def __init__(
        self, settings: LineSettings, zone: tzinfo, intake: Intake, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(intake, clock)
        self._settings = settings
        self._zone = zone

    def where(self) -> list[dict[str, str | int]]:
        """The port that is read."""
        return [{"kind": "line", "host": str(self._settings.port), "port": self._settings.baud}]

    async def _follow(self) -> None:
        while True:
            try:
                await self._once()
            except OSError as error:
                why = f"the port cannot be read ({error.strerror or type(error).__name__})"
                self._intake.rejects(self._settings.device, why, self._clock())
                self._log.warning("%s: %s", self._settings.port, why)
            await asyncio.sleep(_PAUSE_S)

    async def _once(self) -> None:
        loop = asyncio.get_running_loop()
        port = open_port(self._settings.port, self._settings.baud)
        chunks: asyncio.Queue[bytes] = asyncio.Queue()
        loop.add_reader(port, _read_some, port, chunks)
        buffer = b""
        try:
            while chunk := await chunks.get():
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    self._line(line)
                if len(buffer) > LONGEST_LINE:
                    buffer = b""
                    self._bad("a line that does not end")
        finally:
            loop.remove_reader(port)
            os.close(port)

    def _line(self, line: bytes) -> None:
        if not line.strip(b"\r\x00 "):
            return
        settings, now = self._settings, self._clock()
        if len(line) > LONGEST_LINE:
            self._bad("a line that is too long")
            return
        try:
            reading = decode_line(
                line, settings.dialect, received_at=now, zone=self._zone, device=settings.device
            )
        except BadInput as error:
            self._bad(str(error))
            return
        self._take([reading], line)

    def _bad(self, why: str) -> None:
        self.unreadable += 1
        self._intake.rejects(self._settings.device, f"not readable: {why}", self._clock())


def open_port(path: Path, baud: int) -> int:
    """An open port that hands over bytes as they come. Raises OSError."""
    port = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        if os.isatty(port):
            tty.setraw(port)
            if baud:
                _set_speed(port, baud)
    except BaseException:
        os.close(port)
        raise
    return port


def _set_speed(port: int, baud: int) -> None:
    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise OSError(f"the port knows no speed of {baud}")
    settings = termios.tcgetattr(port)
    settings[4] = settings[5] = speed
    termios.tcsetattr(port, termios.TCSANOW, settings)


def _read_some(port: int, chunks: "asyncio.Queue[bytes]") -> None:
    """What is there now; nothing where the other side has gone."""
    try:
        chunks.put_nowait(os.read(port, _READ))
    except BlockingIOError:
        return
    except OSError:
        chunks.put_nowait(b"")
