"""Read a FHIR R4 Bundle: every resource is understood, not needed, or not understood and why."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.history._allergies import read_allergies
from openketamine.core.history._coded_answers import read_answer
from openketamine.core.history._entries import read_condition, read_procedure, read_report
from openketamine.core.history._family import read_family
from openketamine.core.history._fields import NotUnderstoodError, codings, forget, mapping
from openketamine.core.history._measurements import read_measurements
from openketamine.core.history._medicines import read_medicine
from openketamine.core.history._person import about_this_person, read_person
from openketamine.core.history._questionnaires import answered
from openketamine.core.history._record import (
    Answer,
    Condition,
    FamilyCondition,
    Measurement,
    Medicine,
    Person,
    PersonRecord,
    Procedure,
    ReadingReport,
)
from openketamine.core.history._resource_types import RESOURCE_TYPES

# A person's whole record is a few megabytes; what is far larger would keep everybody waiting.
MAX_BYTES = 15_000_000
MAX_MEASURED = 20_000
MAX_ENTRIES = 10_000
LARGE = 3_000
DELETED = "deleted"


@dataclass
class _Reading:
    """The record in the making."""

    person: Person
    names: frozenset[str]
    by_reference: Mapping[str, Mapping[str, Any]]
    today: date | None
    site_names: Mapping[str, str]
    family: list[FamilyCondition] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    medicines: list[Medicine] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    procedures: list[Procedure] = field(default_factory=list)
    allergies: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    understood: int = 1
    irrelevant: Counter[str] = field(default_factory=Counter)
    not_understood: list[tuple[str, str]] = field(default_factory=list)


def read_bundle(
    raw: bytes | str | Mapping[str, Any],
    today: date | None = None,
    site_names: Mapping[str, str] | None = None,
) -> PersonRecord:
    """One person's record. With `today`, dates that have not come yet are refused.

    `site_names` gives words to codes that come without any: `{"http://snomed.info/sct|…": "…"}`, a
    map that the site loads, since no SNOMED CT is shipped here.

    Raises BadInput for what is not a Bundle of exactly one Patient; anything wrong with a single
    resource is listed in `report.not_understood` instead, and that resource is not used.
    """
    bundle = raw if isinstance(raw, Mapping) else _parse(raw)
    if bundle.get("resourceType") != "Bundle":
        raise BadInput("resourceType", "a FHIR R4 Bundle", bundle.get("resourceType"))
    entries = list(_entries(bundle))
    patients = [entry for entry in entries if entry[1].get("resourceType") == "Patient"]
    if len(patients) != 1:
        raise BadInput("Bundle.entry", "exactly one Patient", len(patients))
    person = read_person(patients[0][1], today)
    reading = _Reading(
        person=person,
        names=frozenset({f"Patient/{person.id}", f"urn:uuid:{person.id}", *patients[0][2:]} - {""}),
        by_reference={
            name: entry[1] for entry in entries for name in (entry[0], *entry[2:]) if name
        },
        today=today,
        site_names=site_names or {},
    )
    for label, resource, _ in _once(reading, entries):
        _read_one(reading, label, resource)
    if len(entries) > LARGE:
        forget()
    allergies, faults = read_allergies(reading.allergies)
    reading.not_understood.extend(faults)
    reading.understood += len(reading.allergies) - len(faults)
    return PersonRecord(
        person=person,
        conditions=tuple(reading.conditions),
        medicines=tuple(reading.medicines),
        measurements=tuple(reading.measurements),
        procedures=tuple(reading.procedures),
        family=tuple(reading.family),
        answers=tuple(reading.answers),
        allergies=allergies,
        report=ReadingReport(
            understood=reading.understood,
            irrelevant=reading.irrelevant.total(),
            not_understood=tuple(reading.not_understood),
            irrelevant_by_type=tuple(sorted(reading.irrelevant.items())),
        ),
    )


def _once(
    reading: _Reading, entries: list[tuple[str, Mapping[str, Any], str]]
) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Every entry, and of one that a search returned twice the first only."""
    seen: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        label, resource, _ = entry
        if label == DELETED or (label in seen and seen[label] == resource):
            reading.irrelevant[label if label == DELETED else "said twice"] += 1
            continue
        seen[label] = resource
        yield entry


