"""The letter to the referrer and the discharge sheet: what stands in them, and what is said to be
missing."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.courses import NURSE, at, course, fact, on, phq, scored, visit

from openketamine.core.course import facts, fold_course, papers
from openketamine.core.log import Fact
from openketamine.core.treatment import facts as bedside
from openketamine.core.treatment import fold

OWN = {"referrer": "Dr Brandt", "stopped": "Nothing.", "next": "Weekly.", "ask": ""}


def section(state, name, own=OWN, today=40):
    letter = papers.course_letter(state, own, on(today))
    return next(one for one in letter["sections"] if one["section"] == name)


def rows(state, name, **more):
    return section(state, name, **more)["rows"]


TREATED = course(phq(20, -1), phq(16, 2), phq(9, 6), phq(4, 20), days=(0, 3, 7))


class TestTheCourse:
    def test_days_number_and_what_was_given_in_all(self):
        assert rows(TREATED, "course") == [
            "Racemic ketamine IV for depression.",
            "3 sessions from 01-Jun-2026 to 08-Jun-2026, 105 mg in all.",
        ]

    def test_one_session_has_one_day(self):
        assert rows(course(), "course")[1] == "1 session on 01-Jun-2026, 35 mg in all."

    def test_how_it_ended_and_why(self):
        opened = facts.CourseOpened("c1", "iv-depression", "depression", "phq-9")
        ended = facts.CourseEnded("c1", "side_effects", "blood pressure")
        state = course(fact(opened, 0, 8), fact(ended, 9))
        assert "Ended 10-Jun-2026, side effects: blood pressure." in rows(state, "course")

    def test_nothing_given_is_said(self):
        none = section(fold_course(()), "sessions")
        assert (none["rows"], none["none"]) == ([], "No session in which drug was given.")


class TestSessions:
    def test_every_session_has_its_day_and_its_dose(self):
        found = rows(TREATED, "sessions")
        assert [one["on"] for one in found] == ["01-Jun-2026", "04-Jun-2026", "08-Jun-2026"]
        assert {one["dose"] for one in found} == {"35 mg"}

    def test_the_peak_and_the_lowest_are_those_that_devices_measured(self):
        measured = replace(
            visit(0),
            peak_systolic=Decimal(168),
            peak_diastolic=Decimal(97),
            lowest_spo2=Decimal(93),
        )
        (row,) = rows(fold_course((), [measured]), "sessions")
        assert (row["pressure"], row["spo2"]) == ("168/97", "93 %")

    def test_what_was_not_measured_is_not_recorded_and_is_missing(self):
        assert rows(TREATED, "sessions")[0]["pressure"] == "not recorded"
        assert "No blood pressure was recorded during 3 of 3 sessions." in rows(TREATED, "missing")

    def test_an_effect_stands_with_what_was_done(self):
        first = visit(0)
        told = Fact("a", at(0, 13), NURSE, bedside.AdverseEventCharted("nausea", 2, "rate lowered"))
        given = Fact(
            "m", at(0, 14), NURSE, bedside.MedicineGiven("ondansetron", "4 mg", "iv", "nausea")
        )
        state = fold_course((), [replace(first, state=fold([*first.state.facts, told, given]))])
        assert rows(state, "effects") == [
            "01-Jun-2026 nausea, grade 2, rate lowered.",
            "01-Jun-2026 ondansetron 4 mg iv for nausea.",
        ]


class TestScores:
    def test_each_with_the_word_of_its_change(self):
        (row,) = rows(TREATED, "scores")
        assert row == {
            "instrument": "PHQ-9",
            "before": "20 (31-May-2026)",
            "now": "4 (21-Jun-2026)",
            "verdict": "response, remission",
            "asked": "3 of 3",
        }

    @pytest.mark.parametrize(
        ("now", "verdict"),
        [(10, "response"), (11, "partial response"), (19, "no response"), (25, "worsening")],
    )
    def test_response_words(self, now, verdict):
        (row,) = rows(course(phq(20, -1), phq(now, 5)), "scores")
        assert row["verdict"] == verdict

    def test_a_missing_score_is_missing_and_counted(self):
        state = course(phq(20, -1), phq(12, 9), days=(0, 3, 7))
        (row,) = rows(state, "scores")
        assert row["asked"] == "1 of 3"
        assert "PHQ-9: no score after 2 of 3 sessions." in rows(state, "missing")
        without = course(phq(12, 9))
        assert rows(without, "scores")[0]["before"] == "missing"
        assert "PHQ-9: no score before session 1." in rows(without, "missing")

    def test_answers_about_suicide_are_told_in_words_and_never_as_a_response(self):
        state = course(scored("c-ssrs-screen", None, 1, band="moderate"))
        assert rows(state, "scores") == []
        assert rows(state, "between") == ["02-Jun-2026 C-SSRS screener: moderate."]
        assert "No C-SSRS was recorded." not in rows(state, "missing")
        assert "No C-SSRS was recorded." in rows(TREATED, "missing")


class TestBetween:
    def test_what_happened_and_what_was_checked_since_the_first_session(self):
        state = course(
            fact(facts.EventRecorded("hospitalised", "before"), -9),
            fact(facts.EventRecorded("hospitalised", "two days"), 4),
            fact(facts.CheckDone("bladder", "abnormal", "urgency"), 5),
        )
        assert rows(state, "between") == [
            "05-Jun-2026 hospitalised: two days.",
            "06-Jun-2026 bladder check abnormal: urgency.",
        ]


class TestWhatIsWritten:
    def test_it_stands_as_it_was_written_and_an_empty_one_says_nothing(self):
        assert rows(TREATED, "next") == ["Weekly."]
        asked = section(TREATED, "ask")
        assert (asked["rows"], asked["none"]) == ([], "Nothing.")

    def test_another_word_is_another_hash(self):
        one = papers.course_letter(TREATED, OWN, on(40))
        other = papers.course_letter(TREATED, {**OWN, "next": "Monthly."}, on(40))
        assert papers.sha256_of(one) != papers.sha256_of(other)
        assert papers.sha256_of(one) == papers.sha256_of(papers.course_letter(TREATED, OWN, on(40)))


PLAN = {"drug": "ketamine", "route": "iv", "day": "01-Jun-2026"}
LEFT = {"at": "13:40", "escort": "Ifeoma"}


class TestTheDischargeSheet:
    def test_in_the_language_of_the_person(self):
        sheet = papers.discharge_sheet(PLAN, LEFT, "es", {"phone": "1"})
        assert sheet["language"] == "es"
        assert sheet["sections"][0]["rows"] == [
            "Recibió ketamina por una vena.",
            "Se fue a las 13:40.",
            "Se fue a casa con Ifeoma.",
        ]
        assert sheet["leaves"][0]["heading"] == "Conducir"

    def test_a_language_without_texts_is_english_throughout(self):
        sheet = papers.discharge_sheet(PLAN, LEFT, "fi", {"phone": "1"})
        assert sheet["language"] == "en"
        assert sheet["leaves"][0]["lines"][0].startswith("Do not drive until the next day")

    def test_before_they_have_left_it_says_so_and_the_next_step_is_named(self):
        sheet = papers.discharge_sheet(PLAN, {}, "en", {"phone": "1", "next": "Thursday"})
        said = {one["section"]: one["rows"] for one in sheet["sections"]}
        assert said["left"][-1] == "You have not left yet."
        assert said["next"] == ["Thursday"]

    def test_no_brace_is_left_open(self):
        for language in ("en", "es"):
            sheet = papers.discharge_sheet(PLAN, LEFT, language, {"phone": "1"})
            words = [line for leaf in sheet["leaves"] for line in leaf["lines"]]
            words += [row for one in sheet["sections"] for row in one["rows"]]
            assert not any("{" in one for one in words)
