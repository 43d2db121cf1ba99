"""Refuse first, clamp to the guardrail second, round down to what can be drawn up last, check."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from openketamine.core.dosing._bounds import Bound
from openketamine.core.dosing._exposure import current_course, exposure, week_of
from openketamine.core.dosing._pain import dose_checks
from openketamine.core.dosing._past import PastSession
from openketamine.core.dosing._prepare import Prepared, mg, minutes, ml, per_ml, prepare
from openketamine.core.dosing._proposal import DoseProposal, Limit, Wish
from openketamine.core.dosing._protocol import Protocol, protocol
from openketamine.core.dosing._repeat import repeat_gate
from openketamine.core.dosing._steps import NextStep, next_step, shown
from openketamine.core.dosing._weight import DosingWeight, dosing_weight
from openketamine.core.findings import Action, BadInput, Because, Finding, Refusal, Source
from openketamine.core.history import PersonRecord, age
from openketamine.core.quantities import format_number
from openketamine.core.screening import Evaluation, evaluate


@dataclass(frozen=True)
class _Dose:
    """The dose on its way: what is wanted now, over which time, and what has limited it."""

    wanted_ug: Decimal
    dose_ug: Decimal
    over_s: int
    share: Decimal = Decimal(1)
    limits: tuple[Limit, ...] = ()
    steps: tuple[str, ...] = ()


def propose(
    record: PersonRecord,
    protocol_id: str,
    on: date,
    history: tuple[PastSession, ...] = (),
    evaluation: Evaluation | None = None,
    wish: Wish | None = None,
    locale: str | None = None,
    programmes: frozenset[str] = frozenset(),
) -> DoseProposal | Refusal:
    """The next dose under a protocol, or every reason why there is none.

    Without an evaluation the person is evaluated here, by `locale` and `programmes` as in
    `evaluate`; an evaluation brings its own. One of another protocol or day is BadInput. A wish
    never passes the recommended bounds; what limited it is kept beside it.
    """
    plan = protocol(protocol_id)
    past = _known(history, on)
    course = current_course(plan, past, on)
    evaluation = evaluation or evaluate(
        record, protocol_id, on, locale=locale, programmes=programmes
    )
    _same(evaluation, protocol_id, on)
    start, why = _start(plan, age(record, on), evaluation.locale)
    step = _wished(plan, next_step(plan, course, start), wish)
    weight = dosing_weight(record, plan, on)
    grams = 0 if isinstance(weight, Finding) else weight.grams
    own = (*step.findings, *exposure(plan, past, on, grams), *repeat_gate(plan, past, on))
    refusing = (*evaluation.refuses, *_stopping(own, evaluation))
    if isinstance(weight, Finding):
        return Refusal((*refusing, weight))
    if refusing:
        return Refusal(refusing)
    step = replace(step, steps=(*step.steps, *why))
    number, week = len(course) + 1, week_of(course, on)
    offered = _reckon(plan, step, weight, number, evaluation.standing)
    if isinstance(offered, Refusal):
        return offered
    findings = (*evaluation.findings, *own, *weight.findings, *dose_checks(plan.area, offered))
    days = plan.phase_of(number, week).next_in_days
    return replace(offered, findings=findings, next_in_days=days, knowledge=evaluation.knowledge)


def _known(history: tuple[PastSession, ...], on: date) -> tuple[PastSession, ...]:
    """The sessions in order. One that has not been yet is a slip, and nothing to pass over."""
    for session in history:
        if session.on > on:
            raise BadInput("history", f"sessions up to {on}", f"one on {session.on}")
    return tuple(sorted(history, key=lambda session: session.on))


def _start(plan: Protocol, years: int | None, locale: str | None) -> tuple[int, tuple[str, ...]]:
    """The start; where an older person starts lower, that, and so where no age is known."""
    if plan.start_older is None:
        return plan.start, ()
    threshold, lower, locales = plan.start_older
    if locale not in (None, "strictest", *locales):
        return plan.start, ()
    if years is not None and not threshold.met_by(years):
        return plan.start, ()
    who = f"{years} years old" if years is not None else "Age not known"
    return lower, (f"{who}: from {threshold.value} years the start is {shown(plan, lower)}.",)


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


def _wished(plan: Protocol, step: NextStep, wish: Wish | None) -> NextStep:
    if wish is None:
        return step
    for name, value in vars(wish).items():
        if value is not None and value <= 0:
            raise BadInput(f"wish.{name}", "more than nothing", value)
    amount, other = wish.dose_ug_per_kg, wish.dose_ug
    if not plan.per_kg:
        amount, other = other, amount
    if other is not None:
        kind = "a dose per kilogram" if plan.per_kg else "a dose in µg, not per kilogram"
        raise BadInput("wish", f"{kind} under {plan.id}", other)
    if wish.over_s is not None and plan.form != "infusion":
        raise BadInput("wish.over_s", f"no time under {plan.id}, which is not infused")
    words: tuple[str, ...] = ()
    if amount is not None:
        words += (f"The prescriber wants {shown(plan, amount)}.",)
    if wish.over_s is not None:
        words += (f"The prescriber wants it over {minutes(wish.over_s)}.",)
    over = wish.over_s or step.over_s
    return replace(step, amount=amount or step.amount, over_s=over, steps=step.steps + words)


def _reckon(
    plan: Protocol,
    step: NextStep,
    weight: DosingWeight,
    number: int,
    standing: Sequence[Finding],
) -> DoseProposal | Refusal:
    kilograms = Decimal(weight.grams) / 1000
    wanted = step.amount * kilograms if plan.per_kg else Decimal(step.amount)
    words = (*step.steps, *weight.steps)
    if plan.per_kg:
        sum_of = f"{shown(plan, step.amount)} × {format_number(kilograms)} kg"
        words += (f"{sum_of} = {mg(wanted)}.",)
    start = _shared(plan, _Dose(wanted, wanted, step.over_s, steps=words), number)
    dose = _lowered(plan, _clamp(plan, kilograms, start, number), standing)
    ready = prepare(plan, dose.dose_ug, dose.over_s)
    if ready.dose_ug <= 0:
        return Refusal((_too_small(plan),))
    offered = _offer(plan, weight, dose, ready, number)
    over = _beyond(plan, offered)
    return Refusal(over) if over else offered


def _shared(plan: Protocol, dose: _Dose, number: int) -> _Dose:
    """In the first sessions of some courses only a share of the dose is given."""
    shares = plan.share_by_session
    if not shares or number > len(shares) or shares[number - 1] == 100:
        return dose
    share = shares[number - 1] / 100
    words = f"Session {number}: {format_number(shares[number - 1])} % of the full dose."
    part = dose.dose_ug * share
    return replace(dose, wanted_ug=part, dose_ug=part, share=share, steps=(*dose.steps, words))


def _lowered(plan: Protocol, dose: _Dose, standing: Sequence[Finding]) -> _Dose:
    """What the evaluation found may leave only a share of the dose by this route."""
    for lower in plan.reductions:
        if any(f.rule == lower.rule and f.action.value == lower.action for f in standing):
            left = dose.dose_ug * lower.percent / 100
            words = f"{format_number(lower.percent)} % of the dose because of {lower.rule}"
            dose = replace(
                dose,
                dose_ug=left,
                limits=(*dose.limits, Limit(words, lower.sources, lower.evidence)),
                steps=(*dose.steps, f"{words}: {mg(left)}."),
            )
    return dose


def _clamp(plan: Protocol, kilograms: Decimal, dose: _Dose, number: int) -> _Dose:
    """To the recommended bounds, which lie inside the absolute ones."""
    shortest = plan.recommended.shortest_s
    if shortest is not None and dose.over_s < shortest.amount:
        dose = replace(
            dose,
            over_s=int(shortest.amount),
            limits=(*dose.limits, _limit("shortest time", shortest)),
            steps=(*dose.steps, f"Not shorter than {shortest.words}."),
        )
    for name, bound, cap in _caps(plan, kilograms, dose, number):
        if dose.dose_ug > cap:
            dose = replace(
                dose,
                dose_ug=cap,
                limits=(*dose.limits, _limit(name, bound)),
                steps=(*dose.steps, f"Limited by the highest {name}, {bound.words}: {mg(cap)}."),
            )
    return dose


def _caps(
    plan: Protocol, kilograms: Decimal, dose: _Dose, number: int
) -> list[tuple[str, Bound, Decimal]]:
    bounds, caps = plan.recommended, []
    if plan.first_dose_per_kg and number == 1:
        bound = plan.first_dose_per_kg
        caps.append(("first dose per kilogram", bound, bound.amount * kilograms))
    if plan.first_dose and number == 1:
        caps.append(("first dose", plan.first_dose, plan.first_dose.amount))
    if per_kg := bounds.dose_ug_per_kg:
        caps.append(("dose per kilogram", per_kg, per_kg.amount * kilograms * dose.share))
    caps.append(("total dose", bounds.total_ug, bounds.total_ug.amount * dose.share))
    if rate := plan.absolute.rate_ug_per_kg_per_min:
        caps.append(("rate", rate, rate.amount * kilograms * dose.over_s / 60))
    return caps


def _limit(name: str, bound: Bound) -> Limit:
    return Limit(f"{name}: {bound.words}", bound.sources, bound.evidence)


def _offer(
    plan: Protocol, weight: DosingWeight, dose: _Dose, ready: Prepared, number: int
) -> DoseProposal:
    return DoseProposal(
        protocol=plan.id,
        drug=plan.drug,
        route=plan.route,
        dose_ug=ready.dose_ug,
        over_s=ready.over_s,
        runs_s=ready.runs_s,
        concentration_ug_per_ml=plan.concentration_ug_per_ml,
        volume_ul=ready.volume_ul,
        rate_ul_per_h=ready.rate_ul_per_h,
        weight_g=weight.grams,
        actual_weight_g=weight.actual_grams,
        weight_basis=weight.basis,
        dose_ug_per_kg=ready.dose_ug * 1000 // weight.grams if weight.grams else 0,
        wanted_ug=int(dose.wanted_ug.quantize(Decimal(1))),
        limited_by=dose.limits,
        next_in_days=0,
        session_number=number,
        steps=(*dose.steps, *ready.steps),
        stock_concentration_ug_per_ml=plan.stock_ug_per_ml if ready.draw_ul else 0,
        draw_volume_ul=ready.draw_ul,
        diluent=plan.diluent,
        form=plan.form,
        units=ready.units,
        unit_ug=plan.unit_ug,
        unit_name=plan.unit_name,
        range=plan.range,
    )


def _beyond(plan: Protocol, offered: DoseProposal) -> tuple[Finding, ...]:
    """The last check, of the very numbers that leave this room, against the absolute limits."""
    bounds, kilograms = plan.absolute, Decimal(offered.weight_g) / 1000
    per_minute = Decimal(offered.rate_ul_per_h * offered.concentration_ug_per_ml) / 60_000
    checks = [(bounds.total_ug, offered.dose_ug > bounds.total_ug.amount)]
    if per_kg := bounds.dose_ug_per_kg:
        checks.append((per_kg, offered.dose_ug > per_kg.amount * kilograms))
    if shortest := bounds.shortest_s:
        checks.append((shortest, offered.runs_s < shortest.amount))
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
    if plan.unit_ug:
        what, step = "given", f"one {plan.unit_name} is {mg(plan.unit_ug)}"
    else:
        what = f"drawn up from {per_ml(plan.stock_ug_per_ml)}"
        step = f"smallest step of a syringe: {ml(plan.smallest_draw_ul)}"
    return Finding(
        rule="DOSE-TOO-SMALL",
        kind="readiness",
        action=Action.DEFER,
        summary=f"The dose is too small to be {what}",
        advice=("Check weight and wish and their units.",),
        because=(Because(step),),
        sources=(Source("HOUSE", "graduation of a 1 mL syringe"),),
    )
