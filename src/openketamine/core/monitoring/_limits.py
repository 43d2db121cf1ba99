"""The limits of knowledge/alarms as values: families of levels, strictest first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

from openketamine.core.screening import HouseLimit, Tightened
from openketamine.knowledge import Threshold, document, documents, read_threshold


@dataclass(frozen=True)
class Bound:
    """A threshold on the number itself, or on its rise over the person's baseline.

    `in_percent`: of the baseline, instead of in the unit of the number. `house`: the value that
    this clinic has made stricter; None where the house value stands.
    """

    threshold: Threshold
    against_baseline: bool
    in_percent: bool = False
    house: Decimal | None = None

    @property
    def against(self) -> str:
        """What the number is compared with, as the knowledge files name it; empty: itself."""
        return "baseline_percent" if self.in_percent else "baseline" * self.against_baseline

    def met_by(self, value: Decimal, baseline: Decimal | None) -> bool:
        """Whether the number crosses this bound; a relative one needs a baseline."""
        if not self.against_baseline:
            return self.threshold.met_by(value)
        if baseline is None:
            return False
        rise = value - baseline
        return self.threshold.met_by(rise * 100 / baseline if self.in_percent else rise)

    def at(self, baseline: Decimal | None) -> Decimal:
        """The number at which it is crossed, in the unit of the signal."""
        if not self.against_baseline or baseline is None:
            return self.threshold.value
        rise = self.threshold.value
        return baseline + (rise * baseline / 100 if self.in_percent else rise)


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
    def technical_rules(self) -> frozenset[str]:
        """The rules of findings about a monitor; those about a pump are raised elsewhere."""
        return frozenset(one.rule for one in (*self.technical, self.silence))

    @cached_property
    def longest_wait(self) -> timedelta:
        """The longest delay of any level."""
        return max(one.delay for family in self.families for one in family.levels)

    @cached_property
    def longest_delay(self) -> timedelta:
        """Of the technical rules."""
        return max((rule.delay for rule in self.technical), default=timedelta(0))

    def on_screen(self) -> dict[str, list[dict[str, Any]]]:
        """Signal → every limit, as JSON: a screen colours a number by them before any finding."""
        return {
            signal: [
                {
                    "priority": level.priority,
                    "compare": bound.threshold.compare,
                    "value": float(bound.threshold.value),
                    "against": bound.against,
                }
                for level in levels
                if not level.with_symptoms
                for bound in level.bounds
            ]
            for signal, levels in self.of_signal.items()
        }

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
        at = bound.at(baseline)
        if bound.threshold.compare in (">", ">="):
            high = min(high, at - _MARGIN)
        else:
            low = max(low, at + _MARGIN)
    return low, high


@cache
def limits_for(protocol_id: str, site: tuple[Tightened, ...] = ()) -> Limits:
    """The limits of a protocol: the shared alarm table, with the levels that only it has.

    `site`: this clinic's own values of alarm limits, each at least as strict as the house's; one
    that is not is left out, because a looser alarm must not come of an old signature.
    """
    freshness = document("alarms", "freshness").body
    families = tuple(
        stricter(_family(node, protocol_id), site)
        for one in documents("alarms")
        for node in one.body.get("families", ())
    )
    return Limits(
        protocol_id=protocol_id,
        families=families,
        technical=tuple(_technical(node) for node in freshness["technical"]),
        silence=_technical({"signal": "monitor", **freshness["silence"]}),
        silence_rhythm=int(freshness["silence"]["rhythm"]["value"]),
        look_back=timedelta(seconds=freshness["look_back"]["value"]),
    )


@cache
def delay_of(rule: str) -> timedelta:
    """How long the condition of this rule has stood when it is raised; zero where nothing waits."""
    levels = (level for family in house_families() for level in family.levels)
    return next((level.delay for level in levels if level.rule == rule), timedelta(0))


def house_families() -> tuple[Family, ...]:
    """Every family with every level, those of single protocols included, as the house has them."""
    nodes = (node for one in documents("alarms") for node in one.body.get("families", ()))
    return tuple(_family(node) for node in nodes)


def _family(node: Mapping[str, Any], protocol_id: str | None = None) -> Family:
    return Family(
        id=node["family"],
        signal=node["signal"],
        name=node["name"],
        unit_words=node["unit_words"],
        clear_after=_seconds(node, "clear_after"),
        levels=tuple(
            _level(level)
            for level in node["levels"]
            if protocol_id is None or protocol_id in level.get("protocols", (protocol_id,))
        ),
    )


def _level(node: Mapping[str, Any]) -> Level:
    return Level(
        rule=node["rule"],
        priority=node["priority"],
        bounds=tuple(_bound(bound) for bound in node["any_of"]),
        advice=tuple(node["advice"]),
        delay=_seconds(node, "delay"),
        readings=int(node["readings"]["value"]) if "readings" in node else 1,
        apart=_seconds(node, "apart"),
        with_symptoms=bool(node.get("with_symptoms", False)),
        sources=tuple(node["sources"]),
        evidence=node["evidence"],
    )


def _bound(node: Mapping[str, Any]) -> Bound:
    against = node.get("against", "")
    return Bound(read_threshold(node), bool(against), against == "baseline_percent")


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


# An alarm limit that a clinic may tighten is named as a limit of screening is: by rule, priority,
# signal and side; a rise over the baseline is a signal of its own.
_RISE = {False: "rise", True: "rise_percent"}


@cache
def alarm_limits() -> tuple[HouseLimit, ...]:
    """Every limit of an alarm that a clinic may tighten, with the house value."""
    return tuple(
        house_limit(family, level, bound)
        for family in house_families()
        for level in family.levels
        for bound in level.bounds
    )


def house_limit(family: Family, level: Level, bound: Bound) -> HouseLimit:
    """One bound as the rulebook names it, with its house value."""
    rise = f"_{_RISE[bound.in_percent]}" if bound.against_baseline else ""
    threshold = bound.threshold
    side = "above" if threshold.compare in (">", ">=") else "below"
    value = threshold.value if bound.house is None else bound.house
    signal = f"{family.signal}{rise}"
    return HouseLimit(
        level.rule, level.priority, signal, side, value, threshold.unit, threshold.compare
    )


def stricter(family: Family, site: tuple[Tightened, ...]) -> Family:
    """The family with this clinic's own values; a value that is looser is not taken."""
    if not site:
        return family
    levels = tuple(
        replace(level, bounds=tuple(_own(family, level, bound, site) for bound in level.bounds))
        for level in family.levels
    )
    return replace(family, levels=levels)


def _own(family: Family, level: Level, bound: Bound, site: tuple[Tightened, ...]) -> Bound:
    house = house_limit(family, level, bound)
    key = (house.rule, house.action, house.signal)
    for wish in site:
        mine = (wish.rule, wish.action, wish.signal) == key and wish.side in ("", house.side)
        if mine and wish.value != house.value and not house.refuses(wish.value):
            own = replace(bound.threshold, value=wish.value)
            return replace(bound, threshold=own, house=house.value)
    return bound
