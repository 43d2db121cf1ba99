"""Does a diagnosis say it, in words? Whole words only, and not where the words say the opposite."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

# "without psychotic features", "family history of stroke", "mania ruled out" are not it.
_NEGATING_BEFORE = re.compile(
    r"\b(no|not|without|denies|denied|negative for|absence of|never|ruled out|screening for|"
    r"no evidence of|free of|resolved fear of|prophylaxis (of|for|against)|vaccination against|"
    r"screen for|risk of|fear of|(family|maternal|paternal) (history|hx)( of)?|fhx?( of)?|"
    r"(mother|father|brother|sister|sibling|parent|son|daughter) (with|has|had))\b[^,;.]*$"
)
_NEGATING_AFTER = re.compile(
    r"^[^,;.]{0,20}\b(ruled out|excluded|screening|negative|not present)\b"
)
_PAST = re.compile(r"\b(history of|hx of|status post|old|in (full |partial )?remission)\b")


@dataclass(frozen=True)
class Names:
    """Names that count, and longer names that contain them and mean something else."""

    say: tuple[str, ...]
    but_not: tuple[str, ...]

    def found_in(self, texts: Iterable[str]) -> bool:
        """Whether one of the texts says one of the names, of the person and in the affirmative."""
        return bool(self.say) and any(self._says(plain(text)) for text in texts)

    def _says(self, text: str) -> bool:
        if not self._pattern.search(text):
            return False
        if self.but_not:
            text = self._exceptions.sub(" ", text)
        return any(
            not _NEGATING_BEFORE.search(text[: match.start()])
            and not _NEGATING_AFTER.search(text[match.end() :])
            for match in self._pattern.finditer(text)
        )

    # Compiled once: a record has hundreds of texts, and there are more than a hundred rules.
    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{_any_of(self.say)})(?:s|es)?\b")

    @cached_property
    def _exceptions(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{_any_of(self.but_not)})\b")


def _any_of(names: Iterable[str]) -> str:
    """The names as alternatives, a longer one before its own beginning."""
    return "|".join(re.escape(name) for name in sorted(map(plain, names), key=len, reverse=True))


def read_names(node: Mapping[str, Any]) -> Names:
    """`names` and `but_not` of a knowledge node."""
    return Names(tuple(node.get("names", ())), tuple(node.get("but_not", ())))


def says_past(texts: Iterable[str]) -> bool:
    """Whether the words themselves put it in the past: "history of", "in remission"."""
    return any(_PAST.search(plain(text)) for text in texts)


@lru_cache(maxsize=16384)
def plain(text: str) -> str:
    """Lower case, no accents, British as American (haemorrhage, hemorrhage), one space between."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    bare = bare.lower().replace("ae", "e").replace("oe", "e").replace("'", "")
    bare = re.sub(r"[^a-z0-9,;.]+", " ", bare)
    return re.sub(r"\s+", " ", bare).strip()
