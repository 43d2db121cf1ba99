"""How a finding asks for attention: marks, flash, sound, and what may silence it for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from openketamine.knowledge import document

PRIORITIES = ("high", "medium", "low")
"""The strictest first."""


@dataclass(frozen=True)
class Presentation:
    """One priority. `flash_hz`: 0 where it does not flash; `every`: from one burst to the next.

    `latches`: it stays after its condition is over until somebody has seen it. `again_after`: the
    sound comes back this long after it was seen while the condition stands; None where it does not.
    """

    priority: str
    marks: str
    word: str
    means: str
    flash_hz: float
    tones: int
    bursts: int
    every: timedelta
    latches: bool
    pause: timedelta
    again_after: timedelta | None

    def as_json(self) -> dict[str, Any]:
        """As the browser reads it; times in seconds."""
        return {
            "marks": self.marks,
            "word": self.word,
            "means": self.means,
            "flash_hz": self.flash_hz,
            "tones": self.tones,
            "bursts": self.bursts,
            "every_s": self.every.total_seconds(),
            "pause_s": self.pause.total_seconds(),
        }


@cache
def presentation(priority: str) -> Presentation:
    """How this priority is presented. Raises KeyError for one that does not exist."""
    node = document("alarms", "presentation").body["priorities"][priority]
    return Presentation(
        priority=priority,
        marks=node["marks"],
        word=node["word"],
        means=node["means"],
        flash_hz=float(node["flash"]["value"]) if "flash" in node else 0.0,
        tones=node["tones"]["value"],
        bursts=node["bursts"]["value"],
        every=_seconds(node, "every") or timedelta(0),
        latches=node["latches"],
        pause=_seconds(node, "pause") or timedelta(0),
        again_after=_seconds(node, "again_after"),
    )


def _seconds(node: Mapping[str, Any], name: str) -> timedelta | None:
    return timedelta(seconds=float(node[name]["value"])) if name in node else None
