"""Which numbers are not believed, and why. A doubted number is kept; it never alarms."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.knowledge import document, read_threshold


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
    ahead = (measured_at - received_at) / timedelta(seconds=1)
    if _met("ahead", ahead):
        return "measured in the future: the clock of the device is ahead"
    if _met("behind", -ahead):
        return "measured long before it was received: an old number, or a clock that is behind"
    return ""


def _bounds_doubt(signal: str, value: Decimal) -> str:
    for side in ("too_low", "too_high"):
        node = _knowledge()[side].get(signal)
        if node is not None and read_threshold(node).met_by(value):
            return str(node["says"])
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
    if not _met("pulse_against_heart_rate", abs(heart - pulse)):
        return {}
    return {
        "pulse_rate": f"the ECG counts {heart.normalize():f}: the pulse probe is probably wrong"
    }


def _met(name: str, amount: Decimal | float) -> bool:
    return read_threshold(_knowledge()[name]).met_by(amount)


@cache
def _knowledge() -> Mapping[str, Any]:
    return document("alarms", "plausibility").body
