"""Tasks of a course: who must act, by when, who is next if nobody does, and what was done.

A task belongs to the first of its roles. When its time is over and nobody has taken it, it goes to
the next role as well, and so on, each after as long again: the time is said in the task itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from openketamine.core.course._facts import TaskClosed, TaskOpened, TaskTaken, TaskTold
from openketamine.core.course._state import CourseState
from openketamine.core.log import Author, Happened


@dataclass(frozen=True)
class Task:
    """One task as it stands. `fact`: the fact that opened it."""

    body: TaskOpened
    fact: str
    opened_at: datetime
    told: tuple[Happened[TaskTold], ...] = ()
    taken: Happened[TaskTaken] | None = None
    closed: Happened[TaskClosed] | None = None

    @property
    def task_id(self) -> str:
        """Its name in the log."""
        return self.body.task_id

    @property
    def owner(self) -> Author | None:
        """Who took it last; None while nobody has."""
        return self.taken.by if self.taken else None

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.closed is None

    def is_late(self, now: datetime) -> bool:
        """Whether its time is over and it is still open."""
        return self.is_open and now > self.body.due_at

    def step(self, now: datetime) -> int:
        """How far it has gone down its roles. Taking it holds it where it is."""
        until = min(now, self.taken.at) if self.taken else now
        over = until - self.body.due_at
        if over < timedelta(0):
            return 0
        return min(1 + over // self._lap, len(self.body.roles) - 1)

    def asks(self, role: str, now: datetime) -> bool:
        """Whether somebody of this role must act now."""
        return self.is_open and role in self.body.roles[: self.step(now) + 1]

    def next_role(self, now: datetime) -> str:
        """To whom it goes next; empty where nobody is left or somebody took it."""
        place = self.step(now) + 1
        waits = self.is_open and self.taken is None and place < len(self.body.roles)
        return self.body.roles[place] if waits else ""

    def next_at(self, now: datetime) -> datetime | None:
        """When it goes to the next role."""
        if not self.next_role(now):
            return None
        return self.body.due_at + self._lap * self.step(now)

    def untold(self, now: datetime) -> tuple[int, ...]:
        """The steps that have come and of which nobody was told yet."""
        if not self.is_open:
            return ()
        told = {one.body.step for one in self.told}
        return tuple(step for step in range(self.step(now) + 1) if step not in told)

    @property
    def _lap(self) -> timedelta:
        """As long as the first role had; a task without a clock of its own goes on at once."""
        return max(self.body.due_at - self.opened_at, timedelta(minutes=1))


def tasks(state: CourseState) -> tuple[Task, ...]:
    """Every task that counts, open ones first, then by the time by which it is due."""
    found: dict[str, Task] = {}
    for one in state.all(TaskOpened):
        found.setdefault(one.body.task_id, Task(one.body, one.fact.id, one.at))
    every = [_followed(task, state) for task in found.values()]
    return tuple(sorted(every, key=lambda one: (not one.is_open, one.body.due_at, one.task_id)))


def _followed(task: Task, state: CourseState) -> Task:
    name = task.task_id
    taken = [one for one in state.all(TaskTaken) if one.body.task_id == name]
    closed = [one for one in state.all(TaskClosed) if one.body.task_id == name]
    return Task(
        body=task.body,
        fact=task.fact,
        opened_at=task.opened_at,
        told=tuple(one for one in state.all(TaskTold) if one.body.task_id == name),
        taken=taken[-1] if taken else None,
        closed=closed[0] if closed else None,
    )


def task_as_json(task: Task, now: datetime) -> Mapping[str, Any]:
    """Plain JSON: what the bar of calls shows."""
    following = task.next_at(now)
    return {
        "task_id": task.task_id,
        "kind": task.body.kind,
        "summary": task.body.summary,
        "level": task.body.level,
        "opened_at": task.opened_at.isoformat(),
        "due_at": task.body.due_at.isoformat(),
        "late": task.is_late(now),
        "taken_by": task.owner.name if task.owner else None,
        "next_at": following.isoformat() if following else None,
        "next_role": task.next_role(now) or None,
    }
