"""What is heard, what stays on the screen, who is told and when: for a charge nurse to check."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from openketamine.core.monitoring import (
    FindingCleared,
    FindingRaised,
    Sample,
    assess,
    limits_for,
    presentation,
    score_finding,
    symptom_finding,
)
from openketamine.core.screening import Tightened
from openketamine.core.treatment import (
    Author,
    CallAnswered,
    Fact,
    FindingAcknowledged,
    FindingShown,
    InfusionPaused,
    ObservationCharted,
    PersonCalled,
    SessionOpened,
    SoundPaused,
    SoundResumed,
    away,
    calls,
    due_calls,
    fold,
    responses,
    sound,
    standing,
    times,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NORA = Author("nora", "Nora Lindqvist", "nurse")
PRIYA = Author("priya", "Dr Priya Raman", "prescriber")
RULES = Author("rules", "OpenKetamine rules", "system")


class Log:
    """A session told in seconds."""

    def __init__(self):
        self.facts = []
        self.at(0, SessionOpened("p", "iv-depression"))

    def at(self, second, body, by=RULES):
        number = len(self.facts) + 1
        moment = NOON + timedelta(seconds=second)
        self.facts.append(Fact(f"f{number}", moment, by, body, number=number))
        return self

    def raised(self, second, identity, priority, nature="physiological", signal="spo2"):
        return self.at(second, FindingRaised(identity, "R", signal, priority, nature, identity))

    def told(self, second, identity, step, *people):
        return self.at(second, PersonCalled(identity, step, "somebody", people, people))

    @property
    def state(self):
        return fold(self.facts)

    def heard(self, second):
        said = sound(self.state, NOON + timedelta(seconds=second))
        if said.paused_until is not None:
            return "paused"
        return said.alarm.finding.finding_id if said.alarm else "silence"

    def due(self, second):
        found = due_calls(self.state, NOON + timedelta(seconds=second))
        return [(one.alarm.finding.finding_id, one.next_step) for one in found]


def test_the_highest_priority_wins_the_sound_and_physiology_before_technique():
    log = Log().raised(1, "low", "low").raised(2, "silent", "medium", "technical", "monitor")
    assert log.heard(3) == "silent"
    log.raised(4, "pressure", "medium", signal="systolic")
    assert log.heard(5) == "pressure"
    log.raised(6, "oxygen", "high")
    assert log.heard(7) == "oxygen"


def test_what_was_seen_is_silent_and_sounds_again_by_itself_while_it_stands():
    log = Log().raised(0, "oxygen", "high").at(10, FindingAcknowledged("oxygen"), NORA)
    assert [log.heard(10), log.heard(129), log.heard(130)] == ["silence", "silence", "oxygen"]
    log.at(131, FindingAcknowledged("oxygen"), NORA)
    assert log.heard(132) == "silence"
    log.at(140, FindingCleared("oxygen"))
    assert log.heard(400) == "silence"


def test_a_pause_ends_by_itself_by_hand_and_by_something_as_urgent_that_is_new():
    paused = Log().raised(0, "pressure", "medium").at(10, SoundPaused(120), NORA)
    assert [paused.heard(10), paused.heard(129), paused.heard(130)] == [
        "paused", "paused", "pressure",
    ]  # fmt: skip
    by_hand = Log().raised(0, "pressure", "medium").at(10, SoundPaused(120), NORA)
    assert by_hand.at(20, SoundResumed(), NORA).heard(20) == "pressure"
    low = Log().raised(0, "pressure", "medium").at(10, SoundPaused(120), NORA)
    assert low.raised(30, "pulse", "low").heard(30) == "paused"
    assert low.raised(40, "oxygen", "high").heard(40) == "oxygen"


def test_no_screen_may_pause_for_longer_than_the_rules_allow():
    log = Log().raised(0, "pressure", "medium").at(10, SoundPaused(86_400), NORA)
    assert (log.heard(129), log.heard(131)) == ("paused", "pressure")


@pytest.mark.hazard("HZ-07")
@pytest.mark.parametrize(("priority", "stays"), [("high", 1), ("medium", 1), ("low", 0)])
def test_what_nobody_saw_stays_after_it_is_over_until_somebody_has(priority, stays):
    log = Log().raised(0, "x", priority).at(30, FindingCleared("x"))
    assert len(standing(log.state)) == stays
    log.at(60, FindingAcknowledged("x"), NORA)
    assert standing(log.state) == ()


@pytest.mark.parametrize("priority", ["high", "medium", "low"])
def test_no_priority_flashes_three_times_a_second(priority):
    assert presentation(priority).flash_hz < 3


@pytest.mark.hazard("HZ-19")
def test_the_next_person_is_told_when_the_time_of_the_protocol_is_over_and_nobody_answered():
    log = Log().raised(0, "oxygen", "high")
    assert (log.due(9), log.due(10)) == ([], [("oxygen", 0)])
    log.told(0, "oxygen", 0, "priya")
    assert (log.due(44), log.due(45)) == ([], [("oxygen", 1)])
    log.told(45, "oxygen", 1, "quentin").told(90, "oxygen", 2, "miriam")
    assert log.due(135) == [("oxygen", 3)]
    log.told(135, "oxygen", 3, "everybody")
    assert log.due(9999) == []
    assert calls(log.state)[0].open


@pytest.mark.hazard("HZ-19")
def test_an_answer_holds_the_list_and_if_it_still_stands_then_the_next_is_told():
    seen = Log().raised(0, "oxygen", "high").told(0, "oxygen", 0, "priya")
    seen.at(20, CallAnswered("oxygen", "seen"), PRIYA)
    assert (seen.due(199), seen.due(200)) == ([], [("oxygen", 1)])
    here = Log().raised(0, "oxygen", "high").told(0, "oxygen", 0, "priya")
    here.at(20, CallAnswered("oxygen", "here"), PRIYA)
    assert here.due(9999) == []


def test_what_is_over_tells_nobody_more_and_stays_open_until_it_is_answered():
    log = Log().raised(0, "oxygen", "high").told(0, "oxygen", 0, "priya")
    log.at(30, FindingCleared("oxygen"))
    assert log.due(9999) == []
    assert calls(log.state)[0].open
    log.at(60, CallAnswered("oxygen", "seen"), PRIYA)
    assert not calls(log.state)[0].open


def test_a_number_that_wavers_about_its_limit_does_not_call_again_who_already_comes():
    log = Log().raised(0, "first", "high").told(0, "first", 0, "priya")
    log.at(10, CallAnswered("first", "coming"), PRIYA).at(20, FindingCleared("first"))
    log.raised(40, "second", "high")
    assert log.due(40) == []
    assert log.due(310) == [("second", 0)]
    # Something else is another matter.
    assert log.raised(50, "pressure", "high", signal="systolic").due(60) == [("pressure", 0)]


def test_low_and_technical_findings_call_nobody_but_a_silent_monitor_the_charge_nurse():
    log = Log().raised(0, "low", "low").raised(0, "probe", "low", "technical")
    log.raised(0, "silent", "medium", "technical", "monitor")
    assert log.due(119) == []
    assert log.due(120) == [("silent", 0)]


def test_response_times_from_raised_to_over_and_who_never_got_there_is_counted():
    log = Log().raised(0, "a", "high").told(1, "a", 0, "priya").at(2, FindingShown("a"), NORA)
    log.at(8, FindingAcknowledged("a"), NORA).at(11, InfusionPaused(), NORA)
    log.at(20, CallAnswered("a", "coming"), PRIYA).at(60, FindingCleared("a"))
    log.raised(100, "b", "high", signal="systolic").at(130, FindingCleared("b"))
    first, second = responses(log.state)
    moments = ("told", "shown", "seen", "acted", "answered", "cleared")
    assert [first.after(m).total_seconds() for m in moments] == [1, 2, 8, 11, 20, 60]
    assert [second.after(m) for m in moments[:5]] == [None] * 5
    seen = times((first, second), "seen")
    assert (seen.of, seen.reached, seen.missing, seen.median) == (2, 1, 1, 8)
    assert times((first, second), "answered").of == 1
    assert times((), "seen").median is None


def test_the_measurement_that_raised_a_finding_is_no_answer_to_it():
    charted = ObservationCharted({"moaas": Decimal(1)})
    log = Log().at(0, charted, NORA).raised(0, "a", "high")
    assert responses(log.state)[0].acted is None
    log.at(40, charted, NORA)
    assert responses(log.state)[0].after("acted") == timedelta(seconds=40)


def test_the_90th_percentile_is_a_time_that_was_measured():
    found = []
    for n in range(1, 11):
        log = Log().raised(0, str(n), "high").at(n, FindingAcknowledged(str(n)), NORA)
        found += responses(log.state)
    assert (times(found, "seen").median, times(found, "seen").p90) == (5, 9)


def spo2(value, second=0):
    at = NOON + timedelta(seconds=second)
    return Sample(at, at, {"spo2": Decimal(value)}, {}, "manual")


@pytest.mark.hazard("HZ-07")
def test_a_clinic_may_ring_earlier_and_the_finding_says_whose_limit_it_is_never_later():
    own = Tightened("AL-SPO2-3", "high", "spo2", Decimal(92), "high altitude clinic")
    (raised,) = assess(limits_for("", (own,)), {}, [spo2(91)], (), NOON)
    assert (raised.rule, raised.limit) == (
        "AL-SPO2-3",
        "below 92 % (this clinic’s own limit; house 90)",
    )
    assert assess(limits_for(""), {}, [spo2(91)], (), NOON)[0].rule == "AL-SPO2-2"
    looser = Tightened("AL-SPO2-3", "high", "spo2", Decimal(80), "we are used to it")
    assert assess(limits_for("", (looser,)), {}, [spo2(89)], (), NOON)[0].rule == "AL-SPO2-3"


def cuff(second, systolic):
    at = NOON + timedelta(seconds=second)
    return Sample(at, at, {"systolic": Decimal(systolic)}, {}, "device")


@pytest.mark.parametrize(
    ("second_reading", "at", "rings"), [(126, 180, True), (125, 180, False), (126, 179, False)]
)
def test_in_pain_40_percent_over_the_baseline_in_two_readings_3_min_apart(
    second_reading, at, rings
):
    samples = [cuff(0, 127), cuff(at, second_reading)]
    base = {"systolic": Decimal(90)}
    now = NOON + timedelta(seconds=at)
    found = [one.rule for one in assess(limits_for("pain-outpatient"), base, samples, (), now)]
    assert ("AL-SBP-RISE-2" in found) is rings
    mild = assess(limits_for("iv-depression"), base, samples, (), now)
    assert "AL-SBP-RISE-2" not in [one.rule for one in mild]


@pytest.mark.parametrize(
    ("heart_rate", "symptomatic", "rule"),
    [
        (49, True, "AL-HR-LOW-SYM"), (50, True, None), (49, False, "AL-HR-LOW-1"),
        (121, True, "AL-HR-HIGH-SYM"), (120, True, None), (121, False, "AL-HR-HIGH-1"),
    ],
)  # fmt: skip
def test_a_rate_out_of_bounds_with_an_emergency_symptom_is_an_emergency(
    heart_rate, symptomatic, rule
):
    sample = Sample(NOON, NOON, {"heart_rate": Decimal(heart_rate)}, {}, "manual")
    found = assess(limits_for(""), {}, [sample], (), NOON, symptomatic=symptomatic)
    assert [one.rule for one in found] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("event", "priority"),
    [
        ("panic", "low"), ("Distress, mild", "low"), ("asks to stop", "medium"),
        ("uncontrollable agitation", "high"), ("nausea", None),
    ],
)  # fmt: skip
def test_distress_has_three_steps(event, priority):
    found = symptom_finding(event, NOON)
    assert (found.priority if found else None) == priority


@pytest.mark.parametrize(
    ("total", "rule"),
    [(16, "AL-CADSS6-2"), (15, "AL-CADSS6-1"), (12, "AL-CADSS6-1"), (11, None), (None, None)],
)
def test_dissociation_by_score(total, rule):
    found = score_finding("cadss-6", total, NOON)
    assert (found.rule if found else None) == rule


@pytest.mark.hazard("HZ-19")
@pytest.mark.parametrize(
    ("priority", "nature", "seconds"),
    [("high", "physiological", 15), ("medium", "physiological", 40), ("medium", "technical", 60)],
)
def test_a_screen_has_its_time_before_a_telephone_is_rung(priority, nature, seconds):
    log = Log().raised(0, "x", priority, nature).told(10, "x", 0, "priya")
    (waits,) = away(log.state)
    told = NOON + timedelta(seconds=10)
    before, then = told + timedelta(seconds=seconds - 1), told + timedelta(seconds=seconds)
    assert [waits.is_due(one, has_a_page=True) for one in (before, then)] == [False, True]
    assert waits.is_due(told, has_a_page=False)


@pytest.mark.hazard("HZ-19")
def test_an_answer_calls_off_whoever_was_told_before_it_and_nobody_after_it():
    log = Log().raised(0, "x", "high").told(10, "x", 0, "priya").told(55, "x", 1, "quentin")
    assert [one.person for one in away(log.state)] == ["priya", "quentin"]
    log.at(60, CallAnswered("x", "seen"), PRIYA)
    assert away(log.state) == ()
    log.told(240, "x", 2, "miriam")
    assert [one.person for one in away(log.state)] == ["miriam"]


def test_nobody_is_sought_for_what_is_over_or_in_an_empty_chair():
    log = Log().raised(0, "x", "high").told(10, "x", 0, "priya")
    assert away(Log().raised(0, "x", "low").told(10, "x", 0, "priya").state) == ()
    assert away(log.at(20, FindingCleared("x")).state) == ()
