"""A session is a log of facts: what follows from it, and what happens to facts that do not fit."""

import json
from fractions import Fraction

import pytest

from openketamine.core.findings import BadInput
from openketamine.core.treatment import (
    Fact,
    decode_fact,
    encode_fact,
    facts,
    fold,
    kinds,
    replay,
    state_as_json,
    watch,
)
from openketamine.core.treatment._words import _WORDS


def given_mg(story, minute):
    return story.state().infusion.given_ug(story.time(minute)) / 1000


@pytest.mark.parametrize(
    ("told", "phase"),
    [
        (lambda s: s.opened(), "expected"),
        (lambda s: s.opened().at(1, s.plan(), s.priya), "planned"),
        (lambda s: s.prepared(), "prepared"),
        (lambda s: s.infusing(), "infusing"),
        (lambda s: s.infusing().at(20, facts.InfusionPaused("dizzy")), "paused"),
        (lambda s: s.finished(), "recovery"),
        (lambda s: s.recovered().at(120, facts.Discharged("Ann", "555", True)), "discharged"),
        (lambda s: s.recovered().at(121, facts.SessionClosed()), "closed"),
    ],
)
def test_the_phase_follows_from_the_facts(story, told, phase):
    assert told(story).state().phase == phase


def test_an_infusion_of_35_mg_over_40_minutes_gives_what_the_clock_says(story):
    story.infusing()
    assert given_mg(story, 15) == 0
    assert given_mg(story, 30) == Fraction(105, 8)
    assert given_mg(story, 55) == 35
    shown = state_as_json(story.state(), story.time(30))["infusion"]
    assert (shown["rate_ml_per_h"], shown["mg_per_h"], shown["mg_per_kg_per_h"]) == (
        52.5,
        52.5,
        0.75,
    )
    assert (shown["given_mg"], shown["volume_left_ml"]) == (13.125, 21.875)
    assert shown["planned_end"] == "2026-11-22T09:55:00+00:00"


@pytest.mark.hazard("HZ-03")
def test_an_infusion_never_gives_more_than_its_bag_holds(story):
    assert given_mg(story.infusing(), 600) == 35


def test_rate_changes_and_pauses_make_segments_and_a_pause_adds_nothing(story):
    story.infusing().at(25, facts.RateChanged(30000, "BP rising"))
    story.at(35, facts.InfusionPaused("BP 182")).at(45, facts.InfusionResumed(30000))
    assert given_mg(story, 25) == Fraction(35, 4)
    assert given_mg(story, 35) == given_mg(story, 45) == Fraction(55, 4)
    assert given_mg(story, 55) == Fraction(75, 4)
    rows = state_as_json(story.state(), story.time(55))["infusion"]["segments"]
    assert [(row["rate_ul_per_h"], row["given_ug"], row["reason"]) for row in rows] == [
        (52500, 8750, "started"),
        (30000, 5000, "BP rising"),
        (30000, 5000, "resumed"),
    ]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (lambda s: s.prepared().at(14, facts.InfusionStopped()), "stopped before it was started"),
        (lambda s: s.prepared().at(14, facts.InfusionPaused()), "paused before it was started"),
        (lambda s: s.infusing().at(16, facts.InfusionStarted(52500, 1000, 35000, 70000)),
         "started while it already ran"),
        (lambda s: s.infusing().at(20, facts.InfusionPaused()).at(21, facts.RateChanged(100)),
         "rate was changed while the pump stood"),
        (lambda s: s.infusing().at(20, facts.InfusionResumed(100)), "resumed while it ran"),
        (lambda s: s.infusing().at(60, facts.DoseFinished(35000, 35000, "t")), "nobody stopped"),
        (lambda s: s.finished().at(60, facts.InfusionStopped()), "stopped a second time"),
        (lambda s: s.finished().at(60, facts.InfusionResumed(100)), "after it was stopped"),
        (lambda s: s.opened().at(5, facts.InfusionStarted(52500, 1000, 35000, 70000)),
         "started without a signed plan"),
        (lambda s: s.prepared().at(15, facts.InfusionStarted(525000, 1000, 35000, 70000)),
         "rate_ul_per_h is 525000, the plan says 52500"),
        (lambda s: s.recovered().at(120, facts.Discharged("Ann", "5", True)).reading(121, spo2=98),
         "after the person was discharged"),
        (lambda s: s.infusing().at(20, facts.RateChanged(-5)), "an amount below zero"),
        (lambda s: s.opened().opened(), "the opening of the session stands here a second time"),
        (lambda s: s.opened().at(2, facts.FindingCleared("x")), "never raised"),
        (lambda s: s.opened().at(2, facts.Corrected("nobody", "typo")), "not in this log"),
        (lambda s: s.opened().at(2, facts.Corrected("fact-1", "typo", {"person_id": 7})),
         "cannot be read: body.protocol_id"),
    ],
)  # fmt: skip
@pytest.mark.hazard("HZ-05")
def test_what_does_not_fit_is_listed_by_number_and_kept(story, told, says):
    state = told(story).state()
    shown = state_as_json(state, story.time(130))
    assert [one for one in shown["contradictions"] if says in one]
    assert shown["contradictions"][0].startswith("no. ")
    assert len(state.facts) == len(story.told)


