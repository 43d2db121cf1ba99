"""Snapshot = stream: the rules, step by step, say what they say of the whole past at once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.effort import examples

from openketamine.core.monitoring import (
    Around,
    FindingRaised,
    Sample,
    assess,
    assess_reading,
    fed,
    limits_for,
    step,
    tick,
    told,
    watching,
)

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LIMITS = limits_for("iv-depression")
BASELINE = {
    "systolic": Decimal(120),
    "diastolic": Decimal("78.3333333333"),
    "heart_rate": Decimal(70),
}
# Around every bound of the rules, and far from all of them; zero and 300 are not believed.
NUMBERS = {
    "heart_rate": (0, 35, 44, 49, 70, 121, 141, 151, 300),
    "spo2": (0, 85, 89, 91, 93, 98, 101),
    "respiratory_rate": (0, 6, 9, 14, 27),
    "systolic": (20, 75, 88, 98, 120, 150, 165, 182, 190, 210),
    "diastolic": (40, 70, 98, 101, 111, 121, 125),
    "moaas": (1, 2, 3, 5),
}
VALUES = st.fixed_dictionaries(
    {},
    optional={
        signal: st.one_of(st.none(), st.sampled_from(numbers).map(Decimal))
        for signal, numbers in NUMBERS.items()
    },
)
PAUSES = st.sampled_from([0, 0.4, 1, 1, 1, 1, 2, 5, 9, 16, 20, 31, 61, 200, 310, 640, 905])
LATE = st.sampled_from([0, 0, 0, 0, 1, 3, 40, 290, 400, -30, -200])
TOLD = st.lists(
    st.tuples(
        PAUSES, LATE, VALUES, st.sampled_from(["device", "other", "device", "manual", "tick"]),
        st.integers(1, 25), st.booleans(),
    ),
    min_size=1,
    max_size=14,
)  # fmt: skip


class Both:
    """The stream beside the definition, over the same samples."""

    def __init__(self, baseline):
        self.baseline = baseline
        self.samples = []
        self.active = ()
        self.watch = watching(LIMITS, baseline, (), ())

    def hear(self, sample, now, around):
        self.samples.append(sample)
        made = step(self.watch, sample, now, around)
        if made is None:
            self.watch = watching(LIMITS, self.baseline, self.active, self.samples)
            made = tick(self.watch, now, around, others_follow=True)
        self.agree(made, now, around, others_follow=True)

    def agree(self, made, now, around, *, others_follow=False):
        expected = assess(
            LIMITS,
            self.baseline,
            self.samples,
            self.active,
            now,
            symptomatic=around.symptomatic,
            expected_since=around.expected_since,
            attached=around.attached,
            others_follow=others_follow,
        )
        assert made.changes == expected
        for change in expected:
            if isinstance(change, FindingRaised):
                self.active = (*self.active, change)
            else:
                self.active = tuple(
                    one for one in self.active if one.finding_id != change.finding_id
                )
        self.watch = made.watch
        assert self.watch.active == self.active


def played(told_, baseline, around=Around()):  # noqa: B008  (it is never changed)
    both, now = Both(baseline), START
    for pause, late, values, what, times, _ in told_:
        for _ in range(times if pause <= 2 else 1):
            now += timedelta(seconds=pause)
            if what == "tick":
                both.agree(tick(both.watch, now, around), now, around)
                continue
            at = now if what == "manual" else now - timedelta(seconds=late)
            received = now
            doubts = assess_reading(values, at, received)
            source = "manual" if what == "manual" else "device"
            both.hear(Sample(at, received, values, doubts, source, what), now, around)
    return both


@pytest.mark.hazard("HZ-07")
@examples(150)
@given(TOLD, st.sampled_from([{}, BASELINE]), st.booleans(), st.booleans(), st.booleans())
# A lead that was last named more than a quarter of an hour ago was not lost: it was taken off.
@example(
    [
        (1, 0, {"heart_rate": Decimal(70)}, "device", 1, False),
        (905, 0, {"spo2": Decimal(98)}, "device", 1, False),
        (1, 0, {"spo2": Decimal(98)}, "device", 25, False),
    ],
    {},
    False,
    True,
    False,
)
def test_step_by_step_is_the_same_as_all_at_once(told_, baseline, symptomatic, attached, expected):
    around = Around(symptomatic, START - timedelta(minutes=1) if expected else None, attached)
    played(told_, baseline, around)


@examples(50)
@given(TOLD)
def test_a_watch_that_begins_again_anywhere_goes_on_the_same(told_):
    """A process that died and one that took over say the same from the next number on."""
    both, now = Both(BASELINE), START
    for pause, _, values, _, times, again in told_:
        for _ in range(times if pause <= 2 else 1):
            now += timedelta(seconds=pause)
            both.hear(Sample(now, now, values, assess_reading(values, now, now)), now, Around())
        if again:
            both.watch = watching(LIMITS, both.baseline, both.active, both.samples)


@examples(50)
@given(TOLD)
def test_findings_that_another_process_wrote_are_taken_over(told_):
    """Two processes, one writes and one listens: the listener is told, and is never behind."""
    both, now = Both(BASELINE), START
    listener = watching(LIMITS, BASELINE, (), ())
    for pause, _, values, _, times, _ in told_:
        for _ in range(times if pause <= 2 else 1):
            now += timedelta(seconds=pause)
            sample = Sample(now, now, values, assess_reading(values, now, now))
            both.hear(sample, now, Around())
            listener = fed(listener, sample)
            assert listener is not None
            listener = told(listener, both.active)
            if listener is None:
                listener = watching(LIMITS, BASELINE, both.active, both.samples)
            assert listener.active == both.active


def test_an_hour_of_calm_numbers_is_never_looked_at_twice():
    calm = {"heart_rate": Decimal(70), "spo2": Decimal(98), "respiratory_rate": Decimal(14)}
    watch = watching(LIMITS, BASELINE, (), ())
    for second in range(3600):
        at = START + timedelta(seconds=second)
        made = step(watch, Sample(at, at, calm), at, Around())
        assert made is not None
        watch = made.watch
    remembered = (
        watch.crossing,
        watch.clear,
        {rule for one in watch.voices.by_device.values() for rule in one.lost_since},
        sum(len(one.spoken) for one in watch.voices.by_device.values()),
        len(watch.voices.heard),
    )
    assert remembered[:3] == ({}, {}, set())
    assert remembered[3] < 30
    assert remembered[4] == 1
