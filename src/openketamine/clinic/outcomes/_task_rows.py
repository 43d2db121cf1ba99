"""The rows of tasks: kept beside the log in the same transaction, and read back as tasks."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from django.db.models import Case, Count, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

from openketamine.clinic.outcomes.models import Task as Row
from openketamine.clinic.patients.models import Person
from openketamine.core.course import (
    CourseState,
    Fact,
    Task,
    decode_fact,
    encode_fact,
    fold_course,
    tasks,
)
from openketamine.core.course.check_ins import TASK as SUICIDE

# Facts that open, move, close or correct a task.
KINDS = ("task_opened", "task_told", "task_taken", "task_closed", "corrected")
# The first of its facts is the one that opened it.
_KIND, _LEVEL = "facts__0__body__kind", "facts__0__body__level"
_ROLES = "facts__0__body__roles__contains"
# What it said may be another thing by now: it has to be read.
_CORRECTED = Q(facts__contains=[{"kind": "corrected"}])
_REMEMBERED = 4096
_NAMES = uuid.UUID("1f6c1c1e-8f3c-4f5e-9c0a-2b7d9f0f6f41")


def row_id(person_id: uuid.UUID, task_id: str) -> uuid.UUID:
    """The address of a task: the same for the same task, whoever asks."""
    return uuid.uuid5(_NAMES, f"{person_id}|{task_id}")


def keep(person: Person, state: CourseState, now: datetime) -> None:
    """Make the rows of a person's tasks again, as the log has them now."""
    found = {one.task_id: one for one in tasks(state)}
    gone = Row.objects.filter(person=person).exclude(task_id__in=list(found))
    gone.delete()
    for task in found.values():
        _keep(person, state, task, now)


def task_of(row: Row) -> Task:
    """The task of a row, folded from its facts."""
    return _folded(json.dumps(row.facts))


def tasks_of(rows: QuerySet[Row]) -> list[tuple[uuid.UUID, Task]]:
    """The tasks of these rows, by the id of the row, which is not read itself."""
    said = rows.annotate(said=Cast("facts", TextField())).values_list("pk", "said")
    return [(pk, _folded(one)) for pk, one in said]


# The same facts are the same task for ever: a screen asks for them every few seconds.
@lru_cache(_REMEMBERED)
def _folded(said: str) -> Task:
    return tasks(fold_course(decode_fact(one) for one in json.loads(said)))[0]


def open_rows(kind: str = "") -> QuerySet[Row]:
    """Every task that is open, or those of one kind, the most urgent first: answers about suicide,
    then what is due first. Tasks of one person that are due at one time stand together."""
    rows = Row.objects.filter(closed_at__isnull=True).select_related("person")
    grave = Case(When(**{_KIND: SUICIDE}, then=Value(0)), default=Value(1))
    found = rows.filter(**{_KIND: kind}) if kind else rows
    return found.order_by(grave, "due_at", "person_id", "task_id")


def open_rows_for(role: str, staff: str) -> QuerySet[Row]:
    """The open tasks that may ask this role, or that this person once took. Some of them do not
    now: whom a task asks changes with the clock, and the task itself says so."""
    asks, took = {_ROLES: role}, [{"kind": "task_taken", "by": {"id": staff}}]
    return open_rows().filter(Q(**asks) | Q(facts__contains=took) | _CORRECTED)


def grave_or_late(rows: QuerySet[Row], levels: Sequence[str], now: datetime) -> QuerySet[Row]:
    """Of these rows those of one of these levels, and those whose time is over."""
    return rows.filter(Q(**{f"{_LEVEL}__in": levels}) | Q(due_at__lt=now) | _CORRECTED)


def open_by_kind() -> dict[str, int]:
    """How many tasks of each kind are open."""
    rows = Row.objects.filter(closed_at__isnull=True).values_list(_KIND)
    return {str(kind): count for kind, count in rows.annotate(Count("pk"))}


def _keep(person: Person, state: CourseState, task: Task, now: datetime) -> None:
    waiting = task.untold(now)
    said = {
        "facts": [encode_fact(one) for one in _facts(state, task)],
        "due_at": task.body.due_at,
        "closed_at": task.closed.at if task.closed else None,
        "look_at": now if waiting else task.next_at(now),
    }
    key = {"person": person, "task_id": task.task_id}
    Row.objects.update_or_create(**key, defaults=said, create_defaults={**said, **_named(key)})


def _named(key: dict[str, object]) -> dict[str, object]:
    person = key["person"]
    assert isinstance(person, Person)  # noqa: S101
    return {"id": row_id(person.pk, str(key["task_id"])), **key}


def _facts(state: CourseState, task: Task) -> list[Fact]:
    """The facts that make this task, as they count: a corrected one with its correction."""
    own = {
        one.fact.id
        for one in state.entries
        if one.body is not None and getattr(one.body, "task_id", "") == task.task_id
    }
    return [
        one.fact
        for one in state.entries
        if one.fact.id in own or getattr(one.fact.body, "target", "") in own
    ]
