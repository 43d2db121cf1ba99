"""What the tests of the gateway start, and end again."""

import signal

import pytest
from tests.devices.border import BorderClinic, Device, GatewayProcess, wait_for

ATTACHED = {"0A0B0CFFFE000042": {"mrn": "MRN7007", "session": "a-session"}}


@pytest.fixture
def clinic():
    border = BorderClinic()
    yield border
    border.close()


@pytest.fixture
def start_gateway(tmp_path):
    running = []

    def start(clinic_url, port=0):
        running.append(GatewayProcess(clinic_url, tmp_path / "gateway", port))
        return running[-1]

    yield start
    for gateway in running:
        gateway.end(signal.SIGKILL)


@pytest.fixture
def attached(clinic, start_gateway):
    clinic.associations = ATTACHED
    gateway = start_gateway(clinic.url)
    wait_for(lambda: clinic.heartbeats)
    return gateway


@pytest.fixture
def connect():
    devices = []

    def to(port):
        devices.append(Device(port))
        return devices[-1]

    yield to
    for device in devices:
        device.close()
