"""The MLLP listener: frames in, answers out, in order, and AA only after the durable write."""

import asyncio
import hashlib
import itertools
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo

from openketamine.core.findings import BadInput
from openketamine.devices.connectors.mllp.acknowledge import (
    Answer,
    Associations,
    answer,
    nobody,
    refuse,
    rejected,
    write_answer,
)
from openketamine.devices.connectors.mllp.decode import Decoded, read_message
from openketamine.devices.connectors.mllp.framing import BadFrame, Framer, wrap
from openketamine.devices.connectors.mllp.header import Header
from openketamine.devices.connectors.mllp.table import Table, pcd01
from openketamine.devices.spool import Incoming, Spool, SpoolError

_log = logging.getLogger("openketamine.devices.mllp")
_READ = 64 * 1024


@dataclass(frozen=True)
class Settings:
    """Where to listen and how long to wait. `zone` is for devices that name none."""

    host: str
    port: int
    zone: tzinfo
    frame_timeout_s: float = 10.0


class MllpListener:
    """Listens on one port for any number of devices."""

    def __init__(
        self,
        settings: Settings,
        spool: Spool,
        known: Callable[[], Associations | None],
        clock: Callable[[], datetime],
        on_kept: Callable[[], None] = lambda: None,
    ) -> None:
        self.unreadable = 0
        self._settings = settings
        self._spool = spool
        self._known = known
        self._clock = clock
        self._on_kept = on_kept
        self._table: Table = pcd01()
        self._numbers = itertools.count(1)
        self._born = f"{int(clock().timestamp()):x}"
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The real port, also where 0 was asked for."""
        if self._server is None:
            raise RuntimeError("the listener has not been started")
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Open the port. Raises OSError where it is taken."""
        settings = self._settings
        self._server = await asyncio.start_server(self._connected, settings.host, settings.port)

    async def stop(self) -> None:
        """No new connections; what was not answered yet, the sender will send again."""
        if self._server is None:
            return
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            await self._converse(reader, writer)
        except SpoolError as error:
            # No answer at all: the sender keeps what we could not make durable, and tries again.
            _log.error("closing a connection unanswered: %s", error)
        except (ConnectionError, TimeoutError):
            _log.info("a device connection ended")
        except asyncio.CancelledError:
            _log.info("a device connection was closed, stopping")
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer, deadline, loop = Framer(), None, asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    data = await reader.read(_READ)
            except TimeoutError:
                await self._send(writer, [self._nak(BadFrame("a message that did not end"))])
                return
            if not data:
                return
            found = list(framer.feed(data))
            # What came in one read is made durable in one commit, and answered in its order.
            answers = await asyncio.gather(*(self._receive(each) for each in found))
            await self._send(writer, [frame for frames in answers for frame in frames])
            if any(isinstance(each, BadFrame) and each.fatal for each in found):
                return
            begun = deadline is None or bool(found)
            if not framer.waiting:
                deadline = None
            elif begun:
                deadline = loop.time() + self._settings.frame_timeout_s

    async def _send(self, writer: asyncio.StreamWriter, frames: Sequence[bytes]) -> None:
        if frames:
            writer.write(b"".join(frames))
            await writer.drain()

    async def _receive(self, found: bytes | BadFrame) -> list[bytes]:
        if isinstance(found, BadFrame):
            return [self._nak(found)]
        now = self._clock()
        try:
            message = read_message(
                found, received_at=now, zone=self._settings.zone, table=self._table
            )
        except BadInput as error:
            return [self._nak(BadFrame(error.field))]
        fault = rejected(message.header, self._table)
        if fault:
            self.unreadable += 1
            _log.warning("rejected %s: %s", message.header.key, fault.text)
            return self._write(message.header, refuse(message.header, fault))
        return await self._keep(found, message, now)

    async def _keep(self, raw: bytes, message: Decoded, now: datetime) -> list[bytes]:
        kept = await self._spool.keep(
            Incoming(
                key=message.header.key,
                digest=_digest(raw),
                received_at=now,
                bodies=tuple((reading.key, reading.as_json()) for reading in message.readings),
                raw=raw,
            )
        )
        self._on_kept()
        if kept == "conflict":
            self.unreadable += 1
            _log.warning("%s came again with other content", message.header.key)
        return self._write(message.header, answer(message, kept, self._known()))

    def _nak(self, bad: BadFrame) -> bytes:
        self.unreadable += 1
        _log.warning("unreadable: %s", bad.why)
        header, reply = nobody("no readable message")
        return self._write(header, (reply,))[0]

    def _write(self, header: Header, replies: Sequence[Answer]) -> list[bytes]:
        now = self._clock()
        return [
            wrap(write_answer(header, reply, control_id=self._next_id(), now=now))
            for reply in replies
        ]

    def _next_id(self) -> str:
        return f"{self._born}-{next(self._numbers)}"


def _digest(raw: bytes) -> str:
    """Line ends do not make it another message."""
    lines = raw.replace(b"\r\n", b"\r").replace(b"\n", b"\r").strip(b"\r ")
    return hashlib.sha256(lines).hexdigest()
