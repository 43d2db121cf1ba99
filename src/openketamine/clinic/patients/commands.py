"""The only writers of people's records. What was imported, answered or overridden stays."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.patients import queries
from openketamine.clinic.patients.models import BundleImport, Person
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.clinic.staff.roles import can
from openketamine.core.dosing import protocols
from openketamine.core.findings import BadInput, Finding
from openketamine.core.history import Answer, PersonRecord, ReadingReport, read_bundle
from openketamine.core.screening import Evaluation, evaluate, questions


@dataclass(frozen=True)
class Imported:
    """Whose bundle it was, what became of each resource, and whether the person is new here."""

    person: Person
    report: ReadingReport
    is_new: bool


def import_bundle(raw: bytes, by: Staff, now: datetime) -> Imported:
    """Read one person's FHIR R4 Bundle and keep it.

    The same record number again is a new version of that person's record; the bundle that is the
    newest already adds nothing. Raises BadInput: not one readable person, or a record number that
    belongs to somebody with another birth date.
    """
    record = read_bundle(raw, timezone.localdate(now))
    if not record.person.mrn:
        raise BadInput("Patient.identifier", "a medical record number, by which we know a person")
    digest = hashlib.sha256(raw).hexdigest()
    with transaction.atomic():
        person, is_new = _person(record, now)
        # Two imports of one person go one after the other, and a record may go back to what it was.
        Person.objects.select_for_update().get(pk=person.pk)
        newest = BundleImport.objects.filter(person=person).order_by("-at", "-pk").first()
        if newest is None or newest.sha256 != digest:
            BundleImport.objects.create(
                person=person,
                bundle=raw.decode("utf-8-sig"),
                report=asdict(record.report),
                sha256=digest,
                at=now,
                by=by,
            )
    return Imported(person, record.report, is_new)


def answer_question(
    person: Person, question: str, value: str, note: str, by: Staff, now: datetime
) -> None:
    """What was asked and answered on the spot. A later answer counts instead of an earlier one.

    Raises BadInput for a question that no rule asks, and for an answer that no rule would
    understand: kept as an answer it would silence the question.
    """
    answer = Answer(question, value.strip(), now, by.display_name)
    _checked_answer(answer)
    queries.record(person).with_answers(answer)
    body = {"question": question, "value": answer.value, "note": note}
    _append(person, "question_answered", body, by, now)


def record_evaluation(person: Person, evaluation: Evaluation, by: Staff, now: datetime) -> None:
    """What the rules said, as it was read, with the digest of the knowledge it rests on."""
    _append(person, "evaluation_recorded", evaluation.as_json(), by, now)


def override(
    person: Person, rule: str, reason_code: str, reason: str, proof: Proof, now: datetime
) -> None:
    """A prescriber goes on in spite of one rule, today, with a reason and a fresh proof.

    Raises BadInput where the rule may not be overridden, was not found, or the proof is not of a
    prescriber, given just now.
    """
    may = can(proof.staff, "finding.override")
    if not may or not proof.is_fresh(now):
        raise BadInput("proof", may.why or "a proof of identity given just now")
    for name, value in (("reason_code", reason_code), ("reason", reason)):
        if not value.strip():
            raise BadInput(name, "why this person is treated in spite of the rule")
    _checked_rule(queries.record(person), rule, now)
    body = {"rule": rule, "reason_code": reason_code, "reason": reason.strip()}
    _append(person, "finding_overridden", body, proof.staff, now)


def _person(record: PersonRecord, now: datetime) -> tuple[Person, bool]:
    """The person of this record number, with the name as it is now; or a new one."""
    told = record.person
    names = {"family": told.family, "given": told.given, "sex": told.sex}
    person, is_new = Person.objects.select_for_update().get_or_create(
        mrn=told.mrn, defaults={**names, "birth_date": told.birth_date, "created": now}
    )
    if is_new:
        return person, True
    _same_person(person, record)
    born = told.birth_date or person.birth_date
    Person.objects.filter(pk=person.pk).update(**names, birth_date=born)
    person.refresh_from_db()
    return person, False


def _same_person(person: Person, record: PersonRecord) -> None:
    """Two people with one record number are never merged; a new name alone is the same person."""
    born = record.person.birth_date
    if born and person.birth_date and born != person.birth_date:
        raise BadInput(
            "Patient.birthDate",
            f"{person.birth_date.isoformat()}, as the person with record number {person.mrn} "
            "has here; this may be somebody else's record",
            born.isoformat(),
        )


def _checked_answer(answer: Answer) -> None:
    asked = {one.id: one for one in questions()}.get(answer.question)
    if asked is None:
        raise BadInput("question", "a question that the rules ask", answer.question)
    if not answer.value or (asked.choices and answer.value not in asked.choices):
        raise BadInput(answer.question, ", ".join(asked.choices) or "an answer", answer.value)


def _checked_rule(record: PersonRecord, rule: str, now: datetime) -> None:
    on = timezone.localdate(now)
    found: list[Finding] = [
        finding
        for protocol in protocols()
        for finding in evaluate(record, protocol, on).findings
        if finding.rule == rule
    ]
    if not found:
        raise BadInput("rule", "a rule that found something in this person's record", rule)
    if not any(finding.overridable for finding in found):
        raise BadInput("rule", f"a rule that may be overridden; {rule} may not")


def _append(person: Person, kind: str, body: Mapping[str, Any], by: Staff, now: datetime) -> None:
    entry = journal.Entry(str(uuid.uuid4()), kind, body, now, author_of(by), origin="patients")
    journal.append(person.stream, [entry], now)
