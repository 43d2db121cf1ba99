"""A task that an answer asks for anew: who gives it again after the task was closed says something
that nobody has heard yet."""

from collections.abc import Mapping
from typing import Any

from openketamine.core.course._tasks import Task
from openketamine.core.course.check_ins._kept import derived_id
from openketamine.core.log import Happened


def turns(tasks: Mapping[str, Task], *words: str) -> tuple[tuple[Task, ...], str]:
    """Every task that was opened for these words, the oldest first, and the id of the next one."""
    known: list[Task] = []
    while (name := _name(words, len(known))) in tasks:
        known.append(tasks[name])
    return tuple(known), name


def is_news(reply: Happened[Any], known: tuple[Task, ...]) -> bool:
    """Whether all of these tasks were closed before this was said; where there is none, it is."""
    return all(_is_after(reply, one.closed) for one in known)


def _name(words: tuple[str, ...], turn: int) -> str:
    return derived_id(*words, f"again {turn}") if turn else derived_id(*words)


def _is_after(one: Happened[Any], other: Happened[Any] | None) -> bool:
    if other is None:
        return False
    ours, theirs = one.fact.number, other.fact.number
    if ours is None or theirs is None:
        return one.at > other.at
    return ours > theirs
