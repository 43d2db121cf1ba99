"""The plan of a session: what the rules propose, how they came to it, and the signature."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.library.cards import decision_card, finding_cards
from openketamine.clinic.patients import overriding
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.patients.changes import changed_since, unseen
from openketamine.clinic.patients.forms import OverrideForm, ProofForm
from openketamine.clinic.plans.content import dose_content, wished
from openketamine.clinic.plans.forecast import level_so_far
from openketamine.clinic.plans.forms import WishForm, wish_fields
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.sessions.views import opened, watches
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.faults import sentence
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in, source_of
from openketamine.core.dosing import DoseProposal, Wish, protocol
from openketamine.core.findings import BadInput, Refusal
from openketamine.core.history import PersonRecord, age
from openketamine.core.screening import Evaluation, ingredients_of, unasked


@require_GET
@allowed("session.read")
def plan(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The plan: proposed, or as it was signed."""
    return _page(request, opened(request, session_id, "session.read"))


@watches
def level(_: HttpRequest, session: Session) -> HttpResponse:
    """The level so far and in the coming hour, for the console to put in its place."""
    now = clock.now()
    return HttpResponse(level_so_far(queries.state_json(session, now), now))


@require_POST
@allowed("plan.sign")
def sign(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Sign the dose that was on the screen, with a fresh proof of who signs."""
    session, form = opened(request, session_id, "session.read"), ProofForm(request.POST)
    refusal: Refusal | None = None
    if form.is_valid():
        try:
            refusal = _sign(request, session, form)
        except BadInput as error:
            form.refuse(error)
    if form.errors or refusal is not None:
        return _page(request, session, form, refusal)
    messages.success(request, "The plan is signed.")
    return redirect("plan", session.id)


@require_POST
@allowed("finding.override")
def override(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """A prescriber sets aside a rule that speaks here, of the person or of the next dose."""
    session = opened(request, session_id, "session.read")
    form = overriding.override(
        request, session.person, session.protocol_id, clock.now(), queries.history(session)
    )
    if form.errors:
        return _page(request, session, overriding_form=form)
    messages.success(request, f"{form.cleaned_data['rule']} is overridden. It stays on the page.")
    return redirect("plan", session.id)


def _sign(request: HttpRequest, session: Session, form: ProofForm) -> Refusal | None:
    now, shown = clock.now(), request.POST.get("dose_ug", "")
    _still_true(request, session, now)
    wish = WishForm(protocol(session.protocol_id), request.POST)
    asked: dict[str, Any] = {
        "wish": wish_fields(wish),
        "id": request.POST.get("id") or str(uuid4()),
        "dose_ug": int(shown) if shown.isdecimal() else None,
        "password": form.cleaned_data["password"],
        "otp": form.cleaned_data["otp"],
        "source": source_of(request),
    }
    said = commands.sign_plan(session.id, asked, signed_in(request), now)
    return said if isinstance(said, Refusal) else None


def _still_true(request: HttpRequest, session: Session, now: datetime) -> None:
    """Raises BadInput where something was added that the page did not show."""
    if shown := request.POST.get("shown"):
        known = patients.known(session.person)
        if added := changed_since(known, shown, timezone.localdate(now)):
            raise BadInput("shown", unseen(added))


def _page(
    request: HttpRequest,
    session: Session,
    form: ProofForm | None = None,
    refusal: Refusal | None = None,
    overriding_form: OverrideForm | None = None,
) -> HttpResponse:
    now, known = clock.now(), patients.known(session.person)
    today = timezone.localdate(now)
    plan, state = protocol(session.protocol_id), queries.state_json(session, now)
    wish_form = WishForm(plan, request.GET if request.method == "GET" else request.POST)
    evaluation, proposed = _proposed(session, today, wish_form)
    signed = state["plan"]
    is_open = signed is None and isinstance(proposed, DoseProposal)
    number = str(state["session_number"] or "")
    context: dict[str, Any] = {
        "banner": banner_for(request.user, session.person, known.record, today, session=number),
        "session": session,
        "protocol": plan,
        "phase": state["phase"],
        "decision": decision_card(
            evaluation.decision,
            still_to_ask=bool(unasked(known.record, evaluation)),
            set_aside=evaluation.overridden,
        ),
        "wish_form": wish_form,
        "signed": signed,
        "knowledge": signed["knowledge"] if signed else evaluation.knowledge,
        "signed_at": signed and datetime.fromisoformat(signed["signed_at"]),
        "refusal": finding_cards(refusal.findings) if refusal else (),
        "form": (form or ProofForm()) if is_open and can(request.user, "plan.sign") else None,
        "set_aside": sorted(known.signed_on(today)) if is_open else (),
        "override_meaning": commands.OVERRIDE_MEANING,
        "request_id": uuid4(),
        "stamp": known.stamp(today),
    }
    reader = overriding.Reader(
        known,
        known.signed_on(today),
        context["stamp"],
        may=signed is None and can(request.user, "finding.override").ok,
        sent=overriding_form,
    )
    person = (age(known.record, today), _ingredients(known.record))
    context |= _shown(signed, evaluation, proposed, wish_form, reader, person)
    wrong = overriding_form is not None or (form is not None and form.errors)
    status = 400 if wrong else 422 if refusal else 200
    return render(request, "plans/plan.html", context, status=status)


def _proposed(
    session: Session, today: date, form: WishForm
) -> tuple[Evaluation, DoseProposal | Refusal]:
    """The proposal for what is wished, or the protocol's own where the wish cannot be read."""
    fields = wish_fields(form)
    try:
        return queries.plan_of(session, today, Wish(**fields) if fields else None)
    except BadInput as error:
        form.add_error(None, sentence(error))
        return queries.plan_of(session, today)


def _ingredients(record: PersonRecord) -> frozenset[str]:
    """What is in the medicines that may be in the body."""
    return frozenset().union(*(ingredients_of(one) for one in record.medicines if one.current))


def _shown(
    signed: dict[str, Any] | None,
    evaluation: Evaluation,
    proposed: DoseProposal | Refusal,
    form: WishForm,
    reader: overriding.Reader,
    person: tuple[int | None, frozenset[str]],
) -> dict[str, Any]:
    """What stands on the page: the signed plan, else the proposal, else why there is none."""
    if signed is not None:
        return dose_content(signed, *person)
    set_aside = {one.rule for one in evaluation.overrides}
    over = frozenset(one.rule for one in proposed.findings if one.overridable) & set_aside
    if isinstance(proposed, Refusal):
        return {"no_proposal": overriding.weigh(proposed.findings, reader, over)}
    own = [one for one in proposed.findings if one not in evaluation.findings]
    fields = proposed.plan_fields()
    return dose_content(fields, *person) | {
        "proposed": proposed,
        "wished": wished(wish_fields(form) if not form.errors else {}, fields),
        "about_the_dose": overriding.weigh(own, reader, over),
    }
