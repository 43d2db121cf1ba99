"""Careful reading of JSON that anybody may have written: a wrong type is a reason, not a crash."""

import calendar
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

MAX_TEXT = 500
MAX_LIST = 1000
MAX_CODINGS = 100


class NotUnderstoodError(Exception):
    """This one resource cannot be used; the text says why. It never leaves the room."""


def mapping(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under `key`, empty where absent."""
    value = node.get(key)
    if type(value) is dict:
        return value
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise NotUnderstoodError(f"{key}: expected an object")
    return value


def items(node: Mapping[str, Any], key: str, most: int = MAX_LIST) -> Iterator[Mapping[str, Any]]:
    """The objects of the list under `key`; a longer list than anybody writes is a fault."""
    value = node.get(key)
    if value is None:
        return
    if not isinstance(value, list) or len(value) > most:
        raise NotUnderstoodError(f"{key}: expected a list of at most {most}")
    for item in value:
        if type(item) is not dict and not isinstance(item, Mapping):
            raise NotUnderstoodError(f"{key}: expected a list of objects")
        yield item


def text(node: Mapping[str, Any], key: str) -> str:
    """The words under `key`, without surrogates and control signs; "" where absent."""
    value = node.get(key)
    if type(value) is str:
        return _clean(value)
    if value is None:
        return ""
    raise NotUnderstoodError(f"{key}: expected text")


def _clean(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value.strip()[:MAX_TEXT]
    clean = value[: 2 * MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
    return "".join(sign if sign.isprintable() else " " for sign in clean).strip()[:MAX_TEXT]


def number(node: Mapping[str, Any], key: str) -> Decimal | None:
    """The number under `key`; None where absent. Text, NaN and absurd sizes are not numbers."""
    value = node.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise NotUnderstoodError(f"{key}: expected a number")
    if isinstance(value, int) and abs(value) >= 10**12:
        raise NotUnderstoodError(f"{key}: the number is absurdly large")
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    if not amount.is_finite() or not -12 <= amount.adjusted() <= 12:
        raise NotUnderstoodError(f"{key}: expected a finite number of sensible size")
    return amount


# The same code systems as they are called in CDA and HL7 v2, and with a slash too many.
_SYSTEMS = {
    "urn:oid:2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "urn:oid:2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "icd-10-cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "urn:oid:2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
    "urn:oid:2.16.840.1.113883.6.73": "http://www.whocc.no/atc",
}
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm|"
# Its relatives share its categories; a prefix of ours means the same in them.
ICD10 = (
    ICD10CM,
    "http://hl7.org/fhir/sid/icd-10|",
    "http://hl7.org/fhir/sid/icd-10-gm|",
    "http://fhir.de/CodeSystem/bfarm/icd-10-gm|",
    "http://hl7.org/fhir/sid/icd-10-nl|",
    "http://hl7.org/fhir/sid/icd-10-uk|",
    "http://hl7.org/fhir/sid/icd-10-am|",
    "http://hl7.org/fhir/sid/icd-10-ca|",
)


def codings(concept: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes (`system|code`) and names of a CodeableConcept, its own text first.

    A record says the same few hundred concepts over and over, so each is read once.
    """
    listed = concept.get("coding")
    if type(listed) is list and len(listed) <= MAX_CODINGS:
        try:
            said = [(one.get("system"), one.get("code"), one.get("display")) for one in listed]
            return _concept(concept.get("text"), tuple(said))
        except (AttributeError, TypeError):
            pass  # something in it is no coding, and the careful way says what
    return _concept.__wrapped__(
        text(concept, "text"),
        tuple(
            (text(one, "system"), text(one, "code"), text(one, "display"))
            for one in items(concept, "coding", MAX_CODINGS)
        ),
    )


@lru_cache(maxsize=8192)
def _concept(
    own: str | None, said: tuple[tuple[str | None, str | None, str | None], ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    codes: list[str] = []
    names = [_word("text", own)]
    for system, code, display in said:
        if bare := _word("code", code):
            codes.append(_code(_word("system", system).rstrip("/"), bare))
        names.append(_word("display", display))
    return tuple(codes), tuple(dict.fromkeys(name for name in names if name))


def _word(key: str, value: str | None) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise NotUnderstoodError(f"{key}: expected text")
    return _clean(value)


def forget() -> None:
    """Let go of what a very large record said, which no other will say again."""
    _concept.cache_clear()


def _code(system: str, code: str) -> str:
    """`system|code`; a diagnosis code gets the dot that many systems leave out."""
    found = f"{_SYSTEMS.get(system.lower(), system)}|{code}"
    if found.startswith(ICD10):
        code = code.upper()
        dotted = f"{code[:3]}.{code[3:]}" if len(code) > 3 and "." not in code else code
        return f"{found.partition('|')[0]}|{dotted}"
    return found


def first_code(concept: Mapping[str, Any]) -> str:
    """The bare code of a status-like concept; its text where it has no code."""
    for coding in items(concept, "coding"):
        if code := text(coding, "code"):
            return code
    return text(concept, "text").lower()


def day(node: Mapping[str, Any], key: str) -> date | None:
    """The day under `key`; of `2026` or `2026-10` the last day that it may mean."""
    raw = text(node, key)
    return _day(key, raw) if raw else None


@lru_cache(maxsize=8192)
def _day(key: str, raw: str) -> date:
    match = re.match(r"^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?$", raw)
    if match is None:
        raise NotUnderstoodError(f"{key}: expected a date such as 2026-11-22, got {raw[:40]!r}")
    year, month, dom = (int(part) if part else None for part in match.groups())
    try:
        if year is not None and month is not None and dom is None:
            dom = calendar.monthrange(year, month)[1]
        return date(year or 0, month or 12, dom or 31)
    except ValueError:
        raise NotUnderstoodError(f"{key}: there is no such day as {raw[:40]!r}") from None


def moment(node: Mapping[str, Any], key: str) -> datetime | None:
    """The exact moment under `key`, where it was given with an offset."""
    raw = text(node, key)
    return _moment(key, raw) if "T" in raw else None


@lru_cache(maxsize=8192)
def _moment(key: str, raw: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(raw)
    except ValueError:
        raise NotUnderstoodError(
            f"{key}: expected a time such as 2026-11-22T09:00:00+00:00"
        ) from None
    return parsed if parsed.tzinfo is not None else None


def first_day(node: Mapping[str, Any], *keys: str) -> date | None:
    """The first of several dates that is there; a Period gives its start."""
    for key in keys:
        value = node.get(key)
        found = day(value, "start") if isinstance(value, Mapping) else day(node, key)
        if found is not None:
            return found
    return None
