"""The patient banner: who this page is about, in one fixed order, as far as the reader may see.

Order and wording follow the NHS Common User Interface (FAMILY, Given; Born; Gender; ID; allergies
in the second row). What is not known says so; it is never blank where one could read "none".
"""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from openketamine.clinic.patients.models import Person
from openketamine.clinic.staff.roles import HasRole, can
from openketamine.core.history import Allergies, PersonRecord, latest
from openketamine.core.quantities import format_number

HEADINGS = {
    "known": "Known allergies",
    "none": "No known allergies",
    "not_recorded": "Allergies not recorded",
    "unavailable": "Allergies unavailable",
}
GENDERS = {"male": "Male", "female": "Female", "other": "Other"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class AllergyLine:
    """One of exactly four headings, and what is known under it."""

    state: str
    heading: str
    names: str
    updated: str


@dataclass(frozen=True)
class Banner:
    """What the partial `patients/_banner.html` prints."""

    path: str
    family: str
    given: str
    born: str
    age: str
    gender: str
    mrn: str
    clinical: bool
    allergies: AllergyLine | None
    weight: str
    weight_on: str
    session: str = ""
    escort: str = ""


def clinic_date(day: date | None) -> str:
    """`07-Mar-1984`: no reader mistakes the month for the day."""
    return "Not known" if day is None else f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"


def banner_for(
    reader: HasRole,
    person: Person,
    record: PersonRecord,
    today: date,
    *,
    session: str = "",
    escort: str = "",
) -> Banner:
    """The banner of one person. The front desk sees who it is, and nothing clinical."""
    may_see_chart = can(reader, "session.read").ok
    weight = latest(record, "weight", today) if may_see_chart else None
    return Banner(
        path=reverse("person", args=[person.id]),
        family=person.family,
        given=person.given,
        born=clinic_date(person.birth_date),
        age=age_in_words(person.birth_date, today),
        gender=GENDERS.get(person.sex, "Not known"),
        mrn=person.mrn,
        clinical=may_see_chart,
        allergies=allergy_line(record.allergies) if may_see_chart else None,
        weight="Not known" if weight is None else f"{format_number(weight.value, 1)} {weight.unit}",
        weight_on="" if weight is None else clinic_date(weight.taken),
        session=session,
        escort=escort,
    )


def allergy_line(allergies: Allergies) -> AllergyLine:
    """The allergies in one line under one of the four headings."""
    return AllergyLine(
        state=allergies.state,
        heading=HEADINGS[allergies.state],
        names=", ".join(entry.text for entry in allergies.entries),
        updated=clinic_date(allergies.updated) if allergies.updated else "",
    )


def age_in_words(born: date | None, today: date) -> str:
    """Whole years lived, or nothing where the birth date is not known."""
    if born is None:
        return ""
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f"{years} years" if years != 1 else "1 year"
