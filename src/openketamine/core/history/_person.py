"""The Patient resource, and whether another resource is about this very person."""

from collections.abc import Mapping, Set
from datetime import date
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.history._fields import NotUnderstoodError, day, items, mapping, text
from openketamine.core.history._record import Person

SEXES = ("male", "female", "other")


def read_person(resource: Mapping[str, Any], today: date | None) -> Person:
    """The person. Raises BadInput, since nothing can be believed of a person we cannot read."""
    try:
        family, given = _name(resource)
        born = day(resource, "birthDate")
        sex = text(resource, "gender")
        person = Person(
            id=text(resource, "id"),
            family=family,
            given=given,
            birth_date=born,
            sex=sex if sex in SEXES else "unknown",
            mrn=_mrn(resource),
            deceased=_has_died(resource, today),
        )
    except NotUnderstoodError as fault:
        field, _, expected = str(fault).partition(": expected ")
        raise BadInput(f"Patient.{field}", expected or "a value that we can read") from None
    if born is not None and today is not None and born > today:
        raise BadInput("Patient.birthDate", "a day that is not in the future", born.isoformat())
    return person


def _has_died(resource: Mapping[str, Any], today: date | None) -> bool:
    said = resource.get("deceasedBoolean")
    if said is not None and not isinstance(said, bool):
        raise NotUnderstoodError("deceasedBoolean: expected true or false")
    died = day(resource, "deceasedDateTime")
    # An evaluation of an earlier day is of a person who lived.
    return said is True or (died is not None and (today is None or died <= today))


def _name(resource: Mapping[str, Any]) -> tuple[str, str]:
    """The official name, else the first that is given."""
    names = list(items(resource, "name"))
    names.sort(key=lambda name: text(name, "use") != "official")
    if not names:
        return "", ""
    given = names[0].get("given")
    if given is not None and not (
        isinstance(given, list) and all(isinstance(g, str) for g in given)
    ):
        raise NotUnderstoodError("name.given: expected a list of words")
    first = " ".join(text({"given": word}, "given") for word in given or [])
    return text(names[0], "family"), first.strip()


def _mrn(resource: Mapping[str, Any]) -> str:
    """The medical record number: type MR, else the first identifier, else the resource's own id."""
    values: list[str] = []
    for identifier in items(resource, "identifier"):
        value = text(identifier, "value")
        kinds = [text(coding, "code") for coding in items(mapping(identifier, "type"), "coding")]
        if value and "MR" in kinds:
            return value
        values.append(value)
    return next((value for value in values if value), text(resource, "id"))


def about_this_person(resource: Mapping[str, Any], names: Set[str]) -> None:
    """Refuse a resource that says it is about somebody else; one that says nothing is taken."""
    subject = mapping(resource, "subject") or mapping(resource, "patient")
    reference = text(subject, "reference")
    if not reference or reference in names:
        return
    # An absolute address of the same Patient ends with Patient/<id>.
    if any(reference.endswith(f"/{name}") for name in names if name.startswith("Patient/")):
        return
    raise NotUnderstoodError(f"it is about {reference[:80]}, not about this person")
