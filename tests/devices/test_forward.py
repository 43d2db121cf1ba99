"""What the gateway does when a clinic that is well fails at one reading again and again."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.devices.border import TOKEN

from openketamine.devices import forward
from openketamine.devices.forward import Clinic, Forward
from openketamine.devices.spool import Incoming, Spool

NOW = datetime(2026, 7, 3, 7, 0, 0, tzinfo=UTC)


def incoming(key):
    return Incoming(key, key, NOW, ((key, {"key": key}),), b"")


@pytest.mark.parametrize(("heard", "delivered"), [(True, ["A", "C"]), (False, [])])
def test_it_is_set_aside_only_while_the_clinic_is_heard(
    clinic, tmp_path, monkeypatch, heard, delivered
):
    monkeypatch.setattr(forward, "LONGEST_PAUSE_S", 0.1)  # the same steps, sooner
    clinic.refuse_keys, clinic.refuse_status = {"B"}, 500

    async def settled(spool):
        """All of it is delivered or set aside; or the clinic has failed often enough for that."""
        while True:
            room = await spool.room()
            if room.waiting == 0 or (not heard and clinic.refused > 2 * forward.MOST_FAULTS):
                return
            await asyncio.sleep(0.05)

    async def work():
        spool, door = Spool(tmp_path / "s"), Clinic(clinic.url, TOKEN, "gw-1")
        for key in "ABC":
            await spool.keep(incoming(key))
        running = asyncio.create_task(Forward(door, spool, lambda: NOW, lambda: heard).run())
        async with asyncio.timeout(60):
            await settled(spool)
        running.cancel()
        room = await spool.room()
        await door.close()
        await spool.close()
        return room.waiting, room.aside

    waiting, aside = asyncio.run(work())
    assert [one["key"] for one in clinic.received] == delivered
    assert (waiting, aside) == ((0, 1) if heard else (3, 0))
