"""The evaluation page: decision, findings, open questions answered on the spot, overrides."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.library.cards import decision_card, finding_card
from openketamine.clinic.patients import commands, queries
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.patients.forms import (
    OVERRIDE_REASONS,
    AnswerForm,
    OverrideForm,
    sentence,
)
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.queries import SignedOverride
from openketamine.clinic.patients.views import find, session_form
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import prove
from openketamine.clinic.staff.roles import can
from openketamine.core.dosing import protocol, protocols
from openketamine.core.findings import Action, BadInput, Finding
from openketamine.core.screening import Evaluation, evaluate, unasked

_STOPS = (Action.OVERRIDE.value, Action.DEFER.value, Action.BLOCK.value)


@require_GET
@allowed("person.evaluate", person="person_id")
def evaluation(request: HttpRequest, person_id: UUID, protocol_id: str) -> HttpResponse:
    """What the rules of one protocol say of one person today."""
    return _answer(request, find(person_id), protocol_id)


@require_POST
@allowed("person.answer", person="person_id")
def answer(request: HttpRequest, person_id: UUID, protocol_id: str) -> HttpResponse:
    """Something that nobody had said is said now; the evaluation follows at once."""
    person, form = find(person_id), AnswerForm(request.POST)
    if not form.is_valid():
        return _answer(
            request, person, protocol_id, wrong={str(form.data.get("question")): "Please answer."}
        )
    said = form.cleaned_data
    try:
        commands.answer_question(
            person, said["question"], said["value"], said["note"], _who(request), clock.now()
        )
    except BadInput as error:
        return _answer(request, person, protocol_id, wrong={said["question"]: sentence(error)})
    return _onwards(request, person, protocol_id)


@require_POST
@allowed("finding.override", person="person_id")
def override(request: HttpRequest, person_id: UUID, protocol_id: str) -> HttpResponse:
    """A prescriber sets one rule aside for this person, with a reason and a proof of identity."""
    person, form = find(person_id), OverrideForm(request.POST)
    if form.is_valid():
        try:
            _override(request, person, protocol_id, form.cleaned_data)
        except BadInput as error:
            form.refuse(error)
    if form.errors:
        return _answer(request, person, protocol_id, override_form=form)
    messages.success(request, f"{form.cleaned_data['rule']} is overridden. It stays on the page.")
    return redirect("evaluation", person.id, protocol_id)


def _override(request: HttpRequest, person: Person, protocol_id: str, said: dict[str, Any]) -> None:
    now, who = clock.now(), _who(request)
    found = {f.rule: f for f in _evaluate(person, protocol_id).findings}
    if said["rule"] not in found or not found[said["rule"]].overridable:
        raise BadInput("rule", "a finding of this evaluation that may be overridden", said["rule"])
    source = request.session.session_key or ""
    proof = prove(who.username, said["password"], said["otp"] or None, source=source, now=now)
    commands.override(person, said["rule"], said["reason_code"], said["reason"], proof, now)


@require_POST
@allowed("person.evaluate", person="person_id")
def record(request: HttpRequest, person_id: UUID, protocol_id: str) -> HttpResponse:
    """The evaluation as it stands goes into the person's journal."""
    person = find(person_id)
    commands.record_evaluation(person, _evaluate(person, protocol_id), _who(request), clock.now())
    messages.success(request, "The evaluation is recorded with everything it rests on.")
    return redirect("evaluation", person.id, protocol_id)


def _evaluate(person: Person, protocol_id: str) -> Evaluation:
    if protocol_id not in protocols():
        raise Http404(f"There is no protocol {protocol_id!r}.")
    today = timezone.localdate(clock.now())
    return evaluate(queries.record(person), protocol_id, today, queries.overrides(person, today))


def _onwards(request: HttpRequest, person: Person, protocol_id: str) -> HttpResponse:
    """htmx gets the new evaluation at once; a browser without scripts is sent to it."""
    if request.headers.get("HX-Request") == "true":
        return _answer(request, person, protocol_id)
    return redirect("evaluation", person.id, protocol_id)


def _answer(
    request: HttpRequest,
    person: Person,
    protocol_id: str,
    *,
    wrong: dict[str, str] | None = None,
    override_form: OverrideForm | None = None,
) -> HttpResponse:
    found, record = _evaluate(person, protocol_id), queries.record(person)
    today = found.evaluated_on
    not_asked = {one.rule for one in unasked(record, found)}
    inner = request.headers.get("HX-Request") == "true"
    context = {
        "banner": banner_for(request.user, person, record, today),
        "person": person,
        "protocol": protocol(protocol_id),
        "protocol_id": protocol_id,
        "evaluation": found,
        "decision": decision_card(found.decision, still_to_ask=bool(not_asked)),
        "entries": _entries(request, person, found, override_form),
        "notes": [finding_card(one) for one in found.findings if one.action is Action.INFO],
        "unknown": [
            {
                "asked": one,
                "wrong": (wrong or {}).get(one.question, ""),
                "was_asked": bool(one.choices) and f"ASK-{one.question}" not in not_asked,
            }
            for one in found.unknown
        ],
        "may_answer": can(request.user, "person.answer").ok,
        "may_open": can(request.user, "session.open").ok,
        "session_form": session_form(protocol_id=protocol_id),
    }
    template = "patients/_evaluation.html" if inner else "patients/evaluation.html"
    status = 400 if (wrong or override_form) and not inner else 200
    return render(request, template, context, status=status)


def _entries(
    request: HttpRequest, person: Person, found: Evaluation, bound: OverrideForm | None
) -> list[dict[str, Any]]:
    """Each finding with what may be done about it, in the order of strictness."""
    may = can(request.user, "finding.override").ok
    signed = {one.rule: one for one in queries.signed_overrides(person)}
    return [
        _entry(finding, found, signed.get(finding.rule), bound, may=may)
        for finding in found.findings
        if finding.action is not Action.INFO
    ]


def _entry(
    finding: Finding,
    found: Evaluation,
    signed: SignedOverride | None,
    bound: OverrideForm | None,
    *,
    may: bool,
) -> dict[str, Any]:
    is_over = finding.rule in found.overridden
    shown = finding.as_json() | ({"override": _signed(signed)} if is_over and signed else {})
    offered = may and finding.overridable and not is_over
    return {
        "card": finding_card(shown),
        "stops": finding.action.value in _STOPS and not is_over,
        "form": _form_for(finding.rule, bound) if offered else None,
    }


def _signed(signed: SignedOverride) -> dict[str, str]:
    return {
        "code": dict(OVERRIDE_REASONS).get(signed.reason_code, signed.reason_code),
        "reason": signed.reason,
        "by": signed.by,
        "at": f"{timezone.localtime(signed.at):%d-%b-%Y %H:%M}",
    }


def _form_for(rule: str, bound: OverrideForm | None) -> OverrideForm:
    if bound is not None and bound.data.get("rule") == rule:
        return bound
    return OverrideForm(initial={"rule": rule}, auto_id=f"override-{rule}-%s")


def _who(request: HttpRequest) -> Staff:
    return cast("Staff", request.user)  # `allowed` lets nobody else in
