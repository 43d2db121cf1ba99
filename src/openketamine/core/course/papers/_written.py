"""Texts that people sign or take home: versions with dates, languages, and a hash of the words.

A version says the hash of its own words, so that no word changes without a new version: what was
signed stays what was signed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from openketamine.core.course._language import FIRST as FIRST
from openketamine.core.course._language import languages as spoken_languages
from openketamine.core.findings import BadInput
from openketamine.knowledge import Document

# What is part of the text though it is no words: which answer is the right one.
_BEARING = ("right",)


@dataclass(frozen=True)
class Version:
    """One version of a text. `ask_again`: whoever signed an earlier one is asked again.

    `reviewed`: by language, the clinician who read that translation, or nobody yet.
    """

    version: str
    since: date
    changed: Mapping[str, str]
    ask_again: bool
    sha256: Mapping[str, str]
    reviewed: Mapping[str, str | None] = field(default_factory=dict)


def versions(document: Document) -> tuple[Version, ...]:
    """Every version of a text, the oldest first."""
    return tuple(Version(**one) for one in document.body["versions"])


def languages(document: Document) -> tuple[str, ...]:
    """The languages in which all of it exists."""
    return tuple(versions(document)[-1].sha256)


def language_for(document: Document, wanted: str) -> str:
    """The person's language where the text exists in it, else English."""
    return wanted if wanted in languages(document) else FIRST


def is_reviewed(document: Document, language: str) -> bool:
    """Whether a clinician read the words in this language; English is reviewed with the text."""
    by = (
        document.reviewed_by if language == FIRST else versions(document)[-1].reviewed.get(language)
    )
    return by is not None


def fingerprint(document: Document, language: str) -> str:
    """SHA-256 over the words of a text in one language, with the place of each."""
    return sha256_of(list(_words(document.body, language, "")))


def sha256_of(content: Any) -> str:
    """SHA-256 over JSON in one fixed form: the hash that a signature is bound to."""
    line = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(line.encode()).hexdigest()


def said(node: Mapping[str, Any], language: str) -> Any:
    """What a node says in a language. Raises BadInput where it says nothing in it."""
    if language not in node:
        raise BadInput("language", f"one of {', '.join(node)}", language)
    return node[language]


def filled(text: str, words: Mapping[str, str]) -> str:
    """`{phone}` → the phone. A word that nobody knows stays a line to write on."""
    for name, value in words.items():
        text = text.replace("{" + name + "}", value)
    return text


def _words(node: Any, language: str, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        if FIRST in node and set(node) <= set(spoken_languages()):
            yield place, node.get(language)
            return
        for key, value in node.items():
            if key in _BEARING and isinstance(value, str):
                yield f"{place}.{key}", value
            elif key != "versions":
                yield from _words(value, language, f"{place}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _words(value, language, f"{place}[{index}]")
