"""People of the demonstration who are asked between sessions: their letters lie in the data folder.

One has answered for some weeks before, so that there is a curve; one begins; one reads Spanish.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from openketamine.clinic.outcomes.commands import open_course, record, the_person
from openketamine.clinic.outcomes.queries import facts_of
from openketamine.clinic.patients.models import Person
from openketamine.clinic.staff.models import Staff
from openketamine.core.course import facts
from openketamine.core.scoring import score

_ASKED = (
    ("Whitfield", "depression", "phq-9", "en"),
    ("Quintana", "both", "phq-9", "en"),
    ("Sørby", "depression", "phq-9", "es"),
)
# PHQ-9 answers of the weeks before, oldest first: days ago, then items 1 to 9.
_BEFORE = (
    (27, (3, 3, 2, 3, 2, 2, 2, 1, 0)),
    (20, (2, 2, 2, 3, 1, 2, 1, 1, 0)),
    (13, (2, 1, 1, 2, 1, 1, 1, 0, 0)),
    (6, (1, 1, 1, 1, 1, 1, 1, 0, 0)),
)


def ask_between_sessions(staff: Mapping[str, Staff], now: datetime) -> None:
    """A course, an address and an appointment, where there are none yet."""
    for place, (family, indication, primary, language) in enumerate(_ASKED):
        person = Person.objects.filter(family=family).first()
        if person is None or facts_of(person).facts:
            continue
        if family == _ASKED[0][0]:
            _answered_before(person, now)
        course = facts.CourseOpened(f"demo-{person.pk}", "iv-depression", indication, primary, 6)
        open_course(person, course, staff["priya"], now)
        contact = facts.ContactSet(
            "email",
            f"{family.lower().replace('ø', 'o')}@example.org",
            language=language,
            quiet_from="00:00",
            quiet_until="00:00",
            telephone=f"+1520555010{place}",
        )
        record(person, contact, staff["fran"], now)
        visit = facts.VisitArranged(
            now + timedelta(hours=22), "iv-depression", "Main clinic", "$ 450"
        )
        record(person, visit, staff["fran"], now)


def _answered_before(person: Person, now: datetime) -> None:
    for days, answers in _BEFORE:
        found = score("phq-9", answers)
        body = facts.ScoreTaken("phq-9", found.version, answers, found.total, found.band or "")
        at = now - timedelta(days=days)
        record(person, body, the_person(person), now, at=at)
