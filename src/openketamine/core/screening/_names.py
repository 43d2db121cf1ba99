"""Does a diagnosis say it, in words? Whole words only, and not where the words say the opposite."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

# "without psychotic features", "family history of stroke", "mania ruled out" are not it.
_NEGATING_BEFORE = re.compile(
    r"\b(no(?! (significant )?(interval |further )?(change|growth|increase|decrease|enlargement|"
    r"progression))|not|without|denies|denied|denying|negative|absence of|never|ruled out|"
    r"screening for|free of|prophylaxis (of|for|against)|prevention of|vaccination against|"
    r"screen for|risk (of|for)|fear of|"
    r"(family|familial|maternal|paternal) (history|hx)|family|fhx?|"
    r"mothers?|fathers?|brothers?|sisters?|siblings?|parents?|sons?|daughters?|aunts?|uncles?|"
    r"cousins?|grand(mother|father|parent|son|daughter)s?|wife|husband|spouse|partner|maternal|"
    r"paternal|caregivers?|carers?|caring for|lives with|worr(y|ies|ied) about|concerns? about)\b"
    r"([^,;.]*)$"
)
# "no history of stroke, TIA or aneurysm" denies all three; "no pain, aneurysm known" denies one.
_LIST = re.compile(r"\b(no|not|without|never)\b([^;.]*,[^;.]*)$")
_WHOLE_LIST = re.compile(
    r"(\b(denies|denied|denying|negative for|(no|without) (known )?(history|hx|evidence|signs?) of)"
    r"|^family (history|hx))\b([^;.]*,[^;.]*)$"
)
_JOINED = re.compile(r"\b(or|nor)\b")
# Here a denial ends: "no stroke but an aneurysm", "depression without psychosis with aneurysm".
_TURN = re.compile(
    r"\b(but|however|although|though|except|with|also|presents|now|and an?|since|after|"
    r"following|because|due to|secondary to|despite)\b"
)
_NEGATING_AFTER = re.compile(
    r"^(s|es)?[^,;.]{0,20}\b(ruled out|excluded|screening|screen|negative|not present|prevention|"
    r"prophylaxis|vaccination|was denied|is denied)\b|^(s|es)? (no|none|denied|denies|absent|never)"
    r"\s*($|[,;.])|^(s|es)?[ ,]*\b(ruled out|excluded|result negative|not found|test, result "
    r"negative)\b|^(s|es)?( disease)? (in|of) (his |her |their |the )?(mother|father|brother|"
    r"sister|parent|grand\w+|wife|husband|partner|spouse|aunt|uncle)"
)
# "cannot be excluded" is a suspicion.
_NOT_EXCLUDED = re.compile(r"\b(cannot|can not|cant|could not|not) (be )?(excluded|ruled out)\b")
_RELATIVE = re.compile(
    r"\b(family|familial|maternal|paternal|fhx?|mother|father|parent|sibling|wife|husband|spouse|"
    r"partner|caregiver|carer|caring|worr)"
)
_PAST = re.compile(
    r"\b(history of|hx of|h o|status post|s p|in (early |sustained |full |partial )*remission|"
    r"remote|previous|prior|former|repaired|clipped|coiled|resected|cured)\b|"
    r"(?<!year )(?<!years )(?<!yr )(?<!yo )(?<!month )(?<!months )\bold\b"
)


@dataclass(frozen=True)
class Names:
    """Names that count, and longer names that contain them and mean something else."""

    say: tuple[str, ...]
    but_not: tuple[str, ...]

    def found_in(self, texts: Iterable[str]) -> bool:
        """Whether one of the texts says one of the names, of the person and in the affirmative."""
        return bool(self.say) and any(self._says(plain(text)) for text in texts)

    def named_in(self, text: str) -> bool:
        """Whether the plain text holds one of the names, whatever it says about it."""
        return bool(self.say) and self._pattern.search(text) is not None

    def _says(self, text: str) -> bool:
        if not self._pattern.search(text):
            return False
        if self.but_not:
            text = self._exceptions.sub(" ", text)
        return any(
            not _denied(text[: match.start()], text[match.end() :])
            for match in self._pattern.finditer(text)
        )

    # Compiled once: a record has hundreds of texts, and there are more than a hundred rules.
    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{_any_of(self.say)})(?:s|es)?\b")

    @cached_property
    def _exceptions(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{_any_of(self.but_not)})(?:s|es)?\b")


NO_NAMES = Names((), ())


def _denied(before: str, after: str) -> bool:
    """Whether the words around a name deny it, or give it to somebody else."""
    if _NEGATING_AFTER.search(after) and not _NOT_EXCLUDED.search(after):
        return True
    near = _NEGATING_BEFORE.search(before)
    if near and (_RELATIVE.match(near.group(0)) or not _TURN.search(near.groups()[-1])):
        return True
    if (listed := _WHOLE_LIST.search(before)) is not None:
        return not _TURN.search(listed.groups()[-1])
    listed = _LIST.search(before)
    joined = listed and _JOINED.search(listed.group(2) + after.partition(";")[0].partition(".")[0])
    return bool(listed and joined and not _TURN.search(listed.group(2)))


def _any_of(names: Iterable[str]) -> str:
    """The names as alternatives, a longer one before its own beginning."""
    return "|".join(re.escape(name) for name in sorted(map(plain, names), key=len, reverse=True))


def read_names(node: Mapping[str, Any]) -> Names:
    """`names` and `but_not` of a knowledge node."""
    return Names(tuple(node.get("names", ())), tuple(node.get("but_not", ())))


def says_recent(texts: Iterable[str]) -> bool:
    """Whether the words themselves call it recent."""
    return any(re.search(r"\brecent(ly)?\b", plain(text)) for text in texts)


@lru_cache(maxsize=16384)
def says_relative(text: str, names: Names) -> bool:
    """Whether it gives one of the names to a close relative, or to the family at large."""
    said = plain(text)
    if not _CLOSE.search(said) or _DISTANT.search(said) or _NO_FAMILY.search(said):
        return False
    return names.named_in(said)


_CLOSE = re.compile(
    r"\b((family|maternal|paternal) (history|hx)|fhx?|mother|father|brother|sister|sibling|"
    r"parent|son|daughter|first degree relative)s?\b"
)
_DISTANT = re.compile(r"\b(aunt|uncle|cousin|grand\w+|step\w*|half|in law|adopt\w*|foster)\b")
_NO_FAMILY = re.compile(r"\b(no|not|without|denies|negative)\b[^,;.]*\b(family|fhx?)\b")


def says_past(texts: Iterable[str]) -> bool:
    """Whether the words themselves put it in the past: "history of", "in remission"."""
    return any(_PAST.search(plain(text)) for text in texts)


_SHORTHAND = tuple(
    (re.compile(rf"(?<![\w/]){short}(?![\w/])", re.IGNORECASE), words)
    for short, words in (
        ("d/o", "disorder"),
        ("w/o", "without"),
        ("h/o", "history of"),
        ("s/p", "status post"),
        ("r/o", "rule out"),
        ("c/b", "complicated by"),
        ("dz", "disease"),
    )
)


@lru_cache(maxsize=16384)
def plain(text: str) -> str:
    """Lower case, no accents, British as American (haemorrhage, hemorrhage), one space between."""
    for shorthand, words in _SHORTHAND:
        text = shorthand.sub(words, text)
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    bare = bare.lower().replace("ae", "e").replace("oe", "e").replace("'", "")
    bare = re.sub(r"[^a-z0-9,;.]+", " ", bare)
    return re.sub(r"\s+", " ", bare).strip()