@pytest.mark.hazard("HZ-17")
def test_of_two_starts_the_first_counts(story):
    story.infusing().at(16, facts.InfusionStarted(100_000, 1000, 35000, 70000))
    assert given_mg(story, 30) == Fraction(105, 8)


def test_a_charted_symptom_makes_a_high_pressure_an_emergency_for_half_an_hour(story):
    story.infusing().at(20, facts.AdverseEventCharted("chest pain", 2)).vitals(50, systolic=185)
    assert "AL-SBP-HIGH-SYM" in [one.rule for one in watch(story.state(), story.time(50))[1:]]
    story.vitals(51, systolic=185)
    assert "AL-SBP-HIGH-2" in [one.rule for one in watch(story.state(), story.time(51))[1:]]


def test_a_session_that_fits_together_has_no_contradictions(story):
    story.recovered().at(120, facts.Discharged("Ann", "555", True)).at(121, facts.SessionClosed())
    assert state_as_json(story.state(), story.time(122))["contradictions"] == []


@pytest.mark.hazard("HZ-05")
def test_a_correction_counts_and_the_original_stays_in_sight(story):
    story.infusing().at(20, facts.RateChanged(5250, "typed wrong"), fact_id="slip")
    story.at(21, facts.Corrected("slip", "one zero short", {"rate_ul_per_h": 52500, "reason": ""}))
    assert given_mg(story, 55) == 35
    events = {one["fact"]: one for one in state_as_json(story.state(), story.time(55))["events"]}
    assert events["slip"]["corrected"] is True
    assert events["slip"]["text"] == "Rate changed to 5.25 mL/h: typed wrong"
    assert events["slip"]["now_reads"] == "Rate changed to 52.5 mL/h"


def test_a_fact_can_be_struck_out_and_the_striking_out_taken_back(story):
    story.infusing().at(20, facts.InfusionStopped("wrong chair"), fact_id="slip")
    assert story.state().phase == "recovery"
    story.at(21, facts.Corrected("slip", "other person"), fact_id="undo")
    assert story.state().phase == "infusing"
    story.at(22, facts.Corrected("undo", "it was right after all"))
    assert story.state().phase == "recovery"


@pytest.mark.hazard("HZ-05")
def test_a_fact_that_was_recorded_offline_takes_its_place_in_time(story):
    story.infusing().at(55, facts.InfusionStopped())
    late = Fact("late", story.time(35), story.nora, facts.RateChanged(26250), None, 99)
    state = fold((*story.told, late))
    assert state.infusion.given_ug(story.time(55)) == 17500 + 8750
    assert state.last_number == 99


@pytest.mark.hazard("HZ-05")
def test_the_same_fact_twice_is_one_fact_and_an_id_used_twice_is_a_contradiction(story):
    story.infusing()
    twice = fold((*story.told, *story.told))
    assert twice == story.state()
    other = Fact("fact-1", story.time(1), story.nora, facts.NoteCharted("hello"), None, 50)
    state = fold((*story.told, other))
    assert len(state.facts) == len(story.told) + 1
    shown = state_as_json(state, story.time(20))
    assert [one for one in shown["contradictions"] if "no. 50 has the id of no. 1" in one]
    assert shown["person_id"] == "p1"


def test_the_baseline_is_the_mean_of_the_last_two_believed_numbers_before_the_start(story):
    story.prepared().reading(14, systolic=210, diastolic=0, doubts={"systolic": "x"})
    story.at(15, facts.InfusionStarted(52500, 1000, 35000, 70000)).vitals(20, systolic=170)
    shown = state_as_json(story.state(), story.time(20))
    assert shown["baseline"]["systolic"] == 126
    assert shown["latest"]["systolic"]["value"] == 170


