"""When a person is asked, what they are asked, and what an answer asks of the clinic."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from openketamine.core.course import decode_body, facts, fold_course, tasks
from openketamine.core.course.check_ins import (
    answers_taken_back,
    check_ins,
    closing_check_ins,
    contact_of,
    derived_id,
    due_check_ins,
    house_form,
    is_said_again,
    levels,
    milder_tasks,
    next_screen,
    planned_check_ins,
    read_answer,
    schedules,
    screens,
    suicide_level,
    suicide_task,
    tasks_of,
    telephone_of,
)
from openketamine.core.findings import BadInput
from openketamine.core.log import Author, Fact
from openketamine.core.scoring import instrument
from openketamine.knowledge import documents, names

BY = Author("clock", "OpenKetamine", "system")
HOME = "America/Phoenix"  # UTC-7, no change of clocks
OPENED = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # 10:00 in Phoenix
MAIL = facts.ContactSet("email", "maren@example.org", zone=HOME)
COURSE = facts.CourseOpened("c-1", "iv-depression", "depression", "phq-9")
_numbers = count(1)


def fact(body, at=OPENED):
    name = derived_id("test", str(next(_numbers)))
    return Fact(name, at, BY, body)


def standing(task, closed_at=None):
    """This task as one of a person's, by id; closed where a moment is given."""
    said = [fact(task)]
    if closed_at is not None:
        said.append(fact(facts.TaskClosed(task.task_id, "Called."), closed_at))
    return {one.task_id: one for one in tasks(fold_course(said))}


def visit(began, ended=None, name="s-1"):
    """A session as far as a schedule looks at it."""
    opened = [SimpleNamespace(fact=SimpleNamespace(id=name))]
    state = SimpleNamespace(started_at=began, ended_at=ended, all=lambda kind: opened)
    return SimpleNamespace(on=began.date(), state=state)


def course(*bodies, visits=(), contact=MAIL, opened=COURSE):
    """A course with these facts; a bare body happens when the course is opened."""
    said = [
        one if isinstance(one, Fact) else fact(one) for one in (opened, contact, *bodies) if one
    ]
    return fold_course(said, visits)


def local(moment, zone=HOME):
    return moment.astimezone(ZoneInfo(zone)).strftime("%d %H:%M")


def due(state, now):
    return {
        (one.planned.step.id, one.attempt): one.planned for one in due_check_ins(state, now, HOME)
    }


def invited(planned, attempt, at):
    body = facts.CheckInInvited(
        planned.id, planned.schedule, planned.step.id, planned.due_at, planned.closes_at,
        "email", attempt, planned.forms,
    )  # fmt: skip
    return fact(body, at)


NUMBER = "+15205550123"


class TestTheNumberToCall:
    """A task that says "ask by telephone" needs one, whatever messages go by."""

    def called(self, *bodies):
        return telephone_of(course(*bodies, contact=None))

    def test_it_is_what_was_said_last(self):
        assert self.called(facts.ContactSet("email", "a@example.org", telephone=NUMBER)) == NUMBER
        moved = facts.ContactSet("none", telephone="+15205550124")
        first = fact(facts.ContactSet("text", NUMBER))
        assert self.called(first, fact(moved, OPENED + timedelta(days=1))) == "+15205550124"
        gone = facts.ContactSet("email", "a@example.org")
        assert self.called(first, fact(gone, OPENED + timedelta(days=1))) == ""

    def test_texts_go_to_a_telephone(self):
        assert self.called(facts.ContactSet("text", NUMBER)) == NUMBER
        landline = facts.ContactSet("text", NUMBER, telephone="+15205550124")
        assert self.called(landline) == "+15205550124"

    @pytest.mark.parametrize("said", [(), (facts.ContactSet("email", "a@example.org"),)])
    def test_unknown_is_empty_and_never_an_address_of_mail(self, said):
        assert self.called(*said) == ""

    @pytest.mark.parametrize(
        "contact",
        [
            facts.ContactSet("text", NUMBER),
            facts.ContactSet("email", "a@example.org", telephone=NUMBER),
        ],
    )
    @pytest.mark.parametrize(
        "end",
        [
            lambda channel: facts.OptedOut(channel, "link"),
            lambda _: facts.CheckInUndelivered("check-in", "bounced"),
        ],
    )
    def test_no_more_messages_takes_no_number_away(self, contact, end):
        after = course(fact(end(contact.channel), OPENED + timedelta(hours=1)), contact=contact)
        assert contact_of(after) is None
        assert telephone_of(after) == NUMBER

    def test_what_was_said_before_there_were_numbers_is_read_as_before(self):
        old = {"channel": "email", "address": "a@example.org", "zone": HOME}
        assert decode_body("contact_set", old) == facts.ContactSet(
            "email", "a@example.org", zone=HOME
        )


