"""How hard a text is to read, by two published formulas. A measure of words and sentences, no more.

English: Flesch–Kincaid grade (Kincaid 1975). Spanish: Fernández Huerta (1959), 100 easiest.
"""

import re

_SENTENCE = re.compile(r"[.!?:]+(?:\s|$)")
_WORD = re.compile(r"[a-záéíóúüñ]+(?:['’-][a-záéíóúüñ]+)*", re.IGNORECASE)
_STRONG = "aeoáéóíú"


def grade(text: str) -> float:
    """Flesch–Kincaid: the school year of the United States in which it is read with ease."""
    words = _words(text)
    syllables = sum(_english(word) for word in words)
    return 0.39 * len(words) / _sentences(text) + 11.8 * syllables / len(words) - 15.59


def ease(text: str) -> float:
    """Fernández Huerta: 70 and above is read with ease at the end of primary school."""
    words = _words(text)
    syllables = sum(_spanish(word) for word in words)
    return 206.84 - 60 * syllables / len(words) - 1.02 * len(words) / _sentences(text)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _sentences(text: str) -> int:
    return max(1, len([one for one in _SENTENCE.split(text) if _WORD.search(one)]))


def _english(word: str) -> int:
    """Groups of vowels; a silent e at the end is none."""
    word = re.sub(r"[^a-z]", "", word)
    groups = re.findall(r"[aeiouy]+", word)
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and len(groups) > 1
    ed = word.endswith("ed") and not word.endswith(("ted", "ded")) and len(groups) > 1
    return max(1, len(groups) - silent - (ed and not silent))


def _spanish(word: str) -> int:
    """Vowels, less one for each weak one that stands beside another (a diphthong)."""
    count, before = 0, ""
    for sign in word.replace("qu", "k").replace("gue", "ge").replace("gui", "gi"):
        vowel = sign in "aeiouáéíóúü"
        joined = vowel and before and not (before in _STRONG and sign in _STRONG)
        count += bool(vowel and not joined)
        before = sign if vowel else ""
    return max(1, count)
