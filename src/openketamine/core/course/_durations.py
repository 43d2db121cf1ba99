"""How long, as a knowledge file says it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def duration(node: Mapping[str, Any]) -> timedelta:
    """`{value: 4, unit: h}`."""
    length: timedelta = node["value"] * _UNITS[node["unit"]]
    return length
