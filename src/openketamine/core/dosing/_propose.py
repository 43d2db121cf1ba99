"""Refuse first, clamp to the guardrail second, round down to what can be drawn up last, check."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal

from openketamine.core.dosing._past import PastSession
from openketamine.core.dosing._proposal import DoseProposal, Limit, Wish
from openketamine.core.dosing._protocol import Bound, Protocol, protocol
from openketamine.core.dosing._steps import NextStep, exposure, next_step, per_kg
from openketamine.core.dosing._weight import DosingWeight, dosing_weight
from openketamine.core.findings import Action, BadInput, Because, Finding, Refusal, Source
from openketamine.core.history import PersonRecord
from openketamine.core.quantities import format_number
from openketamine.core.screening import Evaluation, evaluate


@dataclass(frozen=True)
class _Dose:
    """The dose on its way: what is wanted now, over which time, and what has limited it."""

    wanted_ug: Decimal
    dose_ug: Decimal
    over_s: int
    limits: tuple[Limit, ...] = ()
    steps: tuple[str, ...] = ()


def propose(
    record: PersonRecord,
    protocol_id: str,
    on: date,
    history: tuple[PastSession, ...] = (),
    evaluation: Evaluation | None = None,
    wish: Wish | None = None,
) -> DoseProposal | Refusal:
    """The next dose under a protocol, or every reason why there is none.

    Without an evaluation the person is evaluated here. An evaluation of another protocol or day is
    BadInput. A wish never passes the recommended bounds; what limited it is kept beside it.
    """
    plan = protocol(protocol_id)
    past = tuple(sorted((s for s in history if s.on <= on), key=lambda session: session.on))
    evaluation = evaluation or evaluate(record, protocol_id, on)
    _same(evaluation, protocol_id, on)
    step = _wished(next_step(plan, past), wish)
    weight = dosing_weight(record, plan, on)
    own = (*step.findings, *exposure(plan, past, on))
    refusing = (*evaluation.refuses, *_stopping(own, evaluation))
    if isinstance(weight, Finding):
        return Refusal((*refusing, weight))
    if refusing:
        return Refusal(refusing)
    findings = (*evaluation.findings, *own, *weight.findings)
    return _reckon(plan, step, weight, len(past) + 1, findings)


def _same(evaluation: Evaluation, protocol_id: str, on: date) -> None:
    if evaluation.protocol != protocol_id or evaluation.evaluated_on != on:
        found = f"{evaluation.protocol} on {evaluation.evaluated_on}"
        raise BadInput("evaluation", f"one of {protocol_id} on {on}", found)


def _stopping(own: Sequence[Finding], evaluation: Evaluation) -> tuple[Finding, ...]:
    """Our own findings that stop, unless a prescriber overrode that very rule."""
    overridden = {override.rule for override in evaluation.overrides}
    return tuple(
        finding
        for finding in own
        if finding.action.strictness >= Action.OVERRIDE.strictness
        if not (finding.overridable and finding.rule in overridden)
    )


def _wished(step: NextStep, wish: Wish | None) -> NextStep:
    if wish is None:
        return step
    for name, value in (("dose_ug_per_kg", wish.dose_ug_per_kg), ("over_s", wish.over_s)):
        if value is not None and value <= 0:
            raise BadInput(f"wish.{name}", "more than nothing", value)
    words: tuple[str, ...] = ()
    if wish.dose_ug_per_kg is not None:
        words += (f"The prescriber wants {per_kg(wish.dose_ug_per_kg)}.",)
    if wish.over_s is not None:
        words += (f"The prescriber wants it over {_minutes(wish.over_s)}.",)
    return replace(
        step,
        dose_ug_per_kg=wish.dose_ug_per_kg or step.dose_ug_per_kg,
        over_s=wish.over_s or step.over_s,
        steps=step.steps + words,
    )


def _reckon(
    plan: Protocol,
    step: NextStep,
    weight: DosingWeight,
    number: int,
    findings: tuple[Finding, ...],
) -> DoseProposal | Refusal:
    kilograms = Decimal(weight.grams) / 1000
    wanted = step.dose_ug_per_kg * kilograms
    words = f"{per_kg(step.dose_ug_per_kg)} × {format_number(kilograms)} kg = {_mg(wanted)}."
    start = _Dose(wanted, wanted, step.over_s, steps=(*step.steps, *weight.steps, words))
    offered = _round_down(plan, weight, _clamp(plan, kilograms, start), number)
    if offered.dose_ug <= 0 or offered.rate_ul_per_h <= 0:
        return Refusal((_too_small(plan),))
    over = _beyond(plan, offered)
    return Refusal(over) if over else replace(offered, findings=findings)


def _clamp(plan: Protocol, kilograms: Decimal, dose: _Dose) -> _Dose:
    """To the recommended bounds, which lie inside the absolute ones."""
    bounds = plan.recommended
    if dose.over_s < bounds.shortest_s.amount:
        words = f"Not shorter than {bounds.shortest_s.words}."
        dose = replace(
            dose,
            over_s=int(bounds.shortest_s.amount),
            limits=(*dose.limits, _limit("shortest time", bounds.shortest_s)),
            steps=(*dose.steps, words),
        )
    caps = [
        ("dose per kilogram", bounds.dose_ug_per_kg, bounds.dose_ug_per_kg.amount * kilograms),
        ("total dose", bounds.total_ug, bounds.total_ug.amount),
    ]
    if rate := plan.absolute.rate_ug_per_kg_per_min:
        caps.append(("rate", rate, rate.amount * kilograms * dose.over_s / 60))
    for name, bound, cap in caps:
        if dose.dose_ug > cap:
            dose = replace(
                dose,
                dose_ug=cap,
                limits=(*dose.limits, _limit(name, bound)),
                steps=(*dose.steps, f"Limited by the highest {name}, {bound.words}: {_mg(cap)}."),
            )
    return dose


def _limit(name: str, bound: Bound) -> Limit:
    return Limit(f"{name}: {bound.words}", bound.sources, bound.evidence)


def _round_down(plan: Protocol, weight: DosingWeight, dose: _Dose, number: int) -> DoseProposal:
    """Down to what the syringe can measure and the pump can run; never up, never to the nearest."""
    draw = _down_to(dose.dose_ug * 1000 / plan.stock_ug_per_ml, plan.smallest_draw_ul)
    mass = draw * plan.stock_ug_per_ml // 1000
    volume = mass * 1000 // plan.concentration_ug_per_ml
    rate = _down_to(Decimal(volume * 3600) / dose.over_s, plan.smallest_rate_step_ul_per_h)
    # Rounding the rate down makes the pump run a little longer; round that time up to be true.
    runs = -(-volume * 3600 // rate) if rate else 0
    steps = (
        f"Drawn up from {_per_ml(plan.stock_ug_per_ml)}, rounded down: {_ml(draw)} is {_mg(mass)}.",
        f"With {plan.diluent} to {_per_ml(plan.concentration_ug_per_ml)}: {_ml(volume)} in all.",
        f"{_ml(volume)} over {_minutes(dose.over_s)}, rounded down for the pump: {_ml(rate)}/h.",
    )
    return DoseProposal(
        protocol=plan.id,
        drug=plan.drug,
        route=plan.route,
        dose_ug=mass,
        over_s=dose.over_s,
        runs_s=runs,
        concentration_ug_per_ml=plan.concentration_ug_per_ml,
        volume_ul=volume,
        rate_ul_per_h=rate,
        weight_g=weight.grams,
        actual_weight_g=weight.actual_grams,
        weight_basis=weight.basis,
        dose_ug_per_kg=mass * 1000 // weight.grams,
        wanted_ug=int(dose.wanted_ug.quantize(Decimal(1))),
        limited_by=dose.limits,
        next_in_days=plan.phase_of(number).next_in_days,
        session_number=number,
        steps=(*dose.steps, *steps),
        stock_concentration_ug_per_ml=plan.stock_ug_per_ml,
        draw_volume_ul=draw,
        diluent=plan.diluent,
    )


def _down_to(amount: Decimal, step: int) -> int:
    return int((amount / step).quantize(Decimal(1), rounding=ROUND_DOWN)) * step


def _beyond(plan: Protocol, offered: DoseProposal) -> tuple[Finding, ...]:
    """The last check, of the very numbers that leave this room, against the absolute limits."""
    bounds, kilograms = plan.absolute, Decimal(offered.weight_g) / 1000
    per_minute = Decimal(offered.rate_ul_per_h * offered.concentration_ug_per_ml) / 60_000
    checks = [
        (bounds.dose_ug_per_kg, offered.dose_ug > bounds.dose_ug_per_kg.amount * kilograms),
        (bounds.total_ug, offered.dose_ug > bounds.total_ug.amount),
        (bounds.shortest_s, offered.runs_s < bounds.shortest_s.amount),
    ]
    if rate := bounds.rate_ug_per_kg_per_min:
        checks.append((rate, per_minute > rate.amount * kilograms))
    return tuple(_over_the_limit(bound) for bound, broken in checks if broken)


def _over_the_limit(bound: Bound) -> Finding:
    return Finding(
        rule="DOSE-LIMIT",
        kind="contraindication",
        action=Action.BLOCK,
        summary=f"The dose would pass an absolute limit: {bound.words}",
        because=(Because(bound.words),),
        sources=bound.sources,
        evidence=bound.evidence,
    )


def _too_small(plan: Protocol) -> Finding:
    return Finding(
        rule="DOSE-TOO-SMALL",
        kind="readiness",
        action=Action.DEFER,
        summary=f"The dose is too small to be drawn up from {_per_ml(plan.stock_ug_per_ml)}",
        advice=("Check weight and wish and their units.",),
        because=(Because(f"smallest step of a syringe: {_ml(plan.smallest_draw_ul)}"),),
        sources=(Source("HOUSE", "graduation of a 1 mL syringe"),),
    )


def _mg(micrograms: Decimal | int) -> str:
    return f"{format_number(Decimal(micrograms) / 1000)} mg"


def _ml(microlitres: Decimal | int) -> str:
    return f"{format_number(Decimal(microlitres) / 1000)} mL"


def _per_ml(concentration: int) -> str:
    return f"{format_number(Decimal(concentration) / 1000)} mg/mL"


def _minutes(seconds: int) -> str:
    return f"{format_number(Decimal(seconds) / 60, 1)} min"
