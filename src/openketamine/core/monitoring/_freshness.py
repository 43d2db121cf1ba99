"""How old a number may be before the screen must say so. Age is counted from receipt."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from openketamine.knowledge import Threshold, document, read_threshold

Freshness = Literal["live", "old", "stale"]


def freshness(signal: str, received_at: datetime, now: datetime) -> Freshness:
    """`old` is shown grey with its age, `stale` struck through; never an old number as if live."""
    age = (now - received_at) / timedelta(seconds=1)
    old, stale = _ages(signal)
    if stale.met_by(age):
        return "stale"
    return "old" if old.met_by(age) else "live"


@cache
def continuous_signals() -> frozenset[str]:
    """What a monitor measures without being asked; by these it is known to be alive."""
    return frozenset(_kinds()["continuous"]["signals"])


@cache
def _ages(signal: str) -> tuple[Threshold, Threshold]:
    kinds = _kinds().values()
    # A signal that we do not know goes stale as fast as the fastest kind: never too late.
    kind = next((kind for kind in kinds if signal in kind["signals"]), _kinds()["continuous"])
    return read_threshold(kind["old"]), read_threshold(kind["stale"])


def _kinds() -> Mapping[str, Any]:
    kinds: Mapping[str, Any] = document("alarms", "freshness").body["kinds"]
    return kinds