class TestTheSchedules:
    def test_every_form_that_is_asked_exists(self):
        for one in schedules():
            for step in one.steps:
                for asked in step.forms:
                    assert asked.form in names("check-in-forms") or instrument(asked.form)

    def test_every_step_can_be_asked_before_it_closes(self):
        for one in schedules():
            for step in one.steps:
                assert all(timedelta(0) < wait < step.closes for wait in step.reminders), step.id

    def test_each_indication_has_one(self):
        found = [name for one in schedules() for name in one.indications]
        assert sorted(found) == ["both", "depression", "pain"]


class TestWhenSomebodyIsAsked:
    def test_the_baseline_at_once_and_two_reminders_that_stop(self):
        state = course()
        (baseline,) = [one for one in planned_check_ins(state, HOME) if one.step.id == "baseline"]
        assert baseline.sends == tuple(OPENED + timedelta(hours=h) for h in (0, 48, 120))
        assert set(due(state, OPENED)) == {("baseline", 1)}
        assert set(due(course(invited(baseline, 1, OPENED)), OPENED + timedelta(hours=47))) == set()
        late = OPENED + timedelta(days=13)
        everything = [invited(baseline, n, OPENED) for n in (1, 2, 3)]
        assert due(course(*everything), late) == {}

    def test_after_a_session_each_step_at_its_time_on_the_persons_clock(self):
        began = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
        state = course(visits=[visit(began, began + timedelta(minutes=40))])
        found = {
            (one.step.id): local(one.due_at)
            for one in planned_check_ins(state, HOME)
            if one.step.anchor == "session" and one.step.times == 1
        }
        assert found == {
            "hours-after": "04 14:40",
            "next-morning": "05 09:00",
            "day-3": "07 10:00",
            "day-7": "11 10:00",
        }

    def test_weekly_four_times_then_monthly_until_a_year(self):
        began = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
        plan = planned_check_ins(course(visits=[visit(began)]), HOME)
        days = {
            step: [(one.due_at - began).days for one in plan if one.step.id == step]
            for step in ("weekly", "monthly")
        }
        assert days["weekly"] == [14, 21, 28, 35]
        assert days["monthly"] == list(range(60, 361, 30))

    def test_the_next_session_ends_what_was_to_be_asked_after_this_one(self):
        first = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
        second = first + timedelta(days=2)
        state = course(visits=[visit(first), visit(second, name="s-2")])
        asked = [(one.step.id, local(one.due_at)) for one in planned_check_ins(state, HOME)]
        assert ("next-morning", "05 09:00") in asked
        assert ("day-3", "07 10:00") not in asked
        assert ("day-3", "09 10:00") in asked

    def test_readiness_a_day_before_the_session_that_is_arranged_and_never_twice_a_day(self):
        at = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
        state = course(facts.VisitArranged(at, "iv-depression"))
        (one,) = [p for p in planned_check_ins(state, HOME) if p.step.id == "readiness"]
        assert one.due_at == at - timedelta(hours=24)
        assert one.closes_at == at
        moved = course(facts.VisitArranged(at + timedelta(hours=2), "iv-depression"))
        (same,) = [p for p in planned_check_ins(moved, HOME) if p.step.id == "readiness"]
        assert same.id == one.id
        off = course(
            facts.VisitArranged(at), fact(facts.VisitArranged(None), OPENED + timedelta(1))
        )
        assert [p for p in planned_check_ins(off, HOME) if p.step.id == "readiness"] == []

    def test_a_questionnaire_is_not_asked_again_too_soon(self):
        at = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
        for days, expected in ((5, ("readiness",)), (7, ("readiness", "phq-9"))):
            taken = at - timedelta(days=days) - timedelta(hours=24)
            score = facts.ScoreTaken("phq-9", "2 weeks", (0,) * 9, 0)
            early = fact(COURSE, OPENED - timedelta(days=30))
            state = course(
                early, fact(score, taken), facts.VisitArranged(at, "iv-depression"), opened=None
            )
            (one,) = [p for p in planned_check_ins(state, HOME) if p.step.id == "readiness"]
            assert one.forms == expected

    def test_of_messages_that_nobody_sent_in_time_only_the_last_one_leaves(self):
        assert set(due(course(), OPENED + timedelta(hours=130))) == {("baseline", 3)}

    @pytest.mark.parametrize("reason", ["died"])
    def test_nobody_writes_to_somebody_who_died(self, reason):
        ended = fact(facts.CourseEnded("c-1", reason), OPENED + timedelta(hours=1))
        state = course(ended, visits=[visit(OPENED)])
        assert planned_check_ins(state, HOME) == ()
        assert planned_check_ins(course(facts.EventRecorded("died")), HOME) == ()

    def test_after_the_end_of_a_course_only_the_weeks_after_the_last_dose(self):
        end = fact(facts.CourseEnded("c-1", "complete"), OPENED + timedelta(days=1, hours=1))
        plan = planned_check_ins(course(end, visits=[visit(OPENED)]), HOME)
        late = {one.step.id for one in plan if one.due_at > OPENED + timedelta(days=2)}
        assert late == {"weekly"}


