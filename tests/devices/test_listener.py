"""The listener over real sockets, where a process would take too long to show it."""

import asyncio
import contextlib
import socket
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from tests.devices.captures import FULL_MONITOR

from openketamine.devices.connectors.mllp.framing import wrap
from openketamine.devices.connectors.mllp.listener import MllpListener, Settings
from openketamine.devices.spool import Spool

NOW = datetime(2026, 7, 3, 7, 0, 1, tzinfo=UTC)


@asynccontextmanager
async def listening(tmp_path, **settings):
    spool = Spool(tmp_path / "spool")
    listener = MllpListener(
        Settings("127.0.0.1", 0, UTC, **settings), spool, lambda: None, lambda: NOW
    )
    await listener.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    try:
        yield listener, spool, reader, writer
    finally:
        writer.close()
        await writer.wait_closed()
        await listener.stop()
        await spool.close()


def test_a_message_that_never_ends_is_refused_and_counted(tmp_path):
    async def work():
        async with listening(tmp_path, frame_timeout_s=0.2) as (listener, _, reader, writer):
            for drip in (b"\x0bMSH", b"|", b"^"):  # a drip does not buy time
                writer.write(drip)
                await asyncio.sleep(0.05)
            said = await asyncio.wait_for(reader.read(), 5)
            return said, listener.unreadable

    said, unreadable = asyncio.run(work())
    assert b"MSA|AR|" in said
    assert unreadable == 1


def test_a_silent_connection_is_left_open(tmp_path):
    async def work():
        async with listening(tmp_path, frame_timeout_s=0.1) as (_, _, reader, writer):
            await asyncio.sleep(0.4)
            writer.write(wrap(FULL_MONITOR))
            return await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 5)

    assert b"MSA|AA|C1" in asyncio.run(work())


@pytest.mark.hazard("HZ-18")
def test_a_full_disk_gets_no_answer_at_all(tmp_path):
    async def work():
        async with listening(tmp_path) as (_, spool, reader, writer):
            spool._db.execute("PRAGMA max_page_count=1")
            note = b"NTE|1||" + b"x" * 300_000 + b"\r"
            writer.write(wrap(FULL_MONITOR + note))
            said = await asyncio.wait_for(reader.read(), 5)
            return said, (await spool.room()).waiting

    assert asyncio.run(work()) == (b"", 0)


def test_more_connections_than_are_taken_are_closed_and_told(tmp_path):
    async def work():
        async with listening(tmp_path, most_connections=2) as (listener, _, reader, writer):
            others = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(5)]
            ends = [await _ended(one) for one, _ in others]
            writer.write(wrap(FULL_MONITOR))
            said = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 5)
            for _, one in others:
                one.close()
            return ends.count(True), said, listener.health.as_json(NOW)["rejected"][0]["count"]

    closed, said, told = asyncio.run(work())
    assert (closed, told) == (4, 4)
    assert b"MSA|AA|C1" in said


async def _ended(reader):
    try:
        async with asyncio.timeout(0.5):
            return await reader.read() == b""
    except TimeoutError:
        return False


def test_many_who_never_end_a_message_do_not_fill_the_memory(tmp_path):
    async def work():
        async with listening(tmp_path, most_waiting=300_000) as (listener, _, reader, writer):
            others = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(8)]
            for _, one in others:
                one.write(b"\x0b" + b"x" * 100_000)
            ends = [await _any_end(one) for one, _ in others]
            held = listener._waiting
            writer.write(wrap(FULL_MONITOR))
            said = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 5)
            for _, one in others:
                one.close()
            return ends.count(True), held, said

    closed, held, said = asyncio.run(work())
    assert closed >= 5
    assert held <= 300_000
    assert b"MSA|AA|C1" in said


async def _any_end(reader):
    try:
        async with asyncio.timeout(0.5):
            await reader.read()
            return True
    except TimeoutError:
        return False


def test_a_sender_that_never_reads_its_answers_is_let_go(tmp_path):
    async def work():
        async with listening(tmp_path, answer_timeout_s=0.3) as (listener, *_):
            loop = asyncio.get_running_loop()
            with socket.socket() as deaf:
                deaf.setblocking(False)
                await loop.sock_connect(deaf, ("127.0.0.1", listener.port))
                await asyncio.sleep(0.1)
                before = len(listener._connections)
                with contextlib.suppress(ConnectionError):
                    async with asyncio.timeout(20):
                        while len(listener._connections) == before:
                            await loop.sock_sendall(deaf, wrap(b"PID|no") * 2000)
            return before, len(listener._connections)

    assert asyncio.run(work()) == (2, 1)
