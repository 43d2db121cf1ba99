"""Reading people's records."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import Q
from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.patients.models import BundleImport, Person
from openketamine.core.history import Answer, PersonRecord, read_bundle
from openketamine.core.screening import Override

_SHOWN = 50


@dataclass(frozen=True)
class SignedOverride:
    """An override with who signed it and when."""

    rule: str
    reason_code: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class KeptEvaluation:
    """An evaluation as it was recorded: `evaluation` in the form of the command-line contract."""

    evaluation: dict[str, Any]
    by: str
    at: datetime


def person(person_id: uuid.UUID | str) -> Person:
    """One person; Person.DoesNotExist where there is none."""
    return Person.objects.get(pk=person_id)


def people(search: str = "") -> list[Person]:
    """Those whose names or record number hold every word of the search; the first fifty."""
    found = Person.objects.all()
    for word in search.split():
        found = found.filter(
            Q(family__icontains=word) | Q(given__icontains=word) | Q(mrn__iexact=word)
        )
    return list(found[:_SHOWN])


def imports(person: Person) -> list[BundleImport]:
    """Every version of the record that came in, newest first, without the bundles themselves."""
    rows = BundleImport.objects.filter(person=person).select_related("by").defer("bundle")
    return list(rows.order_by("-at", "-id"))


def record(person: Person) -> PersonRecord:
    """The newest imported record, with all that was asked and answered since."""
    newest = imports(person)[0]
    read = _read(newest.sha256, newest.pk, timezone.localdate(newest.at))
    return read.with_answers(*answers(person))


def answers(person: Person) -> tuple[Answer, ...]:
    """What was asked and answered on the spot, in order.

    By the clinic's own clock: an answer of this evening counts today, whatever day UTC has.
    """
    return tuple(
        Answer(fact.body["question"], fact.body["value"], timezone.localtime(fact.at), fact.by.name)
        for fact in _facts(person, "question_answered")
    )


def overrides(person: Person, on: date | None = None) -> tuple[Override, ...]:
    """What a prescriber set aside on that day (on any day where none is given).

    An override is a decision about a treatment today; the next treatment asks again.
    """
    return tuple(
        Override(one.rule, one.reason_code, one.reason)
        for one in signed_overrides(person)
        if on is None or timezone.localdate(one.at) == on
    )


def signed_overrides(person: Person) -> list[SignedOverride]:
    """Every override with its signature, in order."""
    return [
        SignedOverride(
            fact.body["rule"],
            fact.body["reason_code"],
            fact.body["reason"],
            fact.by.name,
            fact.at,
        )
        for fact in _facts(person, "finding_overridden")
    ]


def evaluations(person: Person) -> list[KeptEvaluation]:
    """What the rules said, newest first."""
    kept = [
        KeptEvaluation(dict(fact.body), fact.by.name, fact.at)
        for fact in _facts(person, "evaluation_recorded")
    ]
    return kept[::-1]


def _facts(person: Person, kind: str) -> list[StoredFact]:
    return journal.facts(person.stream, kinds=[kind])


# A bundle of two megabytes takes a tenth of a second to read and never changes: the digest is in
# the key, and the day of the import, after which its dates are judged.
@lru_cache(maxsize=128)
def _read(sha256: str, pk: int, today: date) -> PersonRecord:
    bundle = BundleImport.objects.only("bundle").get(pk=pk, sha256=sha256).bundle
    return read_bundle(bundle, today)
