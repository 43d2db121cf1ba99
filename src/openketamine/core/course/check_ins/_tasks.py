"""What answers to the questions of the house ask a nurse to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openketamine.core.course._facts import ReplyGiven, TaskOpened
from openketamine.core.course._tasks import Task
from openketamine.core.course.check_ins._anew import is_news, turns
from openketamine.core.course.check_ins._house_forms import (
    HouseForm,
    HouseQuestion,
    house_form,
    is_house_form,
)
from openketamine.core.course.check_ins._kept import CheckIn
from openketamine.core.log import Happened

WROTE = "Wrote something in their own words: read it"


@dataclass(frozen=True)
class _Asked:
    """What an answer asks for, and the tasks that it opened before."""

    task: TaskOpened
    reply: Happened[ReplyGiven]
    known: tuple[Task, ...]

    @property
    def is_words(self) -> bool:
        return self.task.summary == WROTE

    @property
    def is_new(self) -> bool:
        return is_news(self.reply, self.known)


def tasks_of(
    check_in: CheckIn, tasks: Mapping[str, Task], now: datetime, before: datetime | None = None
) -> tuple[TaskOpened, ...]:
    """Tasks that the answers of a check-in ask for and that nobody opened for them yet.

    `tasks`: those of this person, by id. `before`: the session that is arranged; what must be
    settled for it is due then at the latest.
    Somebody's own words open a task where nothing else of the check-in leads to them: somebody must
    read them.
    """
    every = tuple(_asked_for(check_in, tasks, now, before))
    other = [one for one in every if not one.is_words]
    found = [one.task for one in other if one.is_new]
    if not found:
        led = tuple(task for one in other for task in one.known)
        words = [one for one in every if one.is_words and one.is_new]
        found = [one.task for one in words if is_news(one.reply, led)]
    return tuple(found)


def _asked_for(
    check_in: CheckIn, tasks: Mapping[str, Task], now: datetime, before: datetime | None
) -> Iterator[_Asked]:
    for (form, item), reply in check_in.replies.items():
        if not is_house_form(form):
            continue
        asked = house_form(form)
        question = next((one for one in asked.questions if one.id == item), None)
        if question is not None and (says := _says(question, reply.body.answer)):
            answer = "" if question.free_text else str(reply.body.answer)
            known, name = turns(tasks, check_in.id, asked.id, question.id, answer)
            yield _Asked(_task(name, asked, question, says, reply, now, before), reply, known)


def answers_taken_back(check_in: CheckIn, tasks: Mapping[str, Task]) -> Iterator[str]:
    """Ids of open tasks whose answer the person has changed since."""
    for (form, item), reply in check_in.replies.items():
        if is_house_form(form):
            for answer in _other_answers(form, item, reply):
                known, _ = turns(tasks, check_in.id, form, item, answer)
                yield from (one.task_id for one in known if one.is_open)


def _other_answers(form: str, item: str, reply: Happened[ReplyGiven]) -> list[str]:
    """The other answers to this question that open a task."""
    question = next((one for one in house_form(form).questions if one.id == item), None)
    if question is None or question.free_text:
        return []
    given = reply.body.answer
    return [answer for answer, _, task in question.answers if task and answer != given]


def _says(question: HouseQuestion, answer: Any) -> str:
    if answer is None:
        return ""
    if question.free_text:
        return WROTE
    return next((task for given, _, task in question.answers if given == answer), "")


def _task(
    name: str,
    asked: HouseForm,
    question: HouseQuestion,
    says: str,
    reply: Happened[ReplyGiven],
    now: datetime,
    before: datetime | None,
) -> TaskOpened:
    due = now + asked.within
    if before is not None and asked.task_kind == "not_ready" and now < before:
        due = min(due, before)
    return TaskOpened(
        task_id=name,
        kind=asked.task_kind,
        summary=says,
        due_at=due,
        roles=asked.roles,
        rule=question.rule,
        rests_on=(reply.fact.id,),
        sources=question.sources,
    )
