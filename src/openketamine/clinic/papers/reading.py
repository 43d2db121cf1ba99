"""How a consent is read: the text, then one question a screen, then the name.

Between two screens nothing is kept here: what was answered goes with the page, signed by the house,
so that it cannot be changed on the way. A wrong answer is explained at once and asked once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core import signing

from openketamine.core.course.papers import Question, Shown, Understanding, understood

_SALT = "openketamine.papers.reading"
_TWICE = 2


@dataclass(frozen=True)
class Reading:
    """One reading of one text: every choice so far, by question."""

    shown: Shown
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def sealed(self) -> str:
        """What goes with the page."""
        return signing.dumps(
            [self.shown.sha256, {k: list(v) for k, v in self.answers.items()}], salt=_SALT
        )

    def answered(self, question: str, choice: str) -> "Reading":
        """With one more choice; a choice that the question does not have is none."""
        known = {one.question: [key for key, _ in one.choices] for one in self.shown.questions}
        if choice not in known.get(question, ()):
            return self
        given = (*self.answers.get(question, ()), choice)[:_TWICE]
        return Reading(self.shown, {**self.answers, question: given})

    @property
    def next(self) -> Question | None:
        """The next question: first all of them, then once more those that were wrong."""
        fresh = (one for one in self.shown.questions if not self.answers.get(one.question))
        again = (one for one in self.shown.questions if self._is_open(one))
        return next(fresh, None) or next(again, None)

    def _is_open(self, one: Question) -> bool:
        given = self.answers.get(one.question, ())
        return given[-1:] != (one.right,) and len(given) < _TWICE

    @property
    def place(self) -> tuple[int, int]:
        """Which question this is, of how many that are still to come in all."""
        done = sum(len(one) for one in self.answers.values())
        left = sum(1 for one in self.shown.questions if self._is_open(one))
        return done + 1, done + left

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


def opened(shown: Shown, sealed: str) -> Reading | None:
    """The reading that goes with a page; None where it was changed or is of another text."""
    if not sealed:
        return Reading(shown)
    try:
        sha256, answers = signing.loads(sealed, salt=_SALT, max_age=24 * 3600)
    except signing.BadSignature:
        return None
    if sha256 != shown.sha256:
        return None
    return Reading(shown, {key: tuple(value) for key, value in answers.items()})
