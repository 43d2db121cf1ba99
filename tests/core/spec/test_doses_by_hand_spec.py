"""A dose without a pump: an injection, devices five minutes apart, something under the tongue."""

from dataclasses import replace
from datetime import timedelta

import pytest

from openketamine.core.findings import Refusal
from openketamine.core.treatment import (
    Context,
    decode_fact,
    encode_fact,
    facts,
    fold,
    may,
    state_as_json,
)

DEVICE = facts.DoseGiven("nasal", 28000, 200, "one spray each side", "device", "LOT1")
INJECTION = facts.DoseGiven("im", 35000, 700, "left deltoid")


def ordered(story, protocol, route, dose_ug, volume_ul):
    """A story with a signed plan of this protocol, and the drug on the tray."""
    story.at(0, facts.SessionOpened("p1", protocol, 1, "depression"))
    plan = replace(story.plan(dose_ug), route=route, volume_ul=volume_ul, rate_ul_per_h=0, over_s=0)
    story.at(11, plan)
    return story.at(12, facts.DrugWithdrawn("t1", "K1", "LOT1", 700, dose_ug, "wes", "Wes Okafor"))


@pytest.fixture
def by_nose(story):
    return ordered(story, "spravato-trd", "nasal", 56000, 0)


@pytest.fixture
def by_muscle(story):
    return ordered(story, "im-depression", "im", 35000, 700)


def test_one_injection_is_the_whole_dose(by_muscle):
    state = by_muscle.at(15, INJECTION).state()
    assert (state.phase, state.started_at, state.ended_at) == (
        "recovery", by_muscle.time(15), by_muscle.time(15),
    )  # fmt: skip


def test_the_second_device_is_due_five_minutes_after_the_first(by_nose):
    state = by_nose.at(15, DEVICE).state()
    said = state_as_json(state, by_nose.time(16))
    assert (state.phase, said["doses"]["given_mg"], said["doses"]["left_mg"]) == ("giving", 28, 28)
    assert said["doses"]["next_at"] == by_nose.time(20).isoformat()
    assert said["due"][0]["what"] == "Next device"


def test_the_dose_is_over_with_its_last_device(by_nose):
    state = by_nose.at(15, DEVICE).at(20, DEVICE).state()
    assert (state.phase, state.ended_at) == ("recovery", by_nose.time(20))
    assert state_as_json(state, by_nose.time(21))["doses"]["next_at"] is None


def test_who_stops_after_one_device_is_in_recovery_from_that_device_on(by_nose):
    state = by_nose.at(15, DEVICE).at(18, facts.DoseStopped("vomited")).state()
    assert (state.phase, state.ended_at) == ("recovery", by_nose.time(15))
    assert state.doses.given_ug == 28000


def test_blood_pressure_is_due_as_the_label_says_from_the_first_device(by_nose):
    said = state_as_json(by_nose.at(15, DEVICE).at(20, DEVICE).state(), by_nose.time(30))
    pressure = next(one for one in said["due"] if one["signal"] == "systolic")
    assert pressure["at"] == (by_nose.time(15) + timedelta(minutes=40)).isoformat()


def test_nobody_leaves_while_a_device_is_to_come(by_nose):
    answer = may("discharge", by_nose.at(15, DEVICE).state(), by_nose.time(200), Context())
    assert isinstance(answer, Refusal)
    assert "Not known: when the dose was over" in [one.summary for one in answer.findings]


def test_a_dose_cannot_be_started_twice(by_muscle):
    answer = may("start", by_muscle.at(15, INJECTION).state(), by_muscle.time(16), Context())
    assert "ST-01" in [one.rule for one in answer.findings]


def test_the_second_person_reads_no_rate_off_a_device(by_nose):
    read = {
        "person_id": "p1",
        "drug": "ketamine",
        "dose_ug": 56000,
        "concentration_ug_per_ml": 1000,
    }
    wes = Context(second=by_nose.wes, claim=read, today=by_nose.time(0).date())
    answer = may("verify", by_nose.state(), by_nose.time(13), wes)
    assert not isinstance(answer, Refusal), answer.findings


def test_what_was_charted_and_what_the_book_says_are_compared(by_nose):
    by_nose.at(15, DEVICE).at(20, DEVICE).at(20, facts.DoseFinished(28000, 200, "t2"))
    answer = may("close", by_nose.state(), by_nose.time(300), Context())
    assert "CL-05" in [one.rule for one in answer.findings]


def contradictions(story):
    return state_as_json(story.state(), story.time(60))["contradictions"]


ODD = [
    ("more than the plan", DEVICE, 3, "84000 micrograms given in all, the plan orders 56000"),
    ("another way", replace(DEVICE, route="im"), 1, "given by route im, the plan says nasal"),
    ("less than nothing", replace(DEVICE, dose_ug=-1), 1, "an amount below zero"),
]


@pytest.mark.parametrize(("what", "given", "times", "sentence"), ODD, ids=[row[0] for row in ODD])
def test_what_does_not_fit_is_said_and_never_refused(by_nose, what, given, times, sentence):
    for time in range(times):
        by_nose.at(15 + 5 * time, given)
    assert any(sentence in said for said in contradictions(by_nose))


def test_a_dose_that_nobody_gave_is_not_over(by_nose):
    state = by_nose.at(55, facts.DoseFinished(56000, 400, "t2")).state()
    assert state.ended_at is None
    assert any("nobody gave any of it" in said for said in contradictions(by_nose))


def test_a_dose_given_by_mistake_is_struck_out(by_nose):
    by_nose.at(15, DEVICE, fact_id="slip").at(16, facts.Corrected("slip", "other person"))
    assert by_nose.state().phase == "prepared"


def test_the_acts_go_to_json_and_back_and_read_as_words(by_nose):
    told = by_nose.at(15, DEVICE).at(18, facts.DoseStopped("vomited")).told
    assert fold(decode_fact(encode_fact(one)) for one in told).doses == fold(told).doses
    words = [one["text"] for one in state_as_json(fold(told), by_nose.time(19))["events"]]
    assert words[-2:] == [
        "Device given: 28 mg (0.2 mL) nasal, one spray each side, lot LOT1",
        "No more is given: vomited",
    ]
