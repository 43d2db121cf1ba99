"""A knowledge file as a tree that a page can print without knowing the kind of the file."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from openketamine.clinic.library.cards import (
    ACTION_WORDS,
    EVIDENCE_WORDS,
    SourceLine,
    source_lines,
)

_COMPARE_WORDS = {">=": "at or above", ">": "above", "<=": "at or below", "<": "below"}
_ASIDE = frozenset(
    {"sources", "evidence", "examples", "value", "unit", "compare", "rule", "action"}
)
_UNITS = {
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "a": "years",
    "d": "days",
    "wk": "weeks",
    "{score}": "",
    "1": "",
}
# What can name an entry of a list, the best name first.
_NAMES = ("summary", "ask", "question", "title", "name", "phase", "text", "item", "rule", "id")


@dataclass(frozen=True)
class Node:
    """One entry: its name in words, its value, what stands under it, and on whose word."""

    name: str
    value: str = ""
    rule: str = ""
    level: str = ""
    word: str = ""
    children: tuple["Node", ...] = ()
    items: tuple[str, ...] = ()
    met: str = ""
    not_met: str = ""
    sources: tuple[SourceLine, ...] = ()
    evidence: str = ""


def tree(body: Mapping[str, Any]) -> tuple[Node, ...]:
    """The entries of a file's body, in the file's order."""
    return tuple(_node(str(key), value) for key, value in body.items())


def words(key: str) -> str:
    """`start_dose` → `Start dose`; what carries capitals already, as `CI-03`, stays as it is."""
    spaced = key.replace("_", " ")
    return spaced[:1].upper() + spaced[1:]


def _node(key: str, value: Any) -> Node:
    if isinstance(value, Mapping):
        return _mapping(key, value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _sequence(key, value)
    return Node(words(key), _scalar(value))


def _mapping(key: str, value: Mapping[str, Any]) -> Node:
    sides, action = _sides(value), value.get("action")
    rule = value.get("rule")
    return Node(
        name=words(key),
        value=_measured(value),
        rule=rule if isinstance(rule, str) else "",
        level=str(action) if action in ACTION_WORDS else "",
        word=ACTION_WORDS.get(str(action), ""),
        children=_children(key, value, _ASIDE if sides else _ASIDE - {"examples"}),
        met=_listed(sides.get("met", ())),
        not_met=_listed(sides.get("not_met", ())),
        sources=source_lines(value.get("sources") or ()),
        evidence=EVIDENCE_WORDS.get(str(value.get("evidence", "")), ""),
    )


def _children(key: str, value: Mapping[str, Any], aside: Set[str]) -> tuple[Node, ...]:
    """What is left to say: not the name again, and nothing that is empty."""
    return tuple(
        _node(str(name), inner)
        for name, inner in value.items()
        if name not in aside and inner not in ([], {}, "") and str(inner) != key
    )


def _sides(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The examples of a threshold, one list on each side; of anything else, nothing."""
    examples = value.get("examples")
    return examples if isinstance(examples, Mapping) and "met" in examples else {}


def _measured(value: Mapping[str, Any]) -> str:
    if "value" not in value:
        return ""
    unit = str(value.get("unit") or "")
    parts = (
        _COMPARE_WORDS.get(str(value.get("compare")), ""),
        _scalar(value["value"]),
        _UNITS.get(unit, unit),
    )
    return " ".join(str(part) for part in parts if part)


def _sequence(key: str, value: Sequence[Any]) -> Node:
    if all(not isinstance(item, Mapping | list) for item in value):
        return Node(words(key), items=tuple(_scalar(item) for item in value))
    return Node(
        words(key),
        children=tuple(_node(_name_of(item, at), item) for at, item in enumerate(value, 1)),
    )


def _name_of(item: Any, at: int) -> str:
    named = item if isinstance(item, Mapping) else {}
    return next((named[key] for key in _NAMES if isinstance(named.get(key), str)), str(at))


def _scalar(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return _listed(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "—" if value is None else str(value)


def _listed(values: Any) -> str:
    return ", ".join(str(value) for value in values)
