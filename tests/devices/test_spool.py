"""The gateway's disk: durable before it says so, silent when it is full."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from openketamine.devices.spool import Incoming, Spool, SpoolError

NOW = datetime(2026, 7, 3, 7, 0, 0, tzinfo=UTC)


def incoming(number, size=10, digest=None):
    body = {"key": f"K{number}", "values": {"heart_rate": number}}
    raw = b"x" * size
    return Incoming(f"K{number}", digest or f"d{number}", NOW, ((f"K{number}", body),), raw)


def run(path, work):
    async def opened():
        spool = Spool(path)
        try:
            return await work(spool)
        finally:
            await spool.close()

    return asyncio.run(opened())


async def keep(spool, *messages):
    return await asyncio.gather(*(spool.keep(one) for one in messages))


def test_many_messages_share_a_commit_and_keep_their_order(tmp_path):
    async def work(spool):
        kept = await keep(spool, *(incoming(number) for number in range(500)))
        return kept, [one.key for one in await spool.oldest(1000)]

    kept, keys = run(tmp_path / "s", work)
    assert set(kept) == {"new"}
    assert keys == [f"K{number}" for number in range(500)]


@pytest.mark.hazard("HZ-05")
def test_a_repeat_is_known_also_within_one_commit_and_after_delivery(tmp_path):
    async def work(spool):
        together = await keep(spool, incoming(1), incoming(1), incoming(1, digest="other"))
        (row,) = await spool.oldest(10)
        await spool.accepted([row.number], NOW)
        return together, await keep(spool, incoming(1)), await spool.oldest(10)

    assert run(tmp_path / "s", work) == (["new", "duplicate", "conflict"], ["duplicate"], [])


def test_keys_are_forgotten_after_a_day_unless_their_reading_still_waits(tmp_path):
    async def work(spool):
        await keep(spool, incoming(1), incoming(2))
        first, _ = await spool.oldest(10)
        await spool.accepted([first.number], NOW + timedelta(hours=24, seconds=1))
        return await keep(spool, incoming(1), incoming(2))

    assert run(tmp_path / "s", work) == ["new", "duplicate"]


@pytest.mark.hazard("HZ-18")
def test_a_full_disk_stores_nothing_says_so_and_recovers(tmp_path):
    async def work(spool):
        await keep(spool, incoming(1))
        spool._db.execute("PRAGMA max_page_count=1")  # no page beyond those in use: a full disk
        with pytest.raises(SpoolError, match="full"):
            await keep(spool, incoming(2, size=500_000))
        still = [one.key for one in await spool.oldest(10)]
        spool._db.execute("PRAGMA max_page_count=1000000")
        return still, await keep(spool, incoming(2)), [one.key for one in await spool.oldest(10)]

    assert run(tmp_path / "s", work) == (["K1"], ["new"], ["K1", "K2"])


def test_it_is_flushed_at_every_commit_and_overwrites_what_it_deletes(tmp_path):
    async def work(spool):
        ask = spool._db.execute
        names = ("synchronous", "journal_mode", "secure_delete")
        return [ask(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert run(tmp_path / "s", work) == [2, "wal", 1]


def test_it_cannot_be_opened_where_it_may_not_write(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="cannot be opened"):
        Spool(tmp_path / "file" / "spool")
