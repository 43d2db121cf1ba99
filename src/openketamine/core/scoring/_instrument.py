"""An instrument as its file describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from openketamine.core.findings import BadInput, Evidence, Source
from openketamine.knowledge import Document, Threshold, document, documents, read_threshold


@dataclass(frozen=True)
class Item:
    """One question. `text` is empty where the licence does not let us ship the words."""

    number: int
    label: str
    text: str
    low: int
    high: int
    choices: tuple[tuple[int, str], ...]
    loinc: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class FlagRule:
    """An answer to one item, or a total, that a clinician must see."""

    item: int | None
    threshold: Threshold
    says: str


@dataclass(frozen=True)
class Triage:
    """A risk level that follows from items answered yes; the first level that fits counts."""

    band: str
    any_of: tuple[int, ...]
    advice: str


@dataclass(frozen=True)
class Instrument:
    """A questionnaire or scale: items, bands, what may be missing, what must be flagged."""

    id: str
    title: str
    method: str
    items: tuple[Item, ...]
    bands: tuple[tuple[int, int, str], ...]
    triage: tuple[Triage, ...]
    flags: tuple[FlagRule, ...]
    most_missing: int
    must_answer: tuple[int, ...]
    asked_if: tuple[tuple[int, tuple[int, ...]], ...]
    loinc: str | None
    licence: str
    sources: tuple[Source, ...]
    evidence: Evidence


def instruments() -> tuple[str, ...]:
    """The ids of every instrument."""
    return tuple(found.id for found in documents("instruments"))


@cache
def instrument(name: str) -> Instrument:
    """One instrument. Raises BadInput, naming those that exist."""
    if name not in instruments():
        raise BadInput("instrument", f"one of {', '.join(instruments())}", name)
    return _read(document("instruments", name))


def _read(file: Document) -> Instrument:
    body = file.body
    scored = body["score"]
    return Instrument(
        id=file.id,
        title=file.title,
        method=str(scored["rule"]),
        items=tuple(_item(node, body) for node in body["items"]),
        bands=tuple((int(b["from"]), int(b["to"]), str(b["says"])) for b in body.get("bands", ())),
        triage=tuple(_triage(node) for node in body.get("triage", ())),
        flags=tuple(_flag(node) for node in body.get("flags", ())),
        most_missing=int(scored["most_missing"]),
        must_answer=tuple(scored.get("must_answer", ())),
        asked_if=tuple((int(a["item"]), tuple(a["then"])) for a in body.get("asked_if", ())),
        loinc=body.get("loinc", {}).get("total"),
        licence=str(body["licence"]),
        sources=tuple(Source(str(s["id"]), str(s.get("where", ""))) for s in scored["sources"]),
        evidence=scored["evidence"],
    )


def _item(node: Mapping[str, Any], body: Mapping[str, Any]) -> Item:
    choices = node.get("choices", body.get("choices", ()))
    low, high = node.get("range", body.get("range", (0, 0)))
    return Item(
        number=int(node["number"]),
        label=str(node["label"]),
        text=str(node.get("text", "")),
        low=int(low),
        high=int(high),
        choices=tuple((int(choice["score"]), str(choice["says"])) for choice in choices),
        loinc=node.get("loinc"),
        optional=bool(node.get("optional", False)),
    )


def _triage(node: Mapping[str, Any]) -> Triage:
    return Triage(str(node["says"]), tuple(node["any_of"]), str(node["advice"]))


def _flag(node: Mapping[str, Any]) -> FlagRule:
    return FlagRule(node.get("item"), read_threshold(node["answer"]), str(node["says"]))
