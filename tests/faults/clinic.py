"""A clinic of real processes that may be killed at any moment, and those who speak to it."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import psycopg
from tests.end_to_end.house import eventually
from tests.end_to_end.wire import Monitor

from openketamine.operations import _supervisor
from openketamine.operations._folder import DataFolder
from openketamine.operations._ports import first_free

HOST = "127.0.0.1"
CSRF = "a" * 32
_SEAT = Path(__file__).parent / "seat.py"


# What a second machine needs of the first besides the address of the database.
SECRETS = ("secret-key", "gateway-token", "note-keys")


def _children_of(folder):
    noted = json.loads((folder.path / "running.json").read_text())["children"]
    # One that died while it was noted has no name.
    return {one["name"]: one["pid"] for one in noted if one}


class Machine:
    """One `openketamine serve` in a folder and at ports of its own."""

    process = None

    @property
    def url(self):
        return f"http://{HOST}:{self.port}"

    def serve(self, log, environment):
        ports = ("--port", str(self.port), "--mllp-port", str(self.mllp_port))
        command = [sys.executable, "-m", "openketamine.cli", "serve", "--data", self.folder.path]
        self.process = subprocess.Popen([*command, *ports], stdout=log, stderr=log, env=environment)
        eventually(lambda: _supervisor.answers(self.port), 300)
        return self

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)


class Clinic(Machine):
    """`openketamine serve` in a folder of its own, with some beds."""

    def __init__(self, folder, beds):
        self.folder = DataFolder(folder / "data")
        self.port = first_free(HOST, 38700)
        self.mllp_port = first_free(HOST, 32575)
        self.log = (folder / "serve.log").open("ab")
        self.folder.prepare(demo=False)
        house = _supervisor.House(self.folder, self.port, self.mllp_port)
        with self.folder.lock(), _supervisor.database(self.folder) as url:
            told = {**os.environ, **_supervisor.environment_of(house, url)}
            made = subprocess.run(
                [sys.executable, str(_SEAT), str(beds)],
                env=told, check=True, capture_output=True, text=True, timeout=180,
            )  # fmt: skip
        plan = json.loads(made.stdout.strip().splitlines()[-1])
        self.beds, self.cookie = plan["beds"], plan["cookie"]

    def open(self):
        own = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return self.serve(self.log, own)

    def close(self):
        super().close()
        self.log.close()

    def victims(self):
        """Everything that runs here but the supervisor, by name."""
        return {"database": self.postmaster()} | _children_of(self.folder)

    def postmaster(self):
        return int((self.folder.path / "database" / "postmaster.pid").read_text().split("\n")[0])

    def kill(self, name, chance):
        """SIGKILL, as a power cut or the out-of-memory killer does it. Of the database one process
        or all of them: the postmaster, or a backend, whose death makes the others start again."""
        victim = psutil.Process(self.victims()[name])
        if name == "database" and chance.random() < 0.5:
            victim = chance.choice([victim, *victim.children()])
        victim.kill()

    def url_of_database(self):
        return (self.folder.path / "database-url").read_text()

    def rows(self, query, *values):
        with psycopg.connect(
            self.url_of_database(), options="-c default_transaction_read_only=on"
        ) as db:
            return db.execute(query, values).fetchall()

    def charted(self, bed):
        """Control ids of the readings of a bed, in the order of their numbers."""
        from openketamine.clinic.journal._reading_rows import _OF_STREAM, ALWAYS, _marked

        found = self.rows(_OF_STREAM, f"session:{bed['session']}", 0, *ALWAYS)
        return [_marked(row).reading.key.rpartition("|")[2] for row in found]

    def facts(self, bed):
        """Ids of the notes of a bed, in the order of their numbers."""
        query = "SELECT id FROM journal_fact WHERE stream = %s AND kind = %s ORDER BY number"
        found = self.rows(query, f"session:{bed['session']}", "note_charted")
        return [str(one) for (one,) in found]

    def head(self, bed):
        query = "SELECT number FROM journal_head WHERE stream = %s"
        return self.rows(query, f"session:{bed['session']}")[0][0]

    def verified(self):
        command = [sys.executable, "-m", "openketamine.cli", "audit", "verify", "--json"]
        done = subprocess.run(
            [*command, "--data", self.folder.path], capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        return json.loads(done.stdout)


class SecondMachine(Machine):
    """Another `openketamine serve` with a folder of its own, over the first one's database: all
    that it is given is the database's address and the three secrets (docs/how-to)."""

    def __init__(self, clinic, folder):
        self.folder = DataFolder(folder / "data")
        self.port = first_free(HOST, clinic.port + 1)
        self.mllp_port = first_free(HOST, clinic.mllp_port + 1)
        self._first = clinic
        self.folder.prepare(demo=False)
        for name in SECRETS:
            self.folder.write_private(name, clinic.folder.read(name))

    def open(self):
        return self.serve(
            self._first.log, {**os.environ, "DATABASE_URL": self._first.url_of_database()}
        )

    def victims(self):
        return _children_of(self.folder)

    def kill(self, name, chance):
        psutil.Process(self.victims()[name]).kill()


class Busy:
    """Somebody who does something all the time, in a thread, until told to stop."""

    def __init__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        """What was begun is finished first: it was not taken back by anybody."""
        self._stop.set()
        self._thread.join(90)
        assert not self._thread.is_alive()
        self.hang_up()

    def hang_up(self):
        """Nothing is left open."""


