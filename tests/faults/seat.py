"""Beds for the fault tests, before the house opens: `python seat.py 3`. Prints what they need."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta

import django


def main(beds):
    django.setup()
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", interactive=False, verbosity=0)
    from openketamine.clinic.journal import commands as journal
    from openketamine.clinic.patients.models import Person
    from openketamine.clinic.sessions._writing import entry
    from openketamine.clinic.sessions.models import Attachment, Session
    from openketamine.clinic.staff.models import Staff
    from openketamine.core.treatment import facts

    now = datetime.now(UTC) - timedelta(seconds=5)
    nora = Staff.objects.create_user(
        "nora", password=os.urandom(12).hex(), role="nurse", display_name="Nora"
    )
    seated = []
    for n in range(beds):
        person = Person.objects.create(mrn=f"F{n:04d}", family="Fault", given=f"B{n}", created=now)
        session = Session.objects.create(
            person=person, protocol_id="iv-depression", created=now, chair=f"Chair {n}"
        )
        device = f"FAULT{n:04d}"
        Attachment.objects.create(
            device_id=device, device_kind="monitor", session=session, since=now
        )
        opened = facts.SessionOpened(str(person.id), "iv-depression", 1)
        told = (opened, facts.ChairAssigned(session.chair), facts.DeviceAttached(device, "monitor"))
        journal.append(session.stream, [entry(body, now, nora) for body in told], now)
        seated.append({"session": str(session.id), "device": device, "mrn": person.mrn})
    client = Client()
    client.force_login(nora)
    cookie = client.cookies["openketamine_session"].value
    print(json.dumps({"cookie": cookie, "beds": seated}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
