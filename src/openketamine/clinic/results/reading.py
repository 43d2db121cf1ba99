"""The facts of many people at once, folded by the one rule that a person's own page uses too.

Of a session only what the results rest on is read: no readings, no words of anybody.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.sessions.models import Session
from openketamine.core import course, treatment
from openketamine.core.course import CourseState, Visit, fold_course

SESSION_KINDS = (
    "session_opened", "score_recorded", "adverse_event_charted",
    "infusion_started", "rate_changed", "infusion_paused", "infusion_resumed", "infusion_stopped",
    "dose_given", "dose_stopped", "corrected",
)  # fmt: skip
COURSE_KINDS = (
    "course_opened", "course_ended", "score_taken", "check_in_invited", "check_in_undelivered",
    "check_in_finished", "check_in_missed", "event_recorded", "corrected",
)  # fmt: skip


def states(people: Iterable[UUID]) -> dict[UUID, CourseState]:
    """The course of each of these people, with every session in which drug was given."""
    wanted = list(people)
    rows = list(Session.objects.filter(person_id__in=wanted).order_by("created"))
    logs = journal.of_kinds([one.stream for one in rows], SESSION_KINDS)
    courses = journal.of_kinds([f"course:{one}" for one in wanted], COURSE_KINDS)
    visits: dict[UUID, list[Visit]] = {one: [] for one in wanted}
    for row in rows:
        visit = _visit(str(row.pk), logs[row.stream])
        if visit is not None:
            visits[row.person_id].append(visit)
    # The house’s own clock, whoever asks: what is worked out is kept for everybody.
    zone = timezone.get_default_timezone()
    return {
        one: fold_course(_course(courses[f"course:{one}"]), visits[one], zone) for one in wanted
    }


def _visit(session: str, stored: Sequence[StoredFact]) -> Visit | None:
    """A session in which drug was given; None where none was."""
    state = treatment.fold(treatment.decode_fact(one.as_json()) for one in stored)
    if state.started_at is None:
        return None
    day = timezone.localtime(state.started_at, timezone.get_default_timezone()).date()
    return Visit(day, state, session=session)


def _course(stored: Sequence[StoredFact]) -> list[course.Fact]:
    return [course.decode_fact(one.as_json()) for one in stored]
