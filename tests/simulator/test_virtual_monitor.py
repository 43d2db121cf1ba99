"""The virtual monitor as a process, against a real gateway."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from tests.devices.border import TOKEN, wait_for


@pytest.fixture
def start_simulator():
    running = []

    def start(clinic_url, port, speed=1):
        words = ["--clinic", clinic_url, "--mllp", f"127.0.0.1:{port}", "--speed", str(speed)]
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "openketamine.simulator", *words],
                env={**os.environ, "OPENKETAMINE_GATEWAY_TOKEN": TOKEN},
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=15)


def demo_patient(**changes):
    started = datetime.now(UTC) - timedelta(minutes=20)
    return {
        "device_id": "080019FFFE0000A1",
        "mrn": "MRN-DEMO-1",
        "family": "Ørsted|Lund",
        "given": "Ada",
        "chair": "CHAIR 1",
        "weight_kg": 70,
        "age": 40,
        "sex": "female",
        "session": "a-session",
        "baseline": {"systolic": 118, "heart_rate": 64},
        "phase": "infusing",
        "segments": [{"start": started.isoformat(), "end": None, "rate_mg_per_min": 0.875}],
        **changes,
    }


def test_a_seated_person_gets_a_monitor_whose_readings_are_charted(
    clinic, start_gateway, start_simulator
):
    clinic.patients = [demo_patient()]
    clinic.associations = {"080019FFFE0000A1": {"mrn": "MRN-DEMO-1", "session": "a-session"}}
    gateway = start_gateway(clinic.url)
    wait_for(lambda: clinic.heartbeats)
    simulator = start_simulator(clinic.url, gateway.port, speed=10)
    wait_for(lambda: len(clinic.received) >= 5)
    first, later = clinic.received[0], clinic.received[4]
    assert first["device_id"] == "080019FFFE0000A1"
    assert first["mrn"] == "MRN-DEMO-1"
    assert first["values"]["systolic"] > 118
    assert later["values"]["systolic"] is None
    assert 50 < later["values"]["heart_rate"] < 90
    assert later["unmapped"] == later["remarks"] == []
    simulator.send_signal(signal.SIGTERM)
    assert simulator.wait(timeout=15) == 0


def test_a_monitor_follows_who_is_seated(clinic, start_gateway, start_simulator):
    clinic.patients = [demo_patient(segments=[])]
    gateway = start_gateway(clinic.url)
    start_simulator(clinic.url, gateway.port, speed=5)
    wait_for(lambda: clinic.received)
    other = demo_patient(device_id="080019FFFE0000A2", mrn="MRN-DEMO-2", segments=[])
    clinic.patients = [other]
    wait_for(lambda: clinic.received[-1]["mrn"] == "MRN-DEMO-2")
    seen = len(clinic.received)
    wait_for(lambda: len(clinic.received) > seen + 5)
    assert {one["mrn"] for one in clinic.received[seen:]} == {"MRN-DEMO-2"}


@pytest.mark.hazard("HZ-05")
def test_a_monitor_sends_again_what_was_not_acknowledged(clinic, start_gateway, start_simulator):
    clinic.patients = [demo_patient(segments=[])]
    gateway = start_gateway(clinic.url)
    start_simulator(clinic.url, gateway.port, speed=20)
    wait_for(lambda: len(clinic.received) > 5)
    port = gateway.port
    gateway.end(signal.SIGKILL)
    start_gateway(clinic.url, port)
    seen = len(clinic.received)
    wait_for(lambda: len(clinic.received) > seen + 20)
    numbers = [int(one["key"][-6:]) for one in clinic.received]
    assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))
