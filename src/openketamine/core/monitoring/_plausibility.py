"""Which numbers are not believed, and why. A doubted number is kept; it never alarms."""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple

from openketamine.knowledge import document, read_threshold

_COMPARE = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


class _Bound(NamedTuple):
    """One bound, ready to be compared with: a reading a second must not read knowledge again."""

    crossed: Callable[[Any, Any], bool]
    value: Decimal
    says: str


def assess_reading(
    values: Mapping[str, Decimal | None], measured_at: datetime, received_at: datetime
) -> dict[str, str]:
    """Doubts by signal, in words, about one message of a device. Values as in `ReadingTaken`."""
    present = {signal: value for signal, value in values.items() if value is not None}
    clock = clock_doubt(measured_at, received_at)
    if clock:
        return dict.fromkeys(present, clock)
    doubts = {
        signal: doubt
        for signal, value in present.items()
        if (doubt := _bounds_doubt(signal, value))
    }
    return _pressure_doubts(present) | _pulse_doubt(present, doubts) | doubts


def clock_doubt(measured_at: datetime, received_at: datetime) -> str:
    """Why the clock of a device cannot be right; empty where it may be."""
    ahead = measured_at - received_at
    if _crosses("ahead", ahead):
        return "measured in the future: the clock of the device is ahead"
    if _crosses("behind", -ahead):
        return "measured long before it was received: an old number, or a clock that is behind"
    return ""


@lru_cache(maxsize=8192)
def _bounds_doubt(signal: str, value: Decimal) -> str:
    for bound in _bounds().get(signal, ()):
        if bound.crossed(value, bound.value):
            return bound.says
    return ""


def _pressure_doubts(present: Mapping[str, Decimal]) -> dict[str, str]:
    systolic, diastolic = present.get("systolic"), present.get("diastolic")
    if systolic is None or diastolic is None or diastolic < systolic:
        return {}
    doubt = "diastolic is not below systolic"
    return {
        signal: doubt for signal in ("systolic", "diastolic", "mean_pressure") if signal in present
    }


def _pulse_doubt(present: Mapping[str, Decimal], doubts: Mapping[str, str]) -> dict[str, str]:
    heart, pulse = present.get("heart_rate"), present.get("pulse_rate")
    if heart is None or pulse is None or "heart_rate" in doubts:
        return {}
    apart = _bound("pulse_against_heart_rate")
    if not apart.crossed(abs(heart - pulse), apart.value):
        return {}
    return {
        "pulse_rate": f"the ECG counts {heart.normalize():f}: the pulse probe is probably wrong"
    }


def _crosses(name: str, amount: timedelta) -> bool:
    crossed, limit = _lag(name)
    return crossed(amount, limit)


@cache
def _lag(name: str) -> tuple[Callable[[Any, Any], bool], timedelta]:
    bound = _bound(name)
    return bound.crossed, timedelta(seconds=float(bound.value))


@cache
def _bound(name: str) -> _Bound:
    return _read(_knowledge()[name])


@cache
def _bounds() -> Mapping[str, tuple[_Bound, ...]]:
    """By signal: too low first, then too high."""
    sides = [_knowledge()[side] for side in ("too_low", "too_high")]
    return {
        signal: tuple(_read(side[signal]) for side in sides if signal in side)
        for signal in {signal for side in sides for signal in side}
    }


def _read(node: Mapping[str, Any]) -> _Bound:
    threshold = read_threshold(node)
    return _Bound(_COMPARE[threshold.compare], threshold.value, str(node.get("says", "")))


def _knowledge() -> Mapping[str, Any]:
    return document("alarms", "plausibility").body
