"""In which language a person is spoken to, and the house's own words in it.

A language is data: a file of `knowledge/translations` with the words of the questions, the
schedule and the help block; texts that are signed or taken home carry theirs beside the English.
What has no words in a language is said in English, and the page says so. Instruments are never
translated here: their published words come with the instrument or from the site's pack.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from openketamine.core.course._facts import ContactSet, LanguageChosen
from openketamine.core.course._state import CourseState
from openketamine.knowledge import document, names

FIRST = "en"
_KIND = "translations"


@dataclass(frozen=True)
class Translation:
    """The house's words in one language. `reviewed_by`: the clinician who read them, or nobody."""

    language: str
    name: str
    version: str
    reviewed_by: str | None
    words: Mapping[str, str]


def languages() -> tuple[str, ...]:
    """Every language that there is, English first."""
    return (FIRST, *names(_KIND))


@cache
def translation(language: str) -> Translation:
    """The words of one language other than English. Raises KnowledgeError where there are none."""
    read = document(_KIND, language)
    return Translation(
        language=read.id,
        name=read.title,
        version=str(read.body["version"]),
        reviewed_by=read.reviewed_by,
        words=dict(read.body["words"]),
    )


def in_words_of(language: str, *texts: str) -> tuple[str, ...] | None:
    """All of these English texts in that language; None where one of them is missing, so that no
    screen is half in one language and half in another."""
    if language == FIRST:
        return texts
    if language not in names(_KIND):
        return None
    known = {"": "", **translation(language).words}
    return tuple(known[one] for one in texts) if all(one in known for one in texts) else None


def said_in(language: str, text: str) -> str:
    """One text in that language, else in English."""
    found = in_words_of(language, text)
    return found[0] if found else text


def language_of(state: CourseState) -> str:
    """The language that was said last, by the person or at the front desk; English where nobody
    said one."""
    said = [
        (one.at, one.fact.number or 0, one.body.language)
        for one in (state.last(ContactSet), state.last(LanguageChosen))
        if one is not None
    ]
    return max(said)[2] if said else FIRST
