"""A person's papers: what is signed, what they wish for, what is printed and what was given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.checkins import speech
from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.papers import commands, queries
from openketamine.clinic.papers.documents import sheet_pdf, text_pdf
from openketamine.clinic.papers.forms import PrintForm, WishesForm, WithdrawForm
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.views import find, protocol_choices
from openketamine.clinic.sessions import queries as sessions
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.sessions.views import opened
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.course.check_ins import contact_of
from openketamine.core.course.papers import (
    consent_for,
    discharge_sheet,
    instruction_sheet,
    instructions,
)
from openketamine.core.dosing import protocol
from openketamine.core.treatment import Discharged

WORDS = {
    "in_force": ("done", "In force"),
    "due": ("caution", "Sign again"),
    "withdrawn": ("block", "Taken back"),
    "open": ("info", "Not signed"),
}
"""State of a consent → its level and its word."""


@require_GET
@allowed("papers.read", person="person_id")
def papers(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Consents, wishes, papers of one person."""
    return page(request, find(person_id))


@require_POST
@allowed("wishes.write", person="person_id")
def write_wishes(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Somebody writes down what the person said."""
    person, form = find(person_id), WishesForm(request.POST)
    if not form.is_valid():
        return page(request, person, wishes_form=form, status=400)
    changed = commands.write_wishes(person, form.cleaned_data, signed_in(request), clock.now())
    messages.success(request, "Written down." if changed else "Nothing was changed.")
    return redirect("therapy" if request.POST.get("back") == "therapy" else "papers", person.pk)


@require_POST
@allowed("paper.give", person="person_id")
def print_instructions(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Instructions for a treatment, printed and given."""
    person = find(person_id)
    form = PrintForm(request.POST, protocols=treatments(person))
    if not form.is_valid():
        return page(request, person, print_form=form, status=400)
    planned = protocol(form.cleaned_data["protocol"])
    language = form.cleaned_data["language"]
    sheet = instruction_sheet(
        instructions(), planned.drug, planned.route, language, queries.house_words(language)
    )
    now = clock.now()
    commands.give_paper(
        person, "instructions", str(sheet["version"]), sheet, signed_in(request), now
    )
    return _pdf(sheet, person, now, "instructions")


@require_POST
@allowed("paper.give")
def print_discharge(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The discharge sheet of one session, printed and given."""
    session, now = opened(request, session_id, "paper.give"), clock.now()
    language = request.POST.get("language") or queries.language_of(session.person)
    sheet = _discharge(session, language, request.POST.get("next", "").strip()[:400])
    commands.give_paper(
        session.person,
        "discharge-sheet",
        str(sheet["version"]),
        sheet,
        signed_in(request),
        now,
        session=str(session.pk),
    )
    return _pdf(sheet, session.person, now, f"discharge-{session.pk}")


@require_GET
@allowed("papers.read", person="person_id")
def text_file(_: HttpRequest, person_id: UUID, sha256: str) -> HttpResponse:
    """What was signed or given, word for word, as PDF; of this person only."""
    person = find(person_id)
    text = queries.kept(sha256) if queries.is_of(person, sha256) else None
    if text is None:
        raise Http404("There is no such paper of this person.")
    made = text_pdf(text, person, clock.now(), queries.signature_of(person, sha256))
    return _answer(made, f"{text.kind}-{sha256[:12]}")


def _discharge(session: Session, language: str, following: str) -> dict[str, Any]:
    """The sheet out of the session: who took the person home and when."""
    planned = protocol(session.protocol_id)
    left = sessions.state(session, clock.now()).last(Discharged)
    words = queries.house_words(language) | ({"next": following} if following else {})
    gone = {}
    if left is not None:
        at = timezone.localtime(left.at)
        gone = {"at": f"{at:%H:%M}", "escort": left.body.escort_name}
    with speech.speaking(language):
        on = speech.day(timezone.localtime(session.created))
    plan = {"drug": planned.drug, "route": planned.route, "day": on}
    return discharge_sheet(plan, gone, language, words)


def _pdf(sheet: dict[str, Any], person: Person, now: datetime, name: str) -> HttpResponse:
    return _answer(sheet_pdf(sheet, person, now), name)


def _answer(pdf: bytes, name: str) -> HttpResponse:
    """Nothing of the person is in the name of the file."""
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


@dataclass(frozen=True)
class _Row:
    """A consent on the page."""

    standing: queries.Standing
    level: str
    word: str
    form: WithdrawForm
    protocol: str
    signed_in: str
    is_unread: bool


def page(
    request: HttpRequest,
    person: Person,
    *,
    wishes_form: WishesForm | None = None,
    print_form: PrintForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page, with the form that was sent where one was."""
    now, who = clock.now(), request.user
    found = queries.wishes(person)
    before = {one.topic: one.text for one in found}
    record = patients.record(person)
    context = {
        "person": person,
        "banner": banner_for(who, person, record, timezone.localdate(now)),
        "rows": [_row(one) for one in queries.standings(person, now)],
        "others": [
            (name, title, consent_for(protocol(name).drug)) for name, title in _others(person)
        ],
        "wishes": found,
        "wishes_form": wishes_form or WishesForm(initial=before),
        "print_form": print_form or PrintForm(protocols=treatments(person), initial=_said(person)),
        "sessions": sessions.sessions_of(person.pk)[:6],
        "language": queries.language_of(person),
        "speaks": speech.name_of(queries.language_of(person)),
        "given": queries.given_papers(person),
        "may_take": can(who, "consent.take").ok,
        "may_write": can(who, "wishes.write").ok,
        "may_give": can(who, "paper.give").ok,
        "may_sign": can(who, "letter.sign").ok,
        "contact": contact_of(outcomes.facts_of(person)),
        "has_phone": bool(settings.OPENKETAMINE_CLINIC_PHONE),
    }
    return render(request, "papers/papers.html", context, status=status)


def _row(one: queries.Standing) -> _Row:
    level, word = WORDS[one.state]
    name = one.protocol or one.consent
    language = one.given.body.language if one.given else speech.FIRST
    return _Row(
        standing=one,
        level=level,
        word=word,
        form=WithdrawForm(auto_id=f"{name}-%s"),
        protocol=one.protocol or "own",
        signed_in=speech.name_of(language),
        is_unread=not queries.is_reviewed(one.consent, language),
    )


def _others(person: Person) -> list[tuple[str, str]]:
    """Treatments for which a consent may be read though no session was opened."""
    had = set(queries.planned(person))
    return [one for one in protocol_choices() if one[0] not in had]


def treatments(person: Person) -> list[tuple[str, str]]:
    """Every treatment, those of this person first."""
    titles = dict(protocol_choices())
    had = queries.planned(person)
    return [(one, titles[one]) for one in had] + _others(person)


def _said(person: Person) -> dict[str, str]:
    had = queries.planned(person)
    return {"language": queries.language_of(person), "protocol": had[0] if had else ""}
