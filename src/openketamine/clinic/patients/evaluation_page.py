"""The evaluation page: decision, findings, open questions answered on the spot, overrides."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.library.cards import decision_card
from openketamine.clinic.patients import commands, overriding, queries
from openketamine.clinic.patients.asking import answered_lines, open_questions
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.patients.changes import changed_since, since_recorded, unseen
from openketamine.clinic.patients.forms import AnswerForm, OverrideForm
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.views import find, session_form
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.dosing import protocol, protocols
from openketamine.core.findings import Action, BadInput
from openketamine.core.screening import unasked


@dataclass(frozen=True)
class _Said:
    """What was sent to the page and could not be taken: shown again beside its place."""

    question: str = ""
    value: str = ""
    wrong: str = ""
    override: OverrideForm | None = None
    notice: str = ""

    @property
    def refused(self) -> bool:
        """Whether something was sent that was not written down."""
        return bool(self.wrong or self.override or self.notice)


_NOTHING = _Said()


@require_GET
@allowed("person.evaluate", person="person_id")
def evaluation(request: HttpRequest, person_id: UUID, protocol_id: str) -> HttpResponse:
    """What the rules of one protocol say of one person today."""
    return _answer(request, _person(person_id, protocol_id), protocol_id)


@require_POST
@allowed("person.answer", person="person_id")
def answer(request: HttpRequest, person_id: UUID, protocol_id: str) -> HttpResponse:
    """Something that nobody had said is said now; the evaluation follows at once."""
    person, form = _person(person_id, protocol_id), AnswerForm(request.POST)
    asked, value = str(form.data.get("question", "")), str(form.data.get("value", ""))
    if not form.is_valid():
        return _answer(request, person, protocol_id, _Said(asked, value, form.fault()))
    said = form.cleaned_data
    try:
        commands.answer_question(
            person, said["question"], said["value"], said["note"], signed_in(request), clock.now()
        )
    except BadInput as error:
        return _answer(request, person, protocol_id, _Said(asked, value, f"{error}."))
    if request.headers.get("HX-Request") == "true":
        return _answer(request, person, protocol_id)
    return redirect("evaluation", person.id, protocol_id)


@require_POST
@allowed("finding.override", person="person_id")
def override(request: HttpRequest, person_id: UUID, protocol_id: str) -> HttpResponse:
    """A prescriber sets one rule aside for this person, with a reason and a proof of identity."""
    person = _person(person_id, protocol_id)
    form = overriding.override(request, person, protocol_id, clock.now())
    if form.errors:
        return _answer(request, person, protocol_id, _Said(override=form))
    messages.success(request, f"{form.cleaned_data['rule']} is overridden. It stays on the page.")
    return redirect("evaluation", person.id, protocol_id)


@require_POST
@allowed("person.evaluate", person="person_id")
def record(request: HttpRequest, person_id: UUID, protocol_id: str) -> HttpResponse:
    """The evaluation as it was read goes into the person's journal."""
    person, now = _person(person_id, protocol_id), clock.now()
    known, today = queries.known(person), timezone.localdate(now)
    if added := changed_since(known, request.POST.get("shown", ""), today):
        notice = f"Nothing was recorded. Please read {unseen(added)}."
        return _answer(request, person, protocol_id, _Said(notice=notice))
    commands.record_evaluation(person, known.evaluated(protocol_id, today), signed_in(request), now)
    messages.success(request, "The evaluation is recorded with everything it rests on.")
    return redirect("evaluation", person.id, protocol_id)


def _person(person_id: UUID, protocol_id: str) -> Person:
    if protocol_id not in protocols():
        raise Http404(f"There is no protocol {protocol_id!r}.")
    return find(person_id)


def _answer(
    request: HttpRequest, person: Person, protocol_id: str, said: _Said = _NOTHING
) -> HttpResponse:
    inner = request.headers.get("HX-Request") == "true"
    template = "patients/_evaluation.html" if inner else "patients/evaluation.html"
    # htmx puts only a 200 into the page.
    status = 400 if said.refused and not inner else 200
    return render(request, template, _content(request, person, protocol_id, said), status=status)


def _content(request: HttpRequest, person: Person, protocol_id: str, said: _Said) -> dict[str, Any]:
    known, today = queries.known(person), timezone.localdate(clock.now())
    found = known.evaluated(protocol_id, today)
    not_asked = unasked(known.record, found)
    kept = queries.last_evaluation(person, protocol_id)
    reader = overriding.Reader(
        known,
        known.signed_on(today),
        known.stamp(today),
        may=can(request.user, "finding.override").ok,
        sent=said.override,
    )
    asked = open_questions(known, found, today)
    answered = answered_lines(known, found, today)
    beside = {one.question for one in (*asked.first, *asked.on_the_day, *answered)}
    weighed = overriding.weigh(found.findings, reader, found.overridden)
    return {
        "banner": banner_for(request.user, person, known.record, today),
        "person": person,
        "protocol": protocol(protocol_id),
        "protocol_id": protocol_id,
        "evaluation": found,
        "decision": decision_card(
            found.decision, still_to_ask=bool(not_asked), set_aside=found.overridden
        ),
        "entries": [one for one in weighed if one.card.level != Action.INFO],
        "notes": [one.card for one in weighed if one.card.level == Action.INFO],
        "questions": asked,
        "answered": answered,
        "wrong": said,
        "notice": said.notice or ("" if said.question in beside else said.wrong),
        "stamp": reader.stamp,
        "since": since_recorded(known, found, kept),
        "may_answer": can(request.user, "person.answer").ok,
        "may_open": can(request.user, "session.open").ok,
        "session_form": session_form(protocol_id=protocol_id),
    }
