"""The dialect table pcd01.yaml, read once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


@dataclass(frozen=True)
class Metric:
    """One MDC code that fills a signal. `units`: accepted spelling → factor; empty for text."""

    signal: str
    rank: int
    code: str
    units: Mapping[str, Decimal]
    is_text: bool


@dataclass(frozen=True)
class Table:
    """What is accepted, and what it means. Metrics are found by code or, lacking one, by refid."""

    types: frozenset[tuple[str, str]]
    structures: frozenset[str]
    segments: frozenset[str]
    versions: frozenset[str]
    processing_ids: frozenset[str]
    charsets: Mapping[str, str]
    readable: frozenset[str]
    not_available: frozenset[str]
    validity: Mapping[str, str]
    by_code: Mapping[str, Metric]
    by_refid: Mapping[str, Metric]
    meanings: Mapping[str, tuple[str, Mapping[str, Decimal]]]
    prefer: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]


@cache
def pcd01() -> Table:
    """The table as shipped."""
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = False
    raw = yaml.load((Path(__file__).parent / "pcd01.yaml").read_text(encoding="utf-8"))
    return read_table(raw)


def read_table(raw: Mapping[str, Any]) -> Table:
    """A table from its YAML; a site's own dialect may be read in the same way."""
    message, status = raw["message"], raw["status"]
    metrics = [*_metrics(raw, "signals"), *_metrics(raw, "texts")]
    return Table(
        types=frozenset((kind, event) for kind, event in message["types"]),
        structures=frozenset(message["structures"]),
        segments=frozenset(message["segments"]),
        versions=frozenset(message["versions"]),
        processing_ids=frozenset(message["processing_ids"]),
        charsets=message["charsets"],
        readable=frozenset(status["readable"]),
        not_available=frozenset(status["not_available"]),
        validity=raw["validity"],
        by_code={metric.code: metric for metric, _ in metrics},
        by_refid={refid: metric for metric, refids in metrics for refid in refids},
        meanings={
            text: (row["signal"], {word: Decimal(number) for word, number in row["words"].items()})
            for text, row in raw["meanings"].items()
        },
        prefer={k: tuple(str(vmd["code"]) for vmd in v) for k, v in raw["prefer"].items()},
        kinds={str(row["code"]): kind for kind, rows in raw["kinds"].items() for row in rows},
    )


def _metrics(raw: Mapping[str, Any], group: str) -> Iterator[tuple[Metric, list[str]]]:
    for signal, rows in raw[group].items():
        for rank, row in enumerate(rows):
            units = _spellings(raw["units"], row.get("units", {}))
            metric = Metric(signal, rank, str(row["code"]), units, is_text=group == "texts")
            yield metric, [row["refid"], *row.get("aliases", [])]


def _spellings(units: Mapping[str, Any], accepted: Mapping[str, Any]) -> dict[str, Decimal]:
    """A unit may come by its MDC code, its refid or its UCUM text."""
    return {
        str(units[name][spelling]): Decimal(str(factor))
        for name, factor in accepted.items()
        for spelling in ("code", "refid", "ucum")
    }
