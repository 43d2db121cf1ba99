"""The gateway's disk: durable before it says so, silent when it is full."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from openketamine.devices.spool import Incoming, Spool, SpoolError

NOW = datetime(2026, 7, 3, 7, 0, 0, tzinfo=UTC)


def incoming(number, size=10, digest=None, at=NOW):
    body = {"key": f"K{number}", "values": {"heart_rate": number}}
    raw = b"x" * size
    return Incoming(f"K{number}", digest or f"d{number}", at, ((f"K{number}", body),), raw)


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
        await keep(spool, incoming(1), incoming(2, at=NOW + timedelta(seconds=1)))
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


LIMIT = 400_000


def small(path, work, **limits):
    """A spool with little room."""

    async def opened():
        spool = Spool(path, **limits)
        try:
            return await work(spool)
        finally:
            await spool.close()

    return asyncio.run(opened())


async def until_full(spool):
    """How many messages it takes, one by one."""
    for taken in range(LIMIT):
        try:
            await spool.keep(incoming(taken, size=5000))
        except SpoolError:
            return taken
    raise AssertionError("never full")


@pytest.mark.hazard("HZ-18")
def test_past_its_limit_nothing_is_taken_until_the_clinic_has_taken_some(tmp_path):
    async def work(spool):
        taken = await until_full(spool)
        full = await spool.room()
        await spool.accepted([one.number for one in await spool.oldest(10)], NOW)
        after = await spool.keep(incoming(taken, size=5000))
        return taken, full, after, await spool.room()

    taken, full, after, then = small(tmp_path / "s", work, limit=LIMIT)
    assert LIMIT // 5000 // 2 < taken <= LIMIT // 5000
    assert (full.waiting, full.refused, full.full) == (taken, 1, True)
    assert full.used >= LIMIT
    assert (after, then.full, then.waiting) == ("new", False, taken - 9)
    assert (tmp_path / "s").stat().st_size < 2 * LIMIT


@pytest.mark.hazard("HZ-18")
def test_the_last_of_the_disk_is_left_free(tmp_path):
    async def work(spool):
        with pytest.raises(SpoolError, match="full"):
            await spool.keep(incoming(1))
        return await spool.room()

    room = small(tmp_path / "s", work, reserve=2**62)
    assert (room.waiting, room.full) == (0, True)


def test_keys_of_what_was_delivered_make_way_for_readings(tmp_path):
    async def work(spool):
        for number in range(4000):
            await spool.keep(incoming(number, digest="d" * 64))
            if number % 500 == 499:
                await spool.accepted([one.number for one in await spool.oldest(1000)], NOW)
        return await spool.room()

    room = small(tmp_path / "s", work, limit=LIMIT)
    assert (room.waiting, room.refused) == (0, 0)


def test_what_waits_and_what_was_set_aside_is_counted_also_after_a_restart(tmp_path):
    async def work(spool):
        await keep(spool, *(incoming(number) for number in range(5)))
        first, second, *_ = await spool.oldest(10)
        await spool.accepted([first.number], NOW)
        await spool.set_aside(second.number, "HTTP 400")
        return await spool.room()

    before = run(tmp_path / "s", work)
    assert (before.waiting, before.aside) == (3, 1)

    async def again(spool):
        return await spool.room()

    # What the clinic could not read gets another chance after a restart.
    after = run(tmp_path / "s", again)
    assert (after.waiting, after.aside) == (4, 0)


def test_a_batch_for_the_clinic_is_no_larger_than_the_clinic_takes(tmp_path):
    async def work(spool):
        body = {"key": "K", "texts": {"words": "x" * 900_000}}
        for number in range(4):
            one = Incoming(f"K{number}", "d", NOW, ((f"K{number}", body),), b"")
            await spool.keep(one)
        return len(await spool.oldest(1000)), len(await spool.oldest(1))

    assert run(tmp_path / "s", work) == (2, 1)


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
