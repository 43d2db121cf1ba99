"""Whatever a monitor says: the same rules, the same answer, and artefacts never ring."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from openketamine.core.monitoring import (
    FindingRaised,
    Sample,
    assess,
    assess_reading,
    limits_for,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LIMITS = limits_for("iv-depression")
NUMBERS = st.one_of(st.none(), st.integers(0, 320).map(Decimal))
SIGNALS = ("heart_rate", "pulse_rate", "spo2", "respiratory_rate", "systolic", "diastolic", "moaas")
VALUES = st.fixed_dictionaries({}, optional=dict.fromkeys(SIGNALS, NUMBERS))
STREAMS = st.lists(VALUES, min_size=1, max_size=20)


def samples(stream, shift=timedelta(0)):
    made = []
    for second, values in enumerate(stream):
        at = NOW + timedelta(seconds=5 * second) + shift
        made.append(Sample(at, at, values, assess_reading(values, at, at)))
    return made


def changes(stream, shift=timedelta(0)):
    made = samples(stream, shift)
    return assess(LIMITS, {"systolic": Decimal(120)}, made, (), made[-1].at)


@pytest.mark.hazard("HZ-06")
@examples(80)
@given(STREAMS)
def test_a_doubted_number_never_raises_a_physiological_finding(stream):
    believed = {
        (signal, value)
        for sample in samples(stream)
        for signal, value in sample.values.items()
        if signal not in sample.doubts
    }
    for change in changes(stream):
        if isinstance(change, FindingRaised) and change.nature == "physiological":
            assert (change.signal, change.value) in believed


@examples(40)
@given(STREAMS, st.integers(-(10**6), 10**6))
def test_shifting_all_times_changes_no_decision(stream, minutes):
    def decided(shift):
        return [
            (one.rule, one.value, one.limit) if isinstance(one, FindingRaised) else one
            for one in changes(stream, shift)
        ]

    assert decided(timedelta(minutes=minutes)) == decided(timedelta(0))


@examples(40)
@given(STREAMS)
def test_asking_twice_gives_the_same_answer_and_raises_nothing_that_stands(stream):
    first = changes(stream)
    assert first == changes(stream)
    standing = tuple(one for one in first if isinstance(one, FindingRaised))
    made = samples(stream)
    again = assess(LIMITS, {"systolic": Decimal(120)}, made, standing, made[-1].at)
    assert not [one for one in again if isinstance(one, FindingRaised)]


@examples(60)
@given(STREAMS)
def test_at_most_one_finding_of_a_family_is_raised(stream):
    families = {level.rule: family.id for family in LIMITS.families for level in family.levels}
    raised = [families.get(one.rule, one.rule) for one in changes(stream)]
    assert len(raised) == len(set(raised))


@pytest.mark.hazard("HZ-07")
@examples(60)
@given(STREAMS, st.integers(1, 89))
def test_a_believed_saturation_under_90_always_raises_whatever_came_before(stream, spo2):
    made = samples([*stream, {"spo2": Decimal(spo2)}])
    raised = assess(LIMITS, {}, made, (), made[-1].at + timedelta(seconds=10))
    assert "AL-SPO2-3" in [one.rule for one in raised if isinstance(one, FindingRaised)]
