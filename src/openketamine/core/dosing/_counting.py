"""Counting sessions over weeks: the one place for a proposal, which counts the planned one with
the others, and for the page of a course, which counts those that were.

How many days each flag looks back stands in `knowledge/exposure/flags.yaml`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from openketamine.knowledge import document

_FEW = 2


@cache
def flag_days() -> Mapping[str, int]:
    """How many days each flag of exposure counts over, by the name of the flag."""
    nodes = document("exposure", "flags").body["flags"]
    return {str(one["flag"]): int(one["days"]) for one in nodes}


def is_within(on: date, last: date, days: int) -> bool:
    """Whether a day is one of so many that end with the last."""
    return last - timedelta(days=days) < on <= last


def of_first_days(sessions: Sequence[date], days: int) -> tuple[date, ...]:
    """E2: the sessions of one course in its first days; day 1 is that of the first."""
    if not sessions:
        return ()
    return tuple(on for on in sessions if on < min(sessions) + timedelta(days=days))


def mean_interval(sessions: Sequence[date], days: int) -> Decimal | None:
    """E3: the mean interval in days of the sessions of one course that came after its first days;
    None where there are under three, which is nothing to count yet."""
    if not sessions:
        return None
    late = [on for on in sessions if on >= min(sessions) + timedelta(days=days)]
    if len(late) <= _FEW:
        return None
    return Decimal((max(late) - min(late)).days) / (len(late) - 1)
