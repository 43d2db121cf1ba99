"""A session begins: somebody is expected, and somebody sits down."""

import uuid
from datetime import datetime

from django.db import transaction

from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions._consent import write_answer
from openketamine.clinic.sessions._writing import Done, append, done, entry, in_line
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.sites import must_be_open
from openketamine.core.dosing import protocols
from openketamine.core.findings import BadInput
from openketamine.core.treatment import facts


def given_here() -> tuple[str, ...]:
    """The protocols whose dose can be taken from the drug book: by volume from a vial, by the piece
    from a pack. All of them, whatever their form."""
    return tuple(protocols())


def open_session(
    person_id: uuid.UUID,
    protocol_id: str,
    by: Staff,
    now: datetime,
    *,
    indication: str = "",
    session_id: uuid.UUID | None = None,
) -> Session:
    """A person is expected for a session of this protocol.

    The number of the session in the course is counted here. The same `session_id` again gives the
    session that is there.
    """
    if protocol_id not in given_here():
        expected = f"one that can be given on record here: {', '.join(given_here())}"
        raise BadInput("protocol", expected, protocol_id)
    with transaction.atomic():
        # The person is locked, so that two desks do not both open session number 4.
        person = Person.objects.select_for_update().get(pk=person_id)
        known = Session.objects.filter(pk=session_id).first() if session_id else None
        if known is not None:
            return known
        must_be_open(person.site_id)
        before = Session.objects.filter(person=person, protocol_id=protocol_id).count()
        session = Session.objects.create(
            id=session_id or uuid.uuid4(),
            person=person,
            protocol_id=protocol_id,
            created=now,
            site_id=person.site_id,
        )
        opened = facts.SessionOpened(str(person.id), protocol_id, before + 1, indication)
        append(session, [entry(opened, now, by)], now)
        write_answer(session, now)
        return session


def assign_chair(
    session_id: uuid.UUID, chair: str, by: Staff, now: datetime, fact_id: object = None
) -> Done:
    """The person sits down; a nurse who does it takes the session over."""
    if not chair or len(chair) > 40:
        raise BadInput("chair", "the name of a chair, up to 40 letters", chair)
    with transaction.atomic():
        session = in_line(session_id)
        taken = Session.objects.filter(
            chair=chair, closed_at__isnull=True, site_id=session.site_id
        ).exclude(pk=session.pk)
        if taken.exists():
            raise BadInput("chair", "a chair that nobody sits in", chair)
        session.chair = chair
        if by.role == "nurse":
            session.nurse = by
        session.save(update_fields=["chair", "nurse"])
        return done(append(session, [entry(facts.ChairAssigned(chair), now, by, fact_id)], now))
