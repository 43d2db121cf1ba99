"""Requests: decided by `may` under the stream's lock; a no comes with every reason."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.library.queries import site
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.sessions._consent import consent_findings
from openketamine.clinic.sessions._devices import detach_all
from openketamine.clinic.sessions._finish import settle
from openketamine.clinic.sessions._fold import folded, foreseen
from openketamine.clinic.sessions._past import history
from openketamine.clinic.sessions._proofs import own_proof, second_person
from openketamine.clinic.sessions._writing import (
    Done,
    append,
    client_id,
    done,
    done_before,
    entry,
    in_line,
    text,
    whole,
)
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.permission import can, here
from openketamine.core.dosing import DoseProposal, Wish, propose
from openketamine.core.findings import BadInput, Refusal
from openketamine.core.history import age
from openketamine.core.screening import Evaluation, unasked
from openketamine.core.treatment import Context, State, facts, may

# Verb → the kind of fact that it writes.
_WRITES = {
    "sign_plan": ("plan_signed",),
    "verify": ("dose_verified",),
    "start": ("infusion_started", "dose_given"),
    "resume": ("infusion_resumed",),
    "discharge": ("discharged",),
    "close": ("session_closed",),
    "sign_report": ("report_signed",),
}

_WISHES = ("dose_ug_per_kg", "dose_ug", "over_s")


def _nothing(_: Session) -> None:
    """Most requests bring nothing else with them."""


OVERRIDE_MEANING = "I order this dose in spite of this rule, for the reason that stands with it."


@dataclass(frozen=True)
class _Asked:
    """A request on its way to `may`: what is to be written, and what goes with it.

    `before`: facts that are signed in the same breath and that `may` must already see.
    """

    verb: str
    body: Callable[[State], facts.Body]
    context: Context
    before: tuple[facts.Body, ...] = ()
    after: Callable[[Session], None] = _nothing


def _decide(
    one: _Asked, session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime
) -> Done | Refusal:
    """Ask `may` while nobody else can write, and append what was asked for, or nothing."""
    fact_id = client_id(asked.get("id"))
    with transaction.atomic():
        session = in_line(session_id)
        if before_now := done_before(fact_id, session, *_WRITES[one.verb]):
            return before_now
        before = [entry(body, now, by) for body in one.before]
        state = foreseen(folded(session.stream), before)
        # In the clinic's own time: "signed today" means the day on the wall.
        answer = may(one.verb, state, timezone.localtime(now), one.context)
        if isinstance(answer, Refusal):
            return answer
        stored = append(session, [*before, entry(one.body(state), now, by, fact_id)], now)
        one.after(session)
        return done(stored)


def sign_plan(
    session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime
) -> Done | Refusal:
    """Sign the dose that was on the screen, with a fresh proof of who signs.

    Evaluation and proposal are computed again here; `dose_ug` is what the prescriber saw, and where
    it is no longer what the rules propose, nothing is signed.
    """
    own_proof(asked, by, now)
    session = Session.objects.select_related("person").get(pk=session_id)
    evaluation, proposal = plan_of(session, timezone.localdate(now), _wish(asked))
    if isinstance(proposal, Refusal):
        return proposal
    if not_asked := unasked(patients.record(session.person), evaluation):
        return Refusal(not_asked)
    if whole(asked, "dose_ug") != proposal.dose_ug:
        raise BadInput("dose_ug", "the dose that is proposed now: read the plan again")
    signed = facts.PlanSigned(**proposal.plan_fields())
    overrides = tuple(
        facts.OverrideSigned(one.rule, one.reason_code, one.reason, OVERRIDE_MEANING)
        for one in patients.overrides(session.person, timezone.localdate(now))
    )
    context = Context(actor=author_of(by), claim={"findings": signed.findings})
    one = _Asked("sign_plan", lambda _: signed, context, before=overrides)
    return _decide(one, session_id, asked, by, now)


def plan_of(
    session: Session, on: date, wish: Wish | None = None
) -> tuple[Evaluation, DoseProposal | Refusal]:
    """What the rules say of this person today and what they propose, or make of a prescriber's
    wish. Looking is free. Raises BadInput for a wish that is no dose."""
    known = patients.known(session.person)
    evaluation = known.evaluated(session.protocol_id, on)
    before = history(session)
    return evaluation, propose(known.record, session.protocol_id, on, before, evaluation, wish)


def _wish(asked: Mapping[str, Any]) -> Wish | None:
    """Another dose than the protocol's own, where the prescriber asked for one."""
    wanted = asked.get("wish") or {}
    known = {name: whole(wanted, name) for name in _WISHES if name in wanted}
    return Wish(**known) if known else None


