"""Devices that write lines: a table, a line, a reading; over a real terminal."""

import asyncio
import json
import os
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openketamine.core.findings import BadInput
from openketamine.devices.connectors.lines import (
    LineSettings,
    LineSource,
    decode_line,
    read_dialect,
)
from openketamine.devices.connectors.lines.dialect import as_dialect
from openketamine.devices.health import Health
from openketamine.devices.intake import Intake
from openketamine.devices.spool import Spool

NOW = datetime(2026, 5, 1, 10, 5, 1, tzinfo=UTC)
OURS = read_dialect("openketamine")
BODY = "OKL1,OXI-1,17,2026-05-01T10:05:00+00:00,82,97,98.6,ok"
CSV = as_dialect(
    {"kind": "monitor", "separator": ";", "columns": [{"signal": "spo2", "unit": "%"}]}
)


def line(body=BODY):
    check = OURS.checksum.of(body.encode())
    return f"${body}*{check:02X}\r\n".encode()


def read(raw, dialect=OURS, **other):
    return decode_line(raw, dialect, received_at=NOW, zone=UTC, **other)


def test_a_line_becomes_exactly_this_reading():
    reading = read(line())
    assert (reading.device_id, reading.measured_at.second) == ("OXI-1", 0)
    assert reading.values == {
        "heart_rate": Decimal(82), "spo2": Decimal(97), "temperature": Decimal("37.0"),
    }  # fmt: skip
    assert (reading.texts, reading.unmapped, reading.remarks) == ({"status": "ok"}, (), ())


def test_the_example_in_the_table_is_true():
    text = (Path(__file__).parents[2] / "src/openketamine/devices/connectors/lines").joinpath(
        "openketamine.yaml"
    )
    (example,) = [row for row in text.read_text().splitlines() if "$OKL1" in row]
    assert read(example.strip("# ").encode()).values["spo2"] == 97


@pytest.mark.hazard("HZ-06")
def test_a_zero_stays_a_zero_and_a_blank_is_no_number():
    reading = read(line(BODY.replace("82,97", "0,--")))
    assert (reading.values["heart_rate"], reading.values["spo2"]) == (Decimal(0), None)


def test_what_is_no_number_is_kept_raw():
    reading = read(line(BODY.replace(",97,", ",9e7,")))
    assert "spo2" not in reading.values
    assert reading.unmapped[0].value == "9e7"


@pytest.mark.parametrize(
    "raw",
    [
        line().replace(b"82", b"83"), line()[:-4], b"", b"$", b"$*00", line().replace(b"$", b"#"),
        line(BODY.replace("OKL1", "OKL2")), line(BODY + ",1"), line(BODY.replace("OXI-1", "")),
    ],
)  # fmt: skip
def test_a_damaged_or_other_line_is_refused_in_one_sentence(raw):
    with pytest.raises(BadInput, match="expected"):
        read(raw)


def test_a_repeated_line_is_the_same_message_and_another_one_is_not():
    assert read(line()).key == read(line()).key
    assert read(line()).key != read(line(BODY.replace("82", "83"))).key


def test_a_bare_csv_needs_the_id_of_its_device_and_takes_the_time_of_receipt():
    reading = read(b"97\n", CSV, device="OXI-9")
    assert (reading.device_id, reading.measured_at) == ("OXI-9", NOW)
    with pytest.raises(BadInput, match="device"):
        read(b"97\n", CSV)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({}, "kind"),
        ({"kind": "monitor"}, "columns"),
        ({"kind": "monitor", "columns": [{"signal": "blood_sugar", "unit": "x"}]}, "signal"),
        ({"kind": "monitor", "columns": [{"signal": "spo2"}]}, "unit"),
        ({"kind": "monitor", "columns": [{"is": "what", "signal": "spo2", "unit": "%"}]}, "is"),
        ({"kind": "monitor", "checksum": {"how": "crc"}}, "checksum"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_and_says_where(raw, place):
    with pytest.raises(BadInput) as error:
        as_dialect(raw)
    assert place in error.value.field


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120) | st.text(max_size=60).map(lambda text: line(BODY[:30] + text)))
def test_no_bytes_crash_it(raw):
    with suppress(BadInput):
        read(raw).as_json()


@asynccontextmanager
async def reading_from(tmp_path, port, **other):
    spool = Spool(tmp_path / "spool")
    health = Health()
    intake = Intake(spool, health, lambda: None)
    source = LineSource(LineSettings(port, OURS, **other), UTC, intake, lambda: NOW)
    await source.start()
    try:
        yield source, spool, health
    finally:
        await source.stop()
        await spool.close()


async def _until(condition):
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110  (polls the outside world)
            await asyncio.sleep(0.02)


def test_over_a_terminal_in_pieces_with_noise_between(tmp_path):
    async def work():
        ours, theirs = os.openpty()
        port = Path(os.ttyname(theirs))
        async with reading_from(tmp_path, port, baud=9600) as (source, spool, health):
            await asyncio.sleep(0.2)
            for piece in (line()[:20], line()[20:], b"noise\r\n", line(BODY.replace("17", "18"))):
                os.write(ours, piece)
                await asyncio.sleep(0.05)

            async def both():
                return len(await spool.oldest(10)) == 2

            await _until(both)
            keys = [json.loads(one.body)["values"]["heart_rate"] for one in await spool.oldest(10)]
            return keys, source.unreadable, health.as_json(NOW)["devices"]["OXI-1"]["connector"]

    assert asyncio.run(work()) == ([82, 82], 1, "lines")


def test_a_line_that_never_ends_is_counted_and_forgotten(tmp_path):
    async def work():
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        async with reading_from(tmp_path, pipe) as (source, spool, _):
            await asyncio.sleep(0.1)
            with pipe.open("wb", buffering=0) as writer:
                for _ in range(8):
                    writer.write(b"x" * 4000)
                    await asyncio.sleep(0.02)
                writer.write(b"\n" + line())

                async def one():
                    return len(await spool.oldest(10)) == 1

                await _until(one)
            return source.unreadable

    assert asyncio.run(work()) >= 1


def test_a_port_that_is_not_there_yet_is_waited_for_and_told(tmp_path):
    async def work():
        async with reading_from(tmp_path, tmp_path / "later", device="OXI-1") as (_, _, health):
            await asyncio.sleep(0.1)
            (said,) = health.as_json(NOW)["devices"]["OXI-1"]["rejected"]
            return said["words"]

    assert "cannot be read" in asyncio.run(work())
