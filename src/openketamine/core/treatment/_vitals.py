"""Numbers of a session: the latest of each signal, and the baseline before the dose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from openketamine.core.monitoring import Sample
from openketamine.core.treatment._state import State
from openketamine.knowledge import document


@dataclass(frozen=True)
class Latest:
    """The newest number of one signal, believed or not."""

    value: Decimal
    at: datetime
    received_at: datetime
    source: str
    doubt: str | None


def latest(state: State) -> dict[str, Latest]:
    """The newest number of each signal; a signal that was never measured is not in it."""
    newest: dict[str, Latest] = {}
    for sample in state.samples:
        for signal, value in sample.values.items():
            if value is not None:
                doubt = sample.doubts.get(signal)
                newest[signal] = Latest(
                    value, sample.moment, sample.received_at, sample.source, doubt
                )
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
