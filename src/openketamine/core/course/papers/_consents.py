"""Consents: what is shown, for what it is signed, and whether the answers show understanding."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from openketamine.core.course._language import FIRST, said_in
from openketamine.core.course.papers._doses import Covers, covers, in_plain_words
from openketamine.core.course.papers._written import (
    filled,
    language_for,
    said,
    sha256_of,
    versions,
)
from openketamine.core.dosing import Protocol
from openketamine.core.findings import BadInput
from openketamine.knowledge import Document, document, names, read_threshold


@dataclass(frozen=True)
class Part:
    """One element as it is shown: its number, heading and paragraphs."""

    element: str
    number: int
    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A question that shows understanding: `choices` are (id, words)."""

    question: str
    about: str
    ask: str
    choices: tuple[tuple[str, str], ...]
    right: str
    explained: str


@dataclass(frozen=True)
class Shown:
    """A consent exactly as a person reads it, in one language and for one protocol.

    `sha256` is over everything here: a signature is bound to it.
    """

    consent: str
    version: str
    language: str
    title: str
    parts: tuple[Part, ...]
    questions: tuple[Question, ...]
    meaning: str
    covers: Covers | None

    def as_json(self) -> dict[str, Any]:
        """The form that is kept and hashed."""
        return asdict(self)

    @cached_property
    def sha256(self) -> str:
        """The hash that binds a signature to these words."""
        return sha256_of(self.as_json())


@dataclass(frozen=True)
class Understanding:
    """How many of the questions were answered right in the end, and which were not."""

    right: int
    of: int
    wrong: tuple[str, ...]
    enough: bool


def consents() -> tuple[str, ...]:
    """Every consent there is."""
    return names("consents")


def title_of(consent: str, language: str = FIRST) -> str:
    """Its title. Raises KnowledgeError for no consent."""
    return said_in(language, document("consents", consent).title)


def consent_for(drug: str) -> str:
    """The consent that a treatment with this drug waits for. Raises BadInput where none is."""
    for name in consents():
        if drug in document("consents", name).body["needed"].get("drugs", ()):
            return name
    raise BadInput("drug", "a drug for which there is a consent", drug)


def is_needed(consent: str) -> bool:
    """Whether a treatment waits for it; the others are a yes of their own."""
    return bool(document("consents", consent).body["needed"])


def shown(
    consent: str, protocol: Protocol | None, language: str, words: Mapping[str, str]
) -> Shown:
    """A consent as this person reads it. `words`: what no protocol knows, such as the phone.

    Raises BadInput where the consent speaks of a treatment and no protocol is given.
    """
    text = document("consents", consent)
    if is_needed(consent) and protocol is None:
        raise BadInput("protocol", "the protocol that this consent is for")
    language = language_for(text, language)
    known = {**words, **(in_plain_words(protocol, language) if protocol else {})}
    return Shown(
        consent=consent,
        version=versions(text)[-1].version,
        language=language,
        title=said_in(language, text.title),
        parts=tuple(_part(node, protocol, language, known) for node in text.body["elements"]),
        questions=_questions(text, language),
        meaning=said(text.body["meaning"], language),
        covers=covers(protocol) if protocol and is_needed(consent) else None,
    )


def understood(
    consent: str, questions: Sequence[Question], answers: Mapping[str, Any]
) -> Understanding:
    """Whether the last answer to each question shows that it was understood.

    `answers`: question → every choice that was made, in order; one choice alone is fine too. What
    was not answered is not right.
    """
    wrong = tuple(
        one.question for one in questions if last_choice(answers, one.question) != one.right
    )
    right = len(questions) - len(wrong)
    return Understanding(right, len(questions), wrong, enough(consent, right))


def enough(consent: str, right: int) -> bool:
    """Whether so many right answers show understanding; a consent without questions asks none."""
    node = document("consents", consent).body.get("pass")
    return node is None or read_threshold(node["right"]).met_by(right)


def last_choice(answers: Mapping[str, Any], question: str) -> Any:
    """What was chosen in the end; None where nothing was."""
    given = answers.get(question)
    return (given[-1] if given else None) if isinstance(given, list | tuple) else given


def _part(
    node: Mapping[str, Any], protocol: Protocol | None, language: str, words: Mapping[str, str]
) -> Part:
    also = (one for one in node.get("also", ()) if _fits(one, protocol))
    paragraphs = [
        *said(node["text"], language),
        *(p for one in also for p in _said_of(one, language)),
    ]
    return Part(
        element=node["element"],
        number=node["number"],
        heading=said(node["heading"], language),
        paragraphs=tuple(filled(one, words) for one in paragraphs),
    )


def _said_of(node: Mapping[str, Any], language: str) -> Sequence[str]:
    """The paragraphs of a part that holds for some treatments only."""
    paragraphs: Sequence[str] = said(node["text"], language)
    return paragraphs


def _fits(node: Mapping[str, Any], protocol: Protocol | None) -> bool:
    """Whether a part is meant for this treatment: by route, drug and area, where it names them."""
    if protocol is None:
        return False
    pairs = (("routes", protocol.route), ("drugs", protocol.drug), ("areas", protocol.area))
    return all(value in node[name] for name, value in pairs if name in node)


def _questions(text: Document, language: str) -> tuple[Question, ...]:
    return tuple(
        Question(
            question=node["question"],
            about=node["about"],
            ask=said(node["ask"], language),
            choices=tuple((one["choice"], said(one["says"], language)) for one in node["choices"]),
            right=node["right"],
            explained=said(node["explained"], language),
        )
        for node in text.body["questions"]
    )
