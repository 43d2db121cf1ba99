"""Check-ins as staff see them: one person's, with their contact; every score that is missing."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.checkins import planning, queueing, speech
from openketamine.clinic.checkins.forms import ContactForm, VisitForm
from openketamine.clinic.checkins.kinds import OWN
from openketamine.clinic.checkins.listing import CAUSES, missing_scores, rows_of
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.outcomes.commands import in_line, record
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.views import find
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.faults import done
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.course import CourseState, facts, language_of, languages, translation
from openketamine.core.course.check_ins import (
    Invitation,
    bounced,
    check_ins,
    contact_of,
    derived_id,
    opted_out,
    planned_check_ins,
    telephone_of,
)
from openketamine.core.findings import BadInput

FIRST = speech.FIRST
_SHOWN = 200
_OWN_WAITS = timedelta(hours=12)


@require_GET
@allowed("course.read")
def missing(request: HttpRequest) -> HttpResponse:
    """Every score that should be there and is not, with the cause; the causes counted."""
    found, causes = missing_scores()
    counted = [(CAUSES[name], n) for name, n in causes.most_common()]
    context = {"rows": found[:_SHOWN], "of": len(found), "causes": counted}
    return render(request, "checkins/missing.html", context)


@require_GET
@allowed("check-in.read", person="person_id")
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """How this person is reached, when they are asked, and what came of it."""
    return _page(request, find(person_id))


@require_POST
@allowed("check-in.arrange", person="person_id")
def contact(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """How the person wants to be reached from now on."""
    whose, form = find(person_id), ContactForm(request.POST)
    if not done(form, lambda: _set_contact(request, whose, form)):
        return _page(request, whose, contact_form=form, status=400)
    messages.success(request, "The contact is kept.")
    return redirect("person-check-ins", whose.pk)


@require_POST
@allowed("check-in.arrange", person="person_id")
def visit(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """When the next session is, as it is arranged with the person."""
    whose, form = find(person_id), VisitForm(request.POST)
    if not done(form, lambda: _arrange(request, whose, form)):
        return _page(request, whose, visit_form=form, status=400)
    messages.success(request, "The next session is kept.")
    return redirect("person-check-ins", whose.pk)


@require_POST
@allowed("check-in.arrange", person="person_id")
def send_now(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """One more message for a check-in that is open, or the link to the person's own page."""
    whose, now = find(person_id), clock.now()
    try:
        with transaction.atomic():
            if request.POST.get("what") == OWN:
                _send_own(whose, now)
            else:
                _send_check_in(whose, request.POST.get("check_in", ""), now)
    except BadInput as error:
        messages.error(request, f"{error}.")
    else:
        messages.success(request, "It is on its way.")
    return redirect("person-check-ins", whose.pk)


def _set_contact(request: HttpRequest, whose: Person, form: ContactForm) -> None:
    said, before = form.cleaned_data, outcomes.facts_of(whose).last(facts.ContactSet)
    body = facts.ContactSet(
        channel=said["channel"],
        address=said["address"].strip().replace(" ", ""),
        language=said["language"],
        zone=said["zone"],
        quiet_from=f"{said['quiet_from']:%H:%M}",
        quiet_until=f"{said['quiet_until']:%H:%M}",
        telephone=said["telephone"],
        other_name=said["other_name"].strip(),
        other_telephone=said["other_telephone"],
    )
    follows = body.channel == "text" and body.telephone in _numbers_for_texts(before, body)
    body = replace(body, telephone="") if follows else body
    record(whose, body, signed_in(request), clock.now())


def _numbers_for_texts(*said: Any) -> set[str]:
    """Numbers that texts go or went to. One that is the telephone too follows the next one, so that
    nobody calls the number which a person gave up."""
    bodies = [getattr(one, "body", one) for one in said]
    return {one.address for one in bodies if one is not None and one.channel == "text"}


def _arrange(request: HttpRequest, whose: Person, form: VisitForm) -> None:
    said, now = form.cleaned_data, clock.now()
    starts = said["starts_at"]
    if starts is not None and starts <= now:
        raise BadInput("starts_at", "a time to come")
    course = outcomes.facts_of(whose).course
    protocol = course.body.protocol_id if course else ""
    body = facts.VisitArranged(starts, protocol, said["place"].strip(), said["cost"].strip())
    record(whose, body, signed_in(request), now)


def _send_check_in(whose: Person, name: str, now: datetime) -> None:
    state = _locked(whose)
    plan = planned_check_ins(state, settings.TIME_ZONE)
    planned = next((one for one in plan if one.id == name), None)
    one = check_ins(state).get(name)
    if planned is None or not planned.due_at <= now < planned.closes_at or (one and one.over):
        raise BadInput("check_in", "one that is open now")
    attempt = (one.last_attempt if one else 0) + 1
    if planning.invite(whose, state, Invitation(planned, attempt), now) is None:
        raise BadInput("contact", "somebody who can be written to, and questions that may be shown")


def _send_own(whose: Person, now: datetime) -> None:
    if contact_of(outcomes.facts_of(whose)) is None:
        raise BadInput("contact", "somebody who can be written to")
    # Two presses within a minute are one message.
    identity = derived_id(str(whose.pk), OWN, f"{now:%Y-%m-%dT%H:%M}")
    row, _ = Message.objects.get_or_create(
        id=identity,
        defaults={
            "person": whose, "kind": OWN, "about": OWN, "not_before": now,
            "give_up_at": now + _OWN_WAITS,
        },
    )  # fmt: skip
    queueing.enqueue([row.pk])


def _locked(whose: Person) -> CourseState:
    in_line(whose)
    return outcomes.state_of(whose)


def _page(
    request: HttpRequest,
    whose: Person,
    *,
    contact_form: ContactForm | None = None,
    visit_form: VisitForm | None = None,
    status: int = 200,
) -> HttpResponse:
    who, now = signed_in(request), clock.now()
    state = outcomes.state_of(whose)
    may = can(who, "check-in.arrange").ok
    said = state.last(facts.ContactSet)
    context = {
        "person": whose,
        "banner": banner_for(who, whose, patients.record(whose), timezone.localdate(now)),
        "course": state.course,
        "contact": said,
        "speaks": _speaks(language_of(state)),
        "telephone": telephone_of(state),
        "reached": contact_of(state) is not None,
        "opted_out": opted_out(state),
        "bounced": bounced(state),
        "rows": rows_of(whose, state, now),
        "may": may,
        "clinical": can(who, "course.read").ok,
        "contact_form": (contact_form or ContactForm(initial=_contact_as_form(said, state)))
        if may
        else None,
        "visit_form": (visit_form or VisitForm(initial=_visit_as_form(state))) if may else None,
    }
    return render(request, "checkins/person.html", context, status=status)


def _contact_as_form(said: object, state: CourseState) -> dict[str, str]:
    body = getattr(said, "body", None)
    known = {} if body is None else dict(vars(body))
    return known | {"language": language_of(state), "telephone": telephone_of(state)}


def _speaks(language: str) -> dict[str, Any]:
    """The person's language, and our words in it as far as there are any."""
    words = translation(language) if language in languages() and language != FIRST else None
    return {"code": language, "name": speech.name_of(language), "words": words}


def _visit_as_form(state: CourseState) -> dict[str, object]:
    last = state.last(facts.VisitArranged)
    if last is None or last.body.starts_at is None:
        return {}
    body = last.body
    starts = timezone.localtime(body.starts_at)
    return {"starts_at": starts, "place": body.place, "cost": body.cost}
