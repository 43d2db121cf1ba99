"""The worker as a process of its own, killed with SIGKILL: nothing is lost, nothing sent twice."""

import asyncio
import os
import subprocess
import sys
import time
from datetime import timedelta
from urllib.parse import quote

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from tests.clinic.post_office import PostOffice
from tests.clinic.test_patients import bundle, patient, weight

from openketamine.clinic.checkins import planning, queueing
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes.commands import record
from openketamine.clinic.outcomes.queries import facts_of
from openketamine.clinic.patients.commands import import_bundle
from openketamine.core.course import facts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.hazard("HZ-21")]
# More than a worker sends at once.
PEOPLE = 6
_PATIENCE_S = 120


def until(check):
    """Until it is so; a machine that is slow is given two minutes."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def address_of_test_database():
    from django.db import connection

    entry = connection.settings_dict
    host = entry["HOST"]
    user, name, port = entry["USER"], entry["NAME"], entry["PORT"]
    secret = f":{quote(entry['PASSWORD'], safe='')}" if entry["PASSWORD"] else ""
    if host.startswith("/"):
        return (
            f"postgresql://{user}{secret}@/{name}?host={quote(host, safe='')}&port={port or 5432}"
        )
    return f"postgresql://{user}{secret}@{host}:{port or 5432}/{name}"


class Workers:
    """Workers, each a process that can be killed."""

    def __init__(self, office, folder):
        self.running = []
        self.log = (folder / "worker.log").open("ab")
        self.told = {
            **os.environ,
            "DATABASE_URL": address_of_test_database(),
            "DJANGO_SETTINGS_MODULE": "openketamine.clinic.site.settings",
            "OPENKETAMINE_DATA": str(folder),
            "OPENKETAMINE_MAIL": f"smtp+plain://127.0.0.1:{office.port}",
        }

    def start(self):
        command = [sys.executable, "-m", "openketamine.clinic.checkins.worker"]
        self.running.append(
            subprocess.Popen(command, env=self.told, stdout=self.log, stderr=self.log)
        )

    def kill(self):
        for one in self.running:
            one.kill()
            one.wait(30)
        self.running = []


@pytest.fixture
def office():
    made = PostOffice().open()
    yield made
    made.held.clear()
    made.close()


@pytest.fixture
def workers(office, tmp_path, db):
    made = Workers(office, tmp_path)
    yield made
    made.kill()
    made.log.close()


@pytest.fixture
def people(cast):
    """Several people whose course begins now, awake at any hour."""
    made = []
    for number in range(PEOPLE):
        mrn = [{"type": {"coding": [{"code": "MR"}]}, "value": f"T-{number}"}]
        now = clock.now()
        person = import_bundle(bundle(patient(identifier=mrn), weight(70)), cast.fran, now).person
        body = facts.CourseOpened(f"c-{number}", "iv-depression", "depression", "phq-9")
        record(person, body, cast.priya, now)
        contact = facts.ContactSet(
            "email", f"p{number}@example.org", quiet_from="00:00", quiet_until="00:00"
        )
        record(person, contact, cast.fran, now)
        made.append(person)
    return made


def jobs(status):
    """The tasks of the jobs of the queue that stand so."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE status = %s", [status])
        return [name for (name,) in cursor.fetchall()]


def tidied():
    """The jobs of dead workers, said to have failed, once their last sign of life is old."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'"
        )
    with app.replace_connector(DjangoConnector().get_worker_connector()) as working:

        async def tidy():
            async with working.open_async():
                return await queueing.tidy(working.job_manager)

        return asyncio.run(tidy())


def said_of(person):
    """What the record says of this person's messages."""
    state = facts_of(person)
    return state.all(facts.CheckInInvited), state.all(facts.CheckInUndelivered)


def ended(person):
    return any(said_of(person))


def test_killed_between_the_letter_and_its_receipt_it_is_unknown_and_the_others_leave_once(
    people, office, workers
):
    office.held.set()
    workers.start()
    until(lambda: office.letters)  # it was read out, and the worker has not heard that it was taken
    workers.kill()
    in_hand = set(Message.objects.filter(state="taken").values_list("about", flat=True))
    assert in_hand
    assert jobs("doing")
    assert tidied() == len(jobs("failed"))
    assert jobs("doing") == []
    office.held.clear()
    # The clock of the house goes on; whatever was in hand so long has died with its worker.
    planning.settle_lost(clock.now() + planning.LOST_AFTER + timedelta(seconds=1))
    workers.start()
    until(lambda: all(ended(one) for one in people))
    sent = {one["Message-ID"] for one in office.letters}
    assert len(sent) == len(office.letters), "a letter left twice"
    for person in people:
        invited, back = said_of(person)
        assert len(invited) + len(back) == 1, "said twice"
        assert {one.body.cause for one in back} <= {"not_known"}
        if back:
            assert back[0].body.check_in in in_hand
