"""Thresholds that a clinic has tightened for itself: a value handed in, not a changed rule."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from openketamine.core.findings import BadInput
from openketamine.core.screening._rule import MeasuredMatch, Rule
from openketamine.knowledge import Threshold


@dataclass(frozen=True)
class Tightened:
    """One threshold of one rule as this clinic wants it, and why."""

    rule: str
    action: str
    signal: str
    value: Decimal
    reason: str


def tightened(rules: Iterable[Rule], wishes: tuple[Tightened, ...]) -> tuple[Rule, ...]:
    """The rules with the clinic's own thresholds, each of them at least as strict as ours.

    Raises BadInput for a threshold that does not exist, one that would be looser, or one without a
    reason.
    """
    known = tuple(rules)
    for wish in wishes:
        known = tuple(_applied(rule, wish) for rule in known)
        if not any(_fits(rule, wish) for rule in known):
            raise BadInput(
                "threshold", "a rule with that action and signal", f"{wish.rule} {wish.signal}"
            )
    return known


def _fits(rule: Rule, wish: Tightened) -> bool:
    signals = {name for name, _ in rule.measured.thresholds} if rule.measured else set()
    return (rule.id, rule.action.value) == (wish.rule, wish.action) and wish.signal in signals


def _applied(rule: Rule, wish: Tightened) -> Rule:
    if rule.measured is None or not _fits(rule, wish):
        return rule
    if not wish.reason.strip():
        raise BadInput("threshold.reason", "why this clinic is stricter")
    thresholds = tuple(
        (name, _stricter(threshold, wish) if name == wish.signal else threshold)
        for name, threshold in rule.measured.thresholds
    )
    return replace(rule, measured=_with(rule.measured, thresholds))


def _with(match: MeasuredMatch, thresholds: tuple[tuple[str, Threshold], ...]) -> MeasuredMatch:
    return replace(match, thresholds=thresholds)


def _stricter(threshold: Threshold, wish: Tightened) -> Threshold:
    """A limit from above may only come down, one from below only go up."""
    upper = threshold.compare in (">", ">=")
    looser = wish.value > threshold.value if upper else wish.value < threshold.value
    if looser:
        words = f"{'at most' if upper else 'at least'} {threshold.value} {threshold.unit}"
        raise BadInput(f"threshold of {wish.rule}", words, str(wish.value))
    return replace(threshold, value=wish.value)
