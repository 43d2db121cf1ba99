"""A pattern, and the limits that the clinic set for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from openketamine.knowledge import Threshold, document, read_threshold


@dataclass(frozen=True)
class Pattern:
    """One number about one person (or one session), and what it is measured against.

    `value` in `unit`, over `n` of `of_what`. `peers`: how many others, their middle and spread;
    None where there are too few to say. `flagged`: beyond what the clinic set; False with too few,
    and then `enough` is False too: nothing is known, which is not "as usual".
    """

    rule: str
    who: str
    says: str
    value: float
    unit: str
    n: int
    of_what: str
    flagged: bool
    peers: int = 0
    peer_median: float | None = None
    peer_sd: float | None = None
    about: tuple[str, ...] = ()
    enough: bool = True


@cache
def limit(name: str) -> Threshold:
    """A limit of `controlled-substances/patterns`."""
    body: Mapping[str, Any] = document("controlled-substances", "patterns").body
    return read_threshold(body[name])
