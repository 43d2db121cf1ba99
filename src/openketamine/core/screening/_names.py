"""Does a diagnosis say it, in words? Whole words only, and not where the words say the opposite."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
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
        return any(self._says(plain(text)) for text in texts)

    def _says(self, text: str) -> bool:
        for other in self.but_not:
            text = re.sub(rf"\b{re.escape(plain(other))}\b", " ", text)
        return any(_affirmed(text, plain(name)) for name in self.say)


def read_names(node: Mapping[str, Any]) -> Names:
    """`names` and `but_not` of a knowledge node."""
    return Names(tuple(node.get("names", ())), tuple(node.get("but_not", ())))


def says_past(texts: Iterable[str]) -> bool:
    """Whether the words themselves put it in the past: "history of", "in remission"."""
    return any(_PAST.search(plain(text)) for text in texts)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Lower case, no accents, British as American (haemorrhage, hemorrhage), one space between."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    bare = bare.lower().replace("ae", "e").replace("oe", "e").replace("'", "")
    bare = re.sub(r"[^a-z0-9,;.]+", " ", bare)
    return re.sub(r"\s+", " ", bare).strip()


def _affirmed(text: str, name: str) -> bool:
    for match in re.finditer(rf"\b{re.escape(name)}(s|es)?\b", text):
        before, after = text[: match.start()], text[match.end() :]
        if not _NEGATING_BEFORE.search(before) and not _NEGATING_AFTER.search(after):
            return True
    return False