class TestQuietHours:
    def test_a_message_of_the_night_waits_for_the_morning(self):
        began = datetime(2026, 3, 5, 0, 0, tzinfo=UTC)  # 17:00 in Phoenix, +4 h = 21:00
        state = course(visits=[visit(began)])
        plan = {one.step.id: one for one in planned_check_ins(state, HOME)}
        # 21:00 begins the quiet hours; at 08:00 it has closed: it is not sent at all.
        assert plan["hours-after"].sends == ()
        early = course(visits=[visit(began - timedelta(minutes=1))])
        plan = {one.step.id: one for one in planned_check_ins(early, HOME)}
        assert [local(one) for one in plan["hours-after"].sends] == ["04 20:59"]

    def test_what_was_not_sent_for_them_closes_as_not_asked(self):
        began = datetime(2026, 3, 5, 0, 0, tzinfo=UTC)
        state = course(visits=[visit(began)])
        now = began + timedelta(hours=12)
        closed = {one.planned.step.id: one.cause for one in closing_check_ins(state, now, HOME)}
        assert closed == {"hours-after": "not_asked"}

    def test_no_quiet_hours_where_both_ends_are_the_same(self):
        began = datetime(2026, 3, 5, 0, 0, tzinfo=UTC)
        awake = facts.ContactSet(
            "email", "a@example.org", zone=HOME, quiet_from="00:00", quiet_until="00:00"
        )
        plan = {
            p.step.id: p
            for p in planned_check_ins(course(visits=[visit(began)], contact=awake), HOME)
        }
        assert [local(one) for one in plan["hours-after"].sends] == ["04 21:00"]

    @pytest.mark.parametrize(
        ("began", "morning"),
        [
            # Berlin puts its clocks forward in the night to 2026-03-29 and back in that to 10-25.
            (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
            (datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 8, 0, tzinfo=UTC)),
        ],
    )
    def test_nine_in_the_morning_is_nine_when_the_clocks_change(self, began, morning):
        contact = facts.ContactSet("email", "a@example.org", zone="Europe/Berlin")
        opened = fact(COURSE, began - timedelta(days=1))
        state = course(opened, opened=None, contact=contact, visits=[visit(began)])
        plan = {one.step.id: one for one in planned_check_ins(state, HOME)}
        assert plan["next-morning"].due_at == morning
        assert plan["next-morning"].closes_at == morning + timedelta(hours=12)

    def test_an_hour_that_comes_twice_asks_once(self):
        """Every minute of the night in which the clocks go back, and both hours of it."""
        contact = facts.ContactSet(
            "email", "a@example.org", zone="Europe/Berlin", quiet_from="00:00", quiet_until="02:30"
        )
        began = datetime(2026, 10, 24, 20, 30, tzinfo=UTC)
        opened = fact(COURSE, began - timedelta(days=1))
        said, sent = [opened, fact(contact)], []
        for minute in range(12 * 60):
            now = began + timedelta(minutes=minute)
            for one in due_check_ins(fold_course(said, [visit(began)]), now, HOME):
                sent.append((one.planned.step.id, one.attempt))
                said.append(invited(one.planned, one.attempt, now))
        assert len(sent) == len(set(sent))
        assert ("hours-after", 1) in sent

    def test_somebody_who_moves_is_not_asked_again(self):
        began = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
        before = planned_check_ins(course(visits=[visit(began)]), HOME)
        moved = facts.ContactSet("email", "a@example.org", zone="Asia/Tokyo")
        after = planned_check_ins(course(visits=[visit(began)], contact=moved), HOME)
        assert {one.id for one in before} == {one.id for one in after}


