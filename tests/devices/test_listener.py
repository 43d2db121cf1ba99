"""The listener over real sockets, where a process would take too long to show it."""

import asyncio
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
            return said, await spool.counts()

    assert asyncio.run(work()) == (b"", (0, 0))
