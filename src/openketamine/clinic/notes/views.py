"""A person's notes that are kept apart; breaking the glass; what waits for review."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.notes import commands, queries
from openketamine.clinic.notes.forms import GlassForm, NoteForm, ReviewForm
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.views import find
from openketamine.clinic.staff import glass
from openketamine.clinic.staff.access import allowed, opened_record
from openketamine.clinic.staff.faults import done
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import own_proof, signed_in
from openketamine.core.course.papers import note_templates


@require_GET
@allowed("notes.read", person="person_id")
def notes(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The own ones, and all that broken glass opens; of the others only that they exist."""
    begun = {one.id: one.text for one in note_templates()}.get(request.GET.get("begin", ""), "")
    form = NoteForm(initial={"text": begun}, auto_id="therapy_%s")
    return _page(request, find(person_id), forms={"therapy": form} if begun else None)


@require_POST
@allowed("therapy-note.write", person="person_id")
def write_therapy(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A note of a therapist."""
    return _write(request, find(person_id), "therapy")


@require_POST
@allowed("counselling-note.write", person="person_id")
def write_counselling(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A note of counselling on substance use."""
    return _write(request, find(person_id), "counselling")


@require_POST
@allowed("glass.break", person="person_id")
def break_glass(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """For an hour, with a reason, in front of everybody."""
    person, form = find(person_id), GlassForm(request.POST)
    if done(form, lambda: _break(request, person, form)):
        return redirect("notes", person.pk)
    return _page(request, person, glass_form=form, status=400)


@require_GET
@allowed("glass.read")
def openings(request: HttpRequest) -> HttpResponse:
    """Every opening, and what waits for whose eyes."""
    return _openings_page(request)


@require_POST
@allowed("glass.review")
def review(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    """Somebody else says whether it was right."""
    form = ReviewForm(request.POST)
    if done(form, lambda: _review(request, str(grant_id), form)):
        messages.success(request, "Reviewed.")
        return redirect("openings")
    return _openings_page(request, sent=(str(grant_id), form), status=400)


def _write(request: HttpRequest, person: Person, kind: str) -> HttpResponse:
    form = NoteForm(request.POST, auto_id=f"{kind}_%s")
    text = request.POST.get("text", "")
    if done(form, lambda: commands.write(person, kind, text, signed_in(request), clock.now())):
        messages.success(request, "The note is sealed.")
        return redirect("notes", person.pk)
    return _page(request, person, forms={kind: form}, status=400)


def _break(request: HttpRequest, person: Person, form: GlassForm) -> None:
    now, said = clock.now(), form.cleaned_data
    glass.break_glass(own_proof(request, said, now), person.pk, said["reason"], said["words"], now)


def _review(request: HttpRequest, grant_id: str, form: ReviewForm) -> None:
    now, said = clock.now(), form.cleaned_data
    glass.review(grant_id, said["verdict"], said["note"], own_proof(request, said, now), now)


def _page(
    request: HttpRequest,
    person: Person,
    *,
    forms: dict[str, NoteForm] | None = None,
    glass_form: GlassForm | None = None,
    status: int = 200,
) -> HttpResponse:
    who, now = signed_in(request), clock.now()
    grant = glass.open_for(who, person.pk, now)
    if grant is not None:
        opened_record(request, person.pk, "notes.read · emergency")
    found = queries.notes(person, who, grant)
    writes = [
        {
            "title": title,
            "url": f"note-{kind}",
            "form": (forms or {}).get(kind) or NoteForm(auto_id=f"{kind}_%s"),
        }
        for kind, (title, task) in commands.KINDS.items()
        if can(who, task)
    ]
    breaks = grant is None and can(who, "glass.break") and any(one.text is None for one in found)
    context = {
        "person": person,
        "banner": banner_for(who, person, patients.record(person), timezone.localdate(now)),
        "notes": found,
        "grant": grant,
        "writes": writes,
        "templates": note_templates() if can(who, "therapy-note.write") else (),
        "glass_form": (glass_form or GlassForm()) if breaks or glass_form else None,
    }
    return render(request, "notes/notes.html", context, status=status)


def _openings_page(
    request: HttpRequest, sent: tuple[str, ReviewForm] | None = None, status: int = 200
) -> HttpResponse:
    who, now = signed_in(request), clock.now()
    mine = {one.id for one in glass.to_review(who)}
    every = glass.grants()
    people = Person.objects.in_bulk([one.person_id for one in every])
    rows = [
        {
            "grant": one,
            "person": people.get(one.person_id),
            "reason": glass.REASONS.get(one.reason, one.reason),
            "verdict": glass.VERDICTS.get(one.verdict, ""),
            "is_open": one.is_open(now),
            "is_late": one.reviewed_at is None and now > one.due,
            "form": _review_form(one.id, sent) if one.id in mine else None,
        }
        for one in every
        if one.person_id in people
    ]
    return render(request, "notes/openings.html", {"rows": rows}, status=status)


def _review_form(grant_id: str, sent: tuple[str, ReviewForm] | None) -> ReviewForm:
    if sent and sent[0] == grant_id:
        return sent[1]
    return ReviewForm(auto_id=f"review-{grant_id}-%s")
