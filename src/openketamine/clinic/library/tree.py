"""A knowledge file as a tree that a page can print without knowing the kind of the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openketamine.clinic.library.cards import EVIDENCE_WORDS, SourceLine, source_lines

_COMPARE_WORDS = {">=": "at or above", ">": "above", "<=": "at or below", "<": "below"}
_ASIDE = frozenset({"sources", "evidence", "examples", "value", "unit", "compare"})


@dataclass(frozen=True)
class Node:
    """One entry: its name in words, its value, what stands under it, and on whose word."""

    name: str
    value: str = ""
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
    sides = _sides(value)
    aside = _ASIDE if sides else _ASIDE - {"examples"}
    return Node(
        name=words(key),
        value=_measured(value),
        children=tuple(_node(str(k), v) for k, v in value.items() if k not in aside),
        met=_listed(sides.get("met", ())),
        not_met=_listed(sides.get("not_met", ())),
        sources=source_lines(value.get("sources") or ()),
        evidence=EVIDENCE_WORDS.get(str(value.get("evidence", "")), ""),
    )


def _sides(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The examples of a threshold, one list on each side; of anything else, nothing."""
    examples = value.get("examples")
    return examples if isinstance(examples, Mapping) and "met" in examples else {}


def _measured(value: Mapping[str, Any]) -> str:
    if "value" not in value:
        return ""
    parts = (
        _COMPARE_WORDS.get(str(value.get("compare")), ""),
        _scalar(value["value"]),
        value.get("unit"),
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
    if isinstance(item, Mapping):
        for key in ("rule", "id", "title", "name", "item", "text", "question"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return str(at)


def _scalar(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return _listed(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "—" if value is None else str(value)


def _listed(values: Any) -> str:
    return ", ".join(str(value) for value in values)
