"""The limits of knowledge/alarms as values: families of levels, strictest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

from openketamine.knowledge import Threshold, document, documents, read_threshold


@dataclass(frozen=True)
class Bound:
    """A threshold on the number itself, or on its rise over the person's baseline."""

    threshold: Threshold
    against_baseline: bool

    def met_by(self, value: Decimal, baseline: Decimal | None) -> bool:
        """Whether the number crosses this bound; a relative one needs a baseline."""
        if not self.against_baseline:
            return self.threshold.met_by(value)
        return baseline is not None and self.threshold.met_by(value - baseline)


@dataclass(frozen=True)
class Level:
    """One priority of one family, with what to do."""

    rule: str
    priority: str
    bounds: tuple[Bound, ...]
    advice: tuple[str, ...]
    delay: timedelta
    readings: int
    apart: timedelta
    with_symptoms: bool
    sources: tuple[Mapping[str, Any], ...]
    evidence: str

    def bound_met(self, value: Decimal, baseline: Decimal | None) -> Bound | None:
        """The first bound that the number crosses."""
        return next((bound for bound in self.bounds if bound.met_by(value, baseline)), None)


@dataclass(frozen=True)
class Family:
    """All levels of one signal in one direction; at most one of them is active at a time."""

    id: str
    signal: str
    name: str
    unit_words: str
    clear_after: timedelta
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Technical:
    """A number that should be there is not there, or not believable, for longer than `delay`."""

    rule: str
    signal: str
    priority: str
    delay: timedelta
    summary: str
    advice: tuple[str, ...]
    sources: tuple[Mapping[str, Any], ...]
    evidence: str


@dataclass(frozen=True)
class Limits:
    """Everything that `assess` compares with."""

    protocol_id: str
    families: tuple[Family, ...]
    technical: tuple[Technical, ...]
    silence: Technical
    silence_rhythm: int
    look_back: timedelta

    @cached_property
    def of_signal(self) -> Mapping[str, tuple[Level, ...]]:
        """Every level that a number of this signal can cross, in either direction."""
        found: dict[str, tuple[Level, ...]] = {}
        for family in self.families:
            found[family.signal] = (*found.get(family.signal, ()), *family.levels)
        return found

    @cached_property
    def levels(self) -> frozenset[str]:
        """The rules of all levels."""
        return frozenset(level.rule for levels in self.of_signal.values() for level in levels)

    @cached_property
    def longest_delay(self) -> timedelta:
        """Of the technical rules."""
        return max((rule.delay for rule in self.technical), default=timedelta(0))

    def calm(self, baseline: Mapping[str, Decimal]) -> dict[str, tuple[Decimal, Decimal]]:
        """Signal → between which numbers nothing can be crossed, a margin inside of every bound."""
        return {
            signal: _calm(levels, baseline.get(signal)) for signal, levels in self.of_signal.items()
        }


_MARGIN, _FAR = Decimal("0.001"), Decimal(10) ** 15


def _calm(levels: tuple[Level, ...], baseline: Decimal | None) -> tuple[Decimal, Decimal]:
    low, high = -_FAR, _FAR
    for bound in (bound for level in levels for bound in level.bounds):
        if bound.against_baseline and baseline is None:
            continue
        at = bound.threshold.value + (baseline or 0 if bound.against_baseline else 0)
        if bound.threshold.compare in (">", ">="):
            high = min(high, at - _MARGIN)
        else:
            low = max(low, at + _MARGIN)
    return low, high


@cache
def limits_for(protocol_id: str) -> Limits:
    """The limits of a protocol. All protocols share one alarm table until one brings its own."""
    freshness = document("alarms", "freshness").body
    families = tuple(
        _family(node) for one in documents("alarms") for node in one.body.get("families", ())
    )
    return Limits(
        protocol_id=protocol_id,
        families=families,
        technical=tuple(_technical(node) for node in freshness["technical"]),
        silence=_technical({"signal": "monitor", **freshness["silence"]}),
        silence_rhythm=int(freshness["silence"]["rhythm"]["value"]),
        look_back=timedelta(seconds=freshness["look_back"]["value"]),
    )


def _family(node: Mapping[str, Any]) -> Family:
    return Family(
        id=node["family"],
        signal=node["signal"],
        name=node["name"],
        unit_words=node["unit_words"],
        clear_after=_seconds(node, "clear_after"),
        levels=tuple(_level(level) for level in node["levels"]),
    )


def _level(node: Mapping[str, Any]) -> Level:
    return Level(
        rule=node["rule"],
        priority=node["priority"],
        bounds=tuple(
            Bound(read_threshold(bound), bound.get("against") == "baseline")
            for bound in node["any_of"]
        ),
        advice=tuple(node["advice"]),
        delay=_seconds(node, "delay"),
        readings=int(node["readings"]["value"]) if "readings" in node else 1,
        apart=_seconds(node, "apart"),
        with_symptoms=bool(node.get("with_symptoms", False)),
        sources=tuple(node["sources"]),
        evidence=node["evidence"],
    )


def _technical(node: Mapping[str, Any]) -> Technical:
    return Technical(
        rule=node["rule"],
        signal=node["signal"],
        priority=node["priority"],
        delay=_seconds(node, "delay"),
        summary=node["summary"],
        advice=tuple(node["advice"]),
        sources=tuple(node["sources"]),
        evidence=node["evidence"],
    )


def _seconds(node: Mapping[str, Any], field: str) -> timedelta:
    return timedelta(seconds=node[field]["value"]) if field in node else timedelta(0)
