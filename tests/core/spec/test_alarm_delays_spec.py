"""Every delay and every repeat of every alarm level, on both sides, by the clock and by the count.

The rules are read from knowledge/alarms: a new level is tried here without a line more.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from openketamine.core.monitoring import (
    Around,
    FindingRaised,
    Sample,
    assess,
    limits_for,
    step,
    tick,
    watching,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LIMITS = limits_for("pain-outpatient")
# Low enough that a rise of 40 % is reached before one of 40 mmHg.
BASELINE = {"systolic": Decimal(95), "diastolic": Decimal(60)}
CALM = {
    "heart_rate": 72, "spo2": 98, "respiratory_rate": 14, "systolic": 105, "diastolic": 62,
    "moaas": 5,
}  # fmt: skip
OFF = {"spo2": "0 is a probe that is off"}


def crossing(family, level):
    """The first whole number that crosses this level, from the calm side."""
    base = BASELINE.get(family.signal)
    down = level.bounds[0].threshold.compare in ("<", "<=")
    numbers = range(CALM[family.signal], -1 if down else 400, -1 if down else 1)
    return next(n for n in numbers if level.bound_met(Decimal(n), base) is not None)


LEVELS = [
    pytest.param(family.signal, level, crossing(family, level), id=level.rule)
    for family in LIMITS.families
    for level in family.levels
    if not level.with_symptoms
]
DELAYED = [one for one in LEVELS if one.values[1].delay]
BY_CLOCK = [one for one in DELAYED if one.values[1].readings == 1]
REPEATED = [one for one in LEVELS if one.values[1].readings > 1]
CUFFS = [one for one in REPEATED if one.values[1].apart]
AT_ONCE = [one for one in LEVELS if not one.values[1].delay and one.values[1].readings == 1]


def sample(second, signal, value, *, late=0, **more):
    at = NOW + timedelta(seconds=second)
    return Sample(at - timedelta(seconds=late), at, {signal: Decimal(value)}, **more)


def rules(samples, second, **more):
    now = NOW + timedelta(seconds=second)
    changes = assess(LIMITS, BASELINE, samples, (), now, **more)
    return [one.rule for one in changes if isinstance(one, FindingRaised)]


def seconds(level):
    return int(level.delay.total_seconds())


def test_the_table_has_rules_of_each_kind():
    assert min(map(len, (DELAYED, BY_CLOCK, REPEATED, CUFFS, AT_ONCE))) >= 4


@pytest.mark.hazard("HZ-07")
@pytest.mark.parametrize(("signal", "level", "number"), AT_ONCE)
def test_a_level_without_delay_or_repeat_is_raised_by_its_first_number(signal, level, number):
    assert level.rule in rules([sample(0, signal, number)], 0)


@pytest.mark.hazard("HZ-07")
@pytest.mark.parametrize(("signal", "level", "number"), DELAYED)
def test_a_delay_holds_at_a_number_a_second(signal, level, number):
    stream = [sample(second, signal, number) for second in range(seconds(level) + 1)]
    assert level.rule in rules(stream, seconds(level))
    assert level.rule not in rules(stream[:-1], seconds(level) - 1)


@pytest.mark.hazard("HZ-07")
@pytest.mark.parametrize(("signal", "level", "number"), BY_CLOCK)
def test_a_delay_runs_out_by_the_clock_where_no_second_number_comes(signal, level, number):
    only = [sample(0, signal, number)]
    assert level.rule not in rules(only, seconds(level) - 1)
    assert level.rule in rules(only, seconds(level))


@pytest.mark.hazard("HZ-07")
@pytest.mark.parametrize(("signal", "level", "number"), DELAYED)
def test_a_monitor_that_falls_silent_half_way_keeps_nothing_back(signal, level, number):
    half = seconds(level) // 2
    stream = [sample(second, signal, number) for second in range(half)]
    assert level.rule not in rules(stream, seconds(level) - 1)
    assert level.rule in rules(stream, seconds(level))


@pytest.mark.hazard("HZ-07")
@pytest.mark.parametrize(("signal", "level", "number"), BY_CLOCK)
def test_a_monitor_of_one_number_a_minute_rings_after_the_delay_and_not_after_a_minute(
    signal, level, number
):
    rows = [sample(-120, signal, CALM[signal]), sample(-60, signal, CALM[signal])]
    rows.append(sample(0, signal, number))
    assert level.rule not in rules(rows, seconds(level) - 1)
    assert level.rule in rules(rows, seconds(level))


@pytest.mark.parametrize(
    ("signal", "level", "number"), [one for one in DELAYED if one.values[1].readings > 1]
)
def test_what_asks_for_awareness_only_is_repeated_by_a_slow_monitor_first(signal, level, number):
    first = sample(0, signal, number)
    assert level.rule not in rules([first], 59)
    assert level.rule in rules([first, sample(60, signal, number)], 60)
    assert level.rule not in rules([first, sample(60, signal, CALM[signal])], 120)


@pytest.mark.parametrize(("signal", "level", "number"), DELAYED)
def test_one_calm_number_ends_the_delay(signal, level, number):
    rows = [sample(0, signal, number), sample(seconds(level) - 1, signal, CALM[signal])]
    for second in (seconds(level), seconds(level) + 60):
        assert level.rule not in rules(rows, second)


@pytest.mark.hazard("HZ-06")
@pytest.mark.parametrize("values", [{"spo2": Decimal(0)}, {"heart_rate": Decimal(72)}])
def test_a_low_number_before_the_probe_came_off_is_a_matter_of_the_probe(values):
    at = NOW + timedelta(seconds=1)
    off = Sample(at, at, values, OFF if "spo2" in values else {})
    said = rules([sample(0, "spo2", 91), off], 40)
    assert "AL-SPO2-2" not in said
    assert "AL-SPO2-1" not in said


@pytest.mark.parametrize(("signal", "level", "number"), BY_CLOCK)
def test_a_device_whose_clock_is_behind_does_not_shorten_the_delay(signal, level, number):
    only = [sample(0, signal, number, late=200)]
    assert level.rule not in rules(only, seconds(level) - 1)
    assert level.rule in rules(only, seconds(level))


@pytest.mark.parametrize(("signal", "level", "number"), DELAYED)
def test_what_waited_in_a_gateway_is_judged_number_by_number(signal, level, number):
    """A dip of a second, ten minutes ago, delivered now: the next number was calm."""
    dip = sample(0, signal, number)
    now = NOW + timedelta(minutes=4)
    made = step(watching(LIMITS, BASELINE, (), ()), dip, now, Around())
    assert made is not None
    assert level.rule not in [one.rule for one in made.changes if isinstance(one, FindingRaised)]
    calm = step(made.watch, sample(1, signal, CALM[signal]), now, Around())
    assert calm is not None
    assert tick(calm.watch, now, Around()).changes == calm.changes == ()


@pytest.mark.parametrize(("signal", "level", "number"), CUFFS)
def test_a_cuff_is_repeated_before_it_rings_and_time_alone_is_no_repeat(signal, level, number):
    apart = int(level.apart.total_seconds())
    only = [sample(0, signal, number)]
    assert level.rule not in rules(only, 0)
    assert level.rule not in rules(only, 600)
    assert level.rule not in rules([*only, sample(apart - 1, signal, number)], apart - 1)
    assert level.rule in rules([*only, sample(apart, signal, number)], apart)
    calm = sample(apart // 2, signal, CALM[signal])
    assert level.rule not in rules([*only, calm, sample(apart, signal, number)], apart)


@pytest.mark.parametrize(("signal", "level", "number"), [*DELAYED, *REPEATED])
def test_what_a_person_charts_rings_at_once(signal, level, number):
    assert level.rule in rules([sample(0, signal, number, source="manual")], 0)
