"""How a session was tolerated, and what the next dose makes of it: up, the same, or down."""
# ruff: noqa: E501 — one row of a table is one line

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.core.courses import DAY_0, IV, NURSE, at, fact, on, phq, visit
from tests.core.people import TODAY, person, weight

from openketamine.core.course import facts, fold_course, history, propose_next, summary, tolerated
from openketamine.core.course._past import Visit, past_sessions
from openketamine.core.dosing import PastSession, propose, protocol, read_history, tolerability
from openketamine.core.findings import BadInput
from openketamine.core.log import Corrected, Fact
from openketamine.core.screening import evaluate
from openketamine.core.treatment import facts as bedside
from openketamine.core.treatment import fold

# Weighed often enough for every day of these courses, and for today.
FIT = person(*(weight(70, on=on(day)) for day in range(0, 420, 20)), weight(70))


def planned(dose_ug=35_000):
    return bedside.PlanSigned(
        "ketamine", "iv", dose_ug, 2400, 1000, 35_000, 52_500, 70_000, "actual", {}, (), ""
    )


def session(*told, day=0, minute=20, plan=35_000):
    """A session at noon with one dose, and what was charted some minutes after it began."""
    log = [
        Fact(f"o{day}", at(day, 10), NURSE, bedside.SessionOpened("p", IV)),
        Fact(f"p{day}", at(day, 11), NURSE, planned(plan)),
        Fact(f"g{day}", at(day), NURSE, bedside.DoseGiven("iv", 35_000)),
    ]
    log += [
        Fact(f"t{day}-{place}", at(day) + timedelta(minutes=minute + place), NURSE, body)
        for place, body in enumerate(told)
    ]
    return fold(log)


def rated(**values):
    return bedside.ObservationCharted({name: Decimal(value) for name, value in values.items()})


def event(words, grade):
    return bedside.AdverseEventCharted(words, grade)


def given(medicine):
    return bedside.MedicineGiven(medicine, "4 mg", "iv")


def cadss(total):
    return bedside.ScoreRecorded("cadss-6", (), Decimal(total))


def verdict(question, *told, **more):
    found = {one.question: one for one in tolerated(session(*told, **more))}
    return found[question].verdict


DISSOCIATION = [
    # what was charted → verdict; each line beside its other side
    ("nobody rated it", (), "not known"),
    ("only nausea was rated", (rated(nausea=0),), "not known"),
    ("rated 4 of 10", (rated(dissociation=4),), "fine"),
    ("rated 5 of 10", (rated(dissociation=5),), "hold"),
    ("rated 6, then 2", (rated(dissociation=6), rated(dissociation=2)), "hold"),
    ("rated 7 of 10", (rated(dissociation=7),), "lower"),
    ("CADSS-6 of 11", (cadss(11),), "fine"),
    ("CADSS-6 of 12", (cadss(12),), "hold"),
    ("CADSS-6 of 15", (cadss(15),), "hold"),
    ("CADSS-6 of 16", (cadss(16),), "lower"),
    ("mild panic, unrated", (event("panic", 1),), "not known"),
    ("panic of grade 2", (rated(dissociation=2), event("panic", 2)), "hold"),
    ("panic of grade 3", (event("panic", 3),), "lower"),
    ("another event of grade 3", (rated(dissociation=2), event("headache", 3)), "fine"),
    ("asks to stop", (event("asks_to_stop", 1),), "lower"),
    ("the card was opened", (bedside.EmergencyBegun("panic"),), "lower"),
    ("another card", (bedside.EmergencyBegun("vomiting"),), "not known"),
    ("midazolam was needed", (given("Midazolam"),), "lower"),
    ("ondansetron was given", (rated(dissociation=2), given("ondansetron")), "fine"),
]  # fmt: skip

VOMITING = [
    ("nobody rated nausea", (), "not known"),
    ("nausea rated 0", (rated(nausea=0),), "fine"),
    ("nausea rated 6", (rated(nausea=6),), "fine"),
    ("nausea rated 7", (rated(nausea=7),), "hold"),
    ("vomited, no antiemetic", (event("vomiting", 1),), "hold"),
    ("vomited, then ondansetron", (event("vomiting", 1), given("ondansetron")), "hold"),
    ("ondansetron, then vomited", (given("ondansetron"), event("vomited twice", 1)), "lower"),
    ("labetalol, then vomited", (given("labetalol"), event("vomited", 1)), "hold"),
]


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(
    ("what", "told", "expected"), DISSOCIATION, ids=[r[0] for r in DISSOCIATION]
)
def test_dissociation_is_read_from_what_was_charted(what, told, expected):
    assert verdict("dissociation", *told) == expected


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(("what", "told", "expected"), VOMITING, ids=[r[0] for r in VOMITING])
def test_vomiting_is_read_from_what_was_charted(what, told, expected):
    assert verdict("vomiting", *told) == expected


def test_a_rating_before_the_dose_says_nothing_of_how_it_was_tolerated():
    assert verdict("dissociation", rated(dissociation=0), minute=-30) == "not known"


