"""Numbers of a session: the latest of each signal, and the baseline before the dose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from openketamine.core.monitoring import Sample, freshness
from openketamine.core.quantities import format_number
from openketamine.core.treatment._state import State
from openketamine.knowledge import document


@dataclass(frozen=True)
class Latest:
    """The number of one signal that counts now.

    `doubt`: why it is not believed. `beside`: a newer one that is not believed, and why; None where
    there is none.
    """

    value: Decimal
    at: datetime
    received_at: datetime
    source: str
    doubt: str | None
    beside: str | None = None


def latest(state: State, now: datetime) -> dict[str, Latest]:
    """The number of each signal that counts at `now`; a signal never measured is not in it.

    Of two monitors one may have its probe off: a number that is not believed does not hide one that
    is, as long as that one is live, or was taken by hand and is not stale.
    """
    newest: dict[str, Latest] = {}
    good: dict[str, Latest] = {}
    for sample in state.samples:
        for signal, value in sample.values.items():
            if value is None:
                continue
            doubt = sample.doubts.get(signal)
            one = Latest(value, sample.moment, sample.received_at, sample.source, doubt)
            newest[signal] = one
            if doubt is None:
                good[signal] = one
    return {signal: _standing(signal, one, good.get(signal), now) for signal, one in newest.items()}


def _standing(signal: str, newest: Latest, good: Latest | None, now: datetime) -> Latest:
    if newest.doubt is None or good is None:
        return newest
    fresh = freshness(signal, good.received_at, now)
    if fresh == "live" or (good.source == "manual" and fresh != "stale"):
        return replace(good, beside=f"{format_number(newest.value, 1)}, {newest.doubt}")
    return newest


def believed(state: State, signal: str) -> tuple[tuple[datetime, Decimal], ...]:
    """Every believed number of a signal with its time, oldest first."""
    numbers = ((sample.moment, sample.believed(signal)) for sample in state.samples)
    return tuple((at, value) for at, value in numbers if value is not None)


def baseline(state: State) -> Mapping[str, Decimal]:
    """What is normal for this person today: the mean of the last believed numbers before the start.

    How many, and how far back, stands in knowledge/checklists/pre-dose.yaml. Empty before the dose:
    until then there is nothing to rise from.
    """
    if state.started_at is None:
        return {}
    return baseline_before(state.samples, state.started_at)


def baseline_before(numbers: tuple[Sample, ...], start: datetime) -> Mapping[str, Decimal]:
    """The baseline of a dose that starts at `start`."""
    window, wanted = _definition()
    before = [sample for sample in numbers if start - window <= sample.moment <= start]
    found: dict[str, list[Decimal]] = {}
    for sample in reversed(before):
        for signal in sample.values:
            value = sample.believed(signal)
            if value is not None and len(found.setdefault(signal, [])) < wanted:
                found[signal].append(value)
    return {
        signal: sum(values, Decimal(0)) / len(values) for signal, values in found.items() if values
    }


@cache
def _definition() -> tuple[timedelta, int]:
    node = document("checklists", "pre-dose").body["baseline"]
    return timedelta(seconds=node["within"]["value"]), int(node["readings"]["value"])
