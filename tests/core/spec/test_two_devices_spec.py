"""A monitor that speaks every second beside an oximeter that speaks every half minute.

What is said in the first minute is left out: a device that spoke once has no rhythm yet.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from openketamine.core.monitoring import (
    Around,
    FindingRaised,
    Sample,
    limits_for,
    step,
    tick,
    watching,
)

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LIMITS = limits_for("iv-depression")
AROUND = Around(expected_since=START)
EVERY, KNOWN = 30, 60


class Bed:
    """Told by the second; a look at the clock in each."""

    def __init__(self):
        self.watch = watching(LIMITS, {}, (), ())
        self.said = []

    def heard(self, device, at, **values):
        numbers = {name: None if one is None else Decimal(one) for name, one in values.items()}
        made = step(self.watch, Sample(at, at, numbers, device=device), at, AROUND)
        assert made is not None
        self._note(made, at)

    def ticked(self, at):
        self._note(tick(self.watch, at, AROUND), at)

    def _note(self, made, at):
        self.watch = made.watch
        for one in made.changes:
            second = int((at - START).total_seconds())
            if isinstance(one, FindingRaised) and second > KNOWN:
                self.said.append((second, one.rule))


def played(seconds, saturation, monitor=lambda second: True):
    """`saturation`: what the oximeter says at a second, None where it says nothing."""
    bed = Bed()
    for second in range(seconds + 1):
        at = START + timedelta(seconds=second)
        if monitor(second):
            bed.heard("monitor", at, heart_rate=72, respiratory_rate=14)
        value = saturation(second)
        if value is not None:
            bed.heard("oximeter", at, spo2=value)
        bed.ticked(at)
    return bed


def every(value, until=10_000):
    return lambda second: value if second % EVERY == 0 and second < until else None


@pytest.mark.hazard("HZ-06")
def test_a_probe_that_speaks_slowly_is_not_lost_between_its_words():
    assert played(600, every(98)).said == []


@pytest.mark.hazard("HZ-07")
def test_a_low_saturation_rings_after_its_delay_and_not_with_the_next_word():
    """The fast monitor never had a saturation: its silence about it stops no clock."""
    fall = played(149, lambda second: (98 if second < 120 else 85) if second % EVERY == 0 else None)
    assert fall.said == [(130, "AL-SPO2-3")]


@pytest.mark.hazard("HZ-06")
def test_an_oximeter_that_falls_silent_is_missed_while_the_monitor_speaks():
    """By its own rhythm: not after a few seconds of the other, and not never."""
    bed = played(600, every(98, until=301))
    ((second, rule),) = bed.said
    assert rule == "TE-SPO2"
    assert 300 + EVERY < second <= 300 + 5 * EVERY


@pytest.mark.hazard("HZ-06")
def test_a_monitor_that_falls_silent_is_missed_while_the_oximeter_speaks():
    bed = played(600, every(98), monitor=lambda second: second < 300)
    # All are silent until the oximeter speaks again; then what only the monitor saw is missed.
    assert bed.said[0] == (316, "TE-SILENT")
    assert sorted(bed.said[1:]) == [(330, "TE-HR"), (330, "TE-RR")]


def test_of_two_probes_one_that_is_off_hides_nothing():
    bed = Bed()
    for second in range(120):
        at = START + timedelta(seconds=second)
        bed.heard("monitor", at, heart_rate=72, respiratory_rate=14, spo2=None)
        if second % EVERY == 0:
            bed.heard("oximeter", at, spo2=98)
    assert bed.said == []
    for second in range(120, 400):
        bed.heard("monitor", START + timedelta(seconds=second), heart_rate=72, respiratory_rate=14,
                  spo2=None)  # fmt: skip
    assert [rule for _, rule in bed.said] == ["TE-SPO2"]
