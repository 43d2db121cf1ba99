"""A demonstration clinic as a terminal opens it: real processes, a folder of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg

from openketamine.operations import _supervisor
from openketamine.operations._folder import DataFolder
from openketamine.operations._ports import first_free

HOST = "127.0.0.1"
PASSWORD = "ketamine-demo"
_SEAT = Path(__file__).parent / "seat_more_people.py"


def zone_where_it_is_noon():
    """An order is good for its own day: these tests must not fail at midnight."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


class DemoHouse:
    """One `openketamine demo` and everything that it started."""

    def __init__(self, folder: Path):
        self.folder = DataFolder(folder / "data")
        self.zone = zone_where_it_is_noon()
        self.port = first_free(HOST, 28700)
        self.mllp_port = first_free(HOST, 22575)
        self.process = None
        self.seconds_to_open = 0.0

    @property
    def url(self):
        return f"http://{HOST}:{self.port}"

    def seat_more_people(self):
        """Before the house opens: see seat_more_people.py."""
        self.folder.prepare(demo=True)
        house = _supervisor.House(self.folder, self.port, self.mllp_port, demo=True)
        with self.folder.lock(), _supervisor.database(self.folder) as url:
            told = {**os.environ, **_supervisor.environment_of(house, url)}
            told |= {"OPENKETAMINE_TIME_ZONE": self.zone}
            subprocess.run([sys.executable, str(_SEAT)], env=told, check=True, timeout=600)

    def open(self):
        """As `openketamine demo` in a terminal, until it says where it is."""
        ports = ("--port", str(self.port), "--mllp-port", str(self.mllp_port))
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "openketamine.cli", "demo", "--data", self.folder.path, *ports],
            env={**os.environ, "OPENKETAMINE_TIME_ZONE": self.zone},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for line in self.process.stdout:
            if "Ctrl-C" in line:
                break
        assert self.process.poll() is None, "the house closed again; see its logs"
        self.seconds_to_open = time.monotonic() - begun
        return self

    def close(self):
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        self.process.stdout.close()

    def child(self, name):
        """The process of this name that runs now."""
        noted = json.loads((self.folder.path / "running.json").read_text())
        return psutil.Process(next(one["pid"] for one in noted["children"] if one["name"] == name))

    def kill(self, name):
        """SIGKILL, as a power cut or the out-of-memory killer does it."""
        child = self.child(name)
        child.kill()
        return child.pid

    def wait_for_another(self, name, pid, seconds=90):
        """Until the supervisor has started a new process of this name."""
        return eventually(lambda: self.child(name).pid != pid, seconds)

    def rows(self, query, *values):
        """Look into the clinic's own database; nothing here writes."""
        url = (self.folder.path / "database-url").read_text()
        with psycopg.connect(url, options="-c default_transaction_read_only=on") as connection:
            return connection.execute(query, values).fetchall()

    def readings(self, session):
        """Bodies of the device readings of a session, in order."""
        from openketamine.clinic.journal._reading_rows import _OF_STREAM, ALWAYS, _marked
        from openketamine.clinic.journal._readings import as_stored

        rows = self.rows(_OF_STREAM, f"session:{session}", 0, *ALWAYS)
        return [as_stored("", _marked(row).reading).body for row in rows]

    def facts(self, session, kind):
        """Bodies of one kind of fact in a session, in order."""
        found = self.rows(
            "SELECT body FROM journal_fact WHERE stream = %s AND kind = %s ORDER BY number",
            f"session:{session}",
            kind,
        )
        return [body for (body,) in found]

    def session_of(self, family):
        """The newest session of this person."""
        found = self.rows(
            "SELECT s.id FROM treatments_session s JOIN patients_person p ON p.id = s.person_id "
            "WHERE p.family = %s ORDER BY s.created DESC",
            family,
        )
        return str(found[0][0])

    def mrn_of(self, family):
        """The record number on the wristband."""
        return self.rows("SELECT mrn FROM patients_person WHERE family = %s", family)[0][0]


def eventually(check, seconds=45.0, every=0.1):
    """The first true answer of `check`; what cannot be looked at yet is not there yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := check():
                return found
        except (OSError, psutil.Error, psycopg.Error, StopIteration, ValueError):
            pass
        time.sleep(every)
    raise AssertionError(f"it did not happen within {seconds} s")
