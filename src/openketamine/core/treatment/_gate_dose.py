"""May the plan be signed, drug be withdrawn, the dose be verified, the infusion go on?"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from openketamine.core.findings import Action, Finding
from openketamine.core.quantities import format_number
from openketamine.core.treatment._alarms import alarms
from openketamine.core.treatment._facts import DrugWithdrawn, OverrideSigned
from openketamine.core.treatment._reasons import Context, alarm_reason, reason, standing_alarms
from openketamine.core.treatment._state import State

# What the second person reads off wristband, bag and pump: how it is called, and the unit in which
# it is printed there, a thousand of those in which we count.
_COMPARED = {
    "person_id": ("person", ""),
    "drug": ("drug", ""),
    "dose_ug": ("dose", "mg"),
    "concentration_ug_per_ml": ("concentration", "mg in 1 mL"),
    "volume_ul": ("volume", "mL"),
    "rate_ul_per_h": ("rate", "mL per hour"),
}


def sign_plan(state: State, _: datetime, context: Context) -> Iterator[Finding]:
    """A plan is signed before the dose starts, and not over an open objection."""
    if state.opened is None:
        yield reason("SG-01", "The session has not been opened for a person", action=Action.BLOCK)
    if state.started_at is not None:
        yield reason("SG-02", "The dose has begun: a plan is signed before", action=Action.BLOCK)
    overridden = {one.body.rule for one in state.all(OverrideSigned)}
    for objection in context.claim.get("findings", ()):
        stops = objection.get("action") in ("block", "defer", "override")
        lifted = objection.get("overridable") and objection.get("rule") in overridden
        if stops and not lifted:
            yield _objection(objection)


def _objection(raw: Mapping[str, Any]) -> Finding:
    return reason(
        str(raw.get("rule", "SG-03")),
        str(raw.get("summary", "An objection stands")),
        knowledge={
            "sources": raw.get("sources") or ({"id": "HOUSE", "where": "evaluation"},),
            "evidence": raw.get("evidence", "P"),
            "overridable": raw.get("overridable", False),
        },
        action=Action(raw["action"]),
        because=[str(fact.get("text", "")) for fact in raw.get("because", ())],
    )


def withdraw(state: State, now: datetime, context: Context) -> Iterator[Finding]:
    """Drug leaves the vial only on a signed plan of today, before a second person."""
    yield from plan_today(state, now, context)
    if state.phase in ("recovery", "discharged", "closed"):
        yield reason("WD-01", "The dose is over: no more drug is withdrawn", action=Action.BLOCK)
    if context.actor and context.second and context.actor.id == context.second.id:
        yield reason("WD-02", "Actor and witness are the same person", action=Action.BLOCK)


def verify(state: State, now: datetime, context: Context) -> Iterator[Finding]:
    """A second person reads it all off bag and pump; every mismatch is named."""
    yield from verifiable(state, now, context)
    withdrawers = {one.by.id for one in state.all(DrugWithdrawn)}
    if context.second is None:
        yield reason("VF-01", "Not known: the second person who verifies")
    elif context.second.id in withdrawers:
        yield reason("VF-01", "The one who drew up the drug cannot verify it", action=Action.BLOCK)
    if state.plan is not None:
        yield from mismatches(state, context.claim, required=_to_read(state))


def _to_read(state: State) -> tuple[str, ...]:
    """What stands on bag, pump, syringe or device: an injection has no rate, a device no volume."""
    return tuple(field for field in _COMPARED if _ordered(state, field) != 0)


def verifiable(state: State, now: datetime, context: Context) -> Iterator[Finding]:
    """What must be there before anybody can verify."""
    yield from plan_today(state, now, context)
    if state.started_at is not None:
        yield reason("VF-03", "The dose has been started already", action=Action.BLOCK)
    if not state.all(DrugWithdrawn):
        yield reason("VF-04", "No drug has been withdrawn for this session")


def resume(state: State, now: datetime, context: Context) -> Iterator[Finding]:
    """A paused infusion goes on when nothing urgent stands that nobody has answered."""
    if state.phase != "paused":
        yield reason(
            "RS-01",
            f"Nothing is paused: the session is in phase {state.phase}",
            action=Action.BLOCK,
        )
    yield from standing_alarms(state, ("high",))
    for alarm in alarms(state):
        urgent = alarm.finding.priority == "medium" and alarm.finding.nature == "physiological"
        if alarm.active and urgent and alarm.acknowledged_at is None:
            yield alarm_reason(alarm.finding)
    if state.infusion and state.infusion.given_ul(now) >= state.infusion.bag_ul:
        yield reason("RS-03", "The bag is empty: the dose is over", action=Action.BLOCK)
    if context.claim.get("rate_ul_per_h") == 0:
        yield reason("RS-02", "A rate of zero is a pause, not a resumption")


def plan_today(state: State, now: datetime, context: Context) -> Iterator[Finding]:
    """A plan, signed, on this day."""
    if state.plan is None:
        yield reason("ST-02", "No plan has been signed for this session")
        return
    today = context.today or now.date()
    signed = state.plan.at.astimezone(now.tzinfo).date()
    if signed != today:
        yield reason(
            "ST-02", f"The plan was signed on {signed.isoformat()}, not today: sign it again"
        )


def mismatches(
    state: State, claim: Mapping[str, Any], required: Sequence[str]
) -> Iterator[Finding]:
    """All in which what was read differs from what was signed; what was not read is not known."""
    for field, (words, unit) in _COMPARED.items():
        ordered = _ordered(state, field)
        if claim.get(field) is None:
            if field in required:
                yield reason("VF-02", f"Not known: {words} as read by the second person")
        elif str(claim[field]).strip().casefold() != str(ordered).casefold():
            read = f"read {_printed(claim[field], unit)}"
            # Our own id of a person is on no wristband.
            both = read if field == "person_id" else f"ordered {_printed(ordered, unit)}, {read}"
            yield reason("VF-02", f"The {words} does not match: {both}", action=Action.BLOCK)


def _printed(value: object, unit: str) -> str:
    """As it stands on the bag or the pump."""
    if unit and isinstance(value, int):
        return f"{format_number(Decimal(value) / 1000)} {unit}"
    return str(value)


def _ordered(state: State, field: str) -> object:
    if field == "person_id":
        return state.opened.person_id if state.opened else None
    return getattr(state.plan.body, field) if state.plan else None
