"""Instructions in plain words: which lines hold for a drug and a route, in which language."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from openketamine.core.course.papers._written import (
    FIRST,
    filled,
    languages,
    said,
    sha256_of,
    versions,
)
from openketamine.core.findings import Evidence, Source, sources_of
from openketamine.knowledge import Document, document, documents


@dataclass(frozen=True)
class Line:
    """One instruction, with whose word it is."""

    rule: str
    text: str
    sources: tuple[Source, ...]
    evidence: Evidence


@dataclass(frozen=True)
class Leaf:
    """One subject: its heading and its lines."""

    instruction: str
    version: str
    language: str
    heading: str
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """The form that is kept and hashed."""
        return asdict(self)

    @cached_property
    def sha256(self) -> str:
        """The hash of these words."""
        return sha256_of(self.as_json())


def instructions() -> tuple[str, ...]:
    """Every subject, in the order in which a person meets it."""
    found = sorted(documents("instructions"), key=lambda one: int(one.body["place"]))
    return tuple(one.id for one in found)


def spoken(subjects: Sequence[str], wanted: str) -> str:
    """The language in which all of these exist: the wanted one, else English."""
    texts = [document("instructions", one) for one in subjects]
    return wanted if all(wanted in languages(one) for one in texts) else FIRST


def leaves(
    subjects: Sequence[str], drug: str, route: str, language: str, words: Mapping[str, str]
) -> tuple[Leaf, ...]:
    """These subjects for this treatment, all in one language. A subject without a line that holds
    here is left out."""
    spoken_in = spoken(subjects, language)
    found = (
        _leaf(document("instructions", one), drug, route, spoken_in, words) for one in subjects
    )
    return tuple(one for one in found if one.lines)


def _leaf(text: Document, drug: str, route: str, language: str, words: Mapping[str, str]) -> Leaf:
    return Leaf(
        instruction=text.id,
        version=versions(text)[-1].version,
        language=language,
        heading=said(text.body["heading"], language),
        lines=tuple(
            _line(node, language, words)
            for node in text.body["lines"]
            if _holds(node.get("only", {}), drug, route)
        ),
    )


def _line(node: Mapping[str, Any], language: str, words: Mapping[str, str]) -> Line:
    return Line(
        rule=node["rule"],
        text=filled(said(node["text"], language), words),
        sources=sources_of(node["sources"]),
        evidence=node["evidence"],
    )


def _holds(only: Mapping[str, Any], drug: str, route: str) -> bool:
    return route in only.get("routes", [route]) and drug in only.get("drugs", [drug])
