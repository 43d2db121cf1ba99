"""The only writers of consents, wishes and papers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from openketamine.clinic.checkins import queueing
from openketamine.clinic.checkins.kinds import PAGE, kind_of
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.outcomes import commands as outcomes
from openketamine.clinic.outcomes import queries as courses
from openketamine.clinic.papers.models import Text
from openketamine.clinic.papers.queries import TOPICS, shown_to
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions import commands as sessions
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.course import facts as f
from openketamine.core.course.check_ins import contact_of, derived_id
from openketamine.core.course.papers import (
    consents,
    is_needed,
    last_given,
    sha256_of,
    taken_back,
    understood,
    withdrawn,
)
from openketamine.core.findings import BadInput
from openketamine.core.log import Author

LONGEST_WISH = 1000
_SUBJECT = gettext_noop("A page from your clinic, to read")
_LINK_WAITS = timedelta(days=1)
_LONGEST_NAME = 120


def sign_consent(
    person: Person,
    consent: str,
    protocol_id: str,
    said: Mapping[str, Any],
    by: Staff | Author,
    now: datetime,
) -> None:
    """A person signs what they read. `said`: `sha256` of what was on the screen, `answers`,
    `signed_as`, `helped_by`, and `id`, which makes a repeat harmless.

    Raises BadInput where the text is another one by now, where the answers do not show that it was
    understood, or where no name was written.
    """
    read = shown_to(person, consent, protocol_id)
    if said.get("sha256") != read.sha256:
        raise BadInput("text", "the text as it is now: it has changed, read it again")
    answers = dict(said.get("answers") or {})
    how = understood(consent, read.questions, answers)
    if not how.enough:
        raise BadInput("answers", f"enough right answers; {how.right} of {how.of} are right")
    body = f.ConsentGiven(
        consent=consent,
        version=read.version,
        sha256=read.sha256,
        elements=tuple(part.element for part in read.parts),
        answers=answers,
        signed_as=_name(said.get("signed_as"), "signed_as", required=True),
        language=read.language,
        helped_by=_name(said.get("helped_by"), "helped_by", required=False),
        meaning=read.meaning,
        covers=read.covers.as_json() if read.covers else {},
    )
    with transaction.atomic():
        keep("consent", read.as_json(), now)
        outcomes.record(person, body, by, now, id=said.get("id") or None)
    sessions.answer_consent(person, now)


def withdraw_consent(
    person: Person, consent: str, reason: str, by: Staff | Author, now: datetime
) -> None:
    """From this moment the consent does not hold; an open session hears of it at once.

    Raises BadInput where none is in force.
    """
    if consent not in consents():
        raise BadInput("consent", "a consent that exists", consent)
    with transaction.atomic():
        state = outcomes.in_line(person)
        if last_given(state, consent) is None or withdrawn(state, consent) is not None:
            raise BadInput("consent", "one that was signed and not taken back")
        back = f.ConsentWithdrawn(consent, reason.strip()[:400])
        written = outcomes.record(person, back, by, now)
        if is_needed(consent):
            # Taken back at home nobody would see it before the next visit.
            outcomes.record(person, taken_back(consent, written.id, now), outcomes.CLOCK, now)
    sessions.answer_consent(person, now)


def write_wishes(person: Person, said: Mapping[str, str], by: Staff | Author, now: datetime) -> int:
    """What changed of the wishes; how many topics. An empty text takes a wish away."""
    with transaction.atomic():
        before = {one.body.topic: one.body.text for one in _wishes(person)}
        new = {
            topic: said[topic].strip()[:LONGEST_WISH]
            for topic in TOPICS
            if topic in said and said[topic].strip() != before.get(topic, "")
        }
        for topic, text in new.items():
            outcomes.record(person, f.WishWritten(topic, text), by, now)
    return len(new)


def give_paper(
    person: Person,
    template: str,
    version: str,
    content: Mapping[str, Any],
    by: Staff,
    now: datetime,
    *,
    to: str = "person",
    how: str = "printed",
    session: str = "",
) -> str:
    """A paper leaves the house: its words are kept under their hash, which comes back."""
    return _give(
        person, template, version, content, by, now, to=to, how=how, session=session, meaning=""
    )


def sign_letter(
    person: Person,
    content: Mapping[str, Any],
    read: str,
    proof: Proof,
    now: datetime,
    *,
    meaning: str,
) -> str:
    """A prescriber signs the letter that was on the screen, with a fresh proof; its hash is given.

    Raises BadInput where the letter is another one by now, or the proof is not fresh.
    """
    if sha256_of(content) != read:
        raise BadInput("letter", "the letter as it is now: something was added, read it again")
    if not proof.is_fresh(now):
        raise BadInput("proof", "a proof of this moment")
    return _give(
        person,
        "course-letter",
        str(content["version"]),
        content,
        proof.staff,
        now,
        to="referrer",
        how="signed, to be sent",
        session="",
        meaning=meaning,
    )


def _give(
    person: Person,
    template: str,
    version: str,
    content: Mapping[str, Any],
    by: Staff,
    now: datetime,
    *,
    to: str,
    how: str,
    session: str,
    meaning: str,
) -> str:
    with transaction.atomic():
        sha256 = keep(template, content, now)
        body = f.PaperGiven(
            template=template,
            version=version,
            sha256=sha256,
            to=to,
            how=how,
            language=str(content.get("language", "en")),
            meaning=meaning,
            session=session,
        )
        outcomes.record(person, body, by, now)
    return sha256


def send_link(person: Person, purpose: str, now: datetime, *, days: int) -> datetime:
    """A link on its way to the person by mail or text. Its purpose makes a repeat harmless.

    When it leaves: now, or when the hours end in which they want no message.

    Raises BadInput where nobody has said how this person is written to, or they want no messages.
    """
    if contact_of(courses.facts_of(person)) is None:
        raise BadInput("contact", "somebody who can be written to; set it under Check-ins")
    with transaction.atomic():
        row, _ = Message.objects.get_or_create(
            id=derived_id(str(person.pk), purpose),
            defaults={
                "person": person,
                "kind": PAGE,
                "about": purpose[:80],
                "detail": {"purpose": purpose, "days": days, "subject": _SUBJECT},
                "not_before": now,
                "give_up_at": now + _LINK_WAITS,
            },
        )
        queueing.enqueue([row.pk])
    return kind_of(PAGE).not_before(row, now)


def keep(kind: str, content: Mapping[str, Any], now: datetime) -> str:
    """Words under their hash; the same words are kept once."""
    sha256 = sha256_of(content)
    Text.objects.bulk_create(
        [Text(sha256=sha256, kind=kind, content=content, kept_at=now)], ignore_conflicts=True
    )
    return sha256


def _wishes(person: Person) -> tuple[Any, ...]:
    return outcomes.in_line(person).all(f.WishWritten)


def _name(value: object, field: str, *, required: bool) -> str:
    name = str(value or "").strip()
    if (required and len(name) < 2) or len(name) > _LONGEST_NAME:
        raise BadInput(field, "a name as it is written")
    return name
