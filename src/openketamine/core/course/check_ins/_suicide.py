"""Answers about suicide: what level they prove, by knowledge/triage, and the task that follows.

An answer counts the moment it is given. A level is a lower bound until everything was answered, and
what was not answered is never "no".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from openketamine.core.course._durations import duration
from openketamine.core.course._facts import TaskOpened
from openketamine.core.course._tasks import Task
from openketamine.core.course.check_ins._anew import is_news, turns
from openketamine.core.course.check_ins._kept import CheckIn
from openketamine.core.scoring import instrument, score
from openketamine.knowledge import document, read_threshold

Answers = Mapping[tuple[str, str], Any]
TASK = "suicide_answer"


@dataclass(frozen=True)
class Level:
    """One level of the triage. `rank` 0 is the gravest. `within`: until somebody has it in hand;
    `closed_within`: from then until it is closed, or the next is told."""

    id: str
    rank: int
    instrument: str
    band: str
    summary: str
    advice: str
    action: str
    roles: tuple[str, ...]
    within: timedelta
    closed_within: timedelta
    rule: str
    sources: tuple[Mapping[str, Any], ...]


def is_about_suicide(form: str, item: int) -> bool:
    """Whether a question is one after which somebody must act."""
    asks = _asks()
    return any(
        one["then"] == form or (one["instrument"], one["item"]) == (form, item) for one in asks
    )


def asks_of(form: str, answers: Answers) -> tuple[str, ...]:
    """What the answers to this form ask for at once."""
    return tuple(
        str(one["then"]) for one in _asks() if one["instrument"] == form and _met(one, answers)
    )


def suicide_level(answers: Answers) -> Level | None:
    """The gravest level that these answers prove; None where they prove none."""
    proven = {str(one["level"]) for one in _asks() if _met(one, answers)}
    proven |= {
        one.id for one in levels() if one.band and one.band == _band(one.instrument, answers)
    }
    return next((one for one in levels() if one.id in proven), None)


def suicide_task(check_in: CheckIn, tasks: Mapping[str, Task], now: datetime) -> TaskOpened | None:
    """The task that the answers of a check-in ask for now; None where one as grave is there.

    `tasks`: those of this person, by id. One that was closed is no answer to what was said since.
    """
    answers = {key: one.body.answer for key, one in check_in.replies.items()}
    level = suicide_level(answers)
    if level is None or not _is_heard_first(check_in, _known(check_in.id, level, tasks)):
        return None
    rests = [reply.fact.id for key, reply in check_in.replies.items() if _counts(key)]
    _, name = turns(tasks, check_in.id, TASK, level.id)
    return task_of_level(name, level, now, tuple(rests))


def is_said_again(check_in: CheckIn, form: str, item: str, tasks: Mapping[str, Task]) -> bool:
    """Whether an answer about suicide, given unchanged, must be written anew: what it opened was
    closed since."""
    reply = check_in.replies[form, item]
    level = suicide_level({(form, item): reply.body.answer})
    known = _known(check_in.id, levels()[-1], tasks)
    closed = [one for one in known if not one.is_open]
    return level is not None and len(closed) == len(known) and not is_news(reply, known)


def _known(check_in: str, level: Level, tasks: Mapping[str, Task]) -> tuple[Task, ...]:
    """The tasks of a check-in that are as grave as this level."""
    every = [turns(tasks, check_in, TASK, one.id)[0] for one in levels()[: level.rank + 1]]
    return tuple(task for known in every for task in known)


def _is_heard_first(check_in: CheckIn, known: tuple[Task, ...]) -> bool:
    """Whether nobody has heard of it: no task is there, or all are closed and what was said since
    proves a level by itself."""
    news = {k: one.body.answer for k, one in check_in.replies.items() if is_news(one, known)}
    return suicide_level(news) is not None


def task_of_level(name: str, level: Level, now: datetime, rests_on: tuple[str, ...]) -> TaskOpened:
    """What a level of the triage asks somebody to do, from now."""
    return TaskOpened(
        task_id=name,
        kind=TASK,
        summary=f"{level.summary}. {level.advice}",
        due_at=now + level.within,
        roles=level.roles,
        rule=level.rule,
        level=level.action,
        rests_on=rests_on,
        sources=level.sources,
        done_minutes=level.closed_within // timedelta(minutes=1),
    )


def milder_tasks(check_in: str, task: TaskOpened, tasks: Mapping[str, Task]) -> tuple[str, ...]:
    """Ids of the open tasks of this check-in that a graver one takes the place of."""
    graver = next(one for one in levels() if one.rule == task.rule)
    mine = {one.task_id for one in _known(check_in, graver, tasks)}
    every = _known(check_in, levels()[-1], tasks)
    return tuple(one.task_id for one in every if one.is_open and one.task_id not in mine)


@cache
def levels() -> tuple[Level, ...]:
    """Every level, the gravest first."""
    nodes = document("triage", "suicide-answers").body["levels"]
    return tuple(
        Level(
            id=str(one["level"]),
            rank=rank,
            instrument=str(one["of"]),
            band=str(one["band"]),
            summary=str(one["summary"]),
            advice=str(one["advice"]),
            action=str(one["action"]),
            roles=tuple(one["roles"]),
            within=duration(one["within"]),
            closed_within=duration(one["closed_within"]),
            rule=str(one["rule"]),
            sources=tuple(one["sources"]),
        )
        for rank, one in enumerate(nodes)
    )


@cache
def _asks() -> tuple[Mapping[str, Any], ...]:
    return tuple(document("triage", "suicide-answers").body["asks"])


def _met(ask: Mapping[str, Any], answers: Answers) -> bool:
    given = answers.get((str(ask["instrument"]), str(ask["item"])))
    return given is not None and read_threshold(ask["answer"]).met_by(given)


def _band(name: str, answers: Answers) -> str:
    """The band that the answers prove so far: a lower bound is a band."""
    known = instrument(name)
    given: dict[str | int, int | None] = {
        item.number: answers.get((name, str(item.number))) for item in known.items
    }
    if not any(one is not None for one in given.values()):
        return ""
    return (score(name, given).band or "").removeprefix("at least ")


def _counts(key: tuple[str, str]) -> bool:
    form, item = key
    return item.isdecimal() and is_about_suicide(form, int(item))
