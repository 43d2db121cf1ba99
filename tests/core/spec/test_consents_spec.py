"""When a consent holds, and when it is asked for again: one row for each trigger."""

from datetime import UTC, datetime, timedelta

import pytest

from openketamine.core.course import fold_course, papers
from openketamine.core.course._facts import ConsentGiven, ConsentWithdrawn, EventRecorded, Fact
from openketamine.core.course.papers import _due
from openketamine.core.dosing import protocol
from openketamine.core.findings import Action
from openketamine.core.log import Author
from openketamine.knowledge import document

IV = protocol("iv-depression")
SIGNED = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
MAREN, NORA = Author("p1", "the person", "patient"), Author("n1", "Nora", "nurse")
RIGHT = {one.question: [one.right] for one in papers.shown("ketamine", IV, "en", {}).questions}


def given(planned=IV, at=SIGNED, **other):
    shown = papers.shown(papers.consent_for(planned.drug), planned, "en", {"phone": "1"})
    answers = {one.question: [one.right] for one in shown.questions}
    body = {
        "consent": shown.consent,
        "version": shown.version,
        "sha256": shown.sha256,
        "elements": tuple(part.element for part in shown.parts),
        "answers": answers,
        "signed_as": "Maren Test",
        "covers": shown.covers.as_json(),
        **other,
    }
    return at, ConsentGiven(**body)


def state(*happened):
    facts = [
        Fact(f"f{n}", at, MAREN, body, recorded_at=at, number=n)
        for n, (at, body) in enumerate(happened, 1)
    ]
    return fold_course(facts)


def rules(*happened, now=NOW, planned=IV, **wanted):
    found = papers.consent_due(state(*happened), papers.Wanted(planned, **wanted), now)
    assert all(one.sources and one.because for one in found if one.rule != "CR-01")
    return [one.rule for one in found]


class TestItHolds:
    def test_signed_understood_and_fresh(self):
        assert rules(given(), dose_ug=35_000, dose_ug_per_kg=500) == []

    def test_a_consent_of_its_own_is_no_consent_to_treatment(self):
        touch = given()[1]
        other = ConsentGiven("touch", "1", touch.sha256, ("touch",), {}, "Maren Test")
        assert rules((SIGNED, other)) == ["CR-01"]

    def test_nothing_signed_names_what_is_missing(self):
        (found,) = papers.consent_due(state(), papers.Wanted(IV), NOW)
        assert (found.rule, found.action) == ("CR-01", Action.DEFER)
        assert "Treatment with ketamine" in found.summary


class TestTime:
    def test_a_day_before_a_year_and_on_that_day(self):
        assert rules(given(), now=datetime(2027, 1, 14, 23, 0, tzinfo=UTC)) == []
        assert rules(given(), now=datetime(2027, 1, 15, 0, 0, tzinfo=UTC)) == ["CR-04"]

    @pytest.mark.parametrize(
        ("start", "end", "months"),
        [
            ((2026, 1, 31), (2026, 2, 28), 0),
            ((2026, 1, 31), (2026, 3, 31), 2),
            ((2026, 2, 28), (2027, 2, 27), 11),
            ((2024, 2, 29), (2025, 3, 1), 12),
        ],
    )
    def test_months_are_whole(self, start, end, months):
        day = datetime(*start, tzinfo=UTC).date(), datetime(*end, tzinfo=UTC).date()
        assert _due.whole_months(*day) == months


@pytest.mark.hazard("HZ-22")
class TestTreatment:
    @pytest.mark.parametrize(
        ("planned", "expected"),
        [
            ("iv-depression", []),
            ("im-depression", ["CR-05"]),
            ("sublingual-depression", ["CR-05"]),
            ("pain-outpatient", ["CR-06"]),
            ("sc-esketamine-depression", ["CR-06", "CR-05"]),
            ("spravato-trd", ["CR-06"]),
        ],
    )
    def test_another_route_drug_or_use_asks_again(self, planned, expected):
        assert rules(given(), planned=protocol(planned)) == expected

    @pytest.mark.parametrize(
        ("dose", "expected"),
        [
            ({"dose_ug": 100_000}, []),
            ({"dose_ug": 100_001}, ["CR-07"]),
            ({"dose_ug_per_kg": 1000}, []),
            ({"dose_ug_per_kg": 1001}, ["CR-07"]),
            ({}, []),
        ],
    )
    def test_a_dose_above_what_was_named_asks_again(self, dose, expected):
        assert rules(given(), **dose) == expected

    def test_a_signature_that_says_not_for_what_holds_for_nothing(self):
        assert rules(given(covers={})) == ["CR-06", "CR-05"]


