"""`can(person, task, place, at)`: yes or no, with every reason and who says so.

The table of roles answers first; then the certificates that the task needs, in date at that moment;
then what the state lets the role do. What is not on record is said, and never taken for "in date".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from openketamine.clinic.journal import queries
from openketamine.clinic.staff import credentials, duty, roles, sites
from openketamine.clinic.staff.models import Staff
from openketamine.core.findings import BadInput
from openketamine.knowledge import document

CONFIRMED = "scope"


@dataclass(frozen=True)
class Place:
    """Where: the state's code (`US-AZ`, or nothing), and which way the drug goes in."""

    state: str = ""
    way: str = ""


@dataclass(frozen=True)
class Reason:
    """One reason: `refuses`, or is only said."""

    says: str
    refuses: bool
    rule: str = ""
    source: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class Answer:
    """Yes, or no; every reason either way."""

    reasons: tuple[Reason, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing refuses."""
        return not any(one.refuses for one in self.reasons)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def why(self) -> str:
        """Every reason for a no, in one line; empty for a yes."""
        return " ".join(one.says for one in self.reasons if one.refuses)


def here() -> tuple[Place, ...]:
    """Where it may be: the state of each site that is seen, the clinic's own (out of its settings)
    where a site names none. Who is at several sites is held to the rules of each."""
    states = {one.state or settings.OPENKETAMINE_STATE for one in sites.told_of()}
    return tuple(Place(one) for one in sorted(states or {settings.OPENKETAMINE_STATE}))


def can(person: Staff, task: str, place: Place | None = None, at: datetime | None = None) -> Answer:
    """Whether this person may do this here at that moment. A task not in the table is an error."""
    may = roles.can(person, task)
    if not may:
        return Answer((Reason(may.why, refuses=True, rule="roles"),))
    if task not in _watched():
        return Answer(())
    at = at or timezone.now()
    held = credentials.held(person, at)
    scope = (
        why for one in ((place,) if place else here()) for why in _scope(person, task, one, at)
    )
    return Answer((*_lacking(person, task, held, at), *scope))


def must(person: Staff, task: str, at: datetime | None = None) -> None:
    """Raises BadInput, with every reason, where this person may not do this here."""
    may = can(person, task, at=at)
    if not may:
        raise BadInput("by", f"somebody who may do this. {may.why}")


@cache
def _watched() -> frozenset[str]:
    """The tasks that need anything but a role."""
    body = document("credentials", "scope").body
    rows = (*_required(), *body["rules"], body["unknown"])
    return frozenset(task for row in rows for task in row["tasks"])


def needed(role: str, task: str) -> tuple[str, ...]:
    """The types of certificate that this role needs for this task."""
    rows = (one for one in _required() if task in one["tasks"] and role in one["roles"])
    return tuple(dict.fromkeys(type_ for row in rows for type_ in row["needs"]))


def needed_at_all(role: str) -> tuple[str, ...]:
    """Every type that this role needs for something."""
    rows = (one for one in _required() if role in one["roles"])
    return tuple(dict.fromkeys(type_ for row in rows for type_ in row["needs"]))


@cache
def _required() -> tuple[Mapping[str, Any], ...]:
    return tuple(document("credentials", "required").body["rules"])


def _lacking(
    person: Staff, task: str, held: tuple[credentials.Credential, ...], at: datetime
) -> Iterator[Reason]:
    today = timezone.localdate(at)
    for row in _required():
        if task not in row["tasks"] or person.role not in row["roles"]:
            continue
        for type_ in row["needs"]:
            yield from _of_type(type_, [one for one in held if one.type == type_], today, row)


def _of_type(
    type_: str, cards: list[credentials.Credential], today: date, row: Mapping[str, Any]
) -> Iterator[Reason]:
    name = credentials.types()[type_].name
    good = [one for one in cards if one.covers(today)]
    if not cards:
        strict = settings.OPENKETAMINE_CREDENTIALS == "required"
        yield _because(f"{name}: not on record.", row, refuses=strict)
    elif not good:
        yield _because(f"{name}: {_ended(cards, today)}.", row, refuses=True)
    elif not any(one.checked_at for one in good):
        yield _because(f"{name}: not yet checked with who issued it.", row, refuses=False)


def _ended(cards: list[credentials.Credential], today: date) -> str:
    newest = max(cards, key=lambda one: one.expires or date.max)
    if newest.withdrawn:
        return f"withdrawn ({newest.withdrawn})"
    if newest.expires and today > newest.expires:
        return f"ended on {newest.expires:%d-%b-%Y}"
    return f"begins on {newest.issued:%d-%b-%Y}"


def _because(says: str, row: Mapping[str, Any], *, refuses: bool) -> Reason:
    cited = row["sources"][0]
    return Reason(says, refuses, row["rule"], f"{cited['id']} {cited['where']}", row["evidence"])


def _scope(person: Staff, task: str, place: Place, at: datetime) -> Iterator[Reason]:
    """What the state says; nothing where the clinic is in none."""
    if not place.state:
        return
    body = document("credentials", "scope").body
    rows = [one for one in body["rules"] if one["place"] == place.state]
    if not rows:
        if _applies(body["unknown"], person, task) and not confirmed(place.state, at):
            strict = settings.OPENKETAMINE_CREDENTIALS == "required"
            says = f"{place.state}: {body['unknown']['says']}"
            yield _because(says, body["unknown"], refuses=strict)
        return
    for row in rows:
        if _applies(row, person, task) and place.way in ("", *row["ways"]):
            yield from _said_by_state(row, place, at)


def _applies(row: Mapping[str, Any], person: Staff, task: str) -> bool:
    return task in row["tasks"] and person.role in row["roles"]


def _said_by_state(row: Mapping[str, Any], place: Place, at: datetime) -> Iterator[Reason]:
    if row["answer"] == "forbidden":
        yield _because(row["says"], row, refuses=bool(place.way))
    elif row["answer"] == "allowed_if" and not duty.on_duty(at)["prescriber"]:
        yield _because(f"No prescriber is on duty. {row['says']}", row, refuses=False)


def confirmed(state: str, at: datetime) -> queries.StoredFact | None:
    """Who confirmed, in writing, what this state lets a nurse do; the last word counts."""
    facts = [one for one in queries.facts(f"{CONFIRMED}:{state}") if one.recorded_at <= at]
    return facts[-1] if facts else None
