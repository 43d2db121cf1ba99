"""Exposure, long-term checks, stop rules, the next interval, tasks: the rules of a course."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.core.courses import ESK, IM, IV, PAIN, at, course, fact, on, peg, phq, scored, visit
from tests.core.people import condition, height, person, weight

from openketamine.core.course import (
    current_course,
    facts,
    fold_course,
    history,
    improvements,
    propose_next,
    series,
    summary,
    tasks,
    wanted_tasks,
)
from openketamine.core.course._next import next_interval, stop_rules
from openketamine.core.dosing import DoseProposal, protocol
from openketamine.core.findings import Refusal
from openketamine.core.log import Corrected
from openketamine.core.screening import evaluate


def flags(state, day):
    return {one.flag: one for one in summary(state, on(day)).exposure}


def every(gap, count):
    return tuple(range(0, gap * count, gap))


# flag, sessions that raise it, sessions that do not; judged on the day of the last session
EXPOSED = [
    ("E1", IV, (0, 2, 4, 6), (0, 3, 5, 7)),
    ("E2", IV, every(3, 9), every(3, 8)),
    ("E3", IV, every(6, 16), every(7, 16)),
    ("E4", IV, every(7, 27), every(8, 23)),
    ("E4-ESK", ESK, every(6, 54), every(7, 52)),
]


@pytest.mark.parametrize(("flag", "by", "too_much", "within"), EXPOSED, ids=lambda x: str(x)[:8])
def test_an_exposure_flag_is_raised_on_one_side_of_its_limit_only(flag, by, too_much, within):
    assert flags(course(days=too_much, protocol=by), too_much[-1])[flag].raised
    assert not flags(course(days=within, protocol=by), within[-1])[flag].raised


@pytest.mark.parametrize(("mg", "raised"), [(201, True), (200, False)])
def test_e5_counts_what_was_given_in_thirty_days(mg, raised):
    state = course(days=every(6, 5), mg=mg)
    assert flags(state, 24)["E5"].raised is raised


def test_sessions_of_several_protocols_count_together_against_the_house_limit():
    days = (0, 2, 4, 6)
    state = fold_course([], [visit(day, (IV, IM)[day % 4 // 2]) for day in days])
    found = flags(state, 6)["E1"]
    assert (found.count, found.raised, found.of_protocol) == (4, True, "")


def test_a_protocol_with_a_limit_of_its_own_is_held_against_that():
    found = flags(course(days=(0, 1, 2, 3), protocol=PAIN), 3)["E1"]
    assert (found.raised, found.limit.value, found.of_protocol) == (False, 5, PAIN)


def test_e3_has_nothing_to_count_before_three_sessions_after_month_2():
    assert flags(course(days=(0, 61, 63)), 63)["E3"].count is None
    assert flags(course(days=(0, 61, 63, 65)), 65)["E3"].count == 2


class TestE8:
    def scored(self, hours):
        after = scored("phq-9", 8, 40, 12 + hours)
        return flags(course(after, days=(0, 40)), 45)["E8"]

    def test_a_score_within_72_hours_is_in_time_and_a_later_one_is_not(self):
        assert not self.scored(72).raised
        assert self.scored(73).raised

    def test_a_form_that_could_not_be_scored_is_no_score(self):
        assert flags(course(phq(None, 41), days=(0, 40)), 45)["E8"].raised

    def test_nothing_is_late_before_the_time_is_over_or_in_month_1(self):
        assert not flags(course(days=(0, 40)), 42)["E8"].raised
        assert not flags(course(days=(0, 30)), 40)["E8"].raised


def check(state, name, day):
    return next((one for one in summary(state, on(day)).checks if one.id == name), None)


def done(domain, day, result="normal"):
    return fact(facts.CheckDone(domain, result), day)


class TestChecks:
    def test_bladder_is_due_three_months_after_session_1_and_late_after_that_day(self):
        state = course(days=(0, 3))
        assert check(state, "bladder", 91).state == "not due"
        assert check(state, "bladder", 92).state == "due"
        assert check(state, "bladder", 93).state == "late"

    def test_or_after_eight_sessions_whichever_comes_first(self):
        assert check(course(days=every(3, 8)), "bladder", 21).due_on == on(21)
        assert check(course(days=every(3, 7)), "bladder", 21).due_on == on(92)

    def test_a_check_that_was_done_begins_the_time_again(self):
        state = course(done("bladder", 10), days=every(3, 8))
        assert check(state, "bladder", 22).due_on == on(10 + 92)

    @pytest.mark.hazard("HZ-23")
    def test_a_result_that_nobody_knows_is_a_check_that_was_not_done(self):
        state = course(done("bladder", 10, "not_known"), days=(0,))
        assert check(state, "bladder", 92).last is None
        assert check(state, "bladder", 92).state == "due"

    def test_an_abnormal_result_stays_in_sight_until_a_normal_one(self):
        odd = done("bladder", 10, "abnormal")
        assert check(course(odd), "bladder", 11).state == "abnormal"
        assert check(course(odd, done("bladder", 12)), "bladder", 13).state == "not due"

    def test_liver_is_due_from_the_fourth_session_and_late_after_the_sixth(self):
        assert check(course(days=every(3, 3)), "liver", 9).state == "not due"
        assert check(course(days=every(3, 4)), "liver", 9).state == "due"
        assert check(course(days=every(3, 7)), "liver", 19).state == "late"

    def test_and_yearly_with_esketamine(self):
        told = done("liver", 10)
        assert check(course(told, protocol=ESK), "liver", 200).state == "not due"
        assert check(course(told, protocol=IV), "liver", 200).state == "late"

    def test_a_questionnaire_is_a_check_too(self):
        state = course(scored("audit-c", 3, 100))
        assert check(state, "alcohol", 190).last.on == on(100)

    def test_suicidality_is_asked_one_two_and_four_weeks_after_the_last_dose_of_an_ended_course(
        self,
    ):
        opened = fact(facts.CourseOpened("c", IV, "depression", "phq-9"), 0, 8)
        ended = fact(facts.CourseEnded("c", "complete"), 1)
        assert check(course(opened), "after-stopping", 8) is None
        state = course(opened, ended)
        assert check(state, "after-stopping", 6).state == "not due"
        assert check(state, "after-stopping", 7).state == "due"
        asked = course(opened, ended, scored("c-ssrs-screen", None, 8, band="no risk found"))
        assert check(asked, "after-stopping", 9).due_on == on(14)
        assert check(asked, "after-stopping", 29).due_on == on(28)


def past(state, protocol_id=IV):
    return history(state, protocol_id)


STOP = [
    # sessions, PHQ-9 now (None: nobody asked), review, stop
    (3, 19, "not reached", "not reached"),
    (4, 16, "reached", "not reached"),
    (4, 15, "not reached", "not reached"),
    (6, 16, "reached", "reached"),
    (6, 15, "not reached", "not reached"),
    (6, None, "not known", "not known"),
]


@pytest.mark.parametrize(("count", "now", "review", "stop"), STOP)
def test_stop_rules_want_the_number_of_sessions_and_a_score(count, now, review, stop):
    told = [phq(20, -1), *([] if now is None else [phq(now, 3 * count)])]
    state = course(*told, days=every(3, count))
    found = stop_rules(protocol(IV), past(state))
    assert [one.verdict for one in found] == [review, stop]


def test_the_improvement_after_a_session_is_that_of_the_last_score_before_the_next():
    state = course(phq(20, -1), phq(18, 1), phq(15, 2), phq(8, 10), days=(0, 3, 6))
    found = improvements(current_course(state), series(state))
    assert found == (Decimal("25.0"), None, Decimal("60.0"))
    assert [one.improvement_percent for one in past(state)] == list(found)


def test_for_pain_the_relief_is_how_long_it_stayed_below_seven_tenths():
    told = (peg(8, -1), peg(4, 10), peg(5, 25), peg(6, 31))
    assert past(course(*told, protocol=PAIN), PAIN)[-1].relief_days == 30
    assert past(course(*told[:3], protocol=PAIN), PAIN)[-1].relief_days == 24
    assert past(course(told[0], protocol=PAIN), PAIN)[-1].relief_days is None


def test_after_a_pause_that_ends_a_course_the_next_one_has_its_own_baseline():
    told = (peg(8, -1), peg(6, 59), peg(3, 62))
    state = course(*told, days=(0, 1, 60, 61), protocol=PAIN)
    better = [one.improvement_percent for one in past(state, PAIN)]
    assert better == [None, Decimal("25.0"), None, Decimal("50.0")]


INTERVALS = [
    # sessions given, warning, response → rule, from, to
    (3, "none", True, "INTERVAL-INDUCTION", 3, 3),
    (3, "warning", None, "INTERVAL-INDUCTION", 3, 3),
    (6, "none", True, "INTERVAL-EXTEND", 3, 7),
    (6, "none", None, "INTERVAL-KEEP", 3, 3),
    (8, "none", True, "INTERVAL-EXTEND", 7, 14),
    (8, "none", False, "INTERVAL-KEEP", 7, 7),
    (8, "warning", True, "INTERVAL-SHORTEN", 3, 7),
    (8, "relapse", False, "INTERVAL-SHORTEN", 3, 7),
    (17, "none", True, "INTERVAL-EXTEND", 28, 28),
]


@pytest.mark.parametrize(("count", "level", "responds", "rule", "least", "most"), INTERVALS)
def test_the_next_interval_is_a_range_between_phases(count, level, responds, rule, least, most):
    sessions = past(course(phq(20, -1), days=every(3, count)))
    found = next_interval(protocol(IV), sessions, level=level, responds=responds)
    assert (found.rule, found.least_days, found.most_days) == (rule, least, most)
    assert found.sources
    assert found.soonest <= found.least_days


ADA = person(
    condition("Major depressive disorder", "F33.2"), weight(70), height(172),
    answers={}, sex="female",
)  # fmt: skip


def proposed(state, day, record=ADA):
    found = summary(state, on(day))
    best = found.primary
    responds = (
        None if best is None or best.verdict == "not evaluable" else best.verdict == "response"
    )
    return propose_next(
        record, state, found.course, on(day), level=found.warning.level, responds=responds,
        stop=found.stop, evaluates=lambda name, when: evaluate(record, name, when),
    )  # fmt: skip


class TestTheNextSession:
    def test_without_a_course_there_is_none_and_it_says_why(self):
        found = proposed(fold_course([]), 0)
        assert (found.dose, found.interval) == (None, None)
        assert "no session" in found.why

    def test_an_ended_course_proposes_nothing(self):
        opened = fact(facts.CourseOpened("c", IV, "depression", "phq-9"), 0, 8)
        ended = fact(facts.CourseEnded("c", "wish"), 1)
        assert "ended" in proposed(course(opened, ended), 2).why

    def test_it_is_a_proposal_or_a_refusal_with_its_findings_for_the_day_that_is_proposed(self):
        found = proposed(course(phq(20, -1), days=(0, 3)), 4)
        assert isinstance(found.dose, DoseProposal | Refusal)
        assert found.on == on(6)
        assert (found.earliest, found.latest) == (on(6), on(6))

    @pytest.mark.hazard("HZ-23")
    def test_many_sessions_of_which_nobody_knows_what_they_did_are_said_to_be_so(self):
        found = proposed(course(days=every(3, 6)), 16)
        assert [one.rule for one in found.findings] == ["COURSE-UNKNOWN"]
        assert "no score says whether they help" in found.findings[0].summary

    def test_a_dose_that_cannot_be_reckoned_is_a_refusal_and_no_error(self):
        found = proposed(course(phq(20, -1), protocol=IV, days=(0,)), 3)
        assert isinstance(found.dose, Refusal)
        assert [one.rule for one in found.dose.findings] == ["DOSE-HISTORY"]


def opened(name="t", due=24, roles=("nurse", "prescriber", "medical_director")):
    body = facts.TaskOpened(name, "other", "Call her back", at(0, 12 + due), roles)
    return fact(body, 0, 12)


STEPS = [
    (0, 0, "prescriber"), (23, 0, "prescriber"), (24, 1, "medical_director"),
    (47, 1, "medical_director"), (48, 2, ""), (500, 2, ""),
]  # fmt: skip


class TestTasks:
    def only(self, *told):
        (found,) = tasks(fold_course(told))
        return found

    @pytest.mark.parametrize(("hour", "step", "following"), STEPS)
    def test_it_goes_from_role_to_role_each_after_as_long_again(self, hour, step, following):
        found, now = self.only(opened()), at(0, 12 + hour)
        assert (found.step(now), found.next_role(now)) == (step, following)

    def test_the_moment_at_which_it_goes_on_is_said_before(self):
        found = self.only(opened())
        assert found.next_at(at(0, 13)) == at(0, 36)
        assert found.next_at(at(0, 37)) == at(0, 60)
        assert found.next_at(at(0, 61)) is None

    def test_taking_it_holds_it_where_it_is(self):
        taken = fact(facts.TaskTaken("t"), 0, 20)
        found = self.only(opened(), taken)
        soon = at(0, 20 + 23)
        assert (found.step(soon), found.next_at(soon), found.owner.name) == (0, at(0, 44), "Nora")
        assert not found.asks("nurse", soon)
        assert found.is_late(soon)

    @pytest.mark.parametrize(
        ("hour", "step", "following"),
        [(43, 0, 44), (44, 1, 68), (67, 1, 68), (68, 2, None), (500, 2, None)],
    )
    def test_whoever_took_it_and_does_not_close_it_has_the_next_told(self, hour, step, following):
        found, now = self.only(opened(), fact(facts.TaskTaken("t"), 0, 20)), at(0, hour)
        assert found.step(now) == step
        assert found.next_at(now) == (None if following is None else at(0, following))
        late = hour >= 44
        assert found.is_held_too_long(now) == late
        assert [found.asks(role, now) for role in found.body.roles[:2]] == [late, late]

    def test_taking_it_over_gives_as_long_again_and_nobody_is_told_before(self):
        """Taken at 20 h, taken over at 43 h: the last one has until 67 h."""
        takes = [fact(facts.TaskTaken("t"), 0, hour) for hour in (20, 43)]
        found = self.only(opened(), *takes)
        assert [found.step(at(0, hour)) for hour in (43, 66, 67, 91)] == [0, 0, 1, 2]
        assert found.untold(at(0, 43)) == (0,)

    def test_taken_over_after_it_went_on_it_stays_where_it_is(self):
        takes = [fact(facts.TaskTaken("t"), 0, hour) for hour in (20, 45)]
        found = self.only(opened(), *takes)
        assert [found.step(at(0, hour)) for hour in (45, 68, 69)] == [1, 1, 2]

    @pytest.mark.parametrize(("minute", "step"), [(29, 0), (30, 1), (59, 1), (60, 2)])
    def test_a_rule_may_say_how_long_whoever_took_it_has(self, minute, step):
        body = facts.TaskOpened(
            "t", "suicide_answer", "x", at(0, 13), ("nurse", "prescriber", "medical_director"),
            done_minutes=30,
        )  # fmt: skip
        found = self.only(fact(body, 0, 12), fact(facts.TaskTaken("t"), 0, 12))
        assert found.step(at(0, 12) + timedelta(minutes=minute)) == step

    def test_nobody_has_less_than_an_hour_where_no_rule_says_so(self):
        body = facts.TaskOpened("t", "other", "x", at(0, 12), ("nurse", "prescriber"))
        found = self.only(fact(body, 0, 12), fact(facts.TaskTaken("t"), 0, 12))
        assert found.step(at(0, 12) + timedelta(minutes=59)) == found.step(at(0, 12))
        assert found.is_held_too_long(at(0, 13))

    def test_closing_it_ends_it_and_the_first_closing_counts(self):
        first = fact(facts.TaskClosed("t", "called"), 0, 20)
        second = fact(facts.TaskClosed("t", "again"), 0, 21)
        found = self.only(opened(), second, first)
        assert (found.is_open, found.closed.body.outcome) == (False, "called")
        assert not found.is_late(at(9))

    def test_a_task_that_was_opened_twice_is_one(self):
        assert len(tasks(fold_course([opened(), replace(opened(due=30), id="other")]))) == 1

    def test_who_was_told_is_not_told_again(self):
        told = fact(facts.TaskTold("t", 0, ("Nora",)), 0, 12)
        found = self.only(opened(), told)
        assert found.untold(at(0, 13)) == ()
        assert found.untold(at(0, 37)) == (1,)

    def test_a_task_struck_out_is_gone(self):
        wrong = opened()
        assert tasks(fold_course([wrong, fact(Corrected(wrong.id, "slip"), 1)])) == ()


def wanted(state, day):
    return {one.kind: one for one in wanted_tasks(state, summary(state, on(day)), at(day))}


class TestWhatACourseAsksFor:
    def test_worse_than_before_asks_the_prescriber_within_a_day(self):
        found = wanted(course(phq(15, -1), phq(21, 3)), 3)["worsening"]
        assert found.roles[0] == "prescriber"
        assert found.due_at - at(3) == timedelta(hours=24)

    def test_a_relapse_a_stop_rule_and_a_late_check_ask_too(self):
        assert "relapse" in wanted(course(phq(20, -1), phq(8, 3), phq(15, 9)), 9)
        no_benefit = course(phq(20, -1), phq(19, 17), days=every(3, 6))
        assert "stop_rule" in wanted(no_benefit, 17)
        assert "check_due" in wanted(course(), 100)

    def test_the_same_thing_asks_once(self):
        state = course(phq(15, -1), phq(21, 3))
        asked = fact(wanted(state, 3)["worsening"], 3)
        assert "worsening" not in wanted(fold_course((*state.facts, asked), state.sessions), 3)
        closed = fact(facts.TaskClosed(asked.body.task_id, "seen"), 4)
        assert "worsening" not in wanted(
            fold_course((*state.facts, asked, closed), state.sessions), 5
        )

    @pytest.mark.hazard("HZ-23")
    def test_missing_scores_ask_for_no_task_of_worsening_and_none_of_benefit(self):
        assert set(wanted(course(phq(15, -1)), 3)) == set()

    def test_a_course_that_was_ended_is_no_longer_judged(self):
        begun = fact(facts.CourseOpened("c", IV, "depression", "phq-9"), 0, 8)
        ended = fact(facts.CourseEnded("c", "wish"), 5)
        assert "worsening" not in wanted(course(begun, ended, phq(15, -1), phq(21, 3)), 6)
