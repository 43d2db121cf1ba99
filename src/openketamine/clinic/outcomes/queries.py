"""The only readers of a person's course, and of who must act."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.models import Head
from openketamine.clinic.outcomes import _task_rows
from openketamine.clinic.outcomes.models import Task as TaskRow
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions import queries as sessions
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff import sites
from openketamine.clinic.staff.models import Staff
from openketamine.core.course import (
    CourseState,
    Fact,
    Task,
    decode_fact,
    fold_course,
    task_as_json,
)
from openketamine.core.course.check_ins import TASK as SUICIDE
from openketamine.core.course.check_ins import telephone_of

ON_A_PAGE = 50
_GRAVE = ("override", "defer", "block")


def stream_of(person: Person) -> str:
    """Where the facts of this person's courses stand."""
    return f"course:{person.pk}"


def facts_of(person: Person) -> CourseState:
    """The course alone, without a look at any session."""
    return fold_course(_facts(person), zone=timezone.get_current_timezone())


def state_of(person: Person) -> CourseState:
    """The course with every session of this person."""
    return fold_course(
        _facts(person), sessions.visits_of(person.pk), timezone.get_current_timezone()
    )


def heads_of_courses() -> dict[uuid.UUID, int]:
    """The last number of everybody's course."""
    rows = Head.objects.filter(stream__startswith="course:").values_list("stream", "number")
    return {uuid.UUID(stream.removeprefix("course:")): number for stream, number in rows}


def people_with_a_course() -> set[uuid.UUID]:
    """Everybody who was given a chair or has a fact of a course."""
    return set(heads_of_courses()) | set(Session.objects.values_list("person_id", flat=True))


def people_with_an_open_task() -> set[uuid.UUID]:
    """Everybody about whom somebody must do something."""
    return set(TaskRow.objects.filter(closed_at=None).values_list("person_id", flat=True))


def open_tasks() -> list[tuple[TaskRow, Task]]:
    """Every task that is open here, the most urgent first."""
    return [opened(row) for row in _task_rows.open_rows()]


def tasks_for(who: Staff, now: datetime) -> list[tuple[TaskRow, Task]]:
    """The open tasks that ask this person now, or that they took, the most urgent first."""
    return with_rows(asked_of(who, now))


def asked_of(who: Staff, now: datetime) -> list[tuple[uuid.UUID, Task]]:
    """The same by the ids of their rows: where only some of them are shown."""
    return _asked(_task_rows.open_rows_for(who.role, str(who.pk)), who, now)


def with_rows(found: Sequence[tuple[uuid.UUID, Task]]) -> list[tuple[TaskRow, Task]]:
    """Each task with its row and whom it is about, in one question."""
    rows = TaskRow.objects.filter(pk__in=[pk for pk, _ in found]).select_related("person")
    by_id = {row.pk: row for row in rows.defer("facts")}
    return [(by_id[pk], one) for pk, one in found if pk in by_id]


def open_by_kind() -> dict[str, int]:
    """How many tasks of each kind are open here."""
    return _task_rows.open_by_kind()


def page_of_tasks(kind: str, number: str | None) -> "Page[TaskRow]":
    """One page of the tasks that are open here, the most urgent first; of one kind where one is
    said. Only those that stand on the page are read."""
    return Paginator(_task_rows.open_rows(kind), ON_A_PAGE).get_page(number)


def opened(row: TaskRow) -> tuple[TaskRow, Task]:
    """A row with the task that it holds."""
    return row, _task_rows.task_of(row)


def check_ins_of(found: Iterable[tuple[uuid.UUID, Task]]) -> dict[str, str]:
    """By the fact that opened a task the check-in whose answers asked for it: one question for all.

    Answers about suicide are left out: each of them is looked at alone.
    """
    asked = [(person, one) for person, one in found if one.body.kind != SUICIDE]
    streams = sorted({f"course:{person}" for person, _ in asked})
    replies = journal.of_kinds(streams, ("reply_given",))
    by_id = {one.id: str(one.body["check_in"]) for some in replies.values() for one in some}
    return {
        one.fact: by_id[one.body.rests_on[0]]
        for _, one in asked
        if one.body.rests_on and one.body.rests_on[0] in by_id
    }


def tasks_of(person: Person) -> list[tuple[TaskRow, Task]]:
    """This person's tasks, closed ones too, open ones first."""
    rows = TaskRow.objects.filter(person=person).order_by("due_at", "task_id")
    found = [opened(row) for row in rows.select_related("person")]
    return sorted(found, key=lambda pair: not pair[1].is_open)


def tasks_on_the_bar(who: Staff, now: datetime) -> list[dict[str, Any]]:
    """What the bar of calls shows of tasks: what nobody has in hand in time, and is grave or late.

    Everything else waits on the page of tasks: a bar that is always there is read by nobody. No
    name of a person, as it may stand on any screen.
    """
    rows = _task_rows.open_rows_for(who.role, str(who.pk))
    found = _asked(_task_rows.grave_or_late(rows, _GRAVE, now), who, now)
    waits = [one for one in found if _stands_on_the_bar(one[1], now)]
    return [
        {
            **task_as_json(one, now),
            "id": str(row.pk),
            "path": f"/people/{row.person_id}/course/#tasks",
            "initials": f"{row.person.given[:1]}{row.person.family[:1]}".upper(),
        }
        for row, one in with_rows(waits)
    ]


def _stands_on_the_bar(task: Task, now: datetime) -> bool:
    free = task.owner is None or task.is_held_too_long(now)
    return free and (task.body.level in _GRAVE or task.is_late(now))


def telephones_of(people: Iterable[Person]) -> dict[uuid.UUID, str]:
    """The number by which each of these is called, "" where nobody said: one question for all."""
    streams = {stream_of(one): one.pk for one in people}
    said = journal.of_kinds(list(streams), ("contact_set", "corrected"))
    return {
        streams[stream]: telephone_of(fold_course(decode_fact(one.as_json()) for one in found))
        for stream, found in said.items()
    }


def names_for(person: Person, task: Task, step: int) -> tuple[str, ...]:
    """Who works at the person's site in the role to which a step of a task goes."""
    role = task.body.roles[step] if step < len(task.body.roles) else ""
    with sites.only(sites.apart(str(person.site_id))):
        people = Staff.colleagues.filter(role=role, is_active=True).order_by("display_name")
        return tuple(one.display_name for one in people)


def _asked(rows: QuerySet[TaskRow], who: Staff, now: datetime) -> list[tuple[uuid.UUID, Task]]:
    return [pair for pair in _task_rows.tasks_of(rows) if _asks(pair[1], who, now)]


def _asks(task: Task, who: Staff, now: datetime) -> bool:
    mine = task.owner is not None and task.owner.id == str(who.pk)
    return mine or task.asks(who.role, now)


def _facts(person: Person) -> list[Fact]:
    return [decode_fact(one.as_json()) for one in journal.facts(stream_of(person))]
