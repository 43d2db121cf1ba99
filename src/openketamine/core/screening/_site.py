"""Thresholds that a clinic has tightened for itself: a value handed in, not a changed rule."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from openketamine.core.findings import BadInput, Because, Finding
from openketamine.core.quantities import format_number
from openketamine.core.screening._rule import MeasuredMatch, Rule
from openketamine.core.screening._rules import rules
from openketamine.knowledge import Threshold, digest

AGE = "age"
_UNITS = {"mm[Hg]": "mmHg", "a": "years", "Cel": "°C", "{score}": "points"}


@dataclass(frozen=True)
class Tightened:
    """One threshold of one rule as this clinic wants it, and why.

    `side` is "above" (the rule speaks from the value upwards) or "below"; it is needed only where a
    rule watches one signal on both sides, as a heart rate. `by` and `on`: who set it, and when.
    """

    rule: str
    action: str
    signal: str
    value: Decimal
    reason: str
    side: str = ""
    by: str = ""
    on: date | None = None

    def as_json(self) -> dict[str, str]:
        """As it is frozen into a decision."""
        return {name: str(value) for name, value in vars(self).items() if value not in ("", None)}


@dataclass(frozen=True)
class HouseLimit:
    """A threshold that a clinic may tighten, with the house value that it may not pass.

    Where several texts of one rule have one each, `value` is the strictest of them.
    """

    rule: str
    action: str
    signal: str
    side: str
    value: Decimal
    unit: str
    compare: str

    def refuses(self, value: Decimal) -> str:
        """Why this value is none that a clinic may set, in one sentence; empty where it may."""
        if self.strictness(value) >= self.strictness(self.value):
            return ""
        direction = "only lower" if self.side == "above" else "only higher"
        field = f"{self.signal.replace('_', ' ').capitalize()} of {self.rule}"
        house = in_words(self.value, self.unit)
        return (
            f"{field}: {in_words(value, self.unit)} would be looser than the house value of "
            f"{house}; a clinic may go {direction}."
        )

    def strictness(self, value: Decimal) -> Decimal:
        """Larger is stricter."""
        return -value if self.side == "above" else value


def in_words(value: Decimal, unit: str) -> str:
    """`160 mmHg`."""
    return f"{format_number(value, 3)} {_UNITS.get(unit, unit)}".strip()


def side_of(threshold: Threshold) -> str:
    """On which side of the value the rule speaks."""
    return "above" if threshold.compare in (">", ">=") else "below"


@cache
def house_limits() -> tuple[HouseLimit, ...]:
    """Everything that a clinic may tighten: what is measured, and ages.

    Times since an illness and daily doses are left out: the question that is asked where the record
    is silent names the house value, and its answer would then be read as what it does not say.
    """
    found: dict[tuple[str, str, str, str], HouseLimit] = {}
    for rule in rules():
        for signal, threshold in _thresholds(rule):
            key = (rule.id, rule.action.value, signal, side_of(threshold))
            limit = HouseLimit(*key, threshold.value, threshold.unit, threshold.compare)
            before = found.get(key, limit)
            stricter = limit.strictness(limit.value) >= limit.strictness(before.value)
            found[key] = limit if stricter else before
    return tuple(found.values())


def digest_with(site: tuple[Tightened, ...]) -> str:
    """The digest of the knowledge, and of the clinic's own values where it has any."""
    if not site:
        return digest()
    values = sorted((w.rule, w.action, w.signal, w.side, format_number(w.value, 6)) for w in site)
    return f"{digest()}+clinic:{hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]}"


@lru_cache(maxsize=64)
def rules_of(site: tuple[Tightened, ...]) -> tuple[Rule, ...]:
    """Every rule as it holds in this clinic. Raises BadInput as `tightened` does."""
    return tightened(rules(), site) if site else rules()


