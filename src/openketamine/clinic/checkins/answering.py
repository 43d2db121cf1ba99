"""What a person answers, written down the moment it is given; and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from openketamine.clinic.checkins import links, telling, words
from openketamine.clinic.checkins.models import Link, Message
from openketamine.clinic.outcomes.commands import CLOCK, in_line, record, review, tell, the_person
from openketamine.clinic.patients.models import Person
from openketamine.core.course import CourseState, Task, facts, language_of, tasks
from openketamine.core.course.check_ins import (
    CheckIn,
    Screen,
    answers_taken_back,
    check_ins,
    derived_id,
    is_house_form,
    is_said_again,
    milder_tasks,
    read_answer,
    screens,
    suicide_task,
    tasks_of,
)
from openketamine.core.findings import BadInput
from openketamine.core.scoring import score

PLACE = "check-in"
# The way to their own page, for who has just finished.
AFTERWARDS = "own:afterwards"
_SEXES = ("female", "male")


@dataclass(frozen=True)
class Asked:
    """A check-in as it stands: every screen, given what was answered, and the language."""

    check_in: CheckIn
    every: tuple[Screen, ...]
    answers: Mapping[tuple[str, str], Any]
    language: str
    says: str = ""

    @property
    def answered(self) -> int:
        """How many of the screens have an answer."""
        return sum((one.form, one.item) in self.answers for one in self.every)


def asked(person: Person, check_in_id: str, state: CourseState) -> Asked | None:
    """The check-in of a link; None where no message ever asked for it.

    Whoever holds a link was asked, though the record may not know that the message left.
    """
    check_in = check_ins(state).get(check_in_id) or CheckIn(check_in_id)
    forms = check_in.asked.instruments if check_in.asked else _forms_on_the_way(check_in_id)
    if not forms:
        return None
    language = language_of(state)
    answers = {key: reply.body.answer for key, reply in check_in.replies.items()}
    visit = state.last(facts.VisitArranged)
    every = screens(
        forms,
        answers,
        words.shown(forms, language),
        sex=person.sex,
        way=words.way_of(visit.body.protocol_id) if visit else "",
        language=language,
    )
    return Asked(check_in, every, answers, language)


def open_check_in(person: Person, check_in_id: str, now: datetime) -> None:
    """The link was opened for the first time."""
    with transaction.atomic():
        one = check_ins(in_line(person)).get(check_in_id)
        if one is None or one.opened_at is None:
            name = derived_id(check_in_id, "opened")
            record(person, facts.CheckInOpened(check_in_id), the_person(person), now, id=name)


def answer(link: Link, form: str, item: str, said: str, now: datetime) -> None:
    """Write an answer, and open what it asks somebody to do, in one transaction.

    The same answer again, as a finger that taps twice gives it, writes nothing, unless it speaks of
    suicide and what it asked for was closed in between. Raises BadInput for a question that is not
    asked, an answer that it does not have, or a check-in that is over.
    """
    person, name = link.person, check_in_of(link)
    with transaction.atomic():
        state = in_line(person)
        now_asked = asked(person, name, state)
        if now_asked is None or now_asked.check_in.over:
            raise BadInput("check-in", "one that is not over")
        screen = _screen(now_asked, form, item)
        value = read_answer(screen, said)
        if _is_written(now_asked.check_in, form, item, value, state):
            return
        record(person, facts.ReplyGiven(name, form, item, value), the_person(person), now)
        follow_up(person, name, now)
    tell(now)


def _is_written(check_in: CheckIn, form: str, item: str, value: object, state: CourseState) -> bool:
    """Whether this answer stands already and nobody has closed what it asked for since."""
    before = check_in.replies.get((form, item))
    if before is None or before.body.answer != value:
        return False
    return not is_said_again(check_in, form, item, _tasks(state))


def follow_up(person: Person, check_in_id: str, now: datetime) -> None:
    """Open the tasks that the answers ask for, close those that they no longer do. Under the lock
    of the person's course."""
    state = in_line(person)
    one = check_ins(state)[check_in_id]
    known = _tasks(state)
    grave = suicide_task(one, known, now)
    if grave is not None:
        _open(person, grave, now)
        for milder in milder_tasks(check_in_id, grave, known):
            _close(person, known[milder], f"In its place: {grave.summary}", now)
    visit = state.last(facts.VisitArranged)
    before = visit.body.starts_at if visit else None
    for task in tasks_of(one, known, now, before):
        _open(person, task, now)
    for name in answers_taken_back(one, known):
        _close(person, known[name], "The person changed the answer", now)
    telling.mail_tasks(person, now)


def finish(link: Link, now: datetime) -> Link | None:
    """The last question was answered: scores are taken, the link is dead. What comes back is the
    way to the person's own page, for this device and a short while; None where something is still
    unanswered."""
    person, name = link.person, check_in_of(link)
    with transaction.atomic():
        state = in_line(person)
        now_asked = asked(person, name, state)
        if now_asked is None or now_asked.answered < len(now_asked.every):
            return None
        if not now_asked.check_in.over:
            take_scores(person, now_asked, now)
            done = derived_id(name, "finished")
            record(person, facts.CheckInFinished(name), the_person(person), now, id=done)
        review(person, now)
        links.finish(link.purpose, now)
        return links.hand_on(link, AFTERWARDS, now, good_for=links.KNOWN_FOR)


def take_scores(person: Person, now_asked: Asked, now: datetime) -> None:
    """One score of each instrument that has an answer, complete or not."""
    for form in dict.fromkeys(one.form for one in now_asked.every if not is_house_form(one.form)):
        if any(key[0] == form for key in now_asked.answers):
            body = _score(person, form, now_asked)
            name = derived_id(now_asked.check_in.id, "score", form)
            record(person, body, the_person(person), now, id=name)


def check_in_of(link: Link) -> str:
    """The check-in that a link is for."""
    return link.purpose.partition(":")[2]


def _forms_on_the_way(check_in_id: str) -> tuple[str, ...]:
    """What a message asks for that left, or may have."""
    row = Message.objects.filter(about=check_in_id, taken_at__isnull=False).first()
    return tuple(row.detail.get("forms", ())) if row else ()


def _score(person: Person, form: str, now_asked: Asked) -> facts.ScoreTaken:
    known = words.shown((form,), now_asked.language)[form]
    given = tuple(now_asked.answers.get((form, str(item.number))) for item in known.items)
    found = score(form, given, sex=person.sex if person.sex in _SEXES else None)
    total = found.total
    return facts.ScoreTaken(
        instrument=form,
        version=found.version,
        answers=given,
        total=Decimal(total) if isinstance(total, Decimal) else total,
        band=found.band or "",
        flags=tuple(one.says for one in found.flags),
        note=found.note,
        check_in=now_asked.check_in.id,
        language=now_asked.language if words.is_in(form, now_asked.language) else "en",
    )


def _screen(now_asked: Asked, form: str, item: str) -> Screen:
    for one in now_asked.every:
        if (one.form, one.item) == (form, item):
            return one
    raise BadInput("item", "a question of this check-in", f"{form} {item}"[:80])


def _open(person: Person, task: facts.TaskOpened, now: datetime) -> None:
    record(person, task, CLOCK, now, id=derived_id(task.task_id, "opened"))


def _close(person: Person, task: Task, why: str, now: datetime) -> None:
    """By the clock of the house, and never a task that somebody has in hand."""
    if not task.takes:
        name = task.task_id
        record(person, facts.TaskClosed(name, why), CLOCK, now, id=derived_id(name, "closed"))


def _tasks(state: CourseState) -> dict[str, Task]:
    return {one.task_id: one for one in tasks(state)}