@pytest.mark.hazard("HZ-22")
class TestThePerson:
    def test_withdrawn_is_a_block_and_a_new_signature_opens_it(self):
        later = SIGNED + timedelta(days=1)
        back = (later, ConsentWithdrawn("ketamine", "too much"))
        assert rules(given(), back) == ["CR-02"]
        found = papers.consent_due(state(given(), back), papers.Wanted(IV), NOW)
        assert found[0].action is Action.BLOCK
        assert "too much" in found[0].because[0].text
        assert rules(given(), back, given(at=later + timedelta(hours=1))) == []

    def test_withdrawn_in_the_moment_of_signing_counts_by_its_place(self):
        assert rules(given(), (SIGNED, ConsentWithdrawn("ketamine"))) == ["CR-02"]
        assert rules((SIGNED, ConsentWithdrawn("ketamine")), given()) == []

    def test_another_consent_may_be_withdrawn(self):
        assert rules(given(), (NOW, ConsentWithdrawn("research"))) == []

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [("hospitalised", ["CR-10"]), ("mania", ["CR-10"]), ("other", []), ("died", [])],
    )
    def test_what_changes_the_risk_asks_again(self, kind, expected):
        assert rules(given(), (NOW, EventRecorded(kind, "three days"))) == expected

    def test_what_was_known_when_it_was_signed_does_not(self):
        before = SIGNED - timedelta(days=3)
        assert rules((before, EventRecorded("hospitalised")), given()) == []

    def test_a_pregnancy_that_became_known_since(self):
        assert rules(given(), pregnant_since=SIGNED + timedelta(days=9)) == ["CR-09"]
        assert rules(given(), pregnant_since=SIGNED - timedelta(days=9)) == []

    def test_who_cannot_consent_needs_somebody_who_signed_with_them_since(self):
        since = SIGNED - timedelta(days=1)
        assert rules(given(), incapable_since=since) == ["CR-08"]
        assert rules(given(helped_by="Ida Test, guardian"), incapable_since=since) == []
        after = SIGNED + timedelta(days=1)
        assert rules(given(helped_by="Ida Test, guardian"), incapable_since=after) == ["CR-08"]


class TestUnderstanding:
    def test_four_of_five_is_enough_and_three_is_not(self):
        wrong = dict(RIGHT)
        wrong["promise"] = ["sure"]
        assert rules(given(answers=wrong)) == []
        wrong["stop"] = ["finish"]
        assert rules(given(answers=wrong)) == ["CR-11"]

    def test_the_last_answer_counts(self):
        shown = papers.shown("ketamine", IV, "en", {})
        answers = {**RIGHT, "driving": ["same-day", "next-day"], "stop": "say-so"}
        assert papers.understood("ketamine", shown.questions, answers).wrong == ()
        answers["driving"] = ["next-day", "same-day"]
        found = papers.understood("ketamine", shown.questions, answers)
        assert (found.right, found.of, found.wrong, found.enough) == (4, 5, ("driving",), True)

    def test_what_was_not_answered_is_not_right(self):
        shown = papers.shown("ketamine", IV, "en", {})
        assert papers.understood("ketamine", shown.questions, {}).right == 0
        assert rules(given(answers={})) == ["CR-11"]


class TestVersions:
    def test_a_version_that_asks_again(self, monkeypatch):
        known = papers.versions(document("consents", "ketamine"))
        new = [*known, type(known[0])("2", NOW.date(), {"en": "A new risk."}, True, {})]
        monkeypatch.setattr(_due, "versions", lambda _: tuple(new))
        assert rules(given()) == ["CR-03"]
        new[-1] = type(known[0])("2", NOW.date(), {"en": "Spelling."}, False, {})
        assert rules(given()) == []

    def test_a_version_that_nobody_knows(self):
        assert rules(given(version="0")) == ["CR-03"]


class TestTheHash:
    def test_it_is_of_what_was_read(self):
        iv, im = (
            papers.shown("ketamine", protocol(p), "en", {})
            for p in ("iv-depression", "im-depression")
        )
        assert iv.sha256 == papers.shown("ketamine", IV, "en", {}).sha256
        assert iv.sha256 != im.sha256
        assert iv.sha256 != papers.shown("ketamine", IV, "en", {"phone": "2"}).sha256