def _parse(raw: bytes | str) -> Mapping[str, Any]:
    if len(raw) > MAX_BYTES:
        raise BadInput("bundle", f"at most {MAX_BYTES // 1_000_000} MB", f"{len(raw)} bytes")
    try:
        words = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        parsed = json.loads(words, parse_float=Decimal, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise BadInput("bundle", "JSON in UTF-8") from None
    except RecursionError:
        raise BadInput("bundle", "JSON that is not nested beyond reason") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadInput("bundle", f"complete JSON; it breaks off or is wrong at {place}") from None
    except (ValueError, ArithmeticError):
        raise BadInput("bundle", "JSON whose numbers are finite and of sensible size") from None
    if not isinstance(parsed, Mapping):
        raise BadInput("bundle", "a JSON object", type(parsed).__name__)
    return parsed


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _entries(bundle: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """(label, resource, full URL) of every entry; what is no resource gets a label and no type."""
    listed = bundle.get("entry")
    if not isinstance(listed, list):
        raise BadInput("Bundle.entry", "a list of resources", type(listed).__name__)
    if len(listed) > MAX_ENTRIES:
        raise BadInput("Bundle.entry", f"at most {MAX_ENTRIES} resources", len(listed))
    for place, entry in enumerate(listed):
        # `type … is dict` first: asking an abstract class is slow, and JSON gives nothing else.
        held = entry if type(entry) is dict or isinstance(entry, Mapping) else {}
        resource, url = held.get("resource"), held.get("fullUrl")
        if type(resource) is not dict and not isinstance(resource, Mapping):
            resource = {}
        label = DELETED if not resource and _deletes(entry) else _label(resource, place)
        yield label, resource, url if isinstance(url, str) else ""


def _deletes(entry: object) -> bool:
    """Whether a transaction or a history says here only that something was deleted."""
    request = entry.get("request") if isinstance(entry, Mapping) else None
    return isinstance(request, Mapping) and request.get("method") == "DELETE"


def _label(resource: Mapping[str, Any], place: int) -> str:
    kind, own = resource.get("resourceType"), resource.get("id")
    if isinstance(kind, str) and isinstance(own, str) and own:
        return f"{kind[:40]}/{own[:64]}"
    return f"entry[{place}]"


def _read_one(reading: _Reading, label: str, resource: Mapping[str, Any]) -> None:
    kind = resource.get("resourceType")
    if kind == "Patient":
        return
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        _set_aside(reading, label, kind)
        return
    try:
        about_this_person(resource, reading.names)
        reader(reading, label, resource)
    except NotUnderstoodError as fault:
        reading.not_understood.append((label, str(fault)))


def _set_aside(reading: _Reading, label: str, kind: object) -> None:
    if isinstance(kind, str) and kind in RESOURCE_TYPES:
        reading.irrelevant[kind] += 1
    else:
        reading.not_understood.append((label, _no_such_type(kind)))


def _no_such_type(kind: object) -> str:
    if isinstance(kind, str):
        return f"{kind[:40]!r} is not a FHIR R4 resource type"
    return "expected a resource with a resourceType"


def _condition(reading: _Reading, label: str, resource: Mapping[str, Any]) -> None:
    reading.conditions.append(
        read_condition(label, resource, reading.site_names, reading.person.birth_date)
    )
    reading.understood += 1


def _medicine(reading: _Reading, label: str, resource: Mapping[str, Any]) -> None:
    reading.medicines.append(read_medicine(label, resource, reading.by_reference, reading.today))
    reading.understood += 1


def _procedure(reading: _Reading, label: str, resource: Mapping[str, Any]) -> None:
    reading.procedures.append(read_procedure(label, resource))
    reading.understood += 1


def _family(reading: _Reading, label: str, resource: Mapping[str, Any]) -> None:
    reading.family.extend(read_family(label, resource))
    reading.understood += 1


def _observation(reading: _Reading, label: str, resource: Mapping[str, Any]) -> None:
    found, faults = _observed(reading, label, resource)
    reading.not_understood.extend((label, fault) for fault in faults)
    if found:
        reading.understood += 1
    elif not faults:
        reading.irrelevant["Observation"] += 1


def _observed(
    reading: _Reading, label: str, resource: Mapping[str, Any]
) -> tuple[bool, tuple[str, ...]]:
    """Take what one Observation says: whether it said anything, and what of it was at fault."""
    if (answer := read_answer(label, resource)) is not None:
        reading.answers.append(answer)
        return True, ()
    found, faults = read_measurements(label, resource, reading.today)
    reading.measurements.extend(found)
    if len(reading.measurements) > MAX_MEASURED:
        raise BadInput("Bundle.entry", f"at most {MAX_MEASURED} measured values")
    return bool(found), tuple(faults)


def _questionnaire(reading: _Reading, label: str, resource: Mapping[str, Any]) -> None:
    """Counted once, whatever the number of its answers."""
    said = [_observed(reading, label, one) for one in answered(resource)]
    faults = [fault for _, of_one in said for fault in of_one]
    if faults:
        reading.not_understood.append((label, faults[0]))
    elif any(found for found, _ in said):
        reading.understood += 1
    else:
        reading.irrelevant["QuestionnaireResponse"] += 1


def _report(reading: _Reading, label: str, resource: Mapping[str, Any]) -> None:
    concluded = read_report(label, resource, reading.site_names)
    reading.conditions.extend(concluded)
    if concluded:
        reading.understood += 1
    else:
        reading.irrelevant["DiagnosticReport"] += 1


def _allergy(reading: _Reading, label: str, resource: Mapping[str, Any]) -> None:
    reading.allergies.append((label, resource))


def _medication(reading: _Reading, _label: str, resource: Mapping[str, Any]) -> None:
    """A Medication is read through the order that points at it; here only whether it says what."""
    codes, names = codings(mapping(resource, "code"))
    if not codes and not names:
        raise NotUnderstoodError("code: a medication without code or name")
    reading.understood += 1


_READERS: Mapping[str, Callable[[_Reading, str, Mapping[str, Any]], None]] = {
    "Condition": _condition,
    "MedicationRequest": _medicine,
    "MedicationStatement": _medicine,
    "MedicationDispense": _medicine,
    "MedicationAdministration": _medicine,
    "DiagnosticReport": _report,
    "Medication": _medication,
    "Procedure": _procedure,
    "FamilyMemberHistory": _family,
    "Observation": _observation,
    "QuestionnaireResponse": _questionnaire,
    "AllergyIntolerance": _allergy,
}
