"""How a consent is read: the text, then one question a screen, then the name.

A reading is every choice so far, in order, and each screen has a number: what stands on it follows
from the choices before it. So "back" of a phone finds the screen before, an address says nothing of
what was answered, and an answer that is given again takes the place of all that came after. A wrong
answer is explained at once and asked once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from openketamine.core.course.papers import Question, Shown, Understanding, understood

_TWICE = 2


@dataclass(frozen=True)
class Reading:
    """One reading of one text: every choice so far, each with its question, in order."""

    shown: Shown
    given: tuple[tuple[str, str], ...] = ()

    def answered(self, question: str, choice: str) -> "Reading":
        """With one more choice; what is not asked now, or is no choice of it, changes nothing."""
        asked = self.next
        if asked is None or asked.question != question or choice not in dict(asked.choices):
            return self
        return replace(self, given=(*self.given, (question, choice)))

    @property
    def answers(self) -> Mapping[str, tuple[str, ...]]:
        """Every choice by its question."""
        found: dict[str, tuple[str, ...]] = {}
        for question, choice in self.given:
            found[question] = (*found.get(question, ()), choice)
        return found

    @property
    def next(self) -> Question | None:
        """The next question: first all of them, then once more those that were wrong."""
        answers = self.answers
        fresh = (one for one in self.shown.questions if not answers.get(one.question))
        again = (one for one in self.shown.questions if self._is_open(one))
        return next(fresh, None) or next(again, None)

    def _is_open(self, one: Question) -> bool:
        given = self.answers.get(one.question, ())
        return given[-1:] != (one.right,) and len(given) < _TWICE

    @property
    def place(self) -> tuple[int, int]:
        """Which question this is, of how many that are still to come in all."""
        left = sum(1 for one in self.shown.questions if self._is_open(one))
        return len(self.given) + 1, len(self.given) + left

    def is_right(self, question: str) -> bool:
        """Whether the last choice is the right one."""
        one = next(q for q in self.shown.questions if q.question == question)
        return self.answers.get(question, ())[-1:] == (one.right,)

    @property
    def understanding(self) -> Understanding:
        """How the answers stand."""
        return understood(self.shown.consent, self.shown.questions, self.answers)

    @property
    def as_said(self) -> dict[str, Any]:
        """What the command is told."""
        return {
            "sha256": self.shown.sha256,
            "answers": {k: list(v) for k, v in self.answers.items()},
        }


@dataclass(frozen=True)
class Screen:
    """One screen of a reading: what it is, and the reading as it stood there."""

    kind: str
    reading: Reading


def screens(reading: Reading) -> tuple[Screen, ...]:
    """Every screen of this reading so far, in order; the last is the one on which it stands."""
    found = [Screen("text", Reading(reading.shown))]
    for number, (question, _) in enumerate(reading.given):
        before, after = (replace(reading, given=reading.given[: number + one]) for one in (0, 1))
        found.append(Screen("question", before))
        if not after.is_right(question):
            found.append(Screen("explained", after))
    return (*found, Screen(_stands(reading), reading))


def _stands(reading: Reading) -> str:
    if reading.next is not None:
        return "question"
    return "name" if reading.understanding.enough else "talk"
