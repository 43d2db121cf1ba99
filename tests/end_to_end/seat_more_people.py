"""More people than the demonstration shows, told through its own story. A program of its own.

`python seat_more_people.py` with DATABASE_URL and OPENKETAMINE_DATA in the environment, before the
house opens: two people whose dose ended 65 minutes ago, and two who wait with everything ready.
Two pressures by hand stand in for the past of a monitor, so that this takes seconds.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import django
from django.core.management import call_command

STORIES = (("ingrid-moser", -105), ("naledi-dube", 9), ("paul-ferreira", 12))
# Somebody for the keyboard: the record of another under a name and number of their own.
TWIN_OF, AFTER_MIN = "ingrid-moser", -104
TWIN = {b"Moser": b"Nadir", b"Ingrid": b"Yara", b"ingrid-moser": b"yara-nadir"}


def main():
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    from django.utils import timezone

    from openketamine.clinic.journal import clock
    from openketamine.clinic.patients.commands import import_bundle
    from openketamine.operations.demo import _cast, _scene

    now = timezone.localtime(clock.now()).replace(microsecond=0)
    staff = _scene._staff(now)
    _scene._stock(staff, now)
    known = {one.bundle: one for number in range(2) for one in vars(_cast.scene(number)).values()}
    for bundle, minutes in STORIES:
        raw = _cast.bundle(bundle, timezone.localdate(now))
        start = now + timedelta(minutes=minutes)
        person = import_bundle(raw, staff["fran"], now - timedelta(hours=3)).person
        seat(known[bundle], person, staff, start, now)
    person = import_bundle(twin(_cast, now), staff["fran"], now - timedelta(hours=3)).person
    seat(known[TWIN_OF], person, staff, now + timedelta(minutes=AFTER_MIN), now)


def twin(cast, now):
    """The bundle of the twin."""
    from django.utils import timezone

    raw = re.sub(rb"DEMO-0*(\d+)", rb"DEMO-9\1", cast.bundle(TWIN_OF, timezone.localdate(now)))
    for before, after in TWIN.items():
        raw = raw.replace(before, after)
    return raw


def seat(patient, person, staff, start, now):
    """Everything of this person's story that lies in the past."""
    from openketamine.clinic.sessions import commands
    from openketamine.clinic.sessions.models import Session
    from openketamine.operations.demo import _scene
    from openketamine.operations.demo._story import Story

    at = start - timedelta(minutes=45)
    session = commands.open_session(person.id, _scene.PROTOCOL, staff["fran"], at)
    taken = set(Session.objects.filter(closed_at__isnull=True).values_list("chair", flat=True))
    place = next(n for n, chair in enumerate(_scene._CHAIRS, 1) if chair not in taken)
    session.chair = _scene._CHAIRS[place - 1]
    story = Story(patient, session, _scene._device(place), start, staff)
    by_hand = [
        (start + timedelta(minutes=minutes), Pressure(story, minutes)) for minutes in (-32, -22, -5)
    ]
    for at, step in sorted([*story.steps(), *by_hand], key=lambda one: one[0]):
        if at <= now:
            step(at)


@dataclass(frozen=True)
class Pressure:
    """A pressure, pulse, breathing and saturation, measured by hand."""

    story: object
    minutes: int

    def __call__(self, at: datetime):
        systolic, diastolic = (int(part) for part in self.story.patient.pressure.split("/"))
        self.story._chart(
            f"by-hand{self.minutes}",
            at,
            systolic=systolic,
            diastolic=diastolic,
            heart_rate=72,
            respiratory_rate=14,
            spo2=98,
        )


if __name__ == "__main__":
    main()
