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
from openketamine.devices.connectors.mllp.batch import Batch, answer_batch, open_batch
from openketamine.devices.connectors.mllp.decode import Decoded, read_message
from openketamine.devices.connectors.mllp.framing import BadFrame, Framer, wrap
from openketamine.devices.connectors.mllp.header import Header
from openketamine.devices.connectors.mllp.rows import Fault
from openketamine.devices.connectors.mllp.table import Table, pcd01
from openketamine.devices.health import Health
from openketamine.devices.spool import Incoming, Spool, SpoolError

_log = logging.getLogger("openketamine.devices.mllp")
_READ = 64 * 1024
_LOGGED = 100


@dataclass(frozen=True)
class Settings:
    """Where to listen and how long to wait. `zone` is for devices that name none.

    `most_connections`, `most_waiting` (bytes of messages that have begun and not ended, of all
    connections together): past these a connection is closed, so that nobody can fill our memory.
    """

    host: str
    port: int
    zone: tzinfo
    frame_timeout_s: float = 10.0
    answer_timeout_s: float = 30.0
    most_connections: int = 1000
    most_waiting: int = 64 * 1024 * 1024


class MllpListener:
    """Listens on one port for any number of devices."""

    def __init__(
        self,
        settings: Settings,
        spool: Spool,
        known: Callable[[], Associations | None],
        clock: Callable[[], datetime],
        on_kept: Callable[[], None] = lambda: None,
        health: Health | None = None,
    ) -> None:
        self.unreadable = 0
        self.health = health or Health()
        self._waiting = self._unkept = 0
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

    def where(self) -> list[dict[str, str | int]]:
        """What it listens on."""
        return [{"kind": "mllp", "host": self._settings.host, "port": self.port}]

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
            if len(self._connections) > self._settings.most_connections:
                self._refuse_connection()
                return
            await self._converse(reader, writer)
        except SpoolError as error:
            # No answer at all: the sender keeps what we could not make durable, and tries again.
            self.health.rejects("", "the disk of the gateway did not take a message", self._clock())
            self._unkept += 1
            if self._unkept <= _LOGGED or self._unkept % _LOGGED == 0:
                # Each monitor tries again at once: the log must not fill the disk as well.
                _log.error("closing a connection unanswered: %s (no. %d)", error, self._unkept)
        except TimeoutError:
            # Not closed politely: what waits to be sent would never be read.
            writer.transport.abort()
            _log.info("a device did not read its answers; its connection was cut")
        except ConnectionError:
            _log.info("a device connection ended")
        except asyncio.CancelledError:
            _log.info("a device connection was closed, stopping")
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    def _refuse_connection(self) -> None:
        most = self._settings.most_connections
        self.health.rejects("", f"a connection beyond the {most} that are taken", self._clock())
        _log.warning("closing a connection: there are more than %d", most)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer = Framer()
        try:
            await self._listen(framer, reader, writer)
        finally:
            self._waiting -= framer.size

    async def _listen(
        self, framer: Framer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        deadline, loop = None, asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    data = await reader.read(_READ)
            except TimeoutError:
                await self._send(writer, [self._nak(BadFrame("a message that did not end"))])
                return
            if not data:
                return
            found = self._feed(framer, data)
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

    def _feed(self, framer: Framer, data: bytes) -> list[bytes | BadFrame]:
        """What these bytes complete. Many who never end a message must not fill our memory."""
        before = framer.size
        found = list(framer.feed(data))
        self._waiting += framer.size - before
        if framer.waiting and self._waiting > self._settings.most_waiting:
            found.append(BadFrame("too many messages that did not end", fatal=True))
        return found

    async def _send(self, writer: asyncio.StreamWriter, frames: Sequence[bytes]) -> None:
        """Raises TimeoutError where the sender does not read its answers."""
        if frames:
            writer.write(b"".join(frames))
            async with asyncio.timeout(self._settings.answer_timeout_s):
                await writer.drain()

    async def _receive(self, found: bytes | BadFrame) -> list[bytes]:
        """The frames that answer one frame."""
        if isinstance(found, BadFrame):
            return [self._nak(found)]
        batch = open_batch(found)
        if batch is None:
            return [wrap(answer) for answer in await self._one(found)]
        if not batch.messages:
            return [self._nak(BadFrame("a batch without a message"))]
        return await self._batch(batch)

    async def _batch(self, batch: Batch) -> list[bytes]:
        if batch.remark:
            self.unreadable += 1
            self.health.rejects("", f"a batch: {batch.remark}", self._clock())
        each = await asyncio.gather(*(self._one(message) for message in batch.messages))
        answers = [answer for answers in each for answer in answers]
        if not batch.declared:
            return [wrap(answer) for answer in answers]
        if not answers and not batch.remark:
            return []
        now = self._clock()
        return [wrap(answer_batch(batch, answers, control_id=self._next_id(), now=now))]

    async def _one(self, raw: bytes) -> list[bytes]:
        """The answers to one message, without their frames."""
        now = self._clock()
        try:
            message = read_message(
                raw, received_at=now, zone=self._settings.zone, table=self._table
            )
        except BadInput as error:
            return [self._unreadable(error.field)]
        fault = rejected(message.header, self._table)
        if fault:
            self.unreadable += 1
            self.health.rejects(
                message.sender, f"{fault.text}: {_sent(message.header, fault)}", now
            )
            _log.warning("rejected %s: %s", message.header.key, fault.text)
            return self._write(message.header, refuse(message.header, fault))
        return await self._keep(raw, message, now)

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
        self.health.heard(message.readings, "mllp")
        for fault in message.faults:
            self.health.rejects(message.sender, f"in part: {fault.says}", now)
        if kept == "conflict":
            self.unreadable += 1
            why = "another message under a control id that was used before"
            self.health.rejects(message.sender, why, now)
            _log.warning("%s came again with other content", message.header.key)
        return self._write(message.header, answer(message, kept, self._known()))

    def _nak(self, bad: BadFrame) -> bytes:
        return wrap(self._unreadable(bad.why))

    def _unreadable(self, why: str) -> bytes:
        self.unreadable += 1
        self.health.rejects("", f"not readable: {why}", self._clock())
        if self.unreadable <= _LOGGED or self.unreadable % _LOGGED == 0:
            # Who sends nothing but noise must not fill the log as well.
            _log.warning("unreadable: %s (no. %d)", why, self.unreadable)
        header, reply = nobody("no readable message")
        return self._write(header, (reply,))[0]

    def _write(self, header: Header, replies: Sequence[Answer]) -> list[bytes]:
        now = self._clock()
        return [
            write_answer(header, reply, control_id=self._next_id(), now=now) for reply in replies
        ]

    def _next_id(self) -> str:
        return f"{self._born}-{next(self._numbers)}"


def _sent(header: Header, fault: Fault) -> str:
    """What stood in the field of MSH that we do not take."""
    fields = {"MSH^1^11": header.processing_id, "MSH^1^12": header.version}
    return fields.get(fault.place, "^".join(header.message_type))


def _digest(raw: bytes) -> str:
    """Line ends do not make it another message."""
    lines = raw.replace(b"\r\n", b"\r").replace(b"\n", b"\r").strip(b"\r ")
    return hashlib.sha256(lines).hexdigest()
