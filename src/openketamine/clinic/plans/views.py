"""The plan of a session: what the rules propose, how they came to it, and the signature."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.library.cards import decision_card, finding_cards, source_lines
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.patients.forms import ProofForm, sentence
from openketamine.clinic.plans.forecast import level_so_far, plan_forecast
from openketamine.clinic.plans.forms import WishForm, wish_fields
from openketamine.clinic.plans.pump import PumpCard, preparation, pump_card
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.sessions.views import opened, watches
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.roles import can
from openketamine.core.dosing import DoseProposal, Wish, protocol
from openketamine.core.findings import BadInput, Refusal
from openketamine.core.screening import Evaluation, unasked

_WHAT = ("drug", "route", "dose_ug", "over_s", "weight_g")


@require_GET
@allowed("session.read")
def plan(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The plan: proposed, or as it was signed."""
    return _page(request, opened(request, session_id, "session.read"), None)


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


def _sign(request: HttpRequest, session: Session, form: ProofForm) -> Refusal | None:
    shown = request.POST.get("dose_ug", "")
    asked: dict[str, Any] = {
        "wish": wish_fields(WishForm(request.POST)),
        "id": request.POST.get("id") or str(uuid4()),
        "dose_ug": int(shown) if shown.isdecimal() else None,
        "password": form.cleaned_data["password"],
        "otp": form.cleaned_data["otp"],
        "source": request.session.session_key or "",
    }
    said = commands.sign_plan(session.id, asked, cast("Staff", request.user), clock.now())
    return said if isinstance(said, Refusal) else None


def _page(
    request: HttpRequest, session: Session, form: ProofForm | None, refusal: Refusal | None = None
) -> HttpResponse:
    now = clock.now()
    today, record = timezone.localdate(now), patients.record(session.person)
    state = queries.state_json(session, now)
    wish_form = WishForm(request.GET if request.method == "GET" else request.POST)
    evaluation, proposed = _proposed(session, today, wish_form)
    signed = state["plan"]
    is_open = signed is None and isinstance(proposed, DoseProposal)
    context: dict[str, Any] = {
        "banner": banner_for(
            request.user,
            session.person,
            record,
            today,
            session=str(state["session_number"] or ""),
        ),
        "session": session,
        "protocol": protocol(session.protocol_id),
        "phase": state["phase"],
        "evaluation": evaluation,
        "decision": decision_card(
            evaluation.decision, still_to_ask=bool(unasked(record, evaluation))
        ),
        "wish_form": wish_form,
        "signed": signed,
        "signed_at": signed and datetime.fromisoformat(signed["signed_at"]),
        **_shown(signed, proposed),
        "refusal": finding_cards(refusal.findings) if refusal else (),
        "form": (form or ProofForm()) if is_open and can(request.user, "plan.sign") else None,
        "request_id": uuid4(),
    }
    status = 400 if form is not None and form.errors else 422 if refusal else 200
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


def _shown(signed: dict[str, Any] | None, proposed: DoseProposal | Refusal) -> dict[str, Any]:
    """What stands on the page: the signed plan, else the proposal, else why there is none."""
    if signed is not None:
        return _dose(signed) | {"steps": signed["proposal"].get("steps", ()), "limits": ()}
    if isinstance(proposed, Refusal):
        return {"no_proposal": finding_cards(proposed.findings)}
    limits = [
        {"by": limit.by, "sources": source_lines(source.as_json() for source in limit.sources)}
        for limit in proposed.limited_by
    ]
    return _dose(proposed.plan_fields()) | {
        "proposed": proposed,
        "preparation": preparation(proposed),
        "steps": proposed.steps,
        "limits": limits,
    }


def _dose(fields: dict[str, Any]) -> dict[str, Any]:
    card: PumpCard = pump_card(fields)
    picture = plan_forecast(*(fields[name] for name in _WHAT))
    # Drawn by our own code out of numbers and escaped words.
    return {"pump": asdict(card), "forecast": mark_safe(picture)}  # noqa: S308
