"""A check-in as the person goes through it: one question a screen, in order, some only if asked.

The words of an instrument come with it, because a site may have its own (`core.scoring.pack`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from openketamine.core.course._language import FIRST, in_words_of
from openketamine.core.course.check_ins._house_forms import HouseQuestion, house_form, is_house_form
from openketamine.core.course.check_ins._suicide import asks_of, is_about_suicide
from openketamine.core.findings import BadInput
from openketamine.core.scoring import Instrument, questions

Answers = Mapping[tuple[str, str], Any]
_LONGEST = 4_000


@dataclass(frozen=True)
class Screen:
    """One question. `choices` are (answer, words); none where it is answered in free text.

    `suicide`: the crisis block stands beside it, as it does beside free text. `language`: the one
    that its words are in, all of them.
    """

    form: str
    item: str
    ask: str
    lead_in: str = ""
    help: str = ""
    choices: tuple[tuple[Any, str], ...] = ()
    suicide: bool = False
    language: str = FIRST

    @property
    def free_text(self) -> bool:
        """Whether it is answered in the person's own words."""
        return not self.choices

    @property
    def crisis(self) -> bool:
        """Whether the block for somebody in danger stands on it."""
        return self.free_text or self.suicide

    @property
    def is_scale(self) -> bool:
        """Whether the choices are bare numbers, which stand side by side."""
        return bool(self.choices) and all(str(one) == says for one, says in self.choices)


def screens(
    forms: Sequence[str],
    answers: Answers,
    instruments: Mapping[str, Instrument],
    *,
    sex: str = "",
    way: str = "",
    language: str = FIRST,
) -> tuple[Screen, ...]:
    """Every question that is asked, given the answers so far; ours in this language where it has
    all the words of a question.

    `instruments`: those whose words may be shown; a form that is neither here nor one of ours is
    left out, and the missing score says why.
    """
    found: list[Screen] = []
    for form in forms:
        if is_house_form(form):
            found += (_in_words_of(language, one) for one in _of_house(form, answers, sex, way))
        elif form in instruments:
            found += _of_instrument(instruments[form], answers)
            found += _follow_up(form, forms, answers, instruments)
    return tuple(found)


def next_screen(every: Sequence[Screen], answers: Answers) -> Screen | None:
    """The first that was not answered; None where all were."""
    return next((one for one in every if (one.form, one.item) not in answers), None)


def read_answer(screen: Screen, said: str) -> Any:
    """The answer out of a form field; an empty one is "I do not want to answer", as None.

    Raises BadInput for an answer that the question does not have, or words without end.
    """
    said = said.strip()
    if not said:
        return None
    if screen.free_text:
        if len(said) > _LONGEST:
            raise BadInput("answer", f"at most {_LONGEST} letters", len(said))
        return said
    for answer, _ in screen.choices:
        if str(answer) == said:
            return answer
    raise BadInput("answer", "one of the answers shown", said)


def _of_house(form: str, answers: Answers, sex: str, way: str) -> Iterator[Screen]:
    for one in house_form(form).questions:
        if sex in one.not_asked_if_sex or not _is_asked(form, one, answers):
            continue
        yield Screen(
            form=form,
            item=one.id,
            ask=one.ask,
            help=_help(one, way),
            choices=tuple((answer, says) for answer, says, _ in one.answers),
        )


def _in_words_of(language: str, one: Screen) -> Screen:
    """One of our questions in that language; in English where a word of it is missing."""
    says = tuple(words for _, words in one.choices)
    found = in_words_of(language, one.ask, one.help, *says)
    if found is None:
        return one
    ask, helps, *said = found
    choices = tuple((answer, now) for (answer, _), now in zip(one.choices, said, strict=True))
    return replace(one, ask=ask, help=helps, choices=choices, language=language)


def _is_asked(form: str, one: HouseQuestion, answers: Answers) -> bool:
    return one.ask_if is None or answers.get((form, one.ask_if[0])) in one.ask_if[1]


def _help(one: HouseQuestion, way: str) -> str:
    """What stands under the question: for this way of giving; else for all; else the strictest,
    which stands first."""
    return one.helps.get(way) or one.helps.get("any") or next(iter(one.helps.values()), "")


def _of_instrument(known: Instrument, answers: Answers) -> Iterator[Screen]:
    asked = questions(known)
    only_after = {item: opener for opener, items in known.asked_if for item in items}
    for one in asked["items"]:
        opener = only_after.get(one["item"])
        if opener is not None and answers.get((known.id, str(opener))) != 1:
            continue
        yield Screen(
            form=known.id,
            item=str(one["item"]),
            ask=one["text"],
            lead_in=asked["lead_in"],
            choices=tuple((choice["answer"], choice["says"]) for choice in one["answers"]),
            suicide=is_about_suicide(known.id, one["item"]),
        )


def _follow_up(
    form: str, forms: Sequence[str], answers: Answers, instruments: Mapping[str, Instrument]
) -> Iterator[Screen]:
    """What an answer asks for at once: the C-SSRS after item 9 of the PHQ-9."""
    for wanted in asks_of(form, answers):
        if wanted in instruments and wanted not in forms:
            yield from _of_instrument(instruments[wanted], answers)
