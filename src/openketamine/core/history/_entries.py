"""Conditions, medicines and procedures: one resource in, one entry of the record out."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.history._fields import (
    NotUnderstoodError,
    codings,
    first_code,
    first_day,
    items,
    mapping,
    number,
    text,
)
from openketamine.core.history._record import Condition, Medicine, Procedure
from openketamine.knowledge import documents

ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm|"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm|"
_CLINICAL = {
    "active": "active",
    "recurrence": "active",
    "relapse": "active",
    "inactive": "inactive",
    "remission": "inactive",
    "resolved": "resolved",
    "": "not_known",
}
_VERIFICATION = ("confirmed", "refuted", "entered-in-error")
_MEDICINE = {
    "active": "current",
    "recorded": "current",
    "unknown": "current",
    "intended": "planned",
    "draft": "planned",
    "on-hold": "on-hold",
    "completed": "past",
    "stopped": "past",
    "cancelled": "past",
    "not-taken": "past",
    "entered-in-error": "entered-in-error",
    # Without a status nobody has said that it was stopped.
    "": "current",
}
_PLANNED_INTENTS = ("proposal", "plan", "option")
_HOURS = {"h": Decimal(1), "d": Decimal(24), "wk": Decimal(168), "min": Decimal(1) / 60}


@cache
def known_rxnorm() -> frozenset[str]:
    """Codes of the ingredients that a rule may speak of; of other medicines we need the words."""
    nodes = [node for file in documents("ingredients") for node in file.body["ingredients"]]
    return frozenset(f"{RXNORM}{node['rxcui']}" for node in nodes if node.get("rxcui"))


def read_condition(label: str, resource: Mapping[str, Any]) -> Condition:
    """A diagnosis with its two statuses and its dates."""
    codes, names = codings(mapping(resource, "code"))
    # Of codes we read ICD-10-CM only; a code of another system is understood by its words.
    if not names and not any(code.startswith(ICD10CM) for code in codes):
        raise NotUnderstoodError("code: a condition without words or an ICD-10-CM code")
    clinical = first_code(mapping(resource, "clinicalStatus"))
    if clinical not in _CLINICAL:
        raise NotUnderstoodError(f"clinicalStatus: {clinical[:40]!r} is not a status that FHIR has")
    status = _CLINICAL[clinical]
    ended = first_day(resource, "abatementDateTime", "abatementPeriod")
    if status == "not_known" and ended is not None:
        status = "resolved"
    return Condition(
        resource=label,
        codes=codes,
        names=names,
        status=status,
        verification=_verification(first_code(mapping(resource, "verificationStatus"))),
        onset=first_day(resource, "onsetDateTime", "onsetPeriod"),
        recorded=first_day(resource, "recordedDate"),
    )


def _verification(code: str) -> str:
    if code in _VERIFICATION:
        return code
    return "provisional" if code else "not_known"


def read_medicine(
    label: str, resource: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
) -> Medicine:
    """An order or a statement; a reference is followed to the bundle or to what it contains."""
    codes, names = codings(_what(resource, others))
    if not names and not known_rxnorm().intersection(codes):
        raise NotUnderstoodError("medication: a medicine without words or an ingredient we know")
    raw = text(resource, "status")
    if raw not in _MEDICINE:
        raise NotUnderstoodError(f"status: {raw[:40]!r} is not a status of a medicine")
    status = _MEDICINE[raw]
    if status == "current" and text(resource, "intent") in _PLANNED_INTENTS:
        status = "planned"
    if resource.get("doNotPerform") is True:
        status = "past"
    return Medicine(
        resource=label,
        codes=codes,
        names=names,
        status=status,
        daily_mg=_daily_mg(resource, names),
        since=first_day(resource, "authoredOn", "effectiveDateTime", "effectivePeriod"),
    )


def _what(
    resource: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:
    concept = mapping(resource, "medicationCodeableConcept")
    pointer = mapping(resource, "medicationReference")
    if concept or not pointer:
        return concept
    reference = text(pointer, "reference")
    for inner in items(resource, "contained"):
        if f"#{text(inner, 'id')}" == reference:
            return mapping(inner, "code")
    if reference in others:
        return mapping(others[reference], "code")
    if display := text(pointer, "display"):
        return {"text": display}
    raise NotUnderstoodError(f"medicationReference: {reference[:80]!r} is not in the bundle")


def _daily_mg(resource: Mapping[str, Any], names: tuple[str, ...]) -> Decimal | None:
    """Milligrams a day where dose and frequency are coded; None means not known, never zero."""
    instructions = list(items(resource, "dosageInstruction")) or list(items(resource, "dosage"))
    if not instructions:
        return None
    total = Decimal(0)
    for instruction in instructions:
        each, times = _dose_mg(instruction, names), _times_a_day(instruction)
        if each is None or times is None or instruction.get("asNeededBoolean") is True:
            return None
        total += each * times
    return total


def _dose_mg(instruction: Mapping[str, Any], names: tuple[str, ...]) -> Decimal | None:
    for dose in items(instruction, "doseAndRate"):
        quantity = mapping(dose, "doseQuantity")
        amount = number(quantity, "value")
        unit = (text(quantity, "code") or text(quantity, "unit")).lower()
        if amount is None:
            return None
        if unit == "mg":
            return amount
        strength = _strength_mg(names)
        if unit in (
            "",
            "1",
            "tablet",
            "tablets",
            "{tablet}",
            "{tbl}",
            "capsule",
            "capsules",
            "tab",
        ):
            return amount * strength if strength is not None else None
    return None


def _strength_mg(names: tuple[str, ...]) -> Decimal | None:
    """The one strength in `Lorazepam 1 MG Oral Tablet`; None for combinations and solutions."""
    found = {
        m for name in names for m in re.findall(r"(\d{1,6}(?:\.\d{1,4})?) ?mg\b(?!/)", name.lower())
    }
    return Decimal(found.pop()) if len(found) == 1 else None


def _times_a_day(instruction: Mapping[str, Any]) -> Decimal | None:
    repeat = mapping(mapping(instruction, "timing"), "repeat")
    period, unit = number(repeat, "period"), text(repeat, "periodUnit")
    frequency = number(repeat, "frequency")
    if period is None or period <= 0 or unit not in _HOURS:
        return None
    return (frequency if frequency is not None else Decimal(1)) * 24 / (period * _HOURS[unit])


def read_procedure(label: str, resource: Mapping[str, Any]) -> Procedure:
    """Something done, with its day."""
    codes, names = codings(mapping(resource, "code"))
    if not codes and not names:
        raise NotUnderstoodError("code: a procedure without code or name")
    performed: date | None = first_day(resource, "performedDateTime", "performedPeriod")
    status = text(resource, "status")
    return Procedure(resource=label, codes=codes, names=names, status=status, performed=performed)
