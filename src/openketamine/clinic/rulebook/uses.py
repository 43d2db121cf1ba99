"""Where a rule was found, and where a prescriber went on in spite of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.models import Fact
from openketamine.clinic.patients.models import Person
from openketamine.clinic.rulebook.decisions import EVALUATION, OVERRIDE, PLAN
from openketamine.core.screening import reason_in_words

RECENT = timedelta(days=90)

_FOUND = """
SELECT found->>'rule', kind, count(DISTINCT id)
FROM journal_fact, LATERAL jsonb_array_elements(body->'findings') AS found
WHERE kind IN ('evaluation_recorded', 'plan_signed') GROUP BY 1, 2
"""
_OVERRIDDEN = """
SELECT body->>'rule', count(*), count(*) FILTER (WHERE at >= %s)
FROM journal_fact WHERE kind = 'finding_overridden' GROUP BY 1
"""


@dataclass(frozen=True)
class Use:
    """How often a rule was found in recorded evaluations and signed orders, and overridden."""

    evaluations: int = 0
    orders: int = 0
    overridden: int = 0
    overridden_lately: int = 0

    @property
    def found(self) -> int:
        """Both together."""
        return self.evaluations + self.orders


@dataclass(frozen=True)
class Overriding:
    """One override of a rule: whose, by whom, for which coded reason, in which words."""

    person: Person
    by: str
    role: str
    reason: str
    words: str
    at: datetime

    @property
    def initials(self) -> str:
        """As many people stand on one page, nobody is named there."""
        return f"{self.person.given[:1]}{self.person.family[:1]}".upper()


def uses(now: datetime) -> Mapping[str, Use]:
    """Every rule that was ever found or overridden."""
    found: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FOUND)
        for rule, kind, count in cursor.fetchall():
            found.setdefault(rule, {})[kind] = count
        cursor.execute(_OVERRIDDEN, [now - RECENT])
        for rule, count, lately in cursor.fetchall():
            found.setdefault(rule, {}).update({OVERRIDE: count, "lately": lately})
    return {
        rule: Use(
            counted.get(EVALUATION, 0),
            counted.get(PLAN, 0),
            counted.get(OVERRIDE, 0),
            counted.get("lately", 0),
        )
        for rule, counted in found.items()
    }


def use_of(rule: str, now: datetime) -> Use:
    """One rule of them."""
    found = Fact.objects.filter(
        kind__in=(EVALUATION, PLAN), body__findings__contains=[{"rule": rule}]
    )
    counted = dict(found.values_list("kind").annotate(Count("id")))
    overridden = Fact.objects.filter(kind=OVERRIDE, body__contains={"rule": rule})
    return Use(
        counted.get(EVALUATION, 0),
        counted.get(PLAN, 0),
        overridden.count(),
        overridden.filter(at__gte=now - RECENT).count(),
    )


def overridings(rule: str, most: int) -> tuple[list[Overriding], int]:
    """The newest overrides of a rule, and how many there are."""
    facts, total = journal.across([OVERRIDE], most, rule=rule)
    people = Person.objects.in_bulk([UUID(fact.stream.partition(":")[2]) for fact in facts])
    return [
        Overriding(
            person=people[UUID(fact.stream.partition(":")[2])],
            by=fact.by.name,
            role=fact.by.role,
            reason=reason_in_words(fact.body["reason_code"]),
            words=fact.body["reason"],
            at=timezone.localtime(fact.at),
        )
        for fact in facts
        if UUID(fact.stream.partition(":")[2]) in people
    ], total


def reasons(rule: str) -> list[tuple[str, int]]:
    """Coded reasons of the overrides of a rule, the most frequent first; nobody is named."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT body->>'reason_code', count(*) FROM journal_fact"
            " WHERE kind = 'finding_overridden' AND body->>'rule' = %s"
            " GROUP BY 1 ORDER BY 2 DESC",
            [rule],
        )
        return [(reason_in_words(code), count) for code, count in cursor.fetchall()]
