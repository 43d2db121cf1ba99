"""What staff read of check-ins: how each stands, and the missing scores with their causes."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from openketamine.clinic.checkins import words
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.journal.models import Head
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.patients.models import Person
from openketamine.core.course import CourseState, facts, language_of
from openketamine.core.course.check_ins import (
    CheckIn,
    Planned,
    check_ins,
    house_form,
    is_house_form,
    planned_check_ins,
)
from openketamine.core.scoring import instrument

CAUSES = {
    "not_opened": "Message sent, link never opened",
    "not_finished": "Begun, not finished",
    "bounced": "The message came back",
    "no_address": "No address on record",
    "opted_out": "Wants no messages",
    "post_down": "Mail or text was down",
    "not_known": "Nobody knows whether the message left",
    "not_asked": "Not asked: it fell into quiet hours, or the clinic's machine was off",
    "no_words": "The site has no licensed words for it",
}


@dataclass(frozen=True)
class Row:
    """One check-in of one person as staff read it. `missing`: no words that may be shown;
    `in_english`: asked in English though the person speaks another language."""

    id: str
    says: str
    due_at: datetime
    closes_at: datetime
    state: str
    detail: str
    forms: tuple[str, ...]
    missing: tuple[str, ...]
    in_english: tuple[str, ...]
    may_send: bool
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Missing:
    """A score that should be there and is not."""

    person: Person
    form: str
    says: str
    closed_at: datetime
    cause: str
    why: str


def rows_of(person: Person, state: CourseState, now: datetime) -> list[Row]:
    """Every check-in of a person up to now and the next ones, the newest first."""
    known = check_ins(state)
    plan = planned_check_ins(state, settings.TIME_ZONE)
    upcoming = [one for one in plan if one.due_at > now][:4]
    shown = [one for one in plan if one.due_at <= now or one.id in known] + upcoming
    unique = {one.id: one for one in shown}
    waiting = set(
        Message.objects.filter(person=person, state__in=("waiting", "taken")).values_list(
            "about", flat=True
        )
    )
    rows = [_row(state, one, known.get(one.id), now, one.id in waiting) for one in unique.values()]
    return sorted(rows, key=lambda one: one.due_at, reverse=True)


def missing_scores() -> tuple[list[Missing], Counter[str]]:
    """Every instrument of a closed check-in without a score, newest first; how often each cause.

    Only instruments: a question of the house that was not answered is on the person's own page.
    """
    found: list[Missing] = []
    people = Person.objects.in_bulk(_with_course())
    for person in people.values():
        found += _missing_of(person, outcomes.state_of(person))
    found.sort(key=lambda one: one.closed_at, reverse=True)
    return found, Counter(one.cause for one in found)


def title_of(form: str) -> str:
    """A form as a person calls it."""
    return house_form(form).title if is_house_form(form) else instrument(form).title


def _with_course() -> list[str]:
    streams = Head.objects.filter(stream__startswith="course:").values_list("stream", flat=True)
    return [one.removeprefix("course:") for one in streams]


def _missing_of(person: Person, state: CourseState) -> list[Missing]:
    known, found = check_ins(state), []
    for one in planned_check_ins(state, settings.TIME_ZONE):
        here = known.get(one.id)
        if here is None or not here.over:
            continue
        for form, cause in _without_score(state, one, here):
            found.append(
                Missing(person, title_of(form), one.step.says, one.closes_at, cause, CAUSES[cause])
            )
    return found


def _without_score(state: CourseState, one: Planned, here: CheckIn) -> list[tuple[str, str]]:
    """(form, cause) of each instrument that this check-in should have scored."""
    scored = {
        taken.body.instrument
        for taken in state.all(facts.ScoreTaken)
        if taken.body.check_in == one.id and taken.body.total is not None
    }
    wanted = [form for form in one.forms if not is_house_form(form) and form not in scored]
    no_words = set(words.not_shown(one.forms, language_of(state)))
    cause = here.missed.body.cause if here.missed else "not_finished"
    return [(form, "no_words" if form in no_words else cause) for form in wanted]


def _row(state: CourseState, one: Planned, here: CheckIn | None, now: datetime, waits: bool) -> Row:  # noqa: FBT001
    missing = words.not_shown(one.forms, language_of(state))
    word, detail = _how(one, here, now, waits)
    open_now = one.due_at <= now < one.closes_at and not (here and here.over)
    return Row(
        id=one.id,
        says=one.step.says,
        due_at=timezone.localtime(one.due_at),
        closes_at=timezone.localtime(one.closes_at),
        state=word,
        detail=detail,
        forms=tuple(title_of(form) for form in one.forms),
        missing=tuple(title_of(form) for form in missing),
        in_english=_in_english(one.forms, missing, language_of(state)),
        may_send=open_now and not waits,
        answers=_answers(here) if here else (),
    )


def _in_english(forms: tuple[str, ...], missing: tuple[str, ...], language: str) -> tuple[str, ...]:
    asked = (one for one in forms if not is_house_form(one) and one not in missing)
    return tuple(title_of(one) for one in asked if not words.is_in(one, language))


def _answers(here: CheckIn) -> tuple[tuple[str, str], ...]:
    """(question, answer) of the house's own questions; instruments stand on the course page."""
    found = []
    for (form, item), reply in here.replies.items():
        if is_house_form(form):
            asked = next((one for one in house_form(form).questions if one.id == item), None)
            if asked is not None:
                said = {answer: says for answer, says, _ in asked.answers}
                value = reply.body.answer
                words_of = "Would rather not answer" if value is None else str(value)
                found.append((asked.ask, said.get(value, words_of)))
    return tuple(found)


def _how(one: Planned, here: CheckIn | None, now: datetime, waits: bool) -> tuple[str, str]:  # noqa: FBT001
    """One word, and what stands behind it."""
    if here is not None and here.finished_at:
        return "finished", f"{timezone.localtime(here.finished_at):%d-%b-%Y %H:%M}"
    if here is not None and here.missed:
        return "missed", CAUSES.get(here.missed.body.cause, here.missed.body.cause)
    if one.due_at > now:
        return "planned", ""
    if here is not None and here.opened_at:
        return "begun", f"{len(here.replies)} answered"
    if waits:
        return "on its way", ""
    if here is not None and here.undelivered and not here.invited:
        return "not delivered", CAUSES.get(here.undelivered[-1].body.cause, "")
    if here is not None and here.invited:
        return "sent", f"{len(here.invited)} message{'s' if len(here.invited) > 1 else ''}"
    return "not sent", ""
