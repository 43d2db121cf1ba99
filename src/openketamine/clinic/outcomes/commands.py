"""The only writer of the stream `course:<person id>`.

Whoever decides on what is there already (was this reminder sent, is this task taken) calls
`in_line` first, inside a transaction: nobody else then writes to this person's course until it
ends. Whoever takes several locks takes this one after `session:` and before `person:`.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries as journal_queries
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.outcomes import _task_rows, queries
from openketamine.clinic.outcomes.models import Reviewed
from openketamine.clinic.outcomes.models import Task as TaskRow
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions import queries as sessions
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.course import (
    Body,
    CourseState,
    Task,
    decode_body,
    encode_body,
    facts,
    kind_of,
    summary,
    tasks,
    wanted_tasks,
)
from openketamine.core.course.check_ins import suicide_level, task_of_level
from openketamine.core.findings import BadInput
from openketamine.core.log import Author
from openketamine.core.scoring import instrument, score

# The clock of the house speaks for itself: what is due, what closed, who is told next.
CLOCK = Author("clock", "OpenKetamine", "system")
_log = logging.getLogger("openketamine.outcomes")
_NAMES = uuid.UUID("a3d7cb0a-5a83-4f0e-8a0f-6f6d2b1f9c33")


def the_person(person: Person) -> Author:
    """The person themselves, who answers by a link."""
    return Author(str(person.pk), "the person", "patient")


def hold(person: Person) -> None:
    """Nobody else writes to this person's course until the transaction ends."""
    journal.lock(queries.stream_of(person))


def in_line(person: Person) -> CourseState:
    """The course as it is, locked until the transaction ends. No sessions in it."""
    hold(person)
    return queries.facts_of(person)


def record(
    person: Person,
    body: Body,
    by: Staff | Author,
    now: datetime,
    *,
    id: str | None = None,  # noqa: A002
    at: datetime | None = None,
) -> StoredFact:
    """Write one fact of a person's course; the fact as it was written comes back.

    `id`, a UUID that the caller makes, makes a repeat harmless: the same author saying the same
    under the same id finds the fact that is there, however much later. `at`: when it happened,
    where that was not now. Raises BadInput for a time that has not come, and KeyReused where the id
    was used for something else.
    """
    moment = at or now
    if moment > now:
        raise BadInput("at", "a time that has come", moment.isoformat())
    author = by if isinstance(by, Author) else author_of(by)
    stream = queries.stream_of(person)
    with transaction.atomic():
        journal.lock(stream)
        before = _before(stream, id, body, author, at)
        if before is not None:
            return before
        return _append(person, [_entry(body, author, moment, id)], now)[0]


def record_each(
    person: Person, bodies: Sequence[Body], by: Staff, now: datetime
) -> list[StoredFact]:
    """Several facts of one moment, all or none; the rows of tasks are made again once."""
    author = author_of(by)
    with transaction.atomic():
        hold(person)
        return _append(person, [_entry(one, author, now) for one in bodies], now)


def take_score(
    person: Person,
    name: str,
    answers: Sequence[int | None],
    by: Staff,
    now: datetime,
    at: datetime | None = None,
    corrects: str = "",
) -> StoredFact:
    """Somebody who works here writes down what a person answered; scored, and acted on.

    `corrects`: the id of the score that this one takes the place of, with the reason in words. What
    an answer about suicide asks for becomes a task at once. Raises BadInput.
    """
    taken = _scored(person, name, answers)
    with transaction.atomic():
        if corrects:
            written = _mend(person, corrects, encode_body(taken), "entered again", by, now)
        else:
            written = record(person, taken, by, now, at=at)
        _heed(person, taken, written.id, now)
        review(person, now)
    return written


def strike_out(person: Person, fact_id: str, reason: str, by: Staff, now: datetime) -> StoredFact:
    """This fact was wrong. It stays in sight, and counts no more. Raises BadInput."""
    if not reason.strip():
        raise BadInput("reason", "why it was wrong, in words")
    with transaction.atomic():
        written = _mend(person, fact_id, None, reason.strip(), by, now)
        review(person, now)
    return written


