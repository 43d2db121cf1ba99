"""The only writers of people's records. What was imported, answered or overridden stays."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.patients import queries
from openketamine.clinic.patients.as_read import as_read
from openketamine.clinic.patients.changes import changed_since, set_aside, unseen
from openketamine.clinic.patients.models import BundleImport, Person
from openketamine.clinic.patients.queries import Known
from openketamine.clinic.staff import sites
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.clinic.staff.roles import can
from openketamine.core.dosing import PastSession, propose
from openketamine.core.findings import BadInput
from openketamine.core.history import (
    Answer,
    PersonRecord,
    ReadingReport,
    expected,
    measured,
    read_bundle,
)
from openketamine.core.screening import Evaluation, override_reasons, questions

# What whoever signs says with it, word for word, inside of what is signed (21 CFR 11.50).
MEANINGS: Mapping[str, str] = {
    "finding_overridden": "I have read this finding and go on in spite of it, today.",
    "evaluation_recorded": "I have read this evaluation, as it stands here.",
}


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
    body = {"question": question, "value": answer.value, "note": note}
    _append(person, "question_answered", body, by, now)


def record_evaluation(person: Person, evaluation: Evaluation, by: Staff, now: datetime) -> str:
    """What the rules said, as it was read, with all it rests on; the id of the new fact.

    Beside the evaluation the record keeps what may be called otherwise later: the person's name,
    the dates and origins of the facts, and who signed the overrides.
    """
    body = evaluation.as_json() | as_read(queries.known(person), evaluation)
    body["meaning"] = MEANINGS["evaluation_recorded"]
    return _append(person, "evaluation_recorded", body, by, now)


@dataclass(frozen=True)
class Overriding:
    """Which rule is set aside, under which protocol, and why.

    `shown`: the stamp of the page on which it was read; None where nobody read a page.
    """

    protocol: str
    rule: str
    reason_code: str
    reason: str
    shown: str | None = None


def override(
    person: Person,
    asked: Overriding,
    proof: Proof,
    now: datetime,
    past: tuple[PastSession, ...] = (),
) -> None:
    """A prescriber goes on in spite of one rule, today, with a reason and a fresh proof.

    `past`: sessions before, where the rule speaks of the next dose. The same override sent twice is
    one. Raises BadInput where the rule was not found, may not be overridden or is set aside
    already, where something was added that the prescriber has not seen, and where the proof is not
    of a prescriber, given just now.
    """
    may = can(proof.staff, "finding.override")
    if not may or not proof.is_fresh(now):
        raise BadInput("proof", may.why or "a proof of identity given just now")
    _checked_reason(asked)
    body = {"rule": asked.rule, "reason_code": asked.reason_code, "reason": asked.reason.strip()}
    with transaction.atomic():
        _in_line(person)
        if not _signed_before(queries.known(person), asked, body, proof, now, past):
            signed = {**body, "meaning": MEANINGS["finding_overridden"]}
            _append(person, "finding_overridden", signed, proof.staff, now)


def _in_line(person: Person) -> None:
    """Nobody imports, answers or overrides for this person until the transaction ends."""
    Person.objects.select_for_update().get(pk=person.pk)
    journal.lock(person.stream)


def _signed_before(
    known: Known,
    asked: Overriding,
    body: Mapping[str, str],
    proof: Proof,
    now: datetime,
    past: tuple[PastSession, ...],
) -> bool:
    """Whether this very override is there already. Raises BadInput where it may not be signed."""
    day = timezone.localdate(now)
    before = known.signed_on(day).get(asked.rule)
    if before is not None:
        mine = {"rule": before.rule, "reason_code": before.reason_code, "reason": before.reason}
        if mine == body and before.by == proof.staff.display_name:
            return True
        raise BadInput("rule", f"a rule that still stands; {asked.rule} was {set_aside(before)}")
    if asked.shown is not None and (added := changed_since(known, asked.shown, day)):
        raise BadInput("shown", unseen(added))
    _checked_rule(known, asked, day, past)
    return False


def _person(record: PersonRecord, now: datetime) -> tuple[Person, bool]:
    """The person of this record number here, with the name as it is now; or a new one."""
    told = record.person
    names = {"family": told.family, "given": told.given, "sex": told.sex}
    person, is_new = Person.objects.select_for_update().get_or_create(
        mrn=told.mrn,
        site_id=sites.here(),
        defaults={**names, "birth_date": told.birth_date, "created": now},
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
    name = f"{asked.text[:1].upper()}{asked.text[1:]}"
    if asked.choices:
        if answer.value not in asked.choices:
            raise BadInput(name, " or ".join(asked.choices), answer.value)
        return
    if not expected(answer.question):
        # Nothing that is typed here would reach the rules, and the question would fall silent.
        raise BadInput(name, "a corrected record, imported again", answer.value)
    try:
        measured(answer)
    except BadInput as error:
        raise BadInput(name, error.expected, answer.value) from None


def _checked_reason(asked: Overriding) -> None:
    for name, value in (("reason_code", asked.reason_code), ("reason", asked.reason)):
        if not value.strip():
            raise BadInput(name, "why this person is treated in spite of the rule")
    codes = [one.code for one in override_reasons()]
    if asked.reason_code not in codes:
        raise BadInput("reason_code", f"one of {', '.join(codes)}", asked.reason_code)


def _checked_rule(
    known: Known, asked: Overriding, day: date, past: tuple[PastSession, ...]
) -> None:
    evaluation = known.evaluated(asked.protocol, day)
    dose = propose(known.record, asked.protocol, day, past, evaluation)
    # A rule may speak of the person or of the next dose, and both say whether it may be overridden.
    found = [one for one in (*evaluation.findings, *dose.findings) if one.rule == asked.rule]
    if not found:
        raise BadInput("rule", "a rule that found something in this person's record", asked.rule)
    if not any(finding.overridable for finding in found):
        why = found[0].summary
        raise BadInput("rule", f"a rule that may be overridden; {asked.rule} may not ({why})")


def _append(person: Person, kind: str, body: Mapping[str, Any], by: Staff, now: datetime) -> str:
    entry = journal.Entry(str(uuid.uuid4()), kind, body, now, author_of(by), origin="patients")
    journal.append(person.stream, [entry], now)
    return entry.id
