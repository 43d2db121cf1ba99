"""The weight to dose by: actual, adjusted or ideal. Never more than the person weighs."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from openketamine.core.dosing._protocol import Protocol
from openketamine.core.findings import Action, Because, Finding, Source
from openketamine.core.history import Measurement, PersonRecord, latest
from openketamine.core.quantities import Quantity, format_number
from openketamine.knowledge import document, read_threshold


@dataclass(frozen=True)
class DosingWeight:
    """The weight used, on which basis, the reckoning in words, and what must be said about it."""

    grams: int
    actual_grams: int
    basis: str
    steps: tuple[str, ...]
    findings: tuple[Finding, ...]


NO_WEIGHT = DosingWeight(0, 0, "", ("The dose does not depend on weight.",), ())


def dosing_weight(record: PersonRecord, protocol: Protocol, on: date) -> DosingWeight | Finding:
    """The weight to use, or the finding that there is none.

    Where the height is not known but a BMI was measured, the height follows from it.
    """
    weight = latest(record, "weight", on)
    if not protocol.needs_weight:
        if weight is None:
            return NO_WEIGHT
        actual = _grams(weight.value)
        return DosingWeight(actual, actual, "actual", NO_WEIGHT.steps, ())
    if weight is None:
        return _missing(record)
    height = latest(record, "height", on) or _height_from_bmi(record, weight, on)
    actual = _grams(weight.value)
    step = f"Weight {_kg(actual)} of {weight.taken.isoformat()}"
    findings = (*_old(weight, protocol, on), *_conflict(record, weight))
    if height is None:
        findings += (_no_height(protocol),)
        return DosingWeight(actual, actual, "actual", (f"{step}; height not known.",), findings)
    bmi = weight.value / (height.value / 100) ** 2
    step += f", height {format_number(height.value, 1)} cm: BMI {format_number(bmi, 1)} kg/m2."
    if not protocol.adjusted_from_bmi.met_by(bmi):
        return DosingWeight(actual, actual, "actual", (step,), findings)
    return _reduced(record, protocol, weight, height, (step,), findings)


def _height_from_bmi(record: PersonRecord, weight: Measurement, on: date) -> Measurement | None:
    bmi = latest(record, "bmi", on)
    if bmi is None or bmi.value <= 0:
        return None
    centimetres = (weight.value / bmi.value).sqrt() * 100
    return Measurement(bmi.resource, "height", centimetres, "cm", bmi.taken, bmi.taken_at)


def _reduced(
    record: PersonRecord,
    protocol: Protocol,
    weight: Measurement,
    height: Measurement,
    steps: tuple[str, ...],
    findings: tuple[Finding, ...],
) -> DosingWeight | Finding:
    """Adjusted weight for a high BMI, ideal weight for a very high one."""
    ideal, words = _ideal_kg(record, height.value)
    bmi = weight.value / (height.value / 100) ** 2
    steps += (words,)
    if protocol.ideal_from_bmi.met_by(bmi):
        basis, kilograms = "ideal", ideal
        findings += (_very_high_bmi(weight, protocol),)
    else:
        share = _formula("adjusted_share")
        basis, kilograms = "adjusted", ideal + share * (weight.value - ideal)
        sum_of = f"{format_number(ideal, 1)} + {format_number(share)} × "
        excess = f"({format_number(weight.value, 1)} − {format_number(ideal, 1)})"
        steps += (f"Adjusted weight: {sum_of}{excess} = {_kg(_grams(kilograms))}.",)
    if kilograms <= 0:
        return _no_formula(height)
    grams = min(_grams(kilograms), _grams(weight.value))
    return DosingWeight(grams, _grams(weight.value), basis, steps, findings)


def _ideal_kg(record: PersonRecord, height_cm: Decimal) -> tuple[Decimal, str]:
    """Devine; where the sex is not known the lower of the two, since it gives the lower dose."""
    sex = "male" if record.person.sex == "male" else "female"
    base, per_inch, from_inches = (
        _formula(key) for key in (f"base_{sex}", "per_inch", "from_inches")
    )
    inches = Quantity(height_cm, "cm").in_unit("[in_i]")
    ideal = base + per_inch * (inches - from_inches)
    words = (
        f"Ideal weight (Devine): {format_number(base)} + {format_number(per_inch)} × "
        f"({format_number(inches, 1)} in − {format_number(from_inches)}) = {_kg(_grams(ideal))}."
    )
    if record.person.sex not in ("male", "female"):
        words += " Sex not known: the lower of the two formulas."
    return ideal, words


def _formula(key: str) -> Decimal:
    return Decimal(str(document("measurements", "ideal-weight").body["devine"][key]["value"]))


def _grams(kilograms: Decimal) -> int:
    return int((kilograms * 1000).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def _kg(grams: int) -> str:
    return f"{format_number(Decimal(grams) / 1000)} kg"


def _missing(record: PersonRecord) -> Finding:
    return Finding(
        rule="DOSE-WEIGHT",
        kind="readiness",
        action=Action.DEFER,
        summary="The weight is not known",
        advice=("Weigh the person; no dose is reckoned without a weight.",),
        because=(Because("no usable weight on record", f"Patient/{record.person.id}"),),
        sources=(Source("HOUSE", "weight basis"),),
    )


def _old(weight: Measurement, protocol: Protocol, on: date) -> tuple[Finding, ...]:
    days = (on - weight.taken).days
    if not protocol.weight_old_after.met_by(days):
        return ()
    return (
        Finding(
            rule="DOSE-OLD-WEIGHT",
            kind="readiness",
            action=Action.CAUTION,
            summary=f"The weight is {days} days old",
            advice=("Weigh the person today.",),
            because=(Because(f"weight of {weight.taken.isoformat()}", weight.resource),),
            sources=(Source("HOUSE", "an old weight is asked again"),),
        ),
    )


def _conflict(record: PersonRecord, weight: Measurement) -> tuple[Finding, ...]:
    """Another weight of these weeks that is far from it: pounds for kilograms, another person."""
    body = document("measurements", "dosing-weight").body["weight"]
    near, apart = read_threshold(body["compared_within"]), read_threshold(body["apart"])
    others = [
        one
        for one in record.series.get("weight", ())
        if one is not weight and near.met_by(abs((weight.taken - one.taken).days))
        if apart.met_by(abs(one.value - weight.value) / weight.value * 100)
    ]
    if not others:
        return ()
    return (
        Finding(
            rule="DOSE-WEIGHT-CONFLICT",
            kind="readiness",
            action=Action.CAUTION,
            summary="Weights of the same weeks contradict each other",
            advice=("Weigh the person again before the dose is ordered.",),
            because=tuple(
                Because(f"{_kg(_grams(one.value))} on {one.taken}", one.resource)
                for one in (weight, *others[-3:])
            ),
            sources=(Source("HOUSE", "weights that contradict"),),
        ),
    )


def _no_height(protocol: Protocol) -> Finding:
    return Finding(
        rule="DOSE-HEIGHT",
        kind="readiness",
        action=Action.CAUTION,
        summary="The height is not known, so nobody can say whether the actual weight is too much",
        advice=(f"Measure the height: from BMI {protocol.adjusted_from_bmi.value} less is used.",),
        because=(Because("no usable height on record"),),
        sources=protocol.weight_sources,
    )


def _very_high_bmi(weight: Measurement, protocol: Protocol) -> Finding:
    return Finding(
        rule="DOSE-BMI",
        kind="precaution",
        action=Action.CAUTION,
        summary=f"BMI of {protocol.ideal_from_bmi.value} or more: dosed by ideal weight",
        advice=("Airway-skilled clinician; continuous SpO2.",),
        because=(Because("BMI from weight and height", weight.resource),),
        sources=protocol.weight_sources,
    )


def _no_formula(height: Measurement) -> Finding:
    return Finding(
        rule="DOSE-WEIGHT",
        kind="readiness",
        action=Action.DEFER,
        summary="No ideal weight can be reckoned for this height",
        advice=("Check weight and height and their units.",),
        because=(Because(f"height {format_number(height.value)} cm", height.resource),),
        sources=(Source("HOUSE", "weight basis"),),
    )