def take_note(
    person: Person,
    body: facts.CheckDone | facts.EventRecorded,
    by: Staff,
    now: datetime,
    at: datetime | None = None,
) -> StoredFact:
    """A check that was done or an event, with the tasks that follow. Raises BadInput."""
    with transaction.atomic():
        written = record(person, body, by, now, at=at)
        review(person, now)
    return written


def open_course(
    person: Person,
    body: facts.CourseOpened,
    by: Staff,
    now: datetime,
    at: datetime | None = None,
) -> StoredFact:
    """A course begins. Raises BadInput while another one goes on."""
    with transaction.atomic():
        if in_line(person).course is not None:
            raise BadInput("course", "no course that goes on; end it first")
        return record(person, body, by, now, at=at)


def end_course(person: Person, reason: str, note: str, by: Staff, now: datetime) -> StoredFact:
    """The course that goes on is over. Raises BadInput where there is none."""
    with transaction.atomic():
        going = in_line(person).course
        if going is None:
            raise BadInput("course", "a course that goes on")
        return record(person, facts.CourseEnded(going.body.course_id, reason, note), by, now)


def take_task(row: TaskRow, by: Staff, now: datetime) -> StoredFact:
    """Whoever presses owns the task from now on. Raises BadInput where it is not theirs to take."""
    with transaction.atomic():
        _mine(row, by)
        return record(row.person, facts.TaskTaken(row.task_id), by, now)


def close_task(row: TaskRow, outcome: str, by: Staff, now: datetime) -> StoredFact:
    """It is done, and this is what was done. Raises BadInput."""
    if not outcome.strip():
        raise BadInput("outcome", "what was done about it, in words")
    with transaction.atomic():
        _mine(row, by)
        return record(row.person, facts.TaskClosed(row.task_id, outcome.strip()), by, now)


def review(person: Person, now: datetime) -> list[StoredFact]:
    """Open the tasks that this course asks for now and that were never opened."""
    with transaction.atomic():
        journal.lock(queries.stream_of(person))
        state = queries.state_of(person)
        found = summary(state, timezone.localdate(now))
        return [_open(person, one, now) for one in wanted_tasks(state, found, now)]


def review_everybody(now: datetime) -> int:
    """`review` for all who were ever treated or have a course, and of whom something may have
    changed: a fact, a session, the day; how many tasks were opened."""
    reviewed = {one.person_id: one for one in Reviewed.objects.all()}
    heads, lately = queries.heads_of_courses(), sessions.lately(now - timedelta(days=1))
    opened = 0
    for person in Person.objects.filter(pk__in=queries.people_with_a_course()):
        before, head = reviewed.get(person.pk), heads.get(person.pk, 0)
        if before is not None and before.still_holds(head, person.pk in lately, now):
            continue
        found = len(review(person, now))
        seen = {"head": head + found, "at": now}
        Reviewed.objects.update_or_create(person=person, defaults=seen)
        opened += found
    return opened


def tell(now: datetime) -> int:
    """Tell whoever is to be told of a task now; how many facts were written."""
    told = 0
    for row in TaskRow.objects.filter(look_at__lte=now).order_by("due_at").select_related("person"):
        try:
            told += _tell(row, now)
        except Exception:  # one person's trouble must keep nobody else waiting
            _log.exception("nobody could be told of a task")
    return told


def _entry(body: Body, by: Author, at: datetime, identity: str | None = None) -> journal.Entry:
    name = identity or str(uuid.uuid4())
    return journal.Entry(name, kind_of(body), encode_body(body), at, by, origin="outcomes")


