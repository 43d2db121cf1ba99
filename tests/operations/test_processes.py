"""Children that are watched, and those that a killed supervisor left behind."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from openketamine.operations._ports import first_free, is_free
from openketamine.operations._processes import Child, end_left_overs, identity

SLEEP = ("-c", "import time; time.sleep(60)")


@pytest.fixture
def child(tmp_path):
    made = Child("sleeper", SLEEP, {}, tmp_path / "sleeper.log")
    made.start()
    yield made
    made.ask_to_stop()
    made.wait_stopped()


def test_a_child_that_runs_is_left_alone(child):
    before = child.identity()
    assert child.look_after() == ""
    assert child.identity() == before


def test_a_child_that_died_is_started_again_and_says_so(child):
    before = child.identity()["pid"]
    os.kill(before, 9)
    child.wait_stopped()
    assert "sleeper stopped (status -9) and was started again" in child.look_after()
    assert child.runs
    assert child.identity()["pid"] != before


def test_a_child_that_dies_at_once_is_not_started_without_a_pause(tmp_path):
    broken = Child("broken", ("-c", "raise SystemExit(3)"), {}, tmp_path / "log")
    broken.start()
    broken.wait_stopped()
    assert "status 3" in broken.look_after()
    broken.wait_stopped()
    assert broken.look_after() == ""
    assert broken.restarts == 1


def test_a_child_that_does_not_listen_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("openketamine.operations._processes._PATIENCE_S", 0.2)
    words = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True)"
    log = tmp_path / "log"
    deaf = Child("deaf", ("-c", f"{words}; time.sleep(60)"), {}, log)
    deaf.start()
    while not log.read_text():
        time.sleep(0.02)
    deaf.ask_to_stop()
    deaf.wait_stopped()
    assert not deaf.runs


def test_left_overs_are_ended():
    orphan = subprocess.Popen([sys.executable, *SLEEP])
    assert len(end_left_overs([identity("orphan", orphan.pid)])) == 1
    assert not psutil.pid_exists(orphan.pid)
    orphan.wait(5)


def test_a_process_that_only_has_the_same_number_is_not_touched():
    other = subprocess.Popen([sys.executable, *SLEEP])
    try:
        noted = identity("orphan", other.pid)
        assert end_left_overs([{**noted, "created": noted["created"] - 100}, {}, {"pid": 0}]) == []
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_port_in_use_is_passed_over():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free("127.0.0.1", port)
        assert first_free("127.0.0.1", port) > port
