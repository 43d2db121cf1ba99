"""Tasks of a course: who must act, by when, who is next if nobody does, and what was done.

A task belongs to the first of its roles. When its time is over and nobody has taken it, it goes to
the next role as well, and so on, each after as long again: the time is said in the task itself.
Taking it stops that clock and starts another: whoever has it in hand and does not close it in time
has the next role told as well. Who promises and forgets must not be what nobody sees.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from openketamine.core.course._durations import duration
from openketamine.core.course._facts import TaskClosed, TaskOpened, TaskTaken, TaskTold
from openketamine.core.course._state import CourseState
from openketamine.core.log import Author, Happened
from openketamine.knowledge import document


@dataclass(frozen=True)
class Task:
    """One task as it stands. `fact`: the fact that opened it."""

    body: TaskOpened
    fact: str
    opened_at: datetime
    told: tuple[Happened[TaskTold], ...] = ()
    takes: tuple[Happened[TaskTaken], ...] = ()
    closed: Happened[TaskClosed] | None = None

    @property
    def task_id(self) -> str:
        """Its name in the log."""
        return self.body.task_id

    @property
    def taken(self) -> Happened[TaskTaken] | None:
        """The last time that somebody took it."""
        return self.takes[-1] if self.takes else None

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

    def is_held_too_long(self, now: datetime) -> bool:
        """Whether somebody has had it in hand for longer than its time and it is still open."""
        return self.is_open and self.taken is not None and now >= self.taken.at + self.hold

    def step(self, now: datetime) -> int:
        """How far it has gone down its roles: once a lap while nobody takes it, and once each time
        that whoever has it lets its time go by."""
        starts = [one.at for one in self.takes if one.at <= now]
        over = (starts[0] if starts else now) - self.body.due_at
        alone = 0 if over < timedelta(0) else 1 + over // self._lap
        held = sum((end - start) // self.hold for start, end in pairwise([*starts, now]))
        return min(alone + held, len(self.body.roles) - 1)

    def asks(self, role: str, now: datetime) -> bool:
        """Whether somebody of this role must act now, besides whoever has it in hand in time."""
        waits = self.taken is None or self.is_held_too_long(now)
        return self.is_open and waits and role in self.body.roles[: self.step(now) + 1]

    def next_role(self, now: datetime) -> str:
        """To whom it goes next; empty where nobody is left."""
        place = self.step(now) + 1
        return self.body.roles[place] if self.is_open and place < len(self.body.roles) else ""

    def next_at(self, now: datetime) -> datetime | None:
        """When it goes to the next role."""
        if not self.next_role(now):
            return None
        starts = [one.at for one in self.takes if one.at <= now]
        if starts:
            return starts[-1] + self.hold * (1 + (now - starts[-1]) // self.hold)
        return self.body.due_at + self._lap * self.step(now)

    def untold(self, now: datetime) -> tuple[int, ...]:
        """The steps that have come and of which nobody was told yet."""
        if not self.is_open:
            return ()
        told = {one.body.step for one in self.told}
        return tuple(step for step in range(self.step(now) + 1) if step not in told)

    @property
    def hold(self) -> timedelta:
        """So long whoever takes it has to close it: what its rule says, or as long as the first
        role had."""
        if self.body.done_minutes:
            return timedelta(minutes=self.body.done_minutes)
        return max(self._lap, _least_hold())

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
    closed = [one for one in state.all(TaskClosed) if one.body.task_id == name]
    return Task(
        body=task.body,
        fact=task.fact,
        opened_at=task.opened_at,
        told=tuple(one for one in state.all(TaskTold) if one.body.task_id == name),
        takes=tuple(one for one in state.all(TaskTaken) if one.body.task_id == name),
        closed=closed[0] if closed else None,
    )


@cache
def _least_hold() -> timedelta:
    return duration(document("tasks", "course").body["held"]["least"])


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
