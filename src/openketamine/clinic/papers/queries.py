"""Reading consents, wishes and papers of a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from openketamine.clinic.checkins import speech
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.papers.models import Text
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions import queries as sessions
from openketamine.clinic.staff.roles import ROLES
from openketamine.core.course import CourseState
from openketamine.core.course import facts as f
from openketamine.core.course import language_of as course_language
from openketamine.core.course.papers import (
    FIRST,
    Shown,
    consent_due,
    consent_for,
    consents,
    day,
    is_needed,
    last_given,
    sha256_of,
    shown,
    title_of,
    withdrawn,
)
from openketamine.core.course.papers import (
    is_reviewed as text_is_reviewed,
)
from openketamine.core.dosing import protocol, protocols
from openketamine.core.findings import Finding
from openketamine.core.log import Happened
from openketamine.knowledge import document, names

_ASK = gettext_noop("ask for our number before you leave")
TOPICS: Mapping[str, str] = {
    "goal": gettext_noop("What I hope for"),
    "music": gettext_noop("Music"),
    "eye_mask": gettext_noop("Eye mask and light"),
    "touch": gettext_noop("Touch"),
    "company": gettext_noop("Who may be there"),
    "other": gettext_noop("Anything else"),
}
"""What a person can wish for, in the order of the page."""


@dataclass(frozen=True)
class Standing:
    """One consent of one person: signed, taken back, or asked for, and why.

    `state`: in_force, due, withdrawn or open (never signed). `protocol` is empty for a consent of
    its own.
    """

    consent: str
    title: str
    protocol: str
    protocol_title: str
    state: str
    given: Happened[f.ConsentGiven] | None
    withdrawn: Happened[f.ConsentWithdrawn] | None
    findings: tuple[Finding, ...]
    text_is_kept: bool


@dataclass(frozen=True)
class Wish:
    """The last of a topic, and who wrote it."""

    topic: str
    title: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Given:
    """One paper that left the house."""

    title: str
    to: str
    how: str
    language: str
    sha256: str
    by: str
    at: datetime
    signed: bool
    session: str


def standings(person: Person, now: datetime) -> list[Standing]:
    """Every consent: of each treatment that this person has or had, then those of their own."""
    state, local = outcomes.facts_of(person), timezone.localtime(now)
    rows = [_of_treatment(person, state, one, local) for one in planned(person)]
    return rows + [_of_its_own(state, one) for one in consents() if not is_needed(one)]


def planned(person: Person) -> list[str]:
    """The protocols of this person's sessions, the newest first, each once. Before the first it is
    that of the visit which was arranged: who comes tomorrow reads the instructions today."""
    found = [one.protocol_id for one in sessions.sessions_of(person.pk)]
    visit = None if found else outcomes.facts_of(person).last(f.VisitArranged)
    if visit is not None:
        found.append(visit.body.protocol_id)
    return [one for one in dict.fromkeys(found) if one in protocols()]


def _of_treatment(person: Person, state: CourseState, protocol_id: str, now: datetime) -> Standing:
    consent = consent_for(protocol(protocol_id).drug)
    found = consent_due(state, sessions.wanted_of(person, protocol_id), now)
    back = withdrawn(state, consent)
    given = last_given(state, consent)
    word = "in_force" if not found else "withdrawn" if back else "due" if given else "open"
    return _standing(consent, protocol_id, word, given, back, found)


def _of_its_own(state: CourseState, consent: str) -> Standing:
    given, back = last_given(state, consent), withdrawn(state, consent)
    word = "withdrawn" if back else "in_force" if given else "open"
    return _standing(consent, "", word, given, back, ())


def _standing(
    consent: str,
    protocol_id: str,
    word: str,
    given: Happened[f.ConsentGiven] | None,
    back: Happened[f.ConsentWithdrawn] | None,
    found: tuple[Finding, ...],
) -> Standing:
    return Standing(
        consent=consent,
        title=title_of(consent),
        protocol=protocol_id,
        protocol_title=protocol(protocol_id).title if protocol_id else "",
        state=word,
        given=given,
        withdrawn=back,
        findings=found,
        text_is_kept=given is not None and kept(given.body.sha256) is not None,
    )


def shown_to(person: Person, consent: str, protocol_id: str) -> Shown:
    """The consent as this person reads it now, in their language where it exists in it."""
    planned_for = protocol(protocol_id) if protocol_id else None
    language = language_of(person)
    return shown(consent, planned_for, language, house_words(language))


def is_reviewed(consent: str, language: str) -> bool:
    """Whether a clinician read this consent in this language; English counts as its own review."""
    return language == FIRST or text_is_reviewed(document("consents", consent), language)


def house_words(language: str) -> dict[str, str]:
    """What no protocol knows: how the clinic is reached."""
    with speech.speaking(language):
        return {"phone": settings.OPENKETAMINE_CLINIC_PHONE or gettext(_ASK)}


def language_of(person: Person) -> str:
    """The language in which this person is written to; English where nobody has said."""
    return course_language(outcomes.facts_of(person))


def wishes(person: Person) -> list[Wish]:
    """The last of each topic, in the order of the page."""
    return wishes_in(outcomes.facts_of(person))


def wishes_in(state: CourseState) -> list[Wish]:
    """The same out of a course. A topic that was emptied is gone."""
    last = {one.body.topic: one for one in state.all(f.WishWritten)}
    return [
        Wish(topic, title, one.body.text, one.by.name, one.at)
        for topic, title in TOPICS.items()
        if (one := last.get(topic)) is not None and one.body.text
    ]


def given_papers(person: Person) -> list[Given]:
    """Every paper that left the house, the newest first."""
    return [
        Given(
            title=_title(one.body.template),
            to=one.body.to,
            how=one.body.how,
            language=one.body.language,
            sha256=one.body.sha256,
            by=one.by.name,
            at=one.at,
            signed=bool(one.body.meaning),
            session=one.body.session,
        )
        for one in reversed(outcomes.facts_of(person).all(f.PaperGiven))
    ]


def _title(template: str) -> str:
    known = template in names("letters")
    return document("letters", template).title if known else template.capitalize()


def is_of(person: Person, sha256: str) -> bool:
    """Whether this text was signed by or given to this person: the hash alone opens nothing."""
    state = outcomes.facts_of(person)
    signed = {one.body.sha256 for one in state.all(f.ConsentGiven)}
    return sha256 in signed | {one.body.sha256 for one in state.all(f.PaperGiven)}


def kept(sha256: str) -> Text | None:
    """The words under a hash; None where they were never kept here."""
    return Text.objects.filter(pk=sha256).first()


def is_true(text: Text) -> bool:
    """Whether the words still have the hash that was signed."""
    content: Any = text.content
    return sha256_of(content) == text.sha256


def signature_of(person: Person, sha256: str) -> dict[str, str] | None:
    """Who signed these words, as paper prints it; None for a paper that nobody signs."""
    state = outcomes.facts_of(person)
    consent = [one for one in state.all(f.ConsentGiven) if one.body.sha256 == sha256]
    if consent:
        return _of_consent(state, consent[-1])
    signed = [
        one for one in state.all(f.PaperGiven) if one.body.sha256 == sha256 and one.body.meaning
    ]
    return _signed(signed[-1]) if signed else None


def _signed(one: Happened[Any]) -> dict[str, str]:
    return {"by": one.by.name, "role": ROLES.get(one.by.role, one.by.role), "at": _at(one.at)}


def _of_consent(state: CourseState, given: Happened[f.ConsentGiven]) -> dict[str, str]:
    back = withdrawn(state, given.body.consent)
    later = last_given(state, given.body.consent)
    answers = given.body.answers
    return _signed(given) | {
        "signed_as": given.body.signed_as,
        "helped_by": given.body.helped_by,
        "questions": ", ".join(f"{name}: {_choices(answers[name])}" for name in answers),
        "withdrawn": _at(back.at) if back and later and later.fact.id == given.fact.id else "",
    }


def _choices(value: Any) -> str:
    given = value if isinstance(value, list | tuple) else [value]
    return " then ".join(str(one).replace("-", " ") for one in given)


def _at(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{day(local)} {local:%H:%M}"