class TestWhyNothingCame:
    NOW = OPENED + timedelta(days=15)

    def closed(self, *said, contact=MAIL):
        state = course(*said, contact=contact)
        found = closing_check_ins(state, self.NOW, HOME)
        return {one.planned.step.id: one.cause for one in found}

    @property
    def baseline(self):
        return next(one for one in planned_check_ins(course(), HOME) if one.step.id == "baseline")

    def test_nobody_knew_where_to_write(self):
        assert self.closed(contact=None) == {"baseline": "no_address"}
        assert self.closed(contact=facts.ContactSet("none")) == {"baseline": "no_address"}

    def test_they_wanted_no_more_messages(self):
        out = fact(facts.OptedOut("email", "link"), OPENED + timedelta(hours=1))
        assert self.closed(out) == {"baseline": "opted_out"}

    def test_they_did_not_open_it_or_did_not_finish_it(self):
        sent = invited(self.baseline, 1, OPENED)
        assert self.closed(sent) == {"baseline": "not_opened"}
        opened = facts.CheckInOpened(self.baseline.id)
        assert self.closed(sent, opened) == {"baseline": "not_finished"}

    @pytest.mark.parametrize("cause", ["bounced", "post_down", "not_known"])
    def test_the_post_gave_it_back(self, cause):
        back = fact(facts.CheckInUndelivered(self.baseline.id, cause), OPENED + timedelta(hours=1))
        assert self.closed(invited(self.baseline, 1, OPENED), back) == {"baseline": cause}

    def test_what_was_finished_or_closed_is_not_closed_again(self):
        assert self.closed(facts.CheckInFinished(self.baseline.id)) == {}
        assert self.closed(facts.CheckInMissed(self.baseline.id, "not_opened")) == {}


WORDED = {"phq-9": instrument("phq-9")}


def with_c_ssrs():
    """The screener with words in place of the licensed ones."""
    from dataclasses import replace

    known = instrument("c-ssrs-screen")
    items = tuple(replace(one, text=f"Question {one.number}") for one in known.items)
    return {**WORDED, "c-ssrs-screen": replace(known, items=items)}


def phq(*nine):
    return {("phq-9", str(n)): answer for n, answer in enumerate(nine, 1)}


class TestACourseThatWasTakenOver:
    def test_what_was_over_before_the_house_knew_of_it_was_not_for_it_to_ask(self):
        known = OPENED + timedelta(days=20)
        opened = replace(fact(COURSE), recorded_at=known)
        before = planned_check_ins(course(), HOME)
        after = planned_check_ins(course(opened=opened), HOME)
        assert [one.step.id for one in before] == ["baseline"]
        assert after == ()
        session = [visit(OPENED + timedelta(days=5), OPENED + timedelta(days=5, hours=2))]
        whole = planned_check_ins(course(visits=session), HOME)
        ours = planned_check_ins(course(opened=opened, visits=session), HOME)
        assert ours == tuple(one for one in whole if one.closes_at > known)
        assert 0 < len(ours) < len(whole)