def test_a_rating_that_was_struck_out_counts_no_more():
    state = session(rated(dissociation=8))
    wrong = Corrected("t0-0", "another person", None)
    mended = fold([*state.facts, Fact("c", at(0, 13), NURSE, wrong)])
    assert tolerated(mended)[0].verdict == "not known"


def past(*told, **more):
    (found,) = past_sessions([Visit(DAY_0, session(*told, **more))], [None])
    return found


HOLDS = [
    ("an event of grade 3", (event("headache", 3),), ("headache, grade 3",)),
    ("an event of grade 2", (event("headache", 2),), ()),
    ("a medicine for pressure", (given("labetalol"),), ("labetalol needed",)),
    ("an antiemetic alone", (given("ondansetron"),), ()),
]


@pytest.mark.parametrize(("what", "told", "hold"), HOLDS, ids=[row[0] for row in HOLDS])
def test_what_else_happened_holds_the_dose(what, told, hold):
    assert past(*told).hold == hold


@pytest.mark.parametrize(("dose_ug", "held"), [(36_800, False), (36_900, True)])
def test_less_than_nearly_all_of_the_plan_holds_the_dose(dose_ug, held):
    assert any("planned dose given" in words for words in past(plan=dose_ug).hold) is held


WELL = (rated(dissociation=2, nausea=0, moaas=4, spo2=97, systolic=138, diastolic=84),)
STEPS = [
    # how each of two sessions was charted → mg/kg of the third, and the words beside it
    ("everything rated and fine", WELL, 600, "well tolerated: one step up from 0.5 mg/kg to 0.6 mg/kg"),
    ("nothing rated", (), 500, "since nobody wrote down dissociation, vomiting, the sedation score"),
    ("nausea not rated", (rated(dissociation=2, moaas=4, spo2=97, systolic=138, diastolic=84),), 500, "since nobody wrote down vomiting"),
    ("dissociation 5 of 10", (*WELL, rated(dissociation=5)), 500, "no step up after dissociation 5 of 10 (house rule)"),
    ("vomited once", (*WELL, event("vomiting", 1)), 500, "no antiemetic before it"),
    ("dissociation 7 of 10", (*WELL, rated(dissociation=7)), 400, "severe dissociation or panic (dissociation 7 of 10)"),
    ("vomited after ondansetron", (*WELL, given("ondansetron"), event("vomiting", 1)), 400, "vomiting despite an antiemetic (vomiting, grade 1)"),
    ("sedated to MOAA/S 3", (*WELL, rated(moaas=3)), 400, "MOAA/S 3"),
]  # fmt: skip


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize("kilograms", [107.0, 108.4, 119.5, 132.1, 140.0])
def test_a_dose_that_its_limit_held_is_the_same_again_and_not_a_step_of_the_syringe_less(kilograms):
    """80 mg are 738.007 µg/kg of 108.4 kg: rounded down the next dose would be 75 mg."""
    heavy = person(weight(kilograms, on=on(0)), weight(kilograms, on=on(3)))
    wanted = propose(
        heavy, IV, on(0), (PastSession(on(-3), 1000, improvement_percent=Decimal(80)),)
    )
    assert wanted.dose_ug == 80_000
    assert wanted.limited_by
    plan = bedside.PlanSigned(**wanted.plan_fields())
    log = [bedside.SessionOpened("p", IV), plan, bedside.DoseGiven("iv", plan.dose_ug)]
    state = fold(Fact(f"h{n}", at(0, 10 + n), NURSE, body) for n, body in enumerate(log))
    (found,) = past_sessions([Visit(on(0), state)], [Decimal(80)])
    assert propose(heavy, IV, on(3), (found,)).dose_ug == 80_000


def two_sessions(told):
    """Two sessions, three days apart, of a person who is a third better after them."""
    opened = fact(facts.CourseOpened("c", IV, "depression", "phq-9"), -1)
    visits = [Visit(on(day), session(*told, day=day), session=f"s{day}") for day in (0, 3)]
    return fold_course([opened, phq(18, -1), phq(12, 2), phq(12, 5)], visits)


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(("what", "told", "per_kg", "words"), STEPS, ids=[r[0] for r in STEPS])
def test_what_was_charted_in_a_session_decides_the_next_dose_of_the_course(
    what, told, per_kg, words
):
    state = two_sessions(told)
    found = summary(state, on(6))
    offered = propose_next(
        FIT, state, found.course, on(6), level=found.warning.level, responds=None,
        stop=found.stop, evaluates=lambda name, day: evaluate(FIT, name, day),
    ).dose  # fmt: skip
    assert offered.dose_ug_per_kg == per_kg
    assert words in offered.steps[0]


