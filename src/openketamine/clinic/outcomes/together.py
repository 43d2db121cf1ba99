"""Several tasks that the answers of one check-in opened, taken or closed in one act.

Each keeps facts, clock and history of its own; only the pressing is done once. Which tasks are
meant is said by name: what was opened after somebody looked is neither taken nor closed unseen.
Answers about suicide are never among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.outcomes import commands, queries
from openketamine.clinic.outcomes.models import Task as TaskRow
from openketamine.clinic.staff.models import Staff
from openketamine.core.course import Task, facts, tasks
from openketamine.core.findings import BadInput


@dataclass(frozen=True)
class Together:
    """What was written, and which tasks were left because somebody else has or closed them."""

    written: tuple[StoredFact, ...]
    left: tuple[Task, ...]

    @property
    def left_words(self) -> str:
        """Which were left as they are, and why; empty where none was."""
        each = [f"“{one.body.summary}”, {_whose(one)}" for one in self.left]
        return f"Left as it is: {'; '.join(each)}." if each else ""


def take_together(rows: Sequence[TaskRow], by: Staff, now: datetime) -> Together:
    """Whoever presses owns those of these tasks that nobody has. Raises BadInput."""
    with transaction.atomic():
        every = _of_one_check_in(rows, by)
        free = [one for one in every if one.is_open and one.owner is None]
        return _write([facts.TaskTaken(one.task_id) for one in free], rows, every, by, now)


def close_together(rows: Sequence[TaskRow], outcome: str, by: Staff, now: datetime) -> Together:
    """These tasks are done, and this is what was done; those of somebody else stay open. Raises
    BadInput."""
    if not outcome.strip():
        raise BadInput("outcome", "what was done about them, in words")
    with transaction.atomic():
        every = _of_one_check_in(rows, by)
        own = [one for one in every if one.is_open and (one.owner is None or _is(one, by))]
        bodies = [facts.TaskClosed(one.task_id, outcome.strip()) for one in own]
        return _write(bodies, rows, every, by, now)


def _write(
    bodies: Sequence[facts.TaskTaken | facts.TaskClosed],
    rows: Sequence[TaskRow],
    every: Sequence[Task],
    by: Staff,
    now: datetime,
) -> Together:
    done = {one.task_id for one in bodies}
    left = [one for one in every if one.task_id not in done and not _is(one, by)]
    written = commands.record_each(rows[0].person, bodies, by, now) if bodies else []
    return Together(tuple(written), tuple(left))


def _of_one_check_in(rows: Sequence[TaskRow], by: Staff) -> list[Task]:
    """Under the lock: the tasks of these rows as they are now, if they may be done in one act."""
    person = rows[0].person
    known = {one.task_id: one for one in tasks(commands.in_line(person))}
    every = [known[one.task_id] for one in rows if one.task_id in known]
    checked = queries.check_ins_of((person.pk, one) for one in every)
    kinds = {(one.body.kind, checked.get(one.fact)) for one in every}
    if len(checked) != len(rows) or len(kinds) != 1:
        raise BadInput("task", "tasks of one kind that the answers of one check-in opened")
    for one in every:
        commands.must_be_asked(one, by)
    return every


def _is(task: Task, by: Staff) -> bool:
    """Whether it is this person who has it, or who closed it."""
    last = task.closed.by if task.closed else task.owner
    return last is not None and last.id == str(by.pk)


def _whose(task: Task) -> str:
    if task.closed:
        return f"closed by {task.closed.by.name}"
    return f"taken by {task.owner.name}" if task.owner else "open"
