"""Too often, too much, too long; a course that did not help; a history that cannot be right."""
# ruff: noqa: E501 — one row of a table is one line

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.core.people import TODAY, person, weight

from openketamine.core.dosing import PastSession, propose, read_history
from openketamine.core.findings import BadInput, Refusal

IV, ESK, SL = "iv-depression", "spravato-trd", "sublingual-depression"
CRPS, FM, PLP = "crps-outpatient", "fibromyalgia", "phantom-limb"


def ago(days, *, ug=35_000, per_kg=500, better=60, **more):
    better = None if better is None else Decimal(better)
    return PastSession(TODAY - timedelta(days=days), per_kg, ug, None, better, **more)


def history(*days, **more):
    return tuple(ago(day, **more) for day in sorted(days, reverse=True))


def rules(name, past, kg=70):
    answer = propose(person(weight(kg)), name, TODAY, tuple(past))
    return {finding.rule: finding.action.value for finding in answer.findings}


def every(step, until, start=0):
    return range(start + step, until + 1, step)


FLAGS = [
    # flag, protocol, sessions so many days ago → what it asks for; and the other side
    ("E1", IV, history(2, 4, 6), "override", history(3, 5)),
    ("E2", IV, history(*every(3, 24)), "override", history(*every(3, 21))),
    ("E3", IV, history(*every(6, 126)), "override", history(*every(7, 126))),
    ("E4", IV, history(*every(7, 182)), "caution", history(*every(8, 182))),
    ("E4", ESK, history(*every(7, 364), ug=56_000), "caution", history(*every(7, 357), ug=56_000)),
    ("E5", IV, history(*every(2, 28), ug=None, per_kg=1000), "override", history(*every(2, 28), ug=None, per_kg=500)),
    ("E5", SL, history(2, 4, ug=225_000), "override", history(2, 4, ug=200_000)),
    ("E8", IV, (ago(70), ago(35, better=None), ago(7)), "info", (ago(70), ago(35), ago(7))),
    ("DOSE-TOO-SOON", IV, history(1), "override", history(2)),
    ("DOSE-TOO-SOON", IV, history(0), "override", history(3)),
    ("DOSE-TOO-SOON", PLP, history(1, ug=28_000, per_kg=400), "override", history(2, ug=28_000, per_kg=400)),
    ("DOSE-TOO-SOON", CRPS, history(0), "override", history(1)),
    ("DOSE-WORSE", IV, history(8, 4, better=-20), "override", history(8, 4, better=-19)),
    ("DOSE-HISTORY", IV, history(4, per_kg=5000, ug=None), "override", history(4, per_kg=1000, ug=None)),
]  # fmt: skip


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize("row", FLAGS, ids=lambda row: f"{row[0]} {row[1]}")
def test_an_exposure_flag_speaks_on_one_side_and_is_silent_on_the_other(row):
    flag, name, over, action, under = row
    assert rules(name, over, kg=100 if flag == "E5" else 70).get(flag) == action
    assert flag not in rules(name, under)


REPEATS = [
    # last course and what came of it → whether another one needs a reason
    (FM, (ago(30, better=40, relief_days=22),), False),
    (FM, (ago(30, better=40, relief_days=21),), True),
    (FM, (ago(30, better=29, relief_days=25),), True),
    (FM, (ago(30, better=10, function_gain=True, relief_days=25),), False),
    (FM, (ago(30, better=40),), True),
    (FM, (ago(30, better=None),), True),
    (CRPS, (ago(61), ago(60, better=50, relief_days=43)), False),
    (CRPS, (ago(61), ago(60, better=50, relief_days=42)), True),
]


@pytest.mark.parametrize(("name", "past", "asks"), REPEATS)
def test_a_course_for_pain_is_repeated_where_it_helped_enough_and_long_enough(name, past, asks):
    assert ("DOSE-REPEAT" in rules(name, past)) == asks


def test_the_third_course_of_a_year_asks_for_the_work_up_of_recurrent_treatment():
    helped = {"better": 50, "relief_days": 50}
    two = (ago(180, **helped), ago(90, **helped))
    assert rules(FM, two).get("WU-RECURRENT") == "caution"
    assert "WU-RECURRENT" not in rules(FM, two[1:])


@pytest.mark.hazard("HZ-03")
def test_a_new_course_for_crps_begins_again_with_half_the_dose():
    last = ago(60, ug=98_000, per_kg=1400, better=50, relief_days=50)
    offered = propose(person(weight(70)), CRPS, TODAY, (last,))
    assert (offered.session_number, offered.dose_ug) == (1, 49_000)


def test_the_ten_days_of_crps_and_the_seven_of_spinal_cord_injury_can_be_completed():
    for name, days in ((CRPS, 9), ("spinal-cord-injury", 6)):
        past = history(*range(1, days + 1), ug=80_000, per_kg=1400)
        assert not isinstance(propose(person(weight(70)), name, TODAY, past), Refusal)
        one_more = history(*range(1, days + 2), ug=80_000, per_kg=1400)
        refused = propose(person(weight(70)), name, TODAY, one_more)
        assert "DOSE-COURSE-END" in {finding.rule for finding in refused.findings}


def test_worse_is_called_worse():
    offered = propose(person(weight(70)), IV, TODAY, history(8, 4, better=-10))
    assert any("10 % worse after 2 sessions" in step for step in offered.steps)


WRONG = [
    ({"on": "2026-11-20", "dose_ug": 1, "improvement_percent": 150}, "from -1000 to 100"),
    ({"on": "2026-11-20", "dose_ug": 1, "lowest_moaas": 6}, "from 0 to 5"),
    ({"on": "2026-11-20", "dose_ug": 1, "lowest_spo2": 101}, "from 0 to 100"),
]


@pytest.mark.parametrize(("session", "words"), WRONG)
def test_a_number_that_cannot_be_is_bad_input(session, words):
    with pytest.raises(BadInput, match=words):
        read_history([session])


def test_a_session_that_has_not_been_yet_is_bad_input():
    with pytest.raises(BadInput, match="sessions up to"):
        propose(person(weight(70)), IV, TODAY, (ago(-1),))


WEIGHTS = [
    ([(107, 0), (70, 1)], True),
    ([(70, 0), (72, 1)], False),
    ([(70, 0), (100, 200)], False),
]


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(("weights", "conflict"), WEIGHTS)
def test_weights_of_the_same_weeks_that_contradict_each_other_are_said(weights, conflict):
    one = person(*(weight(kg, on=TODAY - timedelta(days=days)) for kg, days in weights))
    offered = propose(one, IV, TODAY)
    assert ("DOSE-WEIGHT-CONFLICT" in {f.rule for f in offered.findings}) == conflict
