"""What answers to the questions of the house ask a nurse to do."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from openketamine.core.course._facts import ReplyGiven, TaskOpened
from openketamine.core.course.check_ins._house_forms import (
    HouseForm,
    HouseQuestion,
    house_form,
    is_house_form,
)
from openketamine.core.course.check_ins._kept import CheckIn, derived_id
from openketamine.core.log import Happened

WROTE = "Wrote something in their own words: read it"


def tasks_of(
    check_in: CheckIn, opened: Mapping[str, Any], now: datetime, before: datetime | None = None
) -> tuple[TaskOpened, ...]:
    """Tasks that the answers of a check-in ask for and that nobody opened yet.

    `before`: the session that is arranged; what must be settled for it is due then at the latest.
    Somebody's own words open a task where nothing else of that form did: somebody must read them.
    """
    found: dict[str, TaskOpened] = {}
    for (form, item), reply in check_in.replies.items():
        if not is_house_form(form):
            continue
        asked = house_form(form)
        question = next((one for one in asked.questions if one.id == item), None)
        if question is not None and (says := _says(question, reply.body.answer)):
            task = _task(check_in.id, asked, question, says, reply, now, before)
            found[task.task_id] = task
    grave = [one for one in found.values() if one.summary != WROTE]
    kept = grave or list(found.values())
    return tuple(one for one in kept if one.task_id not in opened and not _read(opened, one, found))


def answers_taken_back(check_in: CheckIn, opened: Mapping[str, TaskOpened]) -> Iterator[str]:
    """Ids of open tasks whose answer the person has changed since."""
    for name, task in opened.items():
        for (form, item), reply in check_in.replies.items():
            if is_house_form(form) and name in _ids_but(check_in.id, form, item, reply):
                yield task.task_id


def _ids_but(check_in: str, form: str, item: str, reply: Happened[ReplyGiven]) -> set[str]:
    """Tasks that other answers to this question would have opened."""
    question = next((one for one in house_form(form).questions if one.id == item), None)
    if question is None or question.free_text:
        return set()
    return {
        derived_id(check_in, form, item, answer)
        for answer, _, task in question.answers
        if task and answer != reply.body.answer
    }


def _says(question: HouseQuestion, answer: Any) -> str:
    if answer is None:
        return ""
    if question.free_text:
        return WROTE
    return next((task for given, _, task in question.answers if given == answer), "")


def _read(opened: Mapping[str, Any], task: TaskOpened, found: Mapping[str, Any]) -> bool:
    """Whether a task of this form is open already that leads to the words."""
    return task.summary == WROTE and any(name in opened for name in found)


def _task(
    check_in: str,
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
    answer = "" if question.free_text else str(reply.body.answer)
    return TaskOpened(
        task_id=derived_id(check_in, asked.id, question.id, answer),
        kind=asked.task_kind,
        summary=says,
        due_at=due,
        roles=asked.roles,
        rule=question.rule,
        rests_on=(reply.fact.id,),
        sources=question.sources,
    )
