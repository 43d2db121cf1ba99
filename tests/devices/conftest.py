"""What the tests of the gateway start, and end again."""

import signal

import pytest
from tests.devices.border import BorderClinic, Device, GatewayProcess


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
def connect():
    devices = []

    def to(port):
        devices.append(Device(port))
        return devices[-1]

    yield to
    for device in devices:
        device.close()
