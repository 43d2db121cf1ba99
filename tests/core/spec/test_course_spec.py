"""What a course says: baseline, response, two axes, relapse, warning. Small tables to be read."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.courses import PAIN, at, course, fact, on, peg, phq, scored, visit

from openketamine.core.course import facts, fold_course, summary
from openketamine.core.log import Corrected

pytestmark = pytest.mark.hazard("HZ-23")


def judged(state, day):
    return summary(state, on(day))


def of(state, name, day=30):
    return next(one for one in judged(state, day).outcomes if one.instrument == name)


class TestBaseline:
    def test_it_is_the_last_score_before_session_1(self):
        found = of(course(phq(20, -9), phq(18, -2), phq(9, 3)), "phq-9")
        assert (found.baseline.total, found.current.total) == (18, 9)

    def test_a_score_of_the_first_session_before_its_dose_counts(self):
        state = fold_course([phq(9, 3)], [visit(0, scores=[("phq-9", 18, 11)])])
        assert of(state, "phq-9").baseline.total == 18

    def test_a_score_of_the_first_session_after_its_dose_is_none(self):
        state = fold_course([phq(9, 3)], [visit(0, scores=[("phq-9", 18, 13)])])
        assert of(state, "phq-9").baseline is None

    def test_a_score_of_the_very_minute_of_the_dose_is_none(self):
        state = fold_course([phq(9, 3)], [visit(0, scores=[("phq-9", 18, 12)])])
        assert of(state, "phq-9").baseline is None

    def test_a_form_that_could_not_be_scored_is_passed_over(self):
        assert of(course(phq(18, -3), phq(None, -1), phq(9, 3)), "phq-9").baseline.total == 18

    def test_sessions_in_which_nothing_was_given_begin_no_course(self):
        state = fold_course([phq(18, -1)], [visit(0, given=False)])
        assert of(state, "phq-9").missing == ("PHQ-9: no session yet",)

    def test_a_course_that_was_opened_has_a_baseline_of_its_own(self):
        opened = facts.CourseOpened("c2", "iv-depression", "depression", "phq-9")
        told = (phq(20, -1), phq(6, 10), phq(16, 99), phq(8, 103))
        state = course(*told, fact(opened, 99), days=(0, 3, 100))
        assert of(state, "phq-9", 110).baseline.total == 16
        assert len(judged(state, 110).course.visits) == 1

    def test_for_pain_a_long_pause_begins_another_course(self):
        state = course(peg(8, -1), peg(6, 59), peg(3, 62), days=(0, 1, 60, 61), protocol=PAIN)
        assert of(state, "peg", 70).baseline.total == 6


VERDICTS = [
    (20, 10, "response", False), (20, 4, "response", True), (20, 15, "partial", False),
    (20, 16, "none", False), (20, 24, "worsening", False), (20, 25, "worsening", False),
    (9, 2, "not evaluable", None), (20, None, "not evaluable", None),
    (None, 4, "not evaluable", None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "now", "verdict", "remission"), VERDICTS)
def test_the_verdict_follows_the_instruments_own_cut_offs(before, now, verdict, remission):
    found = of(course(phq(before, -1), phq(now, 10)), "phq-9")
    assert (found.verdict, found.remission) == (verdict, remission)


MISSING = [
    ((phq(9, 3),), "PHQ-9: no score before session 1"),
    ((phq(18, -1),), "PHQ-9: no score since session 1"),
    ((phq(None, -1), phq(9, 3)), "PHQ-9: the form before session 1 could not be scored"),
    ((phq(9, -1), phq(2, 3)), "PHQ-9: a response needs a baseline of >= 10 points."),
    ((phq(18, -1, version="other"), phq(9, 3)), "PHQ-9: the version changed from other to 2 weeks"),
]


@pytest.mark.parametrize(("told", "says"), MISSING)
def test_what_is_missing_is_said_and_is_never_no_response(told, says):
    found = of(course(*told), "phq-9")
    assert found.verdict == "not evaluable"
    assert says in found.missing


def test_old_scores_count_and_are_called_old():
    found = of(course(phq(18, -20), phq(9, 3)), "phq-9", 60)
    assert found.verdict == "response"
    assert found.old == (
        "the score before session 1 was 20 days old",
        "the last score is 57 days old",
    )


def test_the_denominator_is_every_session_scored_or_not():
    state = course(phq(18, -1), phq(15, 2), phq(9, 8), days=(0, 3, 6, 9))
    assert (of(state, "phq-9").scored, of(state, "phq-9").sessions) == (2, 4)


QUADRANTS = [
    ((20, 8), (8, 5), "both"), ((20, 8), (8, 7), "mood only"), ((20, 16), (8, 5), "pain only"),
    ((20, 16), (8, 7), "neither"), ((20, 8), None, "not evaluable"),
    (None, (8, 5), "not evaluable"), ((8, 2), (8, 5), "not evaluable"),
]  # fmt: skip


@pytest.mark.parametrize(("mood", "pain", "name"), QUADRANTS)
def test_mood_and_pain_are_two_axes(mood, pain, name):
    told = [phq(mood[0], -1), phq(mood[1], 10)] if mood else []
    told += [peg(pain[0], -1), peg(pain[1], 10)] if pain else []
    found = judged(course(*told), 20).quadrant
    assert found.name == name
    assert bool(found.missing) == (name == "not evaluable")


def test_the_courses_own_instrument_goes_before_the_house_order():
    opened = facts.CourseOpened("c", "iv-depression", "depression", "madrs")
    told = (
        fact(opened, 0, 8),
        phq(20, -1),
        phq(8, 5),
        scored("madrs", 30, -1),
        scored("madrs", 28, 5),
    )
    found = judged(course(*told), 20)
    assert found.primary.instrument == "madrs"
    assert found.quadrant.mood.better is False


def relapse(state, name, day=60):
    return next(one for one in judged(state, day).relapses if one.definition == name)


MADRS = [
    ((30, 10, 22, 24), (-1, 5, 20, 27), "met"),
    ((30, 10, 22, 21), (-1, 5, 20, 27), "not met"),
    ((30, 10, 22, 24), (-1, 5, 20, 23), "not met"),
    ((30, 10, 22, 24), (-1, 5, 20, 36), "not met"),
    ((30, 10, 22, 15, 24), (-1, 5, 20, 24, 30), "not met"),
    ((30, 22, 24), (-1, 5, 12), "no response seen"),
]


@pytest.mark.parametrize(("totals", "days", "verdict"), MADRS)
def test_sustain_1_wants_22_twice_running_5_to_15_days_apart(totals, days, verdict):
    told = [scored("madrs", total, day) for total, day in zip(totals, days, strict=True)]
    assert relapse(course(*told), "sustain-1").verdict == verdict


PHQ = [
    ((20, 8, 10, 10), "met", "not met"), ((20, 8, 10, 9), "not met", "not met"),
    ((20, 8, 14, 9), "not met", "met"), ((20, 8, 13, 9), "not met", "not met"),
    ((20, 8, 5, 9, 13), "not met", "met"),
    ((20, 18), "no response seen", "no response seen"),
]  # fmt: skip


@pytest.mark.parametrize(("totals", "twice", "half"), PHQ)
def test_the_two_proxies_by_phq_9_stand_side_by_side(totals, twice, half):
    told = [phq(total, 7 * place - 1) for place, total in enumerate(totals)]
    state = course(*told)
    assert relapse(state, "phq-9-twice").verdict == twice
    assert relapse(state, "phq-9-half-lost").verdict == half


@pytest.mark.parametrize(("last", "verdict"), [(5.7, "met"), (5.6, "not met")])
def test_pain_is_back_above_seven_tenths_of_what_it_was(last, verdict):
    state = course(peg(8, -1), peg(4, 5), peg(last, 20), protocol=PAIN)
    assert relapse(state, "pain-back").verdict == verdict


def test_an_event_counts_after_a_response_and_not_before():
    admitted = fact(facts.EventRecorded("hospitalised"), 10)
    assert relapse(course(phq(20, -1), phq(8, 5), admitted), "event").verdict == "met"
    assert relapse(course(phq(20, -1), phq(8, 15), admitted), "event").verdict == "not met"
    assert relapse(course(phq(20, -1), admitted), "event").verdict == "not evaluable"


class TestWarning:
    def test_one_score_that_would_be_a_relapse_if_the_next_is_like_it(self):
        found = judged(course(phq(20, -1), phq(6, 5), phq(10, 12)), 13).warning
        assert found.level == "warning"
        assert any("PHQ-9 of 10 or more, twice running" in one.what for one in found.signs)

    def test_a_rise_that_matters_is_said_with_the_cut_offs_that_disagree(self):
        found = judged(course(phq(20, -1), phq(3, 5), phq(8, 12)), 13).warning
        (sign,) = found.signs
        assert sign.what == "PHQ-9 rose from 3 at its best to 8"
        assert "of 2 published cut-offs" in sign.unsure

    def test_a_small_rise_is_no_sign(self):
        assert judged(course(phq(20, -1), phq(3, 5), phq(7, 12)), 13).warning.level == "none"

    def test_it_says_what_it_rests_on_and_how_old_that_is(self):
        found = judged(course(phq(20, -1), phq(6, 5)), 40).warning
        assert found.unsure == ("PHQ-9: one score since the response, the last 35 days ago",)

    def test_where_nobody_saw_a_response_nothing_is_said(self):
        assert judged(course(phq(20, -1)), 40).warning.level == "not evaluable"

    def test_published_groups_are_shown_as_points_on_both_sides_of_today(self):
        found = judged(course(phq(20, -1), phq(6, 5), days=(0, 3, 6)), 46).warning
        assert found.days_since_dose == 40
        assert {(one.days, one.kept) for one in found.groups if "clinic cohort" in one.of} == {
            (28, 80), (56, 60)
        }  # fmt: skip


def test_a_correction_changes_what_is_said_and_striking_out_takes_it_away():
    now = phq(8, 10)
    state = course(phq(20, -1), now)
    assert of(state, "phq-9").verdict == "response"
    wrong = Corrected(now.id, "another person's form")
    struck = fold_course((*state.facts, fact(wrong, 11)), state.sessions)
    assert of(struck, "phq-9").verdict == "not evaluable"
    body = {"instrument": "phq-9", "version": "2 weeks", "answers": [], "total": 18}
    mended = fold_course((*state.facts, fact(replace(wrong, replacement=body), 11)), state.sessions)
    assert of(mended, "phq-9").current.total == Decimal(18)
    assert of(mended, "phq-9").verdict == "none"


def test_the_day_of_a_score_is_the_clinics():
    from zoneinfo import ZoneInfo

    late = replace(phq(18, -1), at=at(0, 2))
    state = fold_course([late], [visit(0)], ZoneInfo("America/New_York"))
    assert state.day(late.at) == on(-1)
