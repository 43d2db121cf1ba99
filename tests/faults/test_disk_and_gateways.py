"""The disk is full, a gateway dies and the monitor knows another: nothing acknowledged is lost."""

import os
import signal
import subprocess
import sys
import time

import pytest
from tests.end_to_end.house import eventually
from tests.faults.clinic import (
    HOST,
    Bed,
    Clinic,
    Nurse,
    Screen,
    everything_is_there,
    line_is_open,
)

from openketamine.operations._ports import first_free

MEGABYTE = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own that can be filled. Needs the right to mount."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=320m,mode=755", "tmpfs", folder],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("nothing may be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


def fill(folder):
    """Not a byte is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (MEGABYTE, 4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return ballast


@pytest.mark.hazard("HZ-05")
@pytest.mark.hazard("HZ-18")
def test_a_full_disk_acknowledges_nothing_and_loses_nothing(small_disk):
    clinic = Clinic(small_disk, 2).open()
    beds = [Bed(clinic, bed, 0.05).start() for bed in clinic.beds]
    nurse = Nurse(clinic, clinic.beds[0]).start()
    try:
        eventually(lambda: min(len(one.acknowledged) for one in (*beds, nurse)) > 5, 30)
        ballast = fill(small_disk)
        time.sleep(4)
        stuck = [len(one.acknowledged) for one in beds]
        time.sleep(3)
        assert [len(one.acknowledged) for one in beds] == stuck, "acknowledged without a disk"
        ballast.unlink()
        eventually(
            lambda: all(len(one.acknowledged) > n + 5 for one, n in zip(beds, stuck, strict=True)),
            90,
        )
        said = len(nurse.acknowledged)
        eventually(lambda: len(nurse.acknowledged) > said + 2, 90)
        for one in (*beds, nurse):
            one.stop()
        everything_is_there(clinic, beds, [nurse])
    finally:
        for one in (*beds, nurse):
            one._stop.set()
        clinic.close()


@pytest.mark.hazard("HZ-05")
@pytest.mark.hazard("HZ-18")
def test_a_monitor_that_tries_a_second_gateway_is_charted_once(tmp_path):
    clinic = Clinic(tmp_path, 2).open()
    second = first_free(HOST, clinic.mllp_port + 1)
    gateway = _gateway(clinic, second, tmp_path / "second")
    ports = [clinic.mllp_port, second]
    beds = [
        Bed(clinic, bed, 0.05, ports=ports[place:] + ports[:place]).start()
        for place, bed in enumerate(clinic.beds)
    ]
    screens = [Screen(clinic, bed).start() for bed in clinic.beds]
    try:
        eventually(lambda: min(len(one.acknowledged) for one in beds) > 10, 40)
        for turn in range(3):
            if turn % 2:
                gateway.kill()
                gateway.wait()
                gateway = _gateway(clinic, second, tmp_path / "second")
            else:
                os.kill(clinic.victims()["gateway"], signal.SIGKILL)
            so_far = [len(one.acknowledged) for one in beds]
            eventually(
                lambda so_far=so_far: all(
                    len(one.acknowledged) > n + 15 for one, n in zip(beds, so_far, strict=True)
                ),
                60,
            )
        for one in beds:
            one.stop()
        # Two gateways bring what they hold at their own pace: once each, in whatever order.
        everything_is_there(clinic, beds, [], screens, in_order=False)
        assert sum(one.again for one in beds) > 0
    finally:
        for one in (*beds, *screens):
            one._stop.set()
        gateway.terminate()
        gateway.wait(10)
        clinic.close()


def _gateway(clinic, port, folder):
    made = subprocess.Popen(
        [sys.executable, "-m", "openketamine.devices", "--clinic", clinic.url, "--name", "gw-2",
         "--data", str(folder), "--mllp-port", str(port)],
        env={**os.environ, "OPENKETAMINE_GATEWAY_TOKEN": clinic.folder.secret("gateway-token")},
        stdout=clinic.log, stderr=clinic.log,
    )  # fmt: skip
    eventually(lambda: line_is_open(port), 30)
    return made
