"""A clinic filled with a year of people who do not exist, written through the journal itself.

Only ever into a demonstration. The drug book stays as it is: no vial was opened for any of them.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.patients.commands import import_bundle
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.commands import system_account
from openketamine.clinic.staff.models import Staff
from openketamine.core import course, treatment
from openketamine.core.log import Author
from openketamine.simulator.year import PRESCRIBER, Said, SimulatedPerson, SimulatedSession, year

AUTHOR = Author("simulated-year", "A simulated clinic", "system")
_PRESCRIBER = Author("simulated-prescriber", "A simulated prescriber", "prescriber")
_AT_ONCE = 20
Show = Callable[[int, int], None]


def fill(people: int, seed: int, now: datetime, show: Show = lambda *_: None) -> dict[str, Any]:
    """Write the year before `now`; how much was written. The same seed and end again add nothing.

    `show` is told how many people are done of how many.
    """
    by, written = system_account(now), {"people": 0, "sessions": 0, "facts": 0}
    for group in _groups(year(people, seed, now)):
        with transaction.atomic():
            written["facts"] += _write(group, by, now)
        written["people"] += len(group)
        written["sessions"] += sum(len(one.sessions) for one in group)
        show(written["people"], people)
    return written | {"seed": seed, "until": now.isoformat()}


def _groups(people: Iterator[SimulatedPerson]) -> Iterator[list[SimulatedPerson]]:
    while group := list(islice(people, _AT_ONCE)):
        yield group


def _write(group: Sequence[SimulatedPerson], by: Staff, now: datetime) -> int:
    """People, their records and sessions, and every fact of them; the number of facts."""
    rows = [_person(one, now) for one in group]
    Person.objects.bulk_create(rows, ignore_conflicts=True)
    for one in group:
        weighed = [each.opened_at.date() for each in one.sessions]
        import_bundle(one.bundle(weighed), by, now)
    sessions = [_session(each, one) for one in group for each in one.sessions]
    Session.objects.bulk_create(sessions, ignore_conflicts=True)
    streams = {f"course:{one.id}": _entries(one.course, course) for one in group}
    streams |= {
        f"session:{each.id}": _entries(each.facts, treatment)
        for one in group
        for each in one.sessions
    }
    journal.append_many(streams, now)
    return sum(map(len, streams.values()))


def _person(one: SimulatedPerson, now: datetime) -> Person:
    return Person(
        id=one.id,
        mrn=one.mrn,
        family=one.family,
        given=one.given,
        birth_date=one.birth_date,
        sex=one.sex,
        created=now,
    )


def _session(one: SimulatedSession, whose: SimulatedPerson) -> Session:
    return Session(
        id=one.id,
        person_id=whose.id,
        protocol_id=one.protocol_id,
        created=one.opened_at,
        closed_at=one.closed_at,
    )


def _entries(said: Sequence[Said], log: Any) -> list[journal.Entry]:
    """`log`: `treatment` or `course`, whose words these are."""
    return [
        journal.Entry(
            one.id,
            log.kind_of(one.body),
            log.encode_body(one.body),
            one.at,
            _PRESCRIBER if one.by == PRESCRIBER else AUTHOR,
            "simulated",
        )
        for one in said
    ]