def verify(
    session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime
) -> Done | Refusal:
    """A second person enters what they read off the person, the bag and the pump, unprompted."""
    second = second_person(asked, by, now, task="dose.verify", prefix="second").staff
    person = Session.objects.select_related("person").get(pk=session_id).person
    # Nobody reads a UUID off a wristband: what is typed is the record number.
    band = text(asked, "mrn")
    read = facts.DoseVerified(
        second_id=str(second.pk),
        second_name=second.display_name,
        person_id=str(person.pk) if band == person.mrn else band,
        drug=text(asked, "drug").lower(),
        dose_ug=whole(asked, "dose_ug"),
        # A device has no volume, an injection no rate: what cannot be read is not asked for.
        concentration_ug_per_ml=whole(asked, "concentration_ug_per_ml", or_none=True),
        volume_ul=whole(asked, "volume_ul", or_none=True),
        rate_ul_per_h=whole(asked, "rate_ul_per_h", or_none=True),
    )
    context = Context(actor=author_of(by), second=author_of(second), claim=vars(read))
    return _decide(_Asked("verify", lambda _: read, context), session_id, asked, by, now)


def start(
    session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime
) -> Done | Refusal:
    """The dose is begun as the plan says; whoever presses second gets the reasons why not.

    An infusion starts its pump. An injection is given, or the first device, with its `place` and
    `lot`: what follows is charted as it happens.
    """
    session = Session.objects.select_related("person").get(pk=session_id)
    let_by_state(by, folded(session.stream).state, now)
    years = age(patients.record(session.person), timezone.localdate(now))
    signed = consent_findings(session, folded(session.stream).state, now)
    context = Context(actor=author_of(by), age=years, site=site(), consent=signed or ())

    def begun(state: State) -> facts.InfusionStarted | facts.DoseGiven:
        assert state.plan is not None  # noqa: S101  (`may` lets nobody start without one)
        return _begun(state.plan.body, asked)

    def after(session: Session) -> None:
        settle(session, "", by, now)

    return _decide(_Asked("start", begun, context, after=after), session_id, asked, by, now)


def let_by_state(by: Staff, state: State, now: datetime) -> None:
    """What the state lets this role start depends on the way: a pump that runs, or at once into the
    vein. Raises BadInput with the state's words."""
    if state.plan is None:
        return
    plan = state.plan.body
    way = "continuous" if plan.rate_ul_per_h else "bolus" if plan.route == "iv" else plan.route
    for place in here():
        answer = can(by, "infusion.start", replace(place, way=way), now)
        if not answer:
            raise BadInput("by", f"somebody whom the state lets start this. {answer.why}")


def _begun(
    plan: facts.PlanSigned, asked: Mapping[str, Any]
) -> facts.InfusionStarted | facts.DoseGiven:
    if plan.rate_ul_per_h:
        return facts.InfusionStarted(
            plan.rate_ul_per_h, plan.concentration_ug_per_ml, plan.volume_ul, plan.weight_g
        )
    units = int(plan.proposal.get("units") or 1)
    return facts.DoseGiven(
        route=plan.route,
        dose_ug=plan.dose_ug // units,
        volume_ul=plan.volume_ul // units,
        place=text(asked, "place", required=False),
        unit=str(plan.proposal.get("unit_name") or ""),
        lot=text(asked, "lot", required=False),
    )


def resume(
    session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime
) -> Done | Refusal:
    """The pump runs again, at `rate_ul_per_h`."""
    body = facts.InfusionResumed(
        whole(asked, "rate_ul_per_h"), text(asked, "reason", required=False)
    )
    context = Context(actor=author_of(by), claim=vars(body))
    return _decide(_Asked("resume", lambda _: body, context), session_id, asked, by, now)


def discharge(
    session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime
) -> Done | Refusal:
    """The person leaves with an escort; their monitor speaks for nobody from here on."""
    left = facts.Discharged(
        escort_name=text(asked, "escort_name"),
        escort_phone=text(asked, "escort_phone"),
        instructions_given=asked.get("instructions_given") is True,
    )

    def after(session: Session) -> None:
        detach_all(session, by, now)
        Session.objects.filter(pk=session.pk).update(chair="")

    context = Context(actor=author_of(by))
    one = _Asked("discharge", lambda _: left, context, after=after)
    return _decide(one, session_id, asked, by, now)


def close(
    session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime
) -> Done | Refusal:
    """Nothing is left to do; the tray is empty, or somebody answers for what is on it."""
    body = facts.SessionClosed(text(asked, "reason", required=False) or "complete")

    def after(session: Session) -> None:
        detach_all(session, by, now)
        Session.objects.filter(pk=session.pk).update(closed_at=now, chair="")

    one = _Asked("close", lambda _: body, Context(actor=author_of(by)), after=after)
    return _decide(one, session_id, asked, by, now)


def sign_report(
    session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime
) -> Done | Refusal:
    """Sign the report whose content has this hash."""
    own_proof(asked, by, now)
    body = facts.ReportSigned(text(asked, "content_sha256"), text(asked, "meaning"))
    one = _Asked("sign_report", lambda _: body, Context(actor=author_of(by)))
    return _decide(one, session_id, asked, by, now)