def _append(person: Person, entries: Sequence[journal.Entry], now: datetime) -> list[StoredFact]:
    """Under the lock: the facts, and beside them the rows of tasks that they open or move."""
    written = journal.append(queries.stream_of(person), entries, now)
    if any(one.kind in _task_rows.KINDS for one in entries):
        _task_rows.keep(person, queries.facts_of(person), now)
    return written


def _tell(row: TaskRow, now: datetime) -> int:
    with transaction.atomic():
        state = in_line(row.person)
        found = [one for one in tasks(state) if one.task_id == row.task_id]
        steps = found[0].untold(now) if found else ()
        for step in steps:
            body = facts.TaskTold(row.task_id, step, queries.names_for(row.person, found[0], step))
            record(row.person, body, CLOCK, now, id=_name(row.person, row.task_id, str(step)))
        if not steps:
            _task_rows.keep(row.person, state, now)
    return len(steps)


def _mine(row: TaskRow, by: Staff) -> None:
    """Under the lock: the task is open, and this person's role is one of those it asks."""
    found = [one for one in tasks(in_line(row.person)) if one.task_id == row.task_id]
    if not found or not found[0].is_open:
        raise BadInput("task", "a task that is open")
    must_be_asked(found[0], by)


def must_be_asked(task: Task, by: Staff) -> None:
    """Raises BadInput where the task does not ask somebody of this role."""
    if by.role not in task.body.roles:
        roles = ", ".join(task.body.roles).replace("_", " ")
        raise BadInput("by", f"one of those whom the task asks: {roles}")


def _open(person: Person, body: facts.TaskOpened, now: datetime) -> StoredFact:
    return record(person, body, CLOCK, now, id=_name(person, body.task_id, "opened"))


def _name(person: Person, *words: str) -> str:
    return str(uuid.uuid5(_NAMES, "|".join((str(person.pk), *words))))


def _scored(person: Person, name: str, answers: Sequence[int | None]) -> facts.ScoreTaken:
    if all(one is None for one in answers):
        raise BadInput("answers", "an answer to one question at least")
    sex = person.sex if person.sex in ("female", "male") else None
    found = score(name, tuple(answers), sex=sex)
    return facts.ScoreTaken(
        instrument=name,
        version=found.version,
        answers=tuple(answers),
        total=found.total,
        band=found.band or "",
        flags=tuple(one.says for one in found.flags),
        note=found.note,
        source="staff",
    )


def _heed(person: Person, taken: facts.ScoreTaken, fact_id: str, now: datetime) -> None:
    """An answer about suicide that was written down here asks for the same as one by a link."""
    items = instrument(taken.instrument).items
    given = {
        (taken.instrument, str(item.number)): one
        for item, one in zip(items, taken.answers, strict=False)
    }
    level = suicide_level(given)
    if level is None:
        return
    body = task_of_level(f"suicide_answer:{fact_id}", level, now, (fact_id,))
    _open(person, body, now)


def _mend(
    person: Person,
    target: str,
    replacement: Mapping[str, Any] | None,
    reason: str,
    by: Staff,
    now: datetime,
) -> StoredFact:
    """A correction of a fact of this very course; what would not be readable is refused."""
    wrong = next((one for one in in_line(person).facts if one.id == target), None)
    if wrong is None:
        raise BadInput("fact", "a fact of this course", target)
    if replacement is not None:
        decode_body(kind_of(wrong.body), replacement)
    return record(person, facts.Corrected(target, reason, replacement), by, now)


def _before(
    stream: str, identity: str | None, body: Body, by: Author, at: datetime | None
) -> StoredFact | None:
    """The fact that a repeat means: same id, author and words (and time, where one is said)."""
    try:
        found = journal_queries.fact(str(uuid.UUID(identity))) if identity else None
    except ValueError:
        raise BadInput("id", "a UUID", identity) from None
    if found is None or (found.stream, found.kind, found.by.id) != (stream, kind_of(body), by.id):
        return None
    same = dict(found.body) == encode_body(body) and (at is None or found.at == at)
    return found if same else None
