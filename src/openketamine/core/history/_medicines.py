"""Medicines: ordered, stated, handed out or given. One resource in, one entry of the record out."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any

from openketamine.core.history._dosage import NOT_KNOWN, Daily, daily
from openketamine.core.history._fields import (
    NotUnderstoodError,
    codings,
    day,
    first_day,
    items,
    mapping,
    number,
    text,
)
from openketamine.core.history._record import Medicine
from openketamine.knowledge import Threshold, document, documents, read_threshold

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm|"
ATC = "http://www.whocc.no/atc|"
_STATUS = {
    "active": "current",
    "recorded": "current",
    "unknown": "current",
    "in-progress": "current",
    "intended": "planned",
    "draft": "planned",
    "preparation": "planned",
    "on-hold": "on-hold",
    "completed": "past",
    "stopped": "past",
    "ended": "past",
    "cancelled": "past",
    "declined": "past",
    "not-taken": "past",
    "not-done": "past",
    "entered-in-error": "entered-in-error",
    # Without a status nobody has said that it was stopped.
    "": "current",
}
_PLANNED_INTENTS = ("proposal", "plan", "option")
_LONG_ACTING = re.compile(
    r"\b(extended.release (injection|suspension)|depot|implant|long.acting|xr.im|vivitrol|"
    r"sublocade)\b"
)


@cache
def _known_rxnorm() -> frozenset[str]:
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


@lru_cache(maxsize=8192)
def _is_known(codes: tuple[str, ...]) -> bool:
    return not _known_rxnorm().isdisjoint(codes) or any(c.startswith(_known_atc()) for c in codes)


@cache
def _lasting(what: str) -> Threshold:
    return read_threshold(document("measurements", "medicines-given").body["lasting"][what])


def read_medicine(
    label: str,
    resource: Mapping[str, Any],
    others: Mapping[str, Mapping[str, Any]],
    today: date | None = None,
) -> Medicine:
    """One entry; a reference is followed to the bundle or to what the resource contains."""
    codes, names = codings(_what(resource, others))
    if not names and not _is_known(codes):
        raise NotUnderstoodError("medication: a medicine without words or an ingredient we know")
    kind = text(resource, "resourceType")
    return Medicine(
        resource=label,
        codes=codes,
        names=names,
        status=_status(kind, resource, names, today),
        daily=_daily(resource, names),
        since=first_day(resource, "authoredOn", "effectiveDateTime", "effectivePeriod"),
        kind=kind,
    )


def _daily(resource: Mapping[str, Any], names: tuple[str, ...]) -> Daily:
    said = "dosageInstruction" in resource or "dosage" in resource
    return daily(resource, names) if said else NOT_KNOWN


def _status(
    kind: str, resource: Mapping[str, Any], names: tuple[str, ...], today: date | None
) -> str:
    raw = text(resource, "status")
    if raw not in _STATUS:
        raise NotUnderstoodError(f"status: {raw[:40]!r} is not a status of a medicine")
    status = _STATUS[raw]
    if resource.get("doNotPerform") is True:
        return "past"
    if status == "current" and text(resource, "intent") in _PLANNED_INTENTS:
        return "planned"
    if today is None:
        return status
    if kind == "MedicationAdministration" and raw in ("completed", "stopped"):
        return _given(resource, names, today)
    if kind == "MedicationDispense" and raw == "completed":
        return _handed_out(resource, today)
    return _by_period(resource, status, today)


def _given(resource: Mapping[str, Any], names: tuple[str, ...], today: date) -> str:
    """A dose that was given stays for days, a depot for weeks; without a date it may be today's."""
    on = first_day(resource, "effectiveDateTime", "effectivePeriod")
    depot = any(_LONG_ACTING.search(name.lower()) for name in names)
    lasting = _lasting("depot" if depot else "single_dose")
    return "current" if on is None or lasting.met_by((today - on).days) else "past"


def _handed_out(resource: Mapping[str, Any], today: date) -> str:
    """As long as the supply lasts; where nobody says how long, for a month."""
    on = first_day(resource, "whenHandedOver", "whenPrepared")
    supply = number(mapping(resource, "daysSupply"), "value")
    if on is None:
        return "current"
    ago = (today - on).days
    return "current" if (ago <= supply if supply else _lasting("supply").met_by(ago)) else "past"


def _by_period(resource: Mapping[str, Any], status: str, today: date) -> str:
    """A period that is over makes it past, one that is to come makes it planned."""
    if status != "current":
        return status
    period = mapping(resource, "effectivePeriod")
    ended, begins = (day(period, "end"), day(period, "start")) if period else (None, None)
    if (ended and ended < today) or _all_over(resource, today):
        return "past"
    return "planned" if begins and begins > today else status


def _all_over(resource: Mapping[str, Any], today: date) -> bool:
    instructions = list(items(resource, "dosageInstruction"))
    ends = [
        day(mapping(mapping(mapping(one, "timing"), "repeat"), "boundsPeriod"), "end")
        for one in instructions
        if "timing" in one
    ]
    return bool(ends) and len(ends) == len(instructions) and all(e and e < today for e in ends)


def _what(
    resource: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:
    concept = mapping(resource, "medicationCodeableConcept")
    if concept:
        return concept
    # FHIR R5 has both in one element.
    either = resource.get("medication")
    if isinstance(either, Mapping) and "concept" in either:
        return mapping(either, "concept")
    pointer = mapping(resource, "medicationReference")
    if not pointer and isinstance(either, Mapping):
        pointer = mapping(either, "reference")
    if not pointer:
        return concept
    reference = text(pointer, "reference")
    for inner in items(resource, "contained"):
        if f"#{text(inner, 'id')}" == reference:
            return _contents(inner)
    found = others.get(reference) or others.get("/".join(reference.split("/")[-2:]))
    if found is not None:
        return _contents(found)
    if display := text(pointer, "display"):
        return {"text": display}
    raise NotUnderstoodError(f"medicationReference: {reference[:80]!r} is not in the bundle")


def _contents(medication: Mapping[str, Any]) -> Mapping[str, Any]:
    """What it is called; where it has no name of its own, what it is made of."""
    code = mapping(medication, "code")
    if code:
        return code
    parts = [mapping(part, "itemCodeableConcept") for part in items(medication, "ingredient")]
    return {
        "coding": [coding for part in parts for coding in items(part, "coding")],
        "text": " / ".join(text(part, "text") for part in parts),
    }