class TestOneQuestionAScreen:
    def test_a_phq_9_is_nine_screens(self):
        every = screens(["phq-9"], {}, WORDED)
        assert [one.item for one in every] == [str(n) for n in range(1, 10)]
        assert [one.item for one in every if one.crisis] == ["9"]
        assert next_screen(every, phq(0, 0, 0)).item == "4"
        assert next_screen(every, phq(*[0] * 9)) is None

    def test_a_thought_of_death_asks_the_screener_at_once_where_its_words_may_be_shown(self):
        yes = phq(*[0] * 8, 1)
        every = screens(["phq-9", "effects"], yes, with_c_ssrs())
        assert [one.item for one in every if one.form == "c-ssrs-screen"] == ["1", "2", "6"]
        assert [one.form for one in every].index("effects") > 11
        assert all(one.crisis for one in every if one.form == "c-ssrs-screen")
        assert screens(["phq-9"], yes, WORDED)[-1].form == "phq-9"
        assert screens(["phq-9"], phq(*[0] * 9), with_c_ssrs())[-1].form == "phq-9"

    def test_items_that_follow_a_yes_are_asked_after_it_only(self):
        yes = phq(*[0] * 8, 1) | {("c-ssrs-screen", "2"): 1, ("c-ssrs-screen", "6"): 1}
        every = screens(["phq-9"], yes, with_c_ssrs())
        assert [one.item for one in every if one.form == "c-ssrs-screen"] == list("1234567")

    def test_readiness_asks_which_medicine_only_after_a_yes(self):
        def asked(answers, **more):
            return [one.item for one in screens(["readiness"], answers, {}, **more)]

        assert "medicines-which" not in asked({("readiness", "medicines"): "no"})
        assert "medicines-which" in asked({("readiness", "medicines"): "yes"})
        assert "pregnancy" in asked({})
        assert "pregnancy" not in asked({}, sex="male")

    @pytest.mark.parametrize(
        ("way", "says"), [("injection", "4 hours"), ("nasal", "30 minutes"), ("", "4 hours")]
    )
    def test_fasting_is_told_for_the_way_or_the_strictest(self, way, says):
        first = screens(["readiness"], {}, {}, way=way)[0]
        assert first.item == "fasting"
        assert says in first.help

    def test_an_answer_is_one_of_those_shown_or_none(self):
        one = screens(["phq-9"], {}, WORDED)[0]
        assert read_answer(one, "3") == 3
        assert read_answer(one, "  ") is None
        for wrong in ("4", "yes", "3.0"):
            with pytest.raises(BadInput):
                read_answer(one, wrong)
        text = next(one for one in screens(["effects"], {}, {}) if one.free_text)
        assert read_answer(text, " dizzy ") == "dizzy"
        with pytest.raises(BadInput):
            read_answer(text, "x" * 4001)

    def test_every_screen_with_free_text_carries_the_block(self):
        for one in documents("check-in-forms"):
            for screen in screens([one.id], {}, {}):
                assert screen.crisis == screen.free_text


def c_ssrs(*yes, no=()):
    return {("c-ssrs-screen", str(n)): 1 for n in yes} | {("c-ssrs-screen", str(n)): 0 for n in no}


