"""May the dose start? Everything that must be known and true before a pump runs."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from openketamine.core.findings import Action, BadInput, Finding
from openketamine.core.screening import pre_dose_blood_pressure
from openketamine.core.treatment._facts import DoseVerified, DrugWithdrawn
from openketamine.core.treatment._gate_dose import mismatches, plan_today
from openketamine.core.treatment._reasons import (
    Context,
    fresh_pressures,
    reason,
    score_reasons,
    standing_alarms,
    unanswered,
    vitals_reasons,
)
from openketamine.core.treatment._state import State
from openketamine.knowledge import document, read_threshold


def start(state: State, now: datetime, context: Context) -> Iterator[Finding]:
    """Every reason against starting now."""
    if state.started_at is not None:
        yield reason("ST-01", "The dose has been started already", action=Action.BLOCK)
    yield from plan_today(state, now, context)
    yield from _drug_ready(state)
    yield from unanswered(state, "pre-dose")
    # The answer above is a person's word; where the person signed here, the signature counts.
    yield from context.consent
    for node in _knowledge()["scores"]:
        yield from score_reasons(state, node)
    yield from pressure(state, now, context)
    yield from vitals_reasons(state, now, _knowledge()["vitals"])
    yield from standing_alarms(state, ("high", "medium"))
    if state.plan is not None and context.claim:
        yield from mismatches(state, context.claim, required=())


def pressure(state: State, now: datetime, context: Context) -> Iterator[Finding]:
    """The gate before a dose: readings far enough apart, and each of them low enough.

    Both of the last two count: who finds one too high lets the person rest and measures again.
    """
    node = _knowledge()["blood_pressure"]
    readings = fresh_pressures(state, now, node["within"])
    apart = read_threshold(node["apart"])
    last = readings[-1:]
    pair = [r for r in readings[:-1] if apart.met_by((last[0][0] - r[0]).total_seconds())][
        -1:
    ] + last
    if len(pair) < int(node["readings"]["value"]):
        words = (
            f"Not known: blood pressure, at rest, twice, 5 minutes apart ({len(readings)} measured)"
        )
        yield reason(node["rule"], words, knowledge=node)
    found: dict[str, Finding] = {}
    for _, systolic, diastolic in pair:
        for finding in _graded(systolic, diastolic, context):
            found[finding.rule] = finding
    yield from found.values()


def _graded(systolic: Any, diastolic: Any, context: Context) -> tuple[Finding, ...]:
    try:
        return pre_dose_blood_pressure(systolic, diastolic, context.age, context.site)
    except BadInput as error:
        return (reason("PD-20", str(error), knowledge=_knowledge()["blood_pressure"]),)


def _drug_ready(state: State) -> Iterator[Finding]:
    plan, withdrawn = state.plan, state.all(DrugWithdrawn)
    if not withdrawn:
        yield reason("ST-03", "No drug has been withdrawn for this session")
    elif plan and sum(one.body.mass_ug for one in withdrawn) < plan.body.dose_ug:
        yield reason("ST-03", "Less drug has been withdrawn than the plan orders")
    verified = state.last(DoseVerified)
    before = [one.at for one in withdrawn] + ([plan.at] if plan else [])
    if verified is None:
        yield reason("ST-04", "No second person has verified the dose")
    elif any(at > verified.at for at in before):
        yield reason(
            "ST-04", "The dose was verified before the plan or the drug changed: verify again"
        )
    else:
        yield from mismatches(state, vars(verified.body), required=())
        if verified.body.second_id in {one.by.id for one in withdrawn}:
            yield reason(
                "VF-01", "The one who verified is the one who drew up the drug", action=Action.BLOCK
            )


@cache
def _knowledge() -> Mapping[str, Any]:
    return document("checklists", "pre-dose").body
