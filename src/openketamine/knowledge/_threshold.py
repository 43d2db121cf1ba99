"""A threshold: a number, a unit, a direction, and examples on both sides that prove the direction.

The examples are not decoration. "upper" below "lower" and ">" for ">=" are the faults that have
reached patients elsewhere; an example on the boundary makes both impossible to commit.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Threshold:
    """`Threshold(180, "mm[Hg]", ">=")` is met by 180 and not by 179."""

    value: Decimal
    unit: str
    compare: str

    def met_by(self, amount: Decimal | int | float) -> bool:
        """Whether `amount`, in the threshold's own unit, is on the far side."""
        return _COMPARE[self.compare](Decimal(str(amount)), self.value)


def read_threshold(node: Mapping[str, Any]) -> Threshold:
    """A Threshold from a checked YAML node with `value`, `unit` and `compare`."""
    return Threshold(Decimal(str(node["value"])), str(node["unit"]), str(node["compare"]))


def check_threshold(node: Mapping[str, Any]) -> list[str]:
    """What is wrong with a threshold node; empty when it may be used."""
    if node.get("compare") not in _COMPARE:
        return [f"compare: expected one of {', '.join(_COMPARE)}, got {node.get('compare')!r}"]
    absent = [field for field in ("value", "unit") if node.get(field) is None]
    if absent:
        return [f"a threshold lacks {', '.join(absent)}"]
    examples = node.get("examples") or {}
    if not examples.get("met") or not examples.get("not_met"):
        return ["a threshold needs examples on both sides: examples: {met: [...], not_met: [...]}"]
    for number in (node["value"], *examples["met"], *examples["not_met"]):
        if isinstance(number, bool) or not isinstance(number, int | float):
            return [f"expected a number, got {number!r}"]
    if node["value"] not in (*examples["met"], *examples["not_met"]):
        return [f"a threshold needs the boundary itself, {node['value']}, among its examples"]
    threshold = read_threshold(node)
    faults = [
        f"example {x} should meet it and does not"
        for x in examples["met"]
        if not threshold.met_by(x)
    ]
    faults += [
        f"example {x} should not meet it and does"
        for x in examples["not_met"]
        if threshold.met_by(x)
    ]
    return faults
