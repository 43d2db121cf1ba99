"""The only readers of a person's course."""

from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions import queries as sessions
from openketamine.core.course import CourseState, decode_fact, fold_course


def stream_of(person: Person) -> str:
    """Where the facts of this person's courses stand."""
    return f"course:{person.pk}"


def facts_of(person: Person) -> CourseState:
    """The course alone, without a look at any session."""
    stored = journal.facts(stream_of(person))
    return fold_course(
        (decode_fact(one.as_json()) for one in stored), zone=timezone.get_current_timezone()
    )


def state_of(person: Person) -> CourseState:
    """The course with every session of this person."""
    stored = journal.facts(stream_of(person))
    return fold_course(
        (decode_fact(one.as_json()) for one in stored),
        sessions.visits_of(person.pk),
        timezone.get_current_timezone(),
    )
