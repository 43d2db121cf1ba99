"""Conditions, medicines and procedures: one resource in, one entry of the record out."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from openketamine.core.history._dosage import daily_mg
from openketamine.core.history._fields import (
    ICD10CM,
    NotUnderstoodError,
    codings,
    first_code,
    first_day,
    items,
    mapping,
    text,
)
from openketamine.core.history._record import Condition, Medicine, Procedure
from openketamine.knowledge import documents

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm|"
ATC = "http://www.whocc.no/atc|"
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
_NONE: Mapping[str, str] = {}
_PLANNED_INTENTS = ("proposal", "plan", "option")


@cache
def known_rxnorm() -> frozenset[str]:
    """Codes of the ingredients that a rule may speak of; of other medicines we need the words."""
    nodes = [node for file in documents("ingredients") for node in file.body["ingredients"]]
    rxnorm = [code for node in nodes for code in (node.get("rxcui"), *node.get("products", ()))]
    return frozenset(f"{RXNORM}{code}" for code in rxnorm if code)


@cache
def _known_atc() -> tuple[str, ...]:
    """ATC codes, of ingredients and of whole classes, that begin with one of these are known."""
    files = documents("ingredients")
    whole = [code for file in files for code in file.body.get("atc_classes", ())]
    single = [c for file in files for node in file.body["ingredients"] for c in node.get("atc", ())]
    return tuple(f"{ATC}{code}" for code in (*whole, *single))


def with_site_names(
    codes: tuple[str, ...], names: tuple[str, ...], site_names: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that the site knows for codes which came without any (SNOMED CT, local codes)."""
    extra = tuple(site_names[code] for code in codes if code in site_names)
    return codes, tuple(dict.fromkeys((*names, *extra)))


def read_condition(
    label: str, resource: Mapping[str, Any], site_names: Mapping[str, str] = _NONE
) -> Condition:
    """A diagnosis with its two statuses and its dates."""
    codes, names = codings(mapping(resource, "code"))
    codes, names = with_site_names(codes, names, site_names)
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
    known = known_rxnorm().intersection(codes) or any(c.startswith(_known_atc()) for c in codes)
    if not names and not known:
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
        daily_mg=daily_mg(resource, names),
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


def read_procedure(label: str, resource: Mapping[str, Any]) -> Procedure:
    """Something done, with its day."""
    codes, names = codings(mapping(resource, "code"))
    if not codes and not names:
        raise NotUnderstoodError("code: a procedure without code or name")
    performed: date | None = first_day(resource, "performedDateTime", "performedPeriod")
    status = text(resource, "status")
    return Procedure(resource=label, codes=codes, names=names, status=status, performed=performed)