def test_before_the_dose_there_is_no_baseline_to_rise_from(story):
    assert state_as_json(story.prepared().state(), story.time(14))["baseline"] == {}


def test_the_latest_number_is_shown_with_source_age_and_doubt(story):
    story.opened().reading(1, heart_rate=70, spo2=None).reading(2, doubts={"spo2": "0"}, spo2=0)
    shown = state_as_json(story.state(), story.time(3))["latest"]
    assert shown["heart_rate"]["source"] == "device"
    assert shown["heart_rate"]["freshness"] == "stale"
    assert shown["spo2"]["doubt"] == "0"


def test_a_number_that_a_person_mistyped_is_doubted_too(story):
    story.opened().vitals(1, systolic=76, diastolic=124)
    shown = state_as_json(story.state(), story.time(2))["latest"]
    assert shown["systolic"]["doubt"] == "diastolic is not below systolic"


@pytest.mark.hazard("HZ-11")
def test_the_drug_of_a_session_is_withdrawn_less_given_less_wasted(story):
    story.finished()
    finished = facts.DoseFinished(30000, 30000, "t2")
    story.told[-1] = Fact("fin", story.time(55), story.nora, finished, None, len(story.told))
    drug = state_as_json(story.state(), story.time(60))["drug"]
    assert drug == {"withdrawn_ug": 35000, "given_ug": 30000, "wasted_ug": 0, "tray_ug": 5000}
    story.at(61, facts.DrugWasted("t3", 5000, "residual", "sink", "wes", "Wes"))
    assert state_as_json(story.state(), story.time(62))["drug"]["tray_ug"] == 0


def test_devices_are_those_that_are_attached_now(story):
    story.opened().at(1, facts.DeviceAttached("mon-1")).at(2, facts.DeviceAttached("mon-2"))
    story.at(3, facts.DeviceDetached("mon-1"))
    shown = state_as_json(story.state(), story.time(4))["devices"]
    assert [one["device_id"] for one in shown] == ["mon-2"]


def test_observations_fall_due_and_become_overdue(story):
    story.infusing()
    due = {one["what"]: one for one in state_as_json(story.state(), story.time(16))["due"]}
    assert not any(one["overdue"] for one in due.values())
    assert due["End of the infusion"]["at"] == "2026-11-22T09:55:00+00:00"
    late = {one["what"]: one for one in state_as_json(story.state(), story.time(26))["due"]}
    assert late["Blood pressure"]["overdue"]
    assert late["Sedation (MOAA/S)"]["overdue"]
    story.vitals(26)
    again = {one["what"]: one for one in state_as_json(story.state(), story.time(27))["due"]}
    assert not again["Blood pressure"]["overdue"]


@pytest.mark.hazard("HZ-01")
def test_a_doubted_number_leaves_its_observation_overdue(story):
    story.infusing().reading(26, doubts={"systolic": "x"}, systolic=120, diastolic=80)
    due = {one["what"]: one for one in state_as_json(story.state(), story.time(27))["due"]}
    assert due["Blood pressure"]["overdue"]


@pytest.mark.hazard("HZ-07")
def test_the_watch_raises_by_the_persons_own_baseline_and_symptoms(story):
    story.infusing().vitals(20, systolic=170)
    (change,) = watch(story.state(), story.time(20))
    assert change.rule == "AL-SBP-HIGH-2"
    story.at(21, change).at(21, facts.AdverseEventCharted("Chest pain", 2))
    (symptom,) = watch(story.state(), story.time(21))
    assert (symptom.rule, symptom.priority) == ("AL-SYMPTOM", "high")
    story.at(22, symptom).at(23, facts.FindingAcknowledged(symptom.finding_id))
    assert watch(story.state(), story.time(23)) == (facts.FindingCleared(symptom.finding_id),)


@pytest.mark.hazard("HZ-01")
def test_an_attached_monitor_is_watched_for_silence_until_it_is_detached(story):
    story.opened().at(1, facts.DeviceAttached("mon-1")).reading(2, heart_rate=70)
    (silent,) = watch(story.state(), story.time(3))
    assert silent.rule == "TE-SILENT"
    story.at(4, silent).at(5, facts.DeviceDetached("mon-1"))
    assert watch(story.state(), story.time(6)) == (facts.FindingCleared(silent.finding_id),)


