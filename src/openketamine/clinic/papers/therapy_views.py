"""What a therapist sees of a course: when, what the person wishes, which check-ins came back.

No dose, no score, no answer stands here, and of a task that is not theirs only that it is open.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.papers import queries
from openketamine.clinic.papers.forms import WishesForm
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.patients.views import find
from openketamine.clinic.sessions import queries as sessions
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.course import CourseState, tasks
from openketamine.core.course.check_ins import CheckIn, check_ins, contact_of
from openketamine.core.course.papers import note_templates

_SHOWN = 10
_KINDS = {
    "suicide_answer": "An answer about suicide",
    "not_ready": "Not ready for a session",
    "side_effect": "An unwanted effect",
    "worsening": "Worse than before the course",
    "relapse": "Relapse",
    "stop_rule": "Whether to go on",
    "check_due": "A long-term check",
    "referral": "A referral",
}


@dataclass(frozen=True)
class TaskLine:
    """A task: `summary` only where it is one of this role."""

    what: str
    summary: str
    level: str
    due_at: datetime
    owner: str
    mine: bool


@dataclass(frozen=True)
class CheckInLine:
    """A check-in without its answers. `state`: came back, waits, missed."""

    step: str
    due_at: datetime
    state: str
    at: datetime | None


@require_GET
@allowed("therapy.read", person="person_id")
def therapy(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Preparation and integration: the days, the wishes, the check-ins, the tasks."""
    person, who, now = find(person_id), signed_in(request), clock.now()
    state = outcomes.facts_of(person)
    found = queries.wishes_in(state)
    context = {
        "person": person,
        "banner": banner_for(who, person, patients.record(person), timezone.localdate(now)),
        "sessions": sessions.sessions_of(person.pk)[:_SHOWN],
        "wishes": found,
        "wishes_form": WishesForm(initial={one.topic: one.text for one in found}),
        "may_write": can(who, "wishes.write").ok,
        "contact": contact_of(state),
        "tasks": task_lines(state, who.role, now),
        "check_ins": check_in_lines(state),
        "templates": note_templates() if can(who, "therapy-note.write") else (),
    }
    return render(request, "papers/therapy.html", context)


def task_lines(state: CourseState, role: str, now: datetime) -> list[TaskLine]:
    """Every open task; in words only those that this role may take."""
    return [
        TaskLine(
            what=_KINDS.get(one.body.kind, "Something to do"),
            summary=one.body.summary if role in one.body.roles else "",
            level=one.body.level,
            due_at=one.body.due_at,
            owner=one.owner.name if one.owner else "",
            mine=one.asks(role, now),
        )
        for one in tasks(state)
        if one.is_open
    ]


def check_in_lines(state: CourseState) -> list[CheckInLine]:
    """The last check-ins, the newest first."""
    asked = [one for one in check_ins(state).values() if one.asked is not None]
    newest = sorted(asked, key=_due, reverse=True)[:_SHOWN]
    return [_line(one) for one in newest]


def _line(one: CheckIn) -> CheckInLine:
    missed = one.missed.at if one.missed else None
    state = "Came back" if one.finished_at else "Missed" if missed else "Waits"
    step = one.asked.step.replace("_", " ").replace("-", " ") if one.asked else ""
    return CheckInLine(step, _due(one), state, one.finished_at or missed)


def _due(one: CheckIn) -> datetime:
    assert one.asked is not None  # noqa: S101  (only those that were asked come here)
    return one.asked.due_at