def tightened(rules: Iterable[Rule], wishes: tuple[Tightened, ...]) -> tuple[Rule, ...]:
    """The rules with the clinic's own thresholds, each of them at least as strict as ours.

    Raises BadInput for a threshold that does not exist, one that would be looser, one that is on
    both sides and does not say which, or one without a reason.
    """
    known = tuple(rules)
    for wish in wishes:
        sides = {side for rule in known for side in _sides(rule, wish)}
        if not sides:
            raise BadInput(
                "threshold", "a rule with that action and signal", f"{wish.rule} {wish.signal}"
            )
        if len(sides) > 1:
            raise BadInput("threshold.side", "above or below: the rule watches both sides")
        known = tuple(_applied(rule, wish) if _sides(rule, wish) else rule for rule in known)
    return known


def _thresholds(rule: Rule) -> Iterator[tuple[str, Threshold]]:
    if rule.measured:
        yield from rule.measured.thresholds
    # Two bounds are a range: which of them is the stricter is no question of numbers.
    if len(rule.age) == 1:
        yield AGE, rule.age[0]


def _fits(wish: Tightened, signal: str, threshold: Threshold) -> bool:
    return signal == wish.signal and wish.side in ("", side_of(threshold))


def _sides(rule: Rule, wish: Tightened) -> set[str]:
    if (rule.id, rule.action.value) != (wish.rule, wish.action):
        return set()
    return {side_of(t) for name, t in _thresholds(rule) if _fits(wish, name, t)}


def _applied(rule: Rule, wish: Tightened) -> Rule:
    if not wish.reason.strip():
        raise BadInput("threshold.reason", "why this clinic is stricter")
    if wish.signal == AGE:
        return replace(rule, age=(_stricter(rule.age[0], wish),))
    measured: MeasuredMatch = rule.measured  # type: ignore[assignment]  # `_sides` found it there
    thresholds = tuple(
        (name, _stricter(threshold, wish) if _fits(wish, name, threshold) else threshold)
        for name, threshold in measured.thresholds
    )
    return replace(rule, measured=replace(measured, thresholds=thresholds))


def _stricter(threshold: Threshold, wish: Tightened) -> Threshold:
    """A limit from above may only come down, one from below only go up."""
    upper = side_of(threshold) == "above"
    looser = wish.value > threshold.value if upper else wish.value < threshold.value
    if looser:
        words = f"{'at most' if upper else 'at least'} {threshold.value} {threshold.unit}"
        raise BadInput(f"threshold of {wish.rule}", words, str(wish.value))
    return replace(threshold, value=wish.value)


def with_own_words(
    finding: Finding,
    site: tuple[Tightened, ...],
    crossed: Mapping[str, Any],
    *,
    house_agrees: bool,
) -> Finding:
    """The finding, saying whose limit it is where the clinic's own one was crossed.

    `crossed`: the person's value by signal. `house_agrees`: the house rule says the same.
    """
    lines = tuple(_own_line(wish) for wish in site if _speaks(wish, finding, crossed))
    if not lines:
        return finding
    summary = finding.summary if house_agrees else f"By the clinic’s own limit: {finding.summary}"
    return replace(finding, summary=summary, because=(*finding.because, *lines))


def _speaks(wish: Tightened, finding: Finding, crossed: Mapping[str, Any]) -> bool:
    if (wish.rule, wish.action) != (finding.rule, finding.action.value):
        return False
    value, limit = crossed.get(wish.signal), _house(wish)
    if value is None or limit is None:
        return False
    return Threshold(wish.value, limit.unit, limit.compare).met_by(value)


def _house(wish: Tightened) -> HouseLimit | None:
    return next(
        (
            limit
            for limit in house_limits()
            if (limit.rule, limit.action, limit.signal) == (wish.rule, wish.action, wish.signal)
            and wish.side in ("", limit.side)
        ),
        None,
    )


def _own_line(wish: Tightened) -> Because:
    limit = _house(wish)
    unit, house = (limit.unit, in_words(limit.value, limit.unit)) if limit else ("", "")
    words = f"the clinic’s own limit for {wish.signal.replace('_', ' ')}: "
    words += f"{in_words(wish.value, unit)}, house {house}"
    signed = f", set by {wish.by}" if wish.by else ""
    signed += f" on {wish.on.isoformat()}" if wish.on else ""
    return Because(f"{words}{signed}, because: {wish.reason}")
