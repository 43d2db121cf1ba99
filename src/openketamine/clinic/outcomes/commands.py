"""The only writer of the stream `course:<person id>`.

Whoever decides on what is there already (was this reminder sent, is this task taken) calls
`in_line` first, inside a transaction: nobody else then writes to this person's course until it
ends. Whoever takes several locks takes this one after `session:` and before `person:`.
"""

import uuid
from datetime import datetime

from django.db import transaction

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries as journal_queries
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.outcomes import queries
from openketamine.clinic.patients.models import Person
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.course import Body, CourseState, encode_body, kind_of
from openketamine.core.findings import BadInput
from openketamine.core.log import Author

# The clock of the house speaks for itself: what is due, what closed, who is told next.
CLOCK = Author("clock", "OpenKetamine", "system")


def the_person(person: Person) -> Author:
    """The person themselves, who answers by a link."""
    return Author(str(person.pk), "the person", "patient")


def in_line(person: Person) -> CourseState:
    """The course as it is, locked until the transaction ends. No sessions in it."""
    journal.lock(queries.stream_of(person))
    return queries.facts_of(person)


def record(
    person: Person,
    body: Body,
    by: Staff | Author,
    now: datetime,
    *,
    id: str | None = None,  # noqa: A002
    at: datetime | None = None,
) -> StoredFact:
    """Write one fact of a person's course; the fact as it was written comes back.

    `id`, a UUID that the caller makes, makes a repeat harmless: the same author saying the same
    under the same id finds the fact that is there, however much later. `at`: when it happened,
    where that was not now. Raises BadInput for a time that has not come, and KeyReused where the id
    was used for something else.
    """
    moment = at or now
    if moment > now:
        raise BadInput("at", "a time that has come", moment.isoformat())
    author = by if isinstance(by, Author) else author_of(by)
    stream = queries.stream_of(person)
    with transaction.atomic():
        journal.lock(stream)
        before = _before(stream, id, body, author, at)
        if before is not None:
            return before
        entry = journal.Entry(
            id or str(uuid.uuid4()),
            kind_of(body),
            encode_body(body),
            moment,
            author,
            origin="outcomes",
        )
        return journal.append(stream, [entry], now)[0]


def _before(
    stream: str, identity: str | None, body: Body, by: Author, at: datetime | None
) -> StoredFact | None:
    """The fact that a repeat means: same id, author and words (and time, where one is said)."""
    try:
        found = journal_queries.fact(str(uuid.UUID(identity))) if identity else None
    except ValueError:
        raise BadInput("id", "a UUID", identity) from None
    if found is None or (found.stream, found.kind, found.by.id) != (stream, kind_of(body), by.id):
        return None
    same = dict(found.body) == encode_body(body) and (at is None or found.at == at)
    return found if same else None
