"""One person's course: the page, what staff write into it; and everybody's tasks."""

import uuid
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.library.site_words import worded
from openketamine.clinic.outcomes import commands
from openketamine.clinic.outcomes.forms import (
    CheckForm,
    EndForm,
    EventForm,
    OpenForm,
    ScoreForm,
    StrikeForm,
    TaskForm,
)
from openketamine.clinic.outcomes.models import Task
from openketamine.clinic.outcomes.page import course_content, instrument_choices
from openketamine.clinic.outcomes.said import HERE, point_on, said_of
from openketamine.clinic.outcomes.task_list import Asked, task_page
from openketamine.clinic.outcomes.together import Together, close_together, take_together
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.views import find
from openketamine.clinic.staff.access import allowed, opened_record, opened_records
from openketamine.clinic.staff.faults import done
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.course import title
from openketamine.core.scoring import instruments

_LONGEST_ID = 36


@require_GET
@allowed("course.read", person="person_id")
def course(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Sessions, doses, peaks, side effects and scores on one axis, and all that follows."""
    return _page(request, find(person_id))


@require_POST
@allowed("course.open", person="person_id")
def open_course(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A course begins."""
    person, now, who = find(person_id), clock.now(), signed_in(request)
    form = _open_form(request)

    def act() -> None:
        at = form.moment() or now
        commands.open_course(person, form.body(str(uuid.uuid4())), who, now, at=at)

    return _written(request, person, "open_form", form, act, "The course is open.")


@require_POST
@allowed("course.open", person="person_id")
def end_course(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The course is over."""
    person, form = find(person_id), EndForm(request.POST)

    def act() -> None:
        said = form.cleaned_data
        commands.end_course(person, said["reason"], said["note"], signed_in(request), clock.now())

    return _written(request, person, "end_form", form, act, "The course was ended.")


@require_POST
@allowed("course.write", person="person_id")
def check_done(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A long-term check was done."""
    form = CheckForm(request.POST)
    return _noted(request, person_id, "check_form", form, "The check is recorded.")


@require_POST
@allowed("course.write", person="person_id")
def event(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Something happened that counts for the course."""
    form = EventForm(request.POST)
    return _noted(request, person_id, "event_form", form, "The event is recorded.")


@require_POST
@allowed("course.write", person="person_id")
def strike(request: HttpRequest, person_id: UUID, fact_id: UUID) -> HttpResponse:
    """A fact was wrong: it stays in sight and counts no more."""
    person, form = find(person_id), StrikeForm(request.POST)

    def act() -> None:
        reason, now = form.cleaned_data["reason"], clock.now()
        commands.strike_out(person, str(fact_id), reason, signed_in(request), now)

    if done(form, act):
        messages.success(request, "It counts no more. It stays in sight.")
    else:
        messages.error(request, _faults(form))
    return redirect("course", person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("course.write", person="person_id")
def score(request: HttpRequest, person_id: UUID, name: str) -> HttpResponse:
    """One instrument, question by question, written down by somebody who works here."""
    person = find(person_id)
    if name not in instruments():
        raise Http404("There is no such instrument.")
    known = worded(name)
    corrects = request.GET.get("corrects", "")
    form = ScoreForm(request.POST or None, known=known)

    def act() -> None:
        now = clock.now()
        commands.take_score(
            person, name, form.answers(), signed_in(request), now, form.moment(), corrects
        )

    if request.method == "POST" and done(form, act):
        messages.success(request, f"{title(name)} is recorded.")
        return redirect("course", person.pk)
    context = {
        "person": person,
        "banner": _banner(request, person),
        "instrument": known,
        "name": title(name),
        "form": form,
        "questions": form.questions(),
        "corrects": corrects,
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "outcomes/score.html", context, status=status)


@require_GET
@allowed("task.read")
def task_list(request: HttpRequest) -> HttpResponse:
    """The open tasks, the most urgent first, and whose they are."""
    context = task_page(signed_in(request), clock.now(), Asked.of(request.GET))
    opened_records(request, context.pop("people"), "task.read")
    said = said_of(request, context["rows"])
    return render(request, "outcomes/tasks.html", {**context, **said})


@require_POST
@allowed("task.act")
def task_take(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Whoever presses owns it; with `all`, the others of its check-in that are named there too."""
    row, form = _task(request, task_id), forms.Form(request.POST)

    def act() -> None:
        who, now = signed_in(request), clock.now()
        if "all" in request.POST:
            _say(request, take_together(_all(request, row), who, now), "yours", row)
        else:
            commands.take_task(row, who, now)
            messages.success(request, "The task is yours.", str(row.pk))

    if not done(form, act):
        messages.error(request, _faults(form), str(row.pk))
    return _back(request, row)


@require_POST
@allowed("task.act")
def task_close(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """It is done, with what was done; with `all`, the others that are named there too."""
    row, form = _task(request, task_id), TaskForm(request.POST)

    def act() -> None:
        outcome, who, now = form.cleaned_data["outcome"], signed_in(request), clock.now()
        if "all" in request.POST:
            _say(request, close_together(_all(request, row), outcome, who, now), "closed", row)
        else:
            commands.close_task(row, outcome, who, now)
            messages.success(request, "The task is closed.", _after(request))

    if not done(form, act):
        messages.error(request, _faults(form), str(row.pk))
    return _back(request, row)


def _all(request: HttpRequest, row: Task) -> list[Task]:
    """The tasks that a button names, of this person; the one of the address is always among them.
    One that is not to be found there is refused with all others."""
    try:
        names = {row.pk, *map(UUID, request.POST["all"].split())}
    except ValueError:
        raise Http404("There is no such task.") from None
    found = list(Task.objects.filter(pk__in=names, person=row.person_id).select_related("person"))
    if len(found) != len(names):
        raise Http404("There is no such task.")
    return found


def _say(request: HttpRequest, found: Together, what: str, row: Task) -> None:
    """Beside the row, or beside the one after it where it is gone."""
    count = len(found.written)
    place = _after(request) if what == "closed" else str(row.pk)
    if count:
        said = f"{count} {'tasks are' if count > 1 else 'task is'} {what}."
        messages.success(request, said, place)
    elif not found.left:
        messages.success(request, f"They are {what} already.", place)
    if found.left:
        messages.warning(request, found.left_words, place)


def _after(request: HttpRequest) -> str:
    """The row on which one goes on, as the page named it; empty where it was the last."""
    return request.POST.get("after", "")[:_LONGEST_ID]


def _noted(
    request: HttpRequest, person_id: UUID, name: str, form: CheckForm | EventForm, says: str
) -> HttpResponse:
    person = find(person_id)

    def act() -> None:
        now = clock.now()
        commands.take_note(person, form.body(), signed_in(request), now, at=form.moment())

    return _written(request, person, name, form, act, says)


def _written(
    request: HttpRequest,
    person: Person,
    name: str,
    form: forms.Form,
    act: Callable[[], None],
    says: str,
) -> HttpResponse:
    """Back to the page where it was written, else the page with what was wrong beside its field."""
    if done(form, act):
        messages.success(request, says)
        return redirect("course", person.pk)
    return _page(request, person, {name: form}, status=400)


def _page(
    request: HttpRequest,
    person: Person,
    sent: dict[str, forms.Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    who, now = signed_in(request), clock.now()
    content = course_content(person, who, now)
    point_on(content["tasks"])
    context: dict[str, Any] = {
        "person": person,
        "banner": _banner(request, person),
        "check_form": CheckForm(auto_id="check_%s"),
        "event_form": EventForm(auto_id="event_%s"),
        "open_form": _open_form(None),
        "end_form": EndForm(auto_id="end_%s"),
        "strike_form": StrikeForm(auto_id=False),
        "sent": set(sent or ()),
        **content,
        **said_of(request, content["tasks"]),
        **(sent or {}),
    }
    return render(request, "outcomes/course.html", context, status=status)


def _open_form(request: HttpRequest | None) -> OpenForm:
    sent = request.POST if request else None
    return OpenForm(sent, judged_by=instrument_choices(), auto_id="open_%s")


def _banner(request: HttpRequest, person: Person) -> Any:
    today = timezone.localdate(clock.now())
    return banner_for(signed_in(request), person, patients.record(person), today)


def _faults(form: forms.Form) -> str:
    return " ".join(str(one) for some in form.errors.values() for one in some)


def _task(request: HttpRequest, task_id: UUID) -> Task:
    row = get_object_or_404(Task.objects.select_related("person"), pk=task_id)
    opened_record(request, row.person_id, "task.act")
    return row


def _back(request: HttpRequest, row: Task) -> HttpResponse:
    if request.POST.get("from") == "course":
        return redirect(f"{reverse('course', args=[row.person_id])}{HERE}")
    query = Asked.of(QueryDict(request.POST.get("list", ""))).query
    return redirect(f"{reverse('tasks')}{f'?{query}' if query else ''}{HERE}")
