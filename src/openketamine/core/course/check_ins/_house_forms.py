"""Questions of the house, asked one a screen: readiness, some hours after, effects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from openketamine.core.course._durations import duration
from openketamine.knowledge import document, names

KIND = "check-in-forms"


@dataclass(frozen=True)
class HouseQuestion:
    """One question. `answers`: (answer, words, what a nurse is told of it, or nothing).

    `ask_if`: a question of this form, and those of its answers after which this one is asked.
    """

    id: str
    ask: str
    helps: Mapping[str, str]
    answers: tuple[tuple[str, str, str], ...]
    free_text: bool
    ask_if: tuple[str, tuple[str, ...]] | None
    not_asked_if_sex: tuple[str, ...]
    rule: str
    sources: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class HouseForm:
    """A list of questions, and who must act on an answer, within which time."""

    id: str
    title: str
    questions: tuple[HouseQuestion, ...]
    within: timedelta
    task_kind: str
    roles: tuple[str, ...]


def is_house_form(name: str) -> bool:
    """Whether it is one of ours, and not an instrument."""
    return name in names(KIND)


@cache
def house_form(name: str) -> HouseForm:
    """One form by id. Raises KnowledgeError."""
    read = document(KIND, name)
    body = read.body
    return HouseForm(
        id=read.id,
        title=read.title,
        questions=tuple(_question(one) for one in body["questions"]),
        within=duration(body["within"]),
        task_kind=str(body["task_kind"]),
        roles=tuple(body["roles"]),
    )


def _question(node: Mapping[str, Any]) -> HouseQuestion:
    when = node.get("ask_if")
    given = node.get("answers", ())
    return HouseQuestion(
        id=str(node["id"]),
        ask=str(node["ask"]),
        helps=dict(node.get("help", {})),
        answers=tuple((str(a["answer"]), str(a["says"]), str(a.get("task", ""))) for a in given),
        free_text=bool(node.get("free_text", False)),
        ask_if=(str(when["question"]), tuple(map(str, when["answers"]))) if when else None,
        not_asked_if_sex=tuple(node.get("not_asked_if_sex", ())),
        rule=str(node["rule"]),
        sources=tuple(node["sources"]),
    )
