"""IEEE 11073 SDC against a provider of the same library, over real sockets; and the pure half."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.devices.border import TOKEN, wait_for

from openketamine.devices.connectors.sdc import Metric, Update, decode

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
HR = Metric("147842", "", "264864", Decimal(72), "Vld", NOW)
needs_library = pytest.mark.skipif(
    importlib.util.find_spec("sdc11073") is None, reason="the extra `sdc` is not installed"
)


def read(*metrics, **other):
    return decode(Update("k", "S1", "69965", None, metrics, **other), received_at=NOW)


class TestDecode:
    def test_a_number_in_a_known_unit_is_read(self):
        (reading,) = read(HR)
        assert (reading.values, reading.doubts, reading.unmapped) == ({"heart_rate": 72}, {}, ())
        assert reading.device_kind == "monitor"

    @pytest.mark.parametrize(
        ("change", "value", "doubt"),
        [
            ({"validity": "Qst"}, 72, "the device calls it questionable"),
            ({"validity": "Inv"}, 72, "the device calls it invalid"),
            ({"validity": ""}, 72, "its validity is not known"),
            ({"validity": "NA"}, None, None),
            ({"on": False}, None, None),
            ({"value": None}, None, None),
        ],
    )
    @pytest.mark.hazard("HZ-06")
    def test_validity_is_kept(self, change, value, doubt):
        (reading,) = read(Metric(**{**vars(HR), **change}))
        assert reading.values == {"heart_rate": value}
        assert reading.doubts.get("heart_rate") == doubt

    @pytest.mark.parametrize(
        "change",
        [{"code": "999"}, {"unit": "266016"}, {"system": "urn:oid:1.2"}, {"value": "seventy"},
         {"value": Decimal("NaN")}, {"value": Decimal("1e99")}],
    )  # fmt: skip
    def test_what_is_not_known_is_kept_raw(self, change):
        (reading,) = read(Metric(**{**vars(HR), **change}))
        assert reading.values == {}
        assert len(reading.unmapped) == 1

    def test_an_older_number_keeps_its_own_time(self):
        old = Metric("150021", "", "266016", Decimal(120), "Vld", NOW - timedelta(minutes=4))
        now, before = read(HR, old)
        assert (set(now.values), set(before.values)) == ({"heart_rate"}, {"systolic"})
        assert (now.key, before.key) == ("k", "k|2")

    def test_two_numbers_of_one_kind_are_never_averaged(self):
        (reading,) = read(HR, Metric(**{**vars(HR), "value": Decimal(90)}))
        assert reading.values == {"heart_rate": 72}
        assert "more than once" in reading.remarks[0]

    def test_a_report_of_nothing_is_no_reading(self):
        assert read() == []


class Provider:
    """`provider.py`, really running."""

    def __init__(self, *words):
        path = Path(__file__).parent / "provider.py"
        self.process = subprocess.Popen(
            [sys.executable, str(path), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        said = json.loads(self.process.stdout.readline())
        self.address, self.epr = said["address"], said["epr"]

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=15)


@pytest.fixture
def provide():
    running = []

    def start(*words):
        running.append(Provider(*words))
        return running[-1]

    yield start
    for one in running:
        one.kill()


@pytest.fixture
def follow(clinic, tmp_path):
    running = []

    def start(*where):
        words = ["--clinic", clinic.url, "--data", str(tmp_path / "sdc"), *where]
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "openketamine.devices", *words],
                env={**os.environ, "OPENKETAMINE_GATEWAY_TOKEN": TOKEN},
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )
        )  # fmt: skip
        return running[-1]

    yield start
    for one in running:
        one.send_signal(signal.SIGTERM)
        one.communicate(timeout=30)


@needs_library
class TestOverSockets:
    @pytest.mark.hazard("HZ-02")
    def test_reports_go_through_the_spool_to_the_clinic(self, clinic, provide, follow):
        gateway = follow("--sdc", provide("SN-77", "MRN7007").address)
        wait_for(lambda: len(clinic.received) >= 4, seconds=60)
        one = clinic.received[-1]
        assert (one["device_id"], one["mrn"], one["device_kind"]) == ("SN-77", "MRN7007", "monitor")
        rates = [each["values"]["heart_rate"] for each in clinic.received]
        assert rates == list(range(rates[0], rates[0] + len(rates)))
        assert one["doubts"] == {"spo2": "the device calls it questionable"}
        assert [code["code"] for code in one["unmapped"]] == ["999999"]
        assert len({each["key"] for each in clinic.received}) == len(clinic.received)
        wait_for(lambda: "SN-77" in clinic.heartbeats[-1]["health"]["devices"])
        assert clinic.heartbeats[-1]["health"]["devices"]["SN-77"]["connector"] == "sdc"
        assert gateway.poll() is None

    def test_a_provider_that_dies_is_told_and_the_gateway_lives(self, clinic, provide, follow):
        provider = provide("SN-78")
        gateway = follow("--sdc", provider.address)
        wait_for(lambda: clinic.received, seconds=60)
        provider.kill()
        wait_for(
            lambda: any(
                "cannot be reached" in one["words"]
                for one in clinic.heartbeats[-1]["health"]["rejected"]
            ),
            seconds=60,
        )
        assert gateway.poll() is None

    def test_a_provider_is_found_by_its_endpoint_among_two(self, clinic, provide, follow):
        provide("SN-79", "MRN1", "announce")
        wanted = provide("SN-80", "MRN2", "announce")
        follow("--sdc-discover", "127.0.0.1", "--sdc-epr", wanted.epr)
        wait_for(lambda: clinic.received, seconds=90)
        assert {one["device_id"] for one in clinic.received} == {"SN-80"}
