"""Allergies: one of exactly four states. An empty list is "not recorded", never "none"."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from openketamine.core.history._fields import (
    NotUnderstoodError,
    codings,
    first_code,
    first_day,
    items,
    mapping,
    text,
)
from openketamine.core.history._record import Allergies, Allergy, AllergyState

_NONE_KNOWN = re.compile(
    r"^no (known )?((drug|medication|food|environmental) )?allerg(y|ies)\b", re.IGNORECASE
)
_OVER = ("inactive", "resolved")
_NOT_SO = ("refuted", "entered-in-error")


def read_allergies(
    resources: Iterable[tuple[str, Mapping[str, Any]]],
) -> tuple[Allergies, list[tuple[str, str]]]:
    """The state with its entries, and what could not be read."""
    entries: list[Allergy] = []
    faults: list[tuple[str, str]] = []
    days: list[date] = []
    said_none = False
    for label, resource in resources:
        try:
            allergy, standing = _read(label, resource)
            recorded = first_day(resource, "recordedDate")
        except NotUnderstoodError as fault:
            faults.append((label, str(fault)))
            continue
        days += [recorded] if recorded else []
        if standing and any(_NONE_KNOWN.match(name) for name in allergy.names):
            said_none = True
        elif standing:
            entries.append(allergy)
    state = _state(entries=bool(entries), said_none=said_none, unreadable=bool(faults))
    return Allergies(state, tuple(entries), max(days, default=None)), faults


def _state(*, entries: bool, said_none: bool, unreadable: bool) -> AllergyState:
    if entries:
        return "known"
    # An allergy that we could not read may be the one that matters.
    if unreadable:
        return "unavailable"
    return "none" if said_none else "not_recorded"


def _read(label: str, resource: Mapping[str, Any]) -> tuple[Allergy, bool]:
    codes, names = codings(mapping(resource, "code"))
    if not codes and not names:
        raise NotUnderstoodError("code: an allergy without code or name")
    verification = first_code(mapping(resource, "verificationStatus"))
    clinical = first_code(mapping(resource, "clinicalStatus"))
    reactions = tuple(
        name
        for reaction in items(resource, "reaction")
        for manifestation in items(reaction, "manifestation")
        for name in codings(manifestation)[1][:1]
    )
    for reaction in items(resource, "reaction"):
        codes, names = _with_substance(codes, names, mapping(reaction, "substance"))
    criticality, kind = text(resource, "criticality"), text(resource, "type")
    allergy = Allergy(label, codes, names, criticality, kind, reactions)
    return allergy, verification not in _NOT_SO and clinical not in _OVER


def _with_substance(
    codes: tuple[str, ...], names: tuple[str, ...], substance: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What really caused it: "anaesthetic" may be ketamine."""
    more_codes, more_names = codings(substance)
    return (*codes, *more_codes), tuple(dict.fromkeys((*names, *more_names)))
