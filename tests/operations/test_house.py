"""The whole house, as a person at a terminal runs it: real processes, real PostgreSQL."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from openketamine.operations._ports import first_free

HOST = "127.0.0.1"
BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "resource": {
                "resourceType": "Patient",
                "id": "p1",
                "identifier": [{"value": "T-0009"}],
                "name": [{"family": "Holt", "given": ["Maren"]}],
                "birthDate": "1985-03-07",
            }
        }
    ],
}


def openketamine(*words, cwd):
    command = [sys.executable, "-m", "openketamine.cli", *words]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


class House:
    """A clinic started by `openketamine serve` in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.data = folder / "data"
        self.port = first_free(HOST, 18700)
        self.mllp_port = first_free(HOST, 12575)
        self.process = None

    def open(self):
        ports = ("--port", str(self.port), "--mllp-port", str(self.mllp_port))
        command = [sys.executable, "-m", "openketamine.cli", "serve", "--data", str(self.data)]
        self.process = subprocess.Popen(
            [*command, *ports], cwd=self.folder, stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        assert "The clinic is open" in line, line
        return self

    def noted(self):
        return json.loads((self.data / "running.json").read_text())

    def processes(self):
        """Every process of this house, the database's included."""
        pids = [one["pid"] for one in self.noted()["children"]]
        postmaster = int((self.data / "database" / "postmaster.pid").read_text().split("\n")[0])
        return [psutil.Process(pid) for pid in (self.process.pid, *pids, postmaster)]

    def doctor(self):
        answer = openketamine("doctor", "--json", "--data", str(self.data), cwd=self.folder)
        return json.loads(answer.stdout), answer.returncode

    def close(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        status = self.process.wait(30)
        self.process.stdout.close()
        return status


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("house")).open()
    yield made
    if made.process.poll() is None:
        made.close()


def answers(port):
    with urllib.request.urlopen(f"http://{HOST}:{port}/account/login/", timeout=5) as page:
        return page.status


def eventually(check, seconds=20):
    for _ in range(int(seconds / 0.1)):
        try:
            if found := check():
                return found
        except (OSError, psutil.Error):
            pass
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


# These tests are one story, in order, on one house: opening it takes seconds.


def test_the_first_page_answers_and_the_doctor_finds_everything_well(house):
    assert answers(house.port) == 200
    said, status = eventually(lambda: (d := house.doctor())[1] == 0 and d)
    assert status == 0
    assert said["healthy"] is True
    assert said["web"] == f"http://{HOST}:{house.port}"
    assert said["devices"]["mllp"] == {"host": HOST, "port": house.mllp_port}
    assert said["database"]["answers"] is True
    assert said["data_folder"] == str(house.data)
    assert said["demo"] is False
    secrets = [(house.data / name).read_text() for name in ("secret-key", "gateway-token")]
    assert not any(secret in json.dumps(said) for secret in secrets)


@pytest.mark.hazard("HZ-17")
def test_a_second_server_on_the_same_folder_is_refused_in_one_sentence(house):
    ports = ("--port", str(first_free(HOST, 18800)), "--mllp-port", str(first_free(HOST, 12600)))
    second = openketamine("serve", "--data", str(house.data), *ports, cwd=house.folder)
    assert second.returncode == 2
    assert "a folder that no other server uses" in second.stderr
    assert "Traceback" not in second.stderr
    assert answers(house.port) == 200


def test_a_person_is_imported_while_the_house_is_open_and_the_journal_verifies(house):
    path = house.folder / "person.json"
    path.write_text(json.dumps(BUNDLE))
    imported = openketamine("import", str(path), "--data", str(house.data), cwd=house.folder)
    assert imported.returncode == 0, imported.stderr
    audit = openketamine("audit", "verify", "--data", str(house.data), "--json", cwd=house.folder)
    assert audit.returncode == 0, audit.stderr
    assert json.loads(audit.stdout)["ok"] is True


def test_one_bundle_that_cannot_be_read_is_named_and_leaves_none_behind(house):
    good, bad = house.folder / "good.json", house.folder / "bad.json"
    good.write_text(json.dumps(BUNDLE).replace("T-0009", "T-0010"))
    bad.write_text('{"resourceType": "Bundle"')
    files = (str(good), str(bad))
    refused = openketamine("import", *files, "--data", str(house.data), cwd=house.folder)
    assert refused.returncode == 2
    assert "bad.json" in refused.stderr
    assert refused.stderr.count("\n") == 1
    again = openketamine("import", str(good), "--data", str(house.data), "--json", cwd=house.folder)
    assert json.loads(again.stdout)["imported"][0]["new"] is True


def test_a_web_server_that_dies_comes_back(house):
    web = house.noted()["children"][0]
    assert web["name"] == "web"
    os.kill(web["pid"], signal.SIGKILL)
    eventually(lambda: house.noted()["children"][0]["pid"] != web["pid"])
    eventually(lambda: answers(house.port) == 200)


def test_a_database_that_dies_comes_back_with_what_was_committed(house):
    postmaster = house.processes()[-1]
    postmaster.send_signal(signal.SIGKILL)
    eventually(lambda: house.processes()[-1].pid != postmaster.pid)
    audit = eventually(
        lambda: (
            (
                done := openketamine(
                    "audit", "verify", "--data", str(house.data), "--json", cwd=house.folder
                )
            ).returncode
            == 0
            and done
        )
    )
    assert json.loads(audit.stdout)["facts"] > 0
    eventually(lambda: answers(house.port) == 200)


@pytest.mark.hazard("HZ-05")
def test_after_a_kill_of_the_supervisor_the_next_start_tidies_up_and_finds_everything(house):
    left = house.processes()
    house.process.kill()
    house.process.wait(10)
    house.process.stdout.close()
    house.open()
    gone, alive = psutil.wait_procs(left[:-1], timeout=5)
    assert alive == []
    assert len(gone) == len(left) - 1
    assert house.doctor()[0]["database"]["answers"] is True
    audit = openketamine("audit", "verify", "--data", str(house.data), "--json", cwd=house.folder)
    assert json.loads(audit.stdout)["facts"] > 0


def test_a_signal_stops_every_process_and_leaves_nothing_behind(house):
    running = house.processes()
    assert house.close(signal.SIGINT) == 0
    _, alive = psutil.wait_procs(running, timeout=5)
    assert alive == []
    assert not (house.data / "running.json").exists()
    assert not (house.data / "database" / "postmaster.pid").exists()
    said, status = house.doctor()
    assert (said["healthy"], status) == (False, 1)
    assert said["problems"][0] == "nothing runs on this data folder"
