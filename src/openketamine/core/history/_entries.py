"""Conditions and procedures: one resource in, one entry of the record out."""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from openketamine.core.history._fields import (
    ICD10,
    ICD10CM,
    NotUnderstoodError,
    codings,
    first_code,
    first_day,
    items,
    mapping,
    number,
    text,
)
from openketamine.core.history._record import Condition, Procedure

_CLINICAL = {
    "active": "active",
    "recurrence": "active",
    "relapse": "active",
    "inactive": "inactive",
    "remission": "inactive",
    "resolved": "resolved",
    "": "not_known",
}
# Somebody typed the code where the words belong.
_ICD = re.compile(r"[A-TV-Za-tv-z]\d[0-9A-Za-z](\.[0-9A-Za-z]{1,4})?")
_VERIFICATION = ("confirmed", "refuted", "entered-in-error")
_NONE: Mapping[str, str] = {}


def with_site_names(
    codes: tuple[str, ...], names: tuple[str, ...], site_names: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that the site knows for codes which came without any (SNOMED CT, local codes)."""
    extra = tuple(site_names[code] for code in codes if code in site_names)
    return codes, tuple(dict.fromkeys((*names, *extra)))


def read_condition(
    label: str,
    resource: Mapping[str, Any],
    site_names: Mapping[str, str] = _NONE,
    born: date | None = None,
) -> Condition:
    """A diagnosis with its two statuses and its dates; an age is counted from the birth date."""
    codes, names = codings(mapping(resource, "code"))
    if site_names:
        codes, names = with_site_names(codes, names, site_names)
    codes = (*codes, *(f"{ICD10CM}{name.upper()}" for name in names if _ICD.fullmatch(name)))
    # Of codes we read ICD-10 only; a code of another system is understood by its words.
    if not names and not _has_icd(codes):
        raise NotUnderstoodError("code: a condition without words or an ICD-10-CM code")
    if "severity" in resource or "stage" in resource:
        names = _graded(resource, names)
    clinical = first_code(mapping(resource, "clinicalStatus"))
    # A status that nobody understands is not "over".
    status = _CLINICAL.get(clinical, "not_known")
    if status == "not_known" and _has_ended(resource):
        status = "resolved"
    return Condition(
        resource=label,
        codes=codes,
        names=names,
        status=status,
        verification=_verification(first_code(mapping(resource, "verificationStatus"))),
        onset=first_day(resource, "onsetDateTime", "onsetPeriod") or _at_age(resource, born),
        recorded=first_day(resource, "recordedDate"),
    )


def read_report(
    label: str, resource: Mapping[str, Any], site_names: Mapping[str, str] = _NONE
) -> tuple[Condition, ...]:
    """What a DiagnosticReport concludes in codes: each is a diagnosis that nobody confirmed yet."""
    if text(resource, "status") in ("entered-in-error", "cancelled"):
        return ()
    on = first_day(resource, "effectiveDateTime", "effectivePeriod", "issued")
    found = []
    for concept in items(resource, "conclusionCode"):
        codes, names = with_site_names(*codings(concept), site_names)
        if not names and not _has_icd(codes):
            raise NotUnderstoodError("conclusionCode: a conclusion without words or ICD-10-CM code")
        found.append(Condition(label, codes, names, "not_known", "provisional", None, on))
    return tuple(found)


@lru_cache(maxsize=8192)
def _has_icd(codes: tuple[str, ...]) -> bool:
    return any(code.startswith(ICD10) for code in codes)


def _graded(resource: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """The same with its severity and stage: "Severe asthma", "Heart failure NYHA class III"."""
    grades = codings(mapping(resource, "severity"))[1]
    stages = [codings(mapping(stage, "summary"))[1] for stage in items(resource, "stage")]
    said = names[:1]
    return (
        *names,
        *(f"{grade.partition(' (')[0]} {name}" for grade in grades for name in said),
        *(f"{name} {stage}" for listed in stages for stage in listed for name in said),
    )


def _has_ended(resource: Mapping[str, Any]) -> bool:
    if first_day(resource, "abatementDateTime", "abatementPeriod") is not None:
        return True
    said = resource.get("abatementBoolean")
    return said is True or "abatementAge" in resource or bool(text(resource, "abatementString"))


def _at_age(resource: Mapping[str, Any], born: date | None) -> date | None:
    """The last day of the year of life in which it began."""
    years = number(mapping(resource, "onsetAge"), "value")
    unit = text(mapping(resource, "onsetAge"), "code") or text(
        mapping(resource, "onsetAge"), "unit"
    )
    if years is None or born is None or unit.lower() not in ("a", "year", "years", "yr", "y", ""):
        return None
    if not 0 <= years <= 130:
        raise NotUnderstoodError("onsetAge: expected an age in years")
    return date(born.year + int(years) + 1, born.month, min(born.day, 28))


def _verification(code: str) -> str:
    if code in _VERIFICATION:
        return code
    return "provisional" if code else "not_known"


def read_procedure(label: str, resource: Mapping[str, Any]) -> Procedure:
    """Something done, with its day."""
    codes, names = codings(mapping(resource, "code"))
    if not codes and not names:
        raise NotUnderstoodError("code: a procedure without code or name")
    performed: date | None = first_day(resource, "performedDateTime", "performedPeriod")
    status = text(resource, "status")
    return Procedure(resource=label, codes=codes, names=names, status=status, performed=performed)
