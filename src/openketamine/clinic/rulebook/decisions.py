"""Decisions that were recorded, as they were taken: evaluations, and the orders that were signed.

An order was decided on an evaluation too; of its findings those of the rules are compared here, and
those that reckon the dose (weight, exposure, limits of the protocol) are not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.library.catalogue import rule_entries
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.whose import is_here, stream_of
from openketamine.core.findings import Action
from openketamine.core.screening import Evaluation, recorded

EVALUATION, PLAN, OVERRIDE = "evaluation_recorded", "plan_signed", "finding_overridden"


@dataclass(frozen=True)
class Decision:
    """One recorded decision. `evaluation`: as it was read when it was recorded or signed."""

    id: str
    kind: str
    at: datetime
    by: str
    person: Person
    protocol: str
    evaluation: Evaluation
    session_id: UUID | None = None

    @property
    def day(self) -> date:
        """The day for which it was decided."""
        return self.evaluation.evaluated_on

    @property
    def kind_words(self) -> str:
        """What it was."""
        return "Signed order" if self.kind == PLAN else "Evaluation"

    @property
    def initials(self) -> str:
        """As many people stand on one page, nobody is named there."""
        person = self.person
        return f"{person.given[:1]}{person.family[:1]}".upper()


@dataclass(frozen=True)
class Loaded:
    """Decisions, newest first; how many could not be read, and how many older ones were left."""

    decisions: tuple[Decision, ...]
    unreadable: int
    older: int


def decisions(most: int, rule: str = "") -> Loaded:
    """The newest recorded decisions; with a rule, those in which it was found."""
    said = {"findings": [{"rule": rule}]} if rule else {}
    facts, total = journal.across((EVALUATION, PLAN), most, **said)
    people, sessions = _whose(fact.stream for fact in facts)
    # Decisions about people of another site are not unreadable: they are not here.
    facts = [fact for fact in facts if is_here(*stream_of(fact.stream))]
    read = [_read(fact, people, sessions) for fact in facts]
    found = tuple(one for one in read if one is not None)
    return Loaded(found, len(facts) - len(found), max(0, total - most))


def _whose(streams: Iterable[str]) -> tuple[dict[str, Person], dict[str, Session]]:
    """The people and sessions of these streams, in two queries."""
    names = [stream.partition(":") for stream in set(streams)]
    people = Person.objects.in_bulk([UUID(key) for kind, _, key in names if kind == "person"])
    sessions = Session.objects.select_related("person").in_bulk(
        [UUID(key) for kind, _, key in names if kind == "session"]
    )
    return (
        {person.stream: person for person in people.values()},
        {session.stream: session for session in sessions.values()},
    )


def _read(
    fact: StoredFact, people: Mapping[str, Person], sessions: Mapping[str, Session]
) -> Decision | None:
    try:
        if fact.kind == PLAN:
            return _order(fact, sessions[fact.stream])
        evaluation = recorded(fact.body)
    except (KeyError, ValueError, TypeError):
        return None
    person = people.get(fact.stream)
    return _decision(fact, person, evaluation.protocol, evaluation, None) if person else None


def _decision(
    fact: StoredFact,
    person: Person,
    protocol: str,
    evaluation: Evaluation,
    session_id: UUID | None,
) -> Decision:
    at = timezone.localtime(fact.at)
    return Decision(fact.id, fact.kind, at, fact.by.name, person, protocol, evaluation, session_id)


def _order(fact: StoredFact, session: Session) -> Decision:
    """The evaluation inside a signed order: its findings, and the overrides signed with it."""
    before = journal.facts(session.stream, kinds=["override_signed"])
    body: dict[str, Any] = {
        "protocol": session.protocol_id,
        "evaluated_on": timezone.localdate(fact.at).isoformat(),
        "knowledge": fact.body["knowledge"],
        "decision": "",
        "findings": [one for one in fact.body["findings"] if one["rule"] in _of_the_rules()],
        "overrides": [one.body for one in before if one.number < fact.number],
    }
    read = recorded(body)
    evaluation = recorded({**body, "decision": decision_of(read)})
    return _decision(fact, session.person, session.protocol_id, evaluation, session.id)


def _of_the_rules() -> frozenset[str]:
    folders = ("contraindications", "interactions")
    return frozenset(one.id for one in rule_entries().values() if one.first.folder in folders)


def decision_of(evaluation: Evaluation) -> str:
    """The strictest of the findings that stand."""
    actions = [finding.action for finding in evaluation.standing]
    strictest = max(actions, key=lambda action: action.strictness, default=Action.INFO)
    return "proceed" if strictest is Action.INFO else strictest.value
