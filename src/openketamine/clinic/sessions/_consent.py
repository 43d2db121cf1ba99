"""What the person signed, as a session needs it: the answer to the question about the consent.

A consent that is on paper only is answered by a nurse, as before. Once somebody has signed here,
the signature answers it: when the session is opened, and again whenever one is signed or taken
back; and the start asks it once more, whatever was answered by hand. Taken back while drug is in
the person it is a finding on every screen at once, which calls somebody; a human decides.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions._fold import folded
from openketamine.clinic.sessions._writing import RULES, append, entry, fact_of, in_line
from openketamine.clinic.sessions.models import Session
from openketamine.core.course import CourseState, decode_fact, fold_course
from openketamine.core.course.papers import Wanted, consent_due, consent_for, last_given, withdrawn
from openketamine.core.dosing import protocol
from openketamine.core.findings import Finding
from openketamine.core.history import Answer, PersonRecord
from openketamine.core.treatment import ChecklistAnswered, State, advance, symptom_changes

_CHECKLIST, _ITEM = "pre-dose", "consent"


def consent_findings(session: Session, state: State, now: datetime) -> tuple[Finding, ...] | None:
    """What is against the consent that was signed here for this session; None where nobody has
    signed one here and only a nurse can say."""
    course = _course(session.person)
    if last_given(course, consent_for(protocol(session.protocol_id).drug)) is None:
        return None
    wanted = wanted_of(session.person, session.protocol_id, state)
    return consent_due(course, wanted, timezone.localtime(now))


def wanted_of(person: Person, protocol_id: str, state: State | None = None) -> Wanted:
    """What the consent must hold for: the protocol, the plan where one is signed, and what the
    record says of pregnancy and of the capacity to consent."""
    record = patients.record(person)
    plan = state.plan.body if state is not None and state.plan else None
    return Wanted(
        protocol=protocol(protocol_id),
        dose_ug=plan.dose_ug if plan else None,
        dose_ug_per_kg=plan.dose_ug * 1000 // plan.weight_g if plan and plan.weight_g else None,
        pregnant_since=_since(record, "pregnancy", "pregnant"),
        incapable_since=_since(record, "capacity", "no"),
    )


def answer_consent(person: Person, now: datetime) -> None:
    """Answer the question about the consent in every open session of this person."""
    for one in Session.objects.filter(person=person, closed_at__isnull=True):
        with transaction.atomic():
            write_answer(in_line(one.pk), now)


def write_answer(session: Session, now: datetime) -> None:
    """The answer that the signature gives, where it gives one and it is not there already."""
    state = folded(session.stream).state
    found = consent_findings(session, state, now)
    if found is None or (state.started_at is not None and not _is_taken_back(session, state)):
        return
    said = _said(session, found)
    if _last(state) == said:
        return
    answered = entry(said, now, RULES, origin="rules")
    raised = symptom_changes(advance(state, fact_of(answered)), now)
    append(session, [answered, *(entry(one, now, RULES, origin="rules") for one in raised)], now)


def _is_taken_back(session: Session, state: State) -> bool:
    """Whether it was taken back while the person is still here with drug in them. That it must be
    signed again for another reason is asked before the next dose and stops none that runs."""
    if state.phase in ("discharged", "closed"):
        return False
    return (
        withdrawn(_course(session.person), consent_for(protocol(session.protocol_id).drug))
        is not None
    )


def _last(state: State) -> ChecklistAnswered | None:
    given = [
        one.body
        for one in state.all(ChecklistAnswered)
        if (one.body.checklist, one.body.item) == (_CHECKLIST, _ITEM)
    ]
    return given[-1] if given else None


def _said(session: Session, found: tuple[Finding, ...]) -> ChecklistAnswered:
    if found:
        note = "; ".join(one.summary for one in found)
        return ChecklistAnswered(_CHECKLIST, _ITEM, "no", note)
    given = last_given(_course(session.person), consent_for(protocol(session.protocol_id).drug))
    assert given is not None  # noqa: S101  (without a signature there are findings, or None)
    day = timezone.localtime(given.at)
    note = f"Signed here {day:%d-%b-%Y %H:%M}, version {given.body.version}"
    return ChecklistAnswered(_CHECKLIST, _ITEM, "yes", note)


def _course(person: Person) -> CourseState:
    """As much of the course as a consent rests on."""
    return fold_course(decode_fact(one.as_json()) for one in patients.about_consents(person))


def _since(record: PersonRecord, question: str, value: str) -> datetime | None:
    """Since when the newest answers say this, without a break; None where the newest does not."""
    given = sorted((a for a in record.answers if a.question == question), key=_at)
    since: datetime | None = None
    for one in given:
        since = (since or one.at) if one.value == value else None
    return since


def _at(answer: Answer) -> datetime:
    return answer.at
