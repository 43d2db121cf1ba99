"""Observations whose value is a code or a word, where they answer one of our questions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache, lru_cache
from typing import Any

from openketamine.core.history._fields import codings, day, mapping, moment, text
from openketamine.core.history._record import Answer
from openketamine.knowledge import documents

LOINC = "http://loinc.org|"
_USED = ("final", "amended", "corrected", "")


@dataclass(frozen=True)
class _Coded:
    """A question, and which answer of it a code or a word of the record means."""

    question: str
    values: Mapping[str, str]
    words: Mapping[str, str]


@cache
def _coded() -> Mapping[str, _Coded]:
    found: dict[str, _Coded] = {}
    for file in documents("measurements"):
        for node in file.body.get("answers", ()):
            one = _Coded(
                str(node["question"]),
                {f"{LOINC}{code}": str(answer) for code, answer in node["values"].items()},
                {str(word): str(answer) for word, answer in node["words"].items()},
            )
            found.update({f"{LOINC}{code}": one for code in node["loinc"]})
            found.update({f"named {_plain(str(words))}": one for words in node.get("names", ())})
    return found


def _plain(words: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", words.lower()))


@lru_cache(maxsize=8192)
def _asked(codes: tuple[str, ...], names: tuple[str, ...]) -> _Coded | None:
    """The question that an Observation answers, by its LOINC code or by its whole name."""
    keys = (*codes, *(f"named {_plain(name)}" for name in names))
    return next((_coded()[key] for key in keys if key in _coded()), None)


def read_answer(label: str, resource: Mapping[str, Any]) -> Answer | None:
    """The answer that this Observation gives, or None where it is none of these or says nothing."""
    known = _asked(*codings(mapping(resource, "code")))
    if known is None:
        return None
    if text(resource, "status") not in _USED:
        return None
    on = day(resource, "effectiveDateTime") or day(resource, "issued")
    values, words = codings(mapping(resource, "valueCodeableConcept"))
    said_yes = resource.get("valueBoolean")
    words = (*words, text(resource, "valueString"))
    if isinstance(said_yes, bool):
        words = (*words, "yes" if said_yes else "no")
    said = [known.values[value] for value in values if value in known.values]
    said += [known.words[word.lower()] for word in words if word.lower() in known.words]
    if not said or on is None:
        return None
    # A day without a time is read as its first moment: an answer given later that day is newer.
    at = moment(resource, "effectiveDateTime") or datetime.combine(on, time(), UTC)
    return Answer(known.question, said[0], at, resource=label)