@pytest.mark.hazard("HZ-20")
class TestSuicideAnswers:
    @pytest.mark.parametrize(
        ("answers", "level"),
        [
            (phq(*[0] * 9), None),
            (phq(*[0] * 8, 1), "asked"),
            (phq(*[0] * 8, 3), "asked"),
            (c_ssrs(no=(1, 2, 6)), None),
            (c_ssrs(1, no=(2, 6)), "low"),
            (c_ssrs(2, no=(1, 3, 4, 5, 6)), "low"),
            (c_ssrs(2, 3, no=(1, 4, 5, 6)), "moderate"),
            (c_ssrs(6, no=(1, 2, 7)), "moderate"),
            (c_ssrs(6, 7, no=(1, 2)), "high"),
            (c_ssrs(2, 4, no=(1, 3, 5, 6)), "high"),
            (c_ssrs(2, 5, no=(1, 3, 4, 6)), "high"),
            # Not everything was answered: what was proven counts.
            (c_ssrs(1), "low"),
            (c_ssrs(2, 3), "moderate"),
            (c_ssrs(2, 4), "high"),
            # The screener says low; item 9 asks for more until somebody has looked.
            (phq(*[0] * 8, 1) | c_ssrs(1, no=(2, 6)), "asked"),
            (phq(*[0] * 8, 1) | c_ssrs(2, 4), "high"),
        ],
    )
    def test_the_triage_of_the_published_card(self, answers, level):
        found = suicide_level(answers)
        assert (found.id if found else None) == level

    def replied(self, answers, at=OPENED):
        said = [
            fact(facts.ReplyGiven("ci", form, item, answer), at)
            for (form, item), answer in answers.items()
        ]
        return check_ins(fold_course(said))["ci"]

    def test_the_task_is_due_within_the_time_of_its_level_and_opened_once(self):
        one = self.replied(c_ssrs(2, 4))
        task = suicide_task(one, {}, OPENED)
        assert task.due_at == OPENED + timedelta(minutes=5)
        assert task.done_minutes == 30
        assert task.roles[0] == "nurse"
        assert task.level == "override"
        assert len(task.rests_on) == 2
        assert suicide_task(one, standing(task), OPENED) is None

    def test_what_is_said_after_the_task_was_closed_opens_another(self):
        item_nine = ("phq-9", "9")
        one = self.replied(phq(*[0] * 8, 1))
        task = suicide_task(one, {}, OPENED)
        closed = standing(task, closed_at=OPENED + timedelta(minutes=20))
        assert suicide_task(one, closed, OPENED) is None
        assert is_said_again(one, *item_nine, closed)
        assert not is_said_again(one, *item_nine, standing(task))
        assert not is_said_again(one, "phq-9", "8", closed)
        later = self.replied(phq(*[0] * 8, 1), OPENED + timedelta(minutes=21))
        again = suicide_task(later, closed, OPENED)
        assert again.rule == task.rule
        assert again.task_id != task.task_id
        assert suicide_task(later, closed | standing(again), OPENED) is None
        assert not is_said_again(later, *item_nine, closed | standing(again))
        # A third time, and so on: each closing is the end of one task and of no answer.
        twice = closed | standing(again, closed_at=OPENED + timedelta(minutes=50))
        assert suicide_task(later, twice, OPENED) is None
        last = self.replied(phq(*[0] * 8, 2), OPENED + timedelta(days=2))
        assert suicide_task(last, twice, OPENED).task_id not in twice

    def test_a_no_after_the_task_was_closed_opens_none(self):
        before = fact(facts.ReplyGiven("ci", "phq-9", "9", 2))
        after = [
            fact(facts.ReplyGiven("ci", form, item, answer), OPENED + timedelta(minutes=30))
            for (form, item), answer in c_ssrs(no=(1, 2, 6)).items()
        ]
        task = suicide_task(check_ins(fold_course([before]))["ci"], {}, OPENED)
        closed = standing(task, closed_at=OPENED + timedelta(minutes=20))
        assert suicide_task(check_ins(fold_course([before, *after]))["ci"], closed, OPENED) is None

    def test_each_level_says_how_long_whoever_takes_it_has_and_the_gravest_least(self):
        times = [(one.id, one.closed_within) for one in levels()]
        assert times == [
            ("high", timedelta(minutes=30)), ("moderate", timedelta(hours=4)),
            ("asked", timedelta(hours=1)), ("low", timedelta(hours=72)),
        ]  # fmt: skip

    def test_a_graver_answer_opens_another_and_takes_the_place_of_the_milder(self):
        mild = suicide_task(self.replied(phq(*[0] * 8, 2)), {}, OPENED)
        grave = suicide_task(self.replied(phq(*[0] * 8, 2) | c_ssrs(2, 4)), standing(mild), OPENED)
        assert grave.task_id != mild.task_id
        assert milder_tasks("ci", grave, standing(mild)) == (mild.task_id,)
        assert milder_tasks("ci", mild, standing(mild) | standing(grave)) == ()
        assert milder_tasks("ci", grave, standing(mild, closed_at=OPENED)) == ()
        # The milder one, once the graver is there, is not opened again.
        one = self.replied(phq(*[0] * 8, 2))
        assert suicide_task(one, standing(grave), OPENED) is None

    def test_levels_stand_in_order_and_each_has_a_clock(self):
        times = [one.within for one in levels()]
        assert [one.id for one in levels()] == ["high", "moderate", "asked", "low"]
        assert times[0] == min(times)
        assert times[0] <= timedelta(minutes=5)