def test_what_is_missing_is_said_even_where_no_step_was_asked_for():
    last = PastSession(
        TODAY - timedelta(days=4), 500, 35_000, 2400, Decimal(60), severe_dissociation=False
    )
    found = propose(FIT, IV, TODAY, (last,))
    assert found.steps[1] == (
        "Not known of the last session: vomiting, the sedation score, the lowest SpO2, "
        "the peak blood pressure. No step up rests on it."
    )


class TestOneWordForEachQuestion:
    def test_every_question_has_a_verdict_and_a_source(self):
        found = tolerability(protocol(IV), past(*WELL))
        assert [(one.question, one.verdict) for one in found] == [
            ("dissociation", "fine"), ("vomiting", "fine"), ("sedation", "fine"),
            ("oxygen", "fine"), ("pressure", "fine"),
        ]  # fmt: skip
        assert all(one.sources and one.evidence for one in found)

    def test_what_nobody_wrote_down_is_not_fine(self):
        found = tolerability(protocol(IV), past())
        assert {one.verdict for one in found} == {"not known"}


HISTORY = {"on": "2026-11-18", "dose_ug_per_kg": 500, "improvement_percent": 30, "lowest_moaas": 5,
           "lowest_spo2": 97, "peak_systolic": 140, "peak_diastolic": 85,
           "severe_dissociation": False, "vomiting_despite_antiemetic": False}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "per_kg"),
    [({}, 600), ({"hold": ["asked for a rest"]}, 500), ({"severe_dissociation": None}, 500),
     ({"severe_dissociation": True, "seen": ["CADSS-6 18"]}, 400)],
)  # fmt: skip
def test_a_history_file_steps_up_holds_and_steps_down(more, per_kg):
    first = {"on": "2026-11-14", "dose_ug_per_kg": 500}
    known = read_history(json.loads(json.dumps([first, {**HISTORY, **more}])))
    assert propose(FIT, IV, TODAY, known).dose_ug_per_kg == per_kg


@pytest.mark.parametrize("words", ["a sentence", [1], {"a": "b"}])
def test_words_of_a_history_are_a_list_of_words(words):
    with pytest.raises(BadInput, match="a list of words"):
        read_history([{**HISTORY, "hold": words}])


class TestACourseThatWasOpenedCountsFromItsOwnFirstSession:
    """One boundary for the page of the course and for the proposal."""

    def course(self, *told, days):
        return fold_course(told, [Visit(on(day), session(day=day)) for day in days])

    def opened(self, day, name="c"):
        return fact(facts.CourseOpened(name, IV, "depression", "phq-9"), day)

    def ended(self, day, name="c"):
        return fact(facts.CourseEnded(name, "complete"), day, 20)

    def test_after_an_ended_course_a_new_one_starts_with_session_1(self):
        state = self.course(self.opened(0), self.ended(20), self.opened(99, "d"), days=(0, 3, 6))
        found = history(state, IV, on(100))
        assert found[-1].last_of_course
        offered = propose(FIT, IV, on(100), found)
        assert offered.session_number == 1

    def test_a_course_that_goes_on_counts_on(self):
        state = self.course(self.opened(0), days=(0, 3, 6))
        assert propose(FIT, IV, on(9), history(state, IV, on(9))).session_number == 4

    def test_nine_sessions_in_the_first_28_days_of_the_second_course_are_seen_by_both(self):
        first, second = (0, 3), tuple(range(100, 127, 3))
        told = (self.opened(0), self.ended(20), self.opened(99, "d"))
        state = self.course(*told, days=(*first, *second))
        page = {one.flag: one for one in summary(state, on(124)).exposure}
        assert (page["E2"].count, page["E2"].raised) == (9, True)
        before = self.course(*told, days=(*first, *second[:-1]))
        asked = propose(FIT, IV, on(124), history(before, IV, on(124)))
        assert "E2" in {one.rule for one in asked.findings}

    def test_eight_are_within_the_limit_for_both(self):
        second = tuple(range(100, 124, 3))
        told = (self.opened(0), self.ended(20), self.opened(99, "d"))
        state = self.course(*told, days=(0, 3, *second))
        assert not {one.flag: one for one in summary(state, on(122)).exposure}["E2"].raised
        before = self.course(*told, days=(0, 3, *second[:-1]))
        asked = propose(FIT, IV, on(121), history(before, IV, on(121)))
        assert "E2" not in {one.rule for one in asked.findings}

    def test_the_mean_interval_after_month_2_is_that_of_the_course_for_both(self):
        weekly = (0, *range(63, 100, 6))
        late = tuple(day + 300 for day in weekly)
        told = (self.opened(0), self.ended(101), self.opened(299, "d"))
        state = self.course(*told, days=(*weekly, *late))
        assert {one.flag: one for one in summary(state, on(400)).exposure}["E3"].raised
        before = self.course(*told, days=(*weekly, *late[:-1]))
        asked = propose(FIT, IV, on(late[-1]), history(before, IV, on(late[-1])))
        assert "E3" in {one.rule for one in asked.findings}


def test_a_visit_of_the_old_kind_still_has_no_rating():
    assert tolerated(visit(0).state)[0].verdict == "not known"
