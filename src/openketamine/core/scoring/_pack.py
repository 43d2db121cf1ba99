"""The words of an instrument in another language, or of one that we may not ship at all.

Ours lie in `knowledge/instrument-words`, as published, each with its source; a site has a folder of
its own. One file an instrument and language: `instrument`, `version`, `language`, `permission` (who
gave it, and when), `items` (number → words), and where the form has them `lead_in` and `choices`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.scoring._instrument import Instrument, Item, instrument
from openketamine.knowledge import KnowledgeError, documents, load

_FIELDS = ("instrument", "version", "language", "permission", "items")
_MAY = ("lead_in", "choices")
_SHIPPED_IN = "en"
_PUBLISHED = "instrument-words"
# What says of our own files where the words come from, and how sure we are.
_WHENCE = ("rule", "sources", "evidence")


@dataclass(frozen=True)
class Words:
    """What a person reads, in one language, and by whose permission."""

    instrument: str
    language: str
    permission: str
    lead_in: str
    items: Mapping[int, str]
    choices: Mapping[int, Mapping[int, str]]


Pack = Mapping[tuple[str, str], Words]


@cache
def published() -> Pack:
    """The words that we ship in other languages, none of a published form translated by us:
    (instrument, language) → words. Raises BadInput for a file that does not fit its instrument."""
    return _by_language(
        (one.path, {key: said for key, said in one.body.items() if key not in _WHENCE})
        for one in documents(_PUBLISHED)
    )


def pack(folder: Path) -> Pack:
    """Every file of a site's pack, checked: (instrument, language) → words.

    Raises BadInput, one sentence naming the file, the field and what was expected.
    """
    if not folder.is_dir():
        raise BadInput("pack", "a folder of YAML files", str(folder))
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise BadInput("pack", "at least one .yaml file in the folder", str(folder))
    return _by_language((path, _raw(path)) for path in paths)


def _by_language(files: Iterable[tuple[Path, Mapping[str, Any]]]) -> Pack:
    found: dict[tuple[str, str], Words] = {}
    for path, raw in files:
        words = _words(path, raw)
        key = (words.instrument, words.language)
        if key in found:
            raise BadInput(f"{path.name}: instrument", "one file for each language", key[0])
        found[key] = words
    return found


def with_words(known: Instrument, words: Pack, language: str = "en") -> Instrument:
    """The instrument as a person reads it; unchanged where the pack has nothing for it."""
    own = words.get((known.id, language))
    if own is None:
        return known
    items = tuple(_worded(item, own) for item in known.items)
    return replace(known, items=items, lead_in=own.lead_in)


def _worded(item: Item, own: Words) -> Item:
    said = own.choices.get(item.number)
    choices = tuple(said.items()) if said else item.choices
    return replace(item, text=own.items[item.number], choices=choices)


def _words(path: Path, raw: Mapping[str, Any]) -> Words:
    _check_fields(path, raw)
    known = _instrument(path, raw)
    language = _text(path, raw, "language")
    if known.ships_words and language == _SHIPPED_IN:
        raise BadInput(
            f"{path.name}: instrument", "one whose words we do not ship in this language", known.id
        )
    if str(raw["version"]) != known.version:
        raise BadInput(f"{path.name}: version", repr(known.version), raw["version"])
    return Words(
        instrument=known.id,
        language=language,
        permission=_text(path, raw, "permission"),
        lead_in=_text(path, raw, "lead_in") if "lead_in" in raw else "",
        items=_items(path, known, raw["items"]),
        choices=_choices(path, known, raw.get("choices", {})),
    )


def _raw(path: Path) -> Mapping[str, Any]:
    try:
        return load(path)
    except UnicodeDecodeError:
        raise BadInput(path.name, "text in UTF-8") from None
    except KnowledgeError as error:
        raise BadInput(path.name, f"YAML ({' '.join(str(error).split())})") from None


def _check_fields(path: Path, raw: Mapping[str, Any]) -> None:
    for field in _FIELDS:
        if field not in raw:
            raise BadInput(path.name, f"the field {field}")
    for field in raw:
        if field not in (*_FIELDS, *_MAY):
            raise BadInput(f"{path.name}: {field}", f"one of {', '.join((*_FIELDS, *_MAY))}")


def _instrument(path: Path, raw: Mapping[str, Any]) -> Instrument:
    try:
        return instrument(str(raw["instrument"]))
    except BadInput as error:
        raise BadInput(f"{path.name}: instrument", error.expected, error.got) from None


def _text(path: Path, raw: Mapping[str, Any], field: str) -> str:
    if not isinstance(raw[field], str) or not raw[field].strip():
        raise BadInput(f"{path.name}: {field}", "words", raw[field])
    return str(raw[field]).strip()


def _items(path: Path, known: Instrument, raw: object) -> dict[int, str]:
    numbers = [item.number for item in known.items]
    if not isinstance(raw, Mapping) or sorted(map(str, raw)) != sorted(map(str, numbers)):
        raise BadInput(f"{path.name}: items", f"words for each of {len(numbers)} items by number")
    said = {str(number): words for number, words in raw.items()}
    return {number: _said(path, f"items.{number}", said[str(number)]) for number in numbers}


def _choices(path: Path, known: Instrument, raw: object) -> dict[int, dict[int, str]]:
    """`choices` by item number, or under `all` for every item; each names every answer there is."""
    if not isinstance(raw, Mapping):
        raise BadInput(f"{path.name}: choices", "answers by item number, or under all")
    found = {}
    for key, said in raw.items():
        numbers = [n for item in known.items if str(key) in ("all", str(n := item.number))]
        if not numbers:
            raise BadInput(f"{path.name}: choices", "an item number, or all", key)
        for number in numbers:
            found[number] = _choice(path, known.item(number), said)
    return found


def _choice(path: Path, item: Item, said: object) -> dict[int, str]:
    place = f"choices.{item.number}"
    if not isinstance(said, Mapping) or sorted(map(str, said)) != sorted(map(str, item.answers)):
        answers = ", ".join(str(one) for one in item.answers)
        raise BadInput(f"{path.name}: {place}", f"words for each of the answers {answers}")
    by_answer = {str(answer): words for answer, words in said.items()}
    return {one: _said(path, f"{place}.{one}", by_answer[str(one)]) for one in item.answers}


def _said(path: Path, place: str, words: object) -> str:
    if not isinstance(words, str) or not words.strip():
        raise BadInput(f"{path.name}: {place}", "words", words)
    return words.strip()