class TestTasksForTheNurse:
    def one(self, form, at=OPENED, **answers):
        said = [
            fact(facts.ReplyGiven("ci", form, item, answer), at) for item, answer in answers.items()
        ]
        return check_ins(fold_course(said))["ci"]

    def test_every_answer_that_needs_somebody_opens_one_and_the_others_none(self):
        for document in documents("check-in-forms"):
            form = house_form(document.id)
            for question in form.questions:
                for answer, _, task in question.answers:
                    found = tasks_of(self.one(form.id, **{question.id: answer}), {}, OPENED)
                    assert [one.summary for one in found] == ([task] if task else [])

    def test_what_must_be_settled_before_the_session_is_due_then(self):
        one = self.one("readiness", ride="no")
        (task,) = tasks_of(one, {}, OPENED, before=OPENED + timedelta(hours=1))
        assert task.due_at == OPENED + timedelta(hours=1)
        (task,) = tasks_of(one, {}, OPENED, before=OPENED + timedelta(hours=9))
        assert task.due_at == OPENED + timedelta(hours=4)
        assert tasks_of(one, standing(task), OPENED) == ()

    def test_an_answer_that_is_changed_and_changed_back_asks_again(self):
        one = self.one("readiness", ride="no")
        (task,) = tasks_of(one, {}, OPENED)
        assert list(answers_taken_back(one, standing(task))) == []
        changed = self.one("readiness", ride="yes")
        assert list(answers_taken_back(changed, standing(task))) == [task.task_id]
        closed = standing(task, closed_at=OPENED + timedelta(minutes=1))
        assert list(answers_taken_back(changed, closed)) == []
        assert tasks_of(one, closed, OPENED) == ()
        back = self.one("readiness", at=OPENED + timedelta(minutes=2), ride="no")
        (again,) = tasks_of(back, closed, OPENED)
        assert again.task_id != task.task_id
        assert tasks_of(back, closed | standing(again), OPENED) == ()
        both = closed | standing(again)
        assert list(answers_taken_back(changed, both)) == [again.task_id]

    def test_words_that_were_written_after_somebody_read_are_read_too(self):
        said = {"any": "much", "effects": "first"}
        (much,) = tasks_of(self.one("effects", **said), {}, OPENED)
        closed = standing(much, closed_at=OPENED + timedelta(minutes=10))
        assert tasks_of(self.one("effects", **said), closed, OPENED) == ()
        later = [
            fact(facts.ReplyGiven("ci", "effects", "any", "much")),
            fact(facts.ReplyGiven("ci", "effects", "effects", "more"), OPENED + timedelta(hours=1)),
        ]
        more = check_ins(fold_course(later))["ci"]
        assert tasks_of(more, standing(much), OPENED) == ()
        (words,) = tasks_of(more, closed, OPENED)
        assert "own words" in words.summary

    def test_own_words_are_read_by_somebody(self):
        (task,) = tasks_of(self.one("effects", any="no", effects="I am so sad"), {}, OPENED)
        assert "own words" in task.summary
        assert "sad" not in task.summary
        both = self.one("effects", any="much", effects="I am so sad")
        assert [one.summary for one in tasks_of(both, {}, OPENED)] == [
            "Troubled much by effects of the treatment"
        ]
        assert tasks_of(self.one("effects", any="no", effects=None), {}, OPENED) == ()
