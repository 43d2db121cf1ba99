"""What is not known, as questions; and what was answered here, so that a slip can be put right."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.patients.fact_lines import question_name
from openketamine.clinic.patients.queries import Known
from openketamine.core.history import Answer, expected
from openketamine.core.screening import Evaluation, Unknown, questions


@dataclass(frozen=True)
class Asked:
    """One question as the page puts it.

    `hint`: what is to be typed; `was_asked`: what was said before and does not close it. Without
    choices and hint nothing said here would reach the rules: the record itself has to be put right.
    """

    question: str
    ask: str
    choices: tuple[str, ...]
    hint: str = ""
    was_asked: str = ""
    at_gate: bool = False
    value: str = ""
    said: str = ""


@dataclass(frozen=True)
class Questions:
    """The open questions: those before an order, and those of the day of the dose."""

    first: tuple[Asked, ...]
    on_the_day: tuple[Asked, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.first) + len(self.on_the_day)


def open_questions(known: Known, found: Evaluation, today: date) -> Questions:
    """What this person is still to be asked, with what they said when it was asked before."""
    before = {one.question: one for one in known.answers}
    every = [_asked(one, before.get(one.question), today) for one in found.unknown]
    return Questions(
        tuple(one for one in every if not one.at_gate), tuple(one for one in every if one.at_gate)
    )


def answered_lines(known: Known, found: Evaluation, today: date) -> list[Asked]:
    """What was answered here and is not open any more, newest first; each may be said again."""
    newest: dict[str, Answer] = {one.question: one for one in known.answers}
    asked = {one.id: one for one in questions()}
    still_open = {one.question for one in found.unknown}
    return [
        Asked(
            question=answer.question,
            ask=question_name(answer.question),
            choices=asked[answer.question].choices,
            hint=expected(answer.question),
            said=_said(answer, today),
            value=answer.value,
        )
        for answer in sorted(newest.values(), key=lambda one: one.at, reverse=True)
        if answer.question in asked and answer.question not in still_open
    ]


def _asked(one: Unknown, before: Answer | None, today: date) -> Asked:
    return Asked(
        question=one.question,
        ask=one.ask or question_name(one.question),
        choices=one.choices,
        hint=expected(one.question),
        was_asked=_asked_before(before, today) if before else "",
        at_gate=one.at_gate,
    )


def _asked_before(answer: Answer, today: date) -> str:
    """An answer that leaves the question open: it was not known, or it is too old to count."""
    if answer.value == "not known":
        return f"Asked, and not known: {_said(answer, today)}. It stays open."
    return f"Asked again: it was “{answer.value}”, {_said(answer, today)}."


def _said(answer: Answer, today: date) -> str:
    at = timezone.localtime(answer.at)
    return f"{answer.by}, {clinic_date(at.date()) if at.date() != today else 'today'} {at:%H:%M}"