def test_findings_carry_when_they_were_raised_seen_and_over(story):
    story.infusing().vitals(20, systolic=170)
    (change,) = watch(story.state(), story.time(20))
    story.at(20, change).at(21, facts.FindingAcknowledged(change.finding_id))
    story.vitals(25).at(25, facts.FindingCleared(change.finding_id))
    (shown,) = state_as_json(story.state(), story.time(30))["findings"]
    assert shown["raised_at"] < shown["acknowledged_at"] < shown["cleared_at"]
    assert shown["acknowledged_by"] == "Nora Lindqvist"
    assert shown["sources"][0]["id"] == "HOUSE"


def test_every_kind_of_fact_has_words_and_survives_json(story):
    assert len(_WORDS) == len(kinds())
    story.recovered().at(120, facts.Discharged("Ann", "555", True)).reading(121, spo2=98.5)
    for fact in story.told:
        assert decode_fact(json.loads(json.dumps(encode_fact(fact)))) == fact


def test_the_state_is_plain_json_without_nan(story):
    shown = state_as_json(story.recovered().state(), story.time(120))
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown


def test_a_bare_recording_is_judged_and_a_judged_one_is_taken_as_it_is(story):
    story.infusing().vitals(20, systolic=170).vitals(25, systolic=130)
    lines = [json.dumps(encode_fact(fact)) for fact in story.told]
    (found,) = replay(lines)["findings"]
    assert (found["rule"], found["raised_at"][11:16], found["cleared_at"][11:16]) == (
        "AL-SBP-HIGH-2",
        "09:20",
        "09:25",
    )
    own = facts.FindingRaised("mine", "AL-X", "spo2", "low", "technical", "said then")
    story.at(26, own)
    judged = replay([json.dumps(encode_fact(fact)) for fact in story.told])
    assert [one["finding_id"] for one in judged["findings"]] == ["mine"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 1: expected one JSON object"),
        ("[]", "line 1, fact: expected an object"),
        ('{"id": "a"}', "line 1, by: expected an object"),
    ],
)
def test_a_recording_that_cannot_be_read_is_named_by_line_and_field(line, says):
    with pytest.raises(BadInput) as error:
        replay([line])
    assert str(error.value).startswith(says)


def test_a_recording_names_the_field_of_the_body(story):
    raw = encode_fact(story.opened().told[0])
    raw["body"]["session_number"] = "one"
    with pytest.raises(BadInput, match=r"line 1, body.session_number: expected a whole number"):
        replay([json.dumps(raw)])


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("at", "0001-01-01T00:00:00+14:00", "at: expected a time between the years 1900 and 2200"),
        ("at", "2026-11-22T09:00:00", "at: expected an ISO 8601 time with offset"),
        ("number", 10**400, "number: expected a whole number of at most"),
    ],
)
def test_what_nobody_can_reckon_with_is_refused_at_the_door(story, field, value, says):
    raw = encode_fact(story.opened().told[0]) | {field: value}
    with pytest.raises(BadInput) as error:
        replay([json.dumps(raw)])
    assert says in str(error.value)


@pytest.mark.parametrize("number", ["1e999999", "NaN", "Infinity", "-1e30"])
def test_a_number_that_is_none_is_refused_at_the_door(story, number):
    line = json.dumps(encode_fact(story.opened().vitals(1).told[-1]))
    with pytest.raises(BadInput, match="line 1, "):
        replay([line.replace(": 124", f": {number}")])


def test_a_recording_may_be_judged_under_another_protocol(story):
    lines = [json.dumps(encode_fact(fact)) for fact in story.infusing().told]
    lines = [line.replace("iv-depression", "long-forgotten") for line in lines]
    assert replay(lines)["protocol"] == "long-forgotten"
    assert replay(lines, protocol_id="iv-depression")["protocol"] == "iv-depression"
    with pytest.raises(BadInput, match="protocol: expected one of"):
        replay(lines, protocol_id="long-forgotten")


def test_an_empty_recording_is_no_recording():
    with pytest.raises(BadInput, match="facts: expected at least one fact"):
        replay(["", ""])


def test_lines_without_numbers_are_numbered_by_their_place(story):
    raw = [encode_fact(fact) | {"number": None} for fact in story.prepared().told]
    assert replay([json.dumps(one) for one in raw])["last_number"] == len(raw)
