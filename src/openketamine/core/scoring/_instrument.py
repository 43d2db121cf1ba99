"""An instrument as its file describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.findings import BadInput, Evidence, Source, sources_of
from openketamine.core.scoring._cuts import Cuts, read_cuts
from openketamine.knowledge import Document, Threshold, document, names, read_threshold


@dataclass(frozen=True)
class Item:
    """One question. `text` is empty where the licence does not let us ship the words.

    An answer is the number of a choice, or of the range. A `reversed` item counts from the other
    end: the answer stays what was said, the points are derived.
    """

    number: int
    label: str
    text: str
    low: int
    high: int
    choices: tuple[tuple[int, str], ...]
    loinc: str | None = None
    optional: bool = False
    reversed: bool = False
    not_assessable: int | None = None

    @property
    def answers(self) -> tuple[int, ...]:
        """Every answer that may be given."""
        if self.choices:
            return tuple(sorted(score for score, _ in self.choices))
        return tuple(range(self.low, self.high + 1))

    def points(self, answer: int) -> int:
        """What an answer counts. What could not be assessed counts nothing, and is listed."""
        if answer == self.not_assessable:
            return 0
        return self.low + self.high - answer if self.reversed else answer


@dataclass(frozen=True)
class Part:
    """A named score over some items: their sum, their mean or their maximum, `divided_by` a weight.

    `either`: pairs of which a person answers one. `t_scores`: raw sum → T-score, from a table.
    """

    id: str
    label: str
    rule: str
    items: tuple[int, ...]
    most_missing: int = 0
    divided_by: int = 1
    decimals: int = 0
    either: tuple[tuple[int, ...], ...] = ()
    t_scores: Mapping[int, Decimal] | None = None
    direction: str = "high_bad"
    loinc: str | None = None


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
class Criteria:
    """A level that holds when, of each group of items, so many are answered yes."""

    band: str
    needs: tuple[tuple[tuple[int, ...], int], ...]


Bands = tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Instrument:
    """A questionnaire or scale: items, bands, what may be missing, what must be flagged.

    `bands` are those of the stricter cut-off; `bands_by_sex` holds what differs. `ships_words` is
    False where a licence keeps the words out: a site's pack fills them in.
    """

    id: str
    title: str
    version: str
    method: str
    items: tuple[Item, ...]
    total: Part | None
    parts: tuple[Part, ...]
    bands: Bands
    bands_by_sex: Mapping[str, Bands]
    triage: tuple[Triage, ...]
    criteria: tuple[Criteria, ...]
    flags: tuple[FlagRule, ...]
    must_answer: tuple[int, ...]
    asked_if: tuple[tuple[int, tuple[int, ...]], ...]
    cuts: tuple[Cuts, ...]
    direction: str
    recall: str
    recall_days: int | None
    lead_in: str
    note: str
    loinc: str | None
    loinc_panel: str | None
    licence: str
    ships_words: bool
    languages: tuple[str, ...]
    sources: tuple[Source, ...]
    evidence: Evidence

    def item(self, number: int) -> Item:
        """The item of this number."""
        return next(item for item in self.items if item.number == number)


def instruments() -> tuple[str, ...]:
    """The ids of every instrument."""
    return names("instruments")


@cache
def instrument(name: str) -> Instrument:
    """One instrument. Raises BadInput, naming those that exist."""
    if name not in instruments():
        raise BadInput("instrument", f"one of {', '.join(instruments())}", name)
    return _read(document("instruments", name))


def _read(file: Document) -> Instrument:
    body = file.body
    scored = body["score"]
    items = tuple(_item(node, body) for node in body["items"])
    direction = str(body["direction"])
    codes = body.get("loinc", {})
    return Instrument(
        id=file.id,
        title=file.title,
        version=str(body["version"]),
        method=str(scored["rule"]),
        items=items,
        total=_total(scored, items, direction),
        parts=tuple(_part(node, direction) for node in body.get("parts", ())),
        bands=_bands(body.get("bands", ())),
        bands_by_sex={k: _bands(v) for k, v in body.get("bands_by_sex", {}).items()},
        triage=tuple(_triage(node) for node in body.get("triage", ())),
        criteria=tuple(_criteria(node) for node in body.get("criteria", ())),
        flags=tuple(_flag(node) for node in body.get("flags", ())),
        must_answer=tuple(scored.get("must_answer", ())),
        asked_if=tuple((int(a["item"]), tuple(a["then"])) for a in body.get("asked_if", ())),
        cuts=tuple(read_cuts(node) for node in body.get("change", ())),
        direction=direction,
        recall=str(body["recall"]),
        recall_days=body.get("recall_days"),
        lead_in=str(body.get("lead_in", "")),
        note=str(body.get("note", "")),
        loinc=codes.get("total"),
        loinc_panel=codes.get("panel"),
        licence=str(body["licence"]),
        ships_words=body["words"] == "shipped",
        languages=tuple(body.get("languages", ())),
        sources=sources_of(scored["sources"]),
        evidence=scored["evidence"],
    )


def _item(node: Mapping[str, Any], body: Mapping[str, Any]) -> Item:
    # An item's own choices or range come before those that the file has for all items.
    own = node if "choices" in node or "range" in node else body
    choices = tuple((int(one["score"]), str(one["says"])) for one in own.get("choices", ()))
    apart = body.get("not_assessable")
    counted = [score for score, _ in choices if score != apart]
    low, high = (min(counted), max(counted)) if counted else own["range"]
    return Item(
        number=int(node["number"]),
        label=str(node["label"]),
        text=str(node.get("text", "")),
        low=int(low),
        high=int(high),
        choices=choices,
        loinc=node.get("loinc"),
        optional=bool(node.get("optional", False)),
        reversed=bool(node.get("reversed", False)),
        not_assessable=apart,
    )


def _total(scored: Mapping[str, Any], items: tuple[Item, ...], direction: str) -> Part | None:
    """The total as a part over every required item; None where it is made in another way."""
    if scored["rule"] not in ("sum", "mean"):
        return None
    numbers = tuple(item.number for item in items if not item.optional)
    return Part(
        id="total",
        label="total",
        rule=str(scored["rule"]),
        items=numbers,
        most_missing=int(scored["most_missing"]),
        decimals=int(scored.get("decimals", 0)),
        direction=direction,
    )


def _part(node: Mapping[str, Any], direction: str) -> Part:
    table = node.get("t_scores")
    first = int(node.get("t_from", 0))
    return Part(
        id=str(node["id"]),
        label=str(node["label"]),
        rule=str(node["by"]),
        items=tuple(node["items"]),
        most_missing=int(node.get("most_missing", 0)),
        divided_by=int(node.get("divided_by", 1)),
        decimals=int(node.get("decimals", 0)),
        either=tuple(tuple(pair) for pair in node.get("either", ())),
        t_scores=table and {first + place: Decimal(str(t)) for place, t in enumerate(table)},
        direction=str(node.get("direction", direction)),
        loinc=node.get("loinc"),
    )


def _bands(nodes: Any) -> Bands:
    return tuple((int(b["from"]), int(b["to"]), str(b["says"])) for b in nodes)


def _triage(node: Mapping[str, Any]) -> Triage:
    return Triage(str(node["says"]), tuple(node["any_of"]), str(node["advice"]))


def _criteria(node: Mapping[str, Any]) -> Criteria:
    needs = tuple((tuple(n["items"]), int(n["at_least"])) for n in node["needs"])
    return Criteria(str(node["says"]), needs)


def _flag(node: Mapping[str, Any]) -> FlagRule:
    return FlagRule(node.get("item"), read_threshold(node["answer"]), str(node["says"]))
