"""What a number raises, when, and when it is over: tables that a nurse can check."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from openketamine.core.monitoring import (
    FindingCleared,
    FindingRaised,
    Sample,
    assess,
    assess_reading,
    freshness,
    limits_for,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LIMITS = limits_for("iv-depression")
BASELINE = {"systolic": Decimal(128), "diastolic": Decimal(78)}


def sample(second, source="device", doubts=None, **values):
    at = NOW + timedelta(seconds=second)
    numbers = {s: None if v is None else Decimal(str(v)) for s, v in values.items()}
    return Sample(at, at, numbers, doubts or {}, source)


def raised(*samples, active=(), at=None, baseline=BASELINE, **more):
    now = samples[-1].at if at is None else NOW + timedelta(seconds=at)
    changes = assess(LIMITS, baseline, samples, active, now, **more)
    return [one for one in changes if isinstance(one, FindingRaised)]


def rules(*samples, **more):
    return [(one.rule, one.priority) for one in raised(*samples, **more)]


def for_seconds(seconds, **values):
    return [sample(second, **values) for second in range(seconds + 1)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"systolic": 199, "diastolic": 80}, ("AL-SBP-HIGH-2", "medium")),
        ({"systolic": 200, "diastolic": 80}, ("AL-SBP-HIGH-3", "high")),
        ({"systolic": 168, "diastolic": 80}, ("AL-SBP-HIGH-2", "medium")),
        ({"systolic": 89, "diastolic": 60}, ("AL-SBP-LOW-2", "medium")),
        ({"systolic": 79, "diastolic": 50}, ("AL-SBP-LOW-3", "high")),
        ({"systolic": 130, "diastolic": 110}, ("AL-DBP-HIGH-2", "medium")),
        ({"systolic": 130, "diastolic": 103}, ("AL-DBP-HIGH-2", "medium")),
        ({"heart_rate": 151}, ("AL-HR-HIGH-3", "high")),
        ({"heart_rate": 39}, ("AL-HR-LOW-3", "high")),
        ({"moaas": 2}, ("AL-MOAAS-2", "medium")),
        ({"moaas": 1}, ("AL-MOAAS-3", "high")),
        ({"moaas": 3}, ("AL-MOAAS-1", "low")),
    ],
)
@pytest.mark.hazard("HZ-07")
def test_the_first_number_beyond_a_medium_cuff_or_any_high_limit_is_raised_at_once(
    values, expected
):
    assert rules(sample(0, **values)) == [expected]


@pytest.mark.parametrize(
    "values",
    [
        {"systolic": 157, "diastolic": 80},
        {"systolic": 100, "diastolic": 97},
        {"heart_rate": 120},
        {"heart_rate": 50},
        {"spo2": 94},
        {"respiratory_rate": 10},
        {"respiratory_rate": 26},
        {"moaas": 4},
    ],
)
def test_a_number_on_the_calm_side_of_every_limit_raises_nothing(values):
    assert rules(*for_seconds(60, **values)) == []


@pytest.mark.parametrize(
    ("values", "seconds", "expected"),
    [
        ({"spo2": 89}, 10, "AL-SPO2-3"),
        ({"spo2": 93}, 15, "AL-SPO2-1"),
        ({"spo2": 91}, 30, "AL-SPO2-2"),
        ({"heart_rate": 121}, 15, "AL-HR-HIGH-1"),
        ({"heart_rate": 141}, 15, "AL-HR-HIGH-2"),
        ({"heart_rate": 44}, 15, "AL-HR-LOW-2"),
        ({"respiratory_rate": 7}, 15, "AL-RR-LOW-2"),
        ({"respiratory_rate": 27}, 15, "AL-RR-HIGH-1"),
    ],
)
@pytest.mark.hazard("HZ-07")
def test_a_continuous_number_rings_after_its_delay_and_not_a_second_before(
    values, seconds, expected
):
    assert [rule for rule, _ in rules(*for_seconds(seconds, **values))] == [expected]
    before = [rule for rule, _ in rules(*for_seconds(seconds - 1, **values))]
    assert expected not in before


def test_a_low_priority_pressure_is_measured_twice_before_it_rings():
    first, second = sample(0, systolic=160, diastolic=80), sample(150, systolic=161, diastolic=80)
    calm = sample(150, systolic=130, diastolic=80)
    assert rules(first) == []
    assert rules(first, second) == [("AL-SBP-HIGH-1", "low")]
    assert rules(first, calm) == []


def test_a_cuff_that_the_monitor_repeats_every_second_is_one_reading():
    repeated = for_seconds(59, systolic=160, diastolic=80)
    assert rules(*repeated) == []
    assert rules(*repeated, sample(60, systolic=162, diastolic=80)) == [("AL-SBP-HIGH-1", "low")]


def test_what_a_person_charted_by_hand_rings_without_delay_or_repeat():
    assert rules(sample(0, "manual", systolic=160, diastolic=80)) == [("AL-SBP-HIGH-1", "low")]
    assert rules(sample(0, "manual", spo2=93)) == [("AL-SPO2-1", "low")]


def test_without_a_baseline_only_the_absolute_limits_count():
    assert rules(sample(0, systolic=175, diastolic=80), baseline={}) == []


@pytest.mark.hazard("HZ-07")
def test_with_an_emergency_symptom_180_is_an_emergency_and_without_it_is_not():
    high = sample(0, systolic=180, diastolic=80)
    assert rules(high) == [("AL-SBP-HIGH-2", "medium")]
    assert rules(high, symptomatic=True) == [("AL-SBP-HIGH-SYM", "high")]
    low = sample(0, systolic=150, diastolic=120)
    assert rules(low, symptomatic=True) == [("AL-DBP-HIGH-SYM", "high")]


def test_a_finding_is_raised_once_and_gives_way_to_a_stricter_one():
    low = for_seconds(20, spo2=93)
    (mild,) = raised(*low)
    assert raised(*low, sample(21, spo2=93), active=[mild]) == []
    deep = [sample(second, spo2=85) for second in range(21, 32)]
    assert assess(LIMITS, {}, (*low, *deep[:-1]), [mild], NOW + timedelta(seconds=30)) == ()
    worse = assess(LIMITS, {}, (*low, *deep), [mild], NOW + timedelta(seconds=31))
    assert [type(one).__name__ for one in worse] == ["FindingCleared", "FindingRaised"]
    assert worse[0] == FindingCleared(mild.finding_id)
    assert worse[1].rule == "AL-SPO2-3"


def test_a_finding_is_over_when_its_number_has_been_calm_for_long_enough():
    (finding,) = raised(sample(0, spo2=85), at=10)
    calm = [sample(second, spo2=97) for second in range(1, 12)]
    flicker = [*calm[:-1], sample(11, spo2=85)]

    def changes(samples, second):
        moment = NOW + timedelta(seconds=second)
        return assess(LIMITS, {}, (sample(0, spo2=85), *samples), [finding], moment)

    assert changes(calm[:5], 5) == ()
    assert changes(calm, 11) == (FindingCleared(finding.finding_id),)
    assert changes(flicker, 11) == ()


@pytest.mark.hazard("HZ-06")
def test_a_probe_that_falls_off_neither_clears_a_low_saturation_nor_raises_one():
    (finding,) = raised(sample(0, spo2=85), at=10)
    off = [sample(s, spo2=0, doubts={"spo2": "0 is a probe that is off"}) for s in range(1, 10)]
    after = NOW + timedelta(seconds=9)
    assert assess(LIMITS, {}, (sample(0, spo2=85), *off), [finding], after) == ()
    assert rules(*off) == []


@pytest.mark.hazard("HZ-06")
def test_a_probe_that_stays_off_is_a_technical_finding_and_no_other():
    off = [sample(s, spo2=0, doubts={"spo2": "0 is a probe that is off"}) for s in range(16)]
    (finding,) = raised(*off)
    assert (finding.rule, finding.nature, finding.priority) == ("TE-SPO2", "technical", "low")
    back = (*off, sample(16, spo2=97))
    assert assess(LIMITS, {}, back, [finding], NOW + timedelta(seconds=16)) == (
        FindingCleared(finding.finding_id),
    )


@pytest.mark.hazard("HZ-07")
def test_a_breath_rate_of_zero_for_twenty_seconds_asks_to_look_at_the_person_now():
    off = [sample(s, respiratory_rate=0, doubts={"respiratory_rate": "0"}) for s in range(21)]
    assert rules(*off) == [("TE-RR", "medium")]
    assert rules(*off[:20]) == []


@pytest.mark.hazard("HZ-01")
def test_a_monitor_that_falls_silent_is_a_technical_finding_until_it_speaks():
    spoken = for_seconds(5, heart_rate=70)
    assert rules(*spoken, at=20) == []
    (silent,) = raised(*spoken, at=21)
    assert (silent.rule, silent.nature) == ("TE-SILENT", "technical")
    again = (*spoken, sample(30, heart_rate=70))
    assert assess(LIMITS, {}, again, [silent], NOW + timedelta(seconds=30)) == (
        FindingCleared(silent.finding_id),
    )


@pytest.mark.hazard("HZ-01")
def test_a_monitor_that_was_attached_and_never_spoke_is_silent_too():
    late = NOW + timedelta(seconds=16)
    (silent,) = assess(LIMITS, {}, (), (), late, expected_since=NOW)
    assert isinstance(silent, FindingRaised)
    assert silent.rule == "TE-SILENT"
    assert assess(LIMITS, {}, (), (), NOW + timedelta(seconds=15), expected_since=NOW) == ()


def test_a_monitor_that_was_taken_off_on_purpose_is_not_silent():
    spoken = for_seconds(5, heart_rate=70)
    (silent,) = raised(*spoken, at=21)
    later = NOW + timedelta(seconds=30)
    over = assess(LIMITS, {}, spoken, [silent], later, attached=False)
    assert over == (FindingCleared(silent.finding_id),)


def test_a_slow_device_is_judged_by_its_own_rhythm():
    minutes = [sample(60 * minute, heart_rate=70) for minute in range(4)]
    assert rules(*minutes, at=180 + 179) == []
    assert rules(*minutes, at=180 + 181) == [("TE-SILENT", "medium")]


@pytest.mark.parametrize(
    ("values", "doubted"),
    [
        ({"heart_rate": 0}, {"heart_rate"}),
        ({"spo2": 0}, {"spo2"}),
        ({"respiratory_rate": 0}, {"respiratory_rate"}),
        ({"pulse_rate": 277}, {"pulse_rate"}),
        ({"spo2": 101}, {"spo2"}),
        ({"systolic": 80, "diastolic": 80}, {"systolic", "diastolic"}),
        ({"systolic": 80, "diastolic": 90, "mean_pressure": 85},
         {"systolic", "diastolic", "mean_pressure"}),
        ({"heart_rate": 60, "pulse_rate": 91}, {"pulse_rate"}),
        ({"heart_rate": 60, "pulse_rate": 90}, set()),
        ({"heart_rate": 0, "pulse_rate": 70}, {"heart_rate"}),
        ({"heart_rate": 70, "spo2": 36, "systolic": 231, "diastolic": 120}, set()),
        ({"heart_rate": None, "systolic": None}, set()),
    ],
)  # fmt: skip
@pytest.mark.hazard("HZ-06")
def test_what_cannot_be_is_doubted_and_what_is_only_bad_is_not(values, doubted):
    numbers = {s: None if v is None else Decimal(v) for s, v in values.items()}
    doubts = assess_reading(numbers, NOW, NOW)
    assert set(doubts) == doubted
    assert all(doubts.values())


@pytest.mark.parametrize(
    ("measured_s", "doubted"), [(0, False), (120, False), (121, True), (-300, False), (-301, True)]
)
@pytest.mark.hazard("HZ-01")
def test_a_number_from_the_future_or_from_long_ago_is_doubted(measured_s, doubted):
    measured = NOW + timedelta(seconds=measured_s)
    doubts = assess_reading({"heart_rate": Decimal(70), "etco2": None}, measured, NOW)
    assert (set(doubts) == {"heart_rate"}) is doubted


@pytest.mark.hazard("HZ-01")
def test_a_monitor_whose_clock_is_wrong_is_heard_and_not_believed():
    def wrong(second):
        received, values = NOW + timedelta(seconds=second), {"spo2": Decimal(98)}
        measured = received - timedelta(hours=1)
        return Sample(measured, received, values, assess_reading(values, measured, received))

    found = rules(*(wrong(second) for second in range(16)), at=15)
    assert found == [("TE-SPO2", "low")]


@pytest.mark.parametrize(
    ("signal", "age_s", "expected"),
    [
        ("heart_rate", 5, "live"),
        ("heart_rate", 6, "old"),
        ("heart_rate", 16, "stale"),
        ("systolic", 150, "live"),
        ("systolic", 151, "old"),
        ("systolic", 300, "old"),
        ("systolic", 301, "stale"),
        ("moaas", 1801, "stale"),
        ("never_heard_of", 16, "stale"),
    ],
)
@pytest.mark.hazard("HZ-01")
def test_a_number_grows_old_and_stale_by_its_age_since_receipt(signal, age_s, expected):
    assert freshness(signal, NOW - timedelta(seconds=age_s), NOW) == expected


def test_a_finding_says_value_limit_what_to_do_and_on_whose_word():
    (finding,) = raised(sample(0, systolic=170, diastolic=80))
    assert finding.summary == (
        "Systolic blood pressure 170 mmHg: 40 mmHg or more over the baseline of 128"
    )
    assert finding.value == 170
    assert finding.advice
    assert finding.sources[0]["id"] == "HOUSE"
