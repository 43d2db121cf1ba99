"""What a diagnosis says: which descriptions of the rules it fits, and what it is nearly spelt like.

A record says the same thing many times, so that each code and text is held against the rules once.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from openketamine.core.findings import Action
from openketamine.core.history import ICD10
from openketamine.core.screening._names import plain
from openketamine.core.screening._rule import ConditionMatch
from openketamine.core.screening._rules import rules
from openketamine.core.screening._spelling import nearest

_BETWEEN_WORDS = re.compile(r"[ ,;.]+")


@cache
def _by_beginning() -> Mapping[str, tuple[ConditionMatch, ...]]:
    """Descriptions of diagnoses by the first word of each name and the first two signs of a code.

    A text of a hostile or a long record is held only against those that could fit at all.
    """
    found: dict[str, list[ConditionMatch]] = {}
    for rule in rules():
        for match in (rule.conditions, rule.only_with, rule.unless_with):
            if match is None:
                continue
            words = {plain(name).split()[0] for name in match.names.say}
            for beginning in words | {code[:2] for code in match.icd10cm}:
                found.setdefault(beginning, []).append(match)
    return {beginning: tuple(matches) for beginning, matches in found.items()}


@cache
def _hard_words() -> Mapping[str, tuple[str, ...]]:
    """Long words that only a diagnosis of a hard stop has, by their first letter."""
    found: dict[str, set[str]] = {}
    for rule in rules():
        if rule.action is Action.BLOCK and rule.conditions and not rule.conditions.within:
            for name in rule.conditions.names.say:
                for word in plain(name).split():
                    found.setdefault(word[0], set()).add(word)
    return {letter: tuple(sorted(words - _COMMON)) for letter, words in found.items()}


# Words of a hard stop that stand in many harmless diagnoses, too.
_COMMON = frozenset(
    [
        "disorder", "episode", "current", "hepatic", "disease", "severe", "impairment",
        "symptoms", "features", "failure", "injury", "pressure", "intracranial",
        "increased", "raised", "active", "allergy", "ketamine", "esketamine",
        "decompensated", "penetrating", "ruptured", "closure", "acute", "cerebral", "class",
        "abuse", "misuse", "dependence", "syndrome", "hypersensitivity", "manic", "mixed",
    ]
)  # fmt: skip
# Words that are one letter off and mean something else.
_ANOTHER = frozenset(
    ["hypothyroid", "hypothyroidism", "hypotension", "hypotensive", "gravis", "grave"]
)


@lru_cache(maxsize=16384)
def diagnosis_like(names: tuple[str, ...]) -> str | None:
    """The word of a hard stop that a diagnosis nearly has; None where it is spelt or another."""
    for name in names:
        for word in plain(name).split():
            near = _hard_words().get(word[:1], ())
            if word in near or word in _ANOTHER:
                continue
            found = nearest(word, near)
            if found and word not in (f"{found}s", f"{found}es", f"{found}al", f"{found}ic"):
                return found
    return None


def _beginnings(codes: tuple[str, ...], names: tuple[str, ...]) -> set[str]:
    """What a fitting description can begin with; a name of one word may stand in the plural."""
    words = {word for name in names for word in _BETWEEN_WORDS.split(plain(name))}
    singular = {word[:-cut] for word in words for cut in (1, 2)}
    icd = {code.partition("|")[2][:2] for code in codes if code.startswith(ICD10)}
    return words | singular | icd


@lru_cache(maxsize=16384)
def meant(codes: tuple[str, ...], names: tuple[str, ...]) -> Mapping[int, str | None]:
    """Which descriptions a diagnosis fits, by number. A record says the same thing many times."""
    known = _by_beginning()
    possible = {
        match.number: match
        for beginning in _beginnings(codes, names)
        for match in known.get(beginning, ())
    }
    found = {number: _fit(match, codes, names) for number, match in possible.items()}
    return {number: code for number, code in found.items() if code != ""}


def _fit(match: ConditionMatch, codes: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    """The code that fits, None where words do, "" where nothing does."""
    if match.unless_says.found_in(names):
        return ""
    code = matching_code(match, codes)
    return code if code is not None or match.names.found_in(names) else ""


def matching_code(match: ConditionMatch, codes: tuple[str, ...]) -> str | None:
    for code in codes:
        bare = code.partition("|")[2]
        if code.startswith(ICD10) and bare.startswith(match.icd10cm):
            return None if match.icd10cm_except and bare.startswith(match.icd10cm_except) else code
    return None