class Speaker(Busy):
    """Somebody who says things one after the other, again and again until each is acknowledged."""

    def __init__(self, every_s):
        super().__init__()
        self.acknowledged = []
        self.again = 0
        self._every_s = every_s

    def _run(self):
        number = 0
        while not self._stop.is_set():
            name = self.name(number)
            while not self.say(name, number):
                self.again += 1
                time.sleep(0.1)
            self.acknowledged.append(name)
            number += 1
            time.sleep(self._every_s)


class Bed(Speaker):
    """A monitor: the same message again under the same control id until the gateway says AA."""

    def __init__(self, clinic, bed, every_s=0.1, ports=None):
        super().__init__(every_s)
        self.bed = bed
        self._ports = ports or [clinic.mllp_port]
        self._clinic = clinic
        self._monitor = Monitor(clinic, bed["device"], bed["mrn"])
        self._frame = None

    def name(self, number):
        return f"{number:06d}"

    def say(self, name, number):
        if self._frame is None or self._frame[0] != name:
            low = number % 40 == 20
            values = {"heart_rate": 35 if low else 60 + number % 30, "spo2": 98}
            self._frame = (name, self._monitor.message(name, **values))
        try:
            answer = self._monitor.send(self._frame[1], timeout=5)
        except OSError:
            self._elsewhere()
            return False
        assert b"|AR|" not in answer, answer
        # AE: the gateway does not know the bed yet; it has the message all the same.
        self._frame = None
        return True

    def hang_up(self):
        self._monitor.close()

    def _elsewhere(self):
        """Some monitors know two gateways."""
        self._ports = [*self._ports[1:], self._ports[0]]
        self._monitor._where = (HOST, self._ports[0])


class Nurse(Speaker):
    """A browser: the same fact again under the same id until the server says 200."""

    def __init__(self, clinic, bed, every_s=0.2, urls=None):
        super().__init__(every_s)
        self.bed = bed
        self._urls = urls or [clinic.url]
        cookies = {"openketamine_session": clinic.cookie, "openketamine_csrf": CSRF}
        self._client = httpx.Client(cookies=cookies, timeout=10, trust_env=False)
        self._at = {}

    def name(self, number):
        return str(uuid.uuid4())

    def say(self, name, number):
        at = self._at.setdefault(name, datetime.now(UTC).isoformat())
        fact = {"id": name, "kind": "note_charted", "at": at, "body": {"text": f"Note {number}"}}
        machine = self._urls[0]
        # Each fact by the next machine, as a balancer in front of several hands them out.
        self._urls = [*self._urls[1:], machine]
        headers = {"X-CSRFToken": CSRF, "Referer": machine}
        address = f"{machine}/sessions/{self.bed['session']}/facts"
        try:
            answer = self._client.post(address, json=fact, headers=headers)
        except httpx.HTTPError:
            return False
        assert answer.status_code in (200, 500, 503), answer.text
        return answer.status_code == 200

    def hang_up(self):
        self._client.close()


class Screen(Busy):
    """An open console: whenever it is cut off it asks for what follows the last number it has."""

    def __init__(self, clinic, bed, urls=None):
        super().__init__()
        self.bed = bed
        self.numbers = []
        self.cut_off = 0
        self._clinic = clinic
        self._urls = urls or [clinic.url]

    def _run(self):
        while not self._stop.is_set():
            try:
                self._read()
            except (httpx.HTTPError, OSError):
                self.cut_off += 1
                self._urls = [*self._urls[1:], self._urls[0]]
                time.sleep(0.2)

    def _read(self):
        address = f"{self._urls[0]}/live/sessions/{self.bed['session']}/events"
        after = {"Last-Event-ID": str(self.numbers[-1] if self.numbers else 0)}
        cookies = {"openketamine_session": self._clinic.cookie}
        with (
            httpx.Client(cookies=cookies, timeout=6, trust_env=False) as client,
            client.stream("GET", address, headers=after) as answer,
        ):
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    self.numbers.append(int(line[4:]))
                if self._stop.is_set():
                    return


def everything_is_there(clinic, beds, nurses, screens=(), *, in_order=True):
    """What was acknowledged is there once, in the order in which it was said."""
    for one in beds:
        said = one.acknowledged
        eventually(lambda one=one, said=said: set(said) <= set(clinic.charted(one.bed)), 120, 0.5)
        charted = clinic.charted(one.bed)
        assert len(charted) == len(set(charted)), "a reading is there twice"
        there = [name for name in charted if name in set(said)]
        assert (there if in_order else sorted(there)) == said
    for one in nurses:
        facts = clinic.facts(one.bed)
        assert len(facts) == len(set(facts))
        assert [name for name in facts if name in set(one.acknowledged)] == one.acknowledged
    for one in screens:
        head = clinic.head(one.bed)
        eventually(lambda one=one, head=head: one.numbers and one.numbers[-1] >= head, 30)
        assert one.numbers == list(range(1, len(one.numbers) + 1)), "a fact was missed or doubled"
    said = clinic.verified()
    assert said["ok"], said


def line_is_open(port):
    with socket.create_connection((HOST, port), 1):
        return True


def chance(seed):
    """Random, and the same again."""
    return random.Random(seed)  # noqa: S311  (nothing is kept secret with it)
