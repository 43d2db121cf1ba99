"""The evaluation: findings with their reasons, questions answered on the spot, overrides."""

import pytest
from django.urls import reverse

from openketamine.clinic.patients import queries

pytestmark = pytest.mark.django_db
SECRET = "a-test-password"


def at(one, what="evaluation"):
    return reverse(what, args=[one.id, "iv-depression"])


def overriding(rule, **changed):
    return {
        "rule": rule,
        "reason_code": "risk-controlled",
        "reason": "Seen by cardiology last week, who agree.",
        "password": SECRET,
        "otp": "",
    } | changed


@pytest.fixture
def bled(people, fran, now, conditions):
    """Somebody with a rule that nobody may override."""
    stroke = conditions("c9", "274100004", "Cerebral hemorrhage", "active")
    return people(fran, now, mrn="MRN0003", family="Haddad", stroke=stroke)


@pytest.fixture
def overridable(adaeze, nora, now, answered):
    """A person with a finding that a prescriber may override, and its rule."""
    from openketamine.core.screening import evaluate

    answered(adaeze, nora, now, pressure="162/96")
    found = evaluate(queries.record(adaeze), "iv-depression", now.date()).findings
    rules = [one.rule for one in found if one.overridable]
    assert rules, "the knowledge has no overridable rule for a pressure of 162/96 any more"
    return adaeze, rules[0]


class TestFindings:
    @pytest.mark.hazard("HZ-10")
    def test_a_contraindication_stands_with_its_fact_its_source_and_its_evidence(
        self, page, priya, bled
    ):
        text = page(priya, at(bled)).text
        assert "Do not treat" in text
        for part in ("CI-03", "Block", "Rests on Cerebral hemorrhage", "Condition/c9"):
            assert part in text
        assert "read in the source" in text

    def test_a_rule_that_may_not_be_overridden_says_so_and_has_no_form(self, page, priya, bled):
        shown = page(priya, at(bled))
        assert "This rule cannot be overridden." in shown.text
        assert 'value="CI-03"' not in shown.html

    def test_posting_an_override_of_such_a_rule_changes_nothing(self, page, priya, bled):
        shown = page(priya, at(bled, "evaluation-override"), overriding("CI-03"))
        assert shown.status == 400
        assert queries.overrides(bled) == ()

    def test_an_unknown_protocol_is_a_page_that_is_not_there(self, page, priya, adaeze):
        assert page(priya, f"/people/{adaeze.id}/evaluation/no-such/").status == 404


class TestQuestions:
    @pytest.mark.hazard("HZ-09")
    def test_what_nobody_said_is_asked_and_never_read_as_no(self, page, priya, adaeze):
        text = page(priya, at(adaeze)).text
        assert "questions still open" in text
        assert "Has the person ever had psychosis" in text
        assert "Every question is answered" not in text

    def test_an_answer_leads_to_the_new_evaluation_at_once(self, page, nora, adaeze):
        sent = {"question": "capacity", "value": "no"}
        shown = page(nora, at(adaeze, "evaluation-answer"), sent, HX_Request="true")
        assert "<html" not in shown.html
        assert "No capacity to consent" in shown.text
        assert 'name="question" value="capacity"' not in shown.html

    def test_without_scripts_an_answer_leads_back_to_the_page(self, page, nora, adaeze):
        sent = {"question": "capacity", "value": "yes"}
        assert page(nora, at(adaeze, "evaluation-answer"), sent).answer["Location"] == at(adaeze)

    def test_an_impossible_measurement_is_refused_beside_its_question(self, page, nora, adaeze):
        sent = {"question": "blood-pressure-today", "value": "900/20"}
        shown = page(nora, at(adaeze, "evaluation-answer"), sent)
        assert shown.status == 400
        assert "Expected systolic over diastolic in mmHg" in shown.text
        assert queries.answers(adaeze) == ()

    @pytest.mark.hazard("HZ-09")
    def test_an_answer_of_the_evening_counts_on_the_day_of_the_clinic(
        self, page, nora, adaeze, monkeypatch
    ):
        """At 20:30 in New York it is the next day in UTC."""
        from datetime import UTC, datetime

        from openketamine.clinic.journal import clock

        evening = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: evening)
        sent = {"question": "capacity", "value": "no"}
        shown = page(nora, at(adaeze, "evaluation-answer"), sent, HX_Request="true")
        assert "No capacity to consent" in shown.text


class TestOverrides:
    def test_a_prescriber_overrides_with_reason_and_password_and_the_finding_stays(
        self, page, priya, overridable
    ):
        person, rule = overridable
        shown = page(priya, at(person, "evaluation-override"), overriding(rule))
        assert shown.status == 302
        text = page(priya, at(person)).text
        assert rule in text
        assert "Seen by cardiology last week, who agree." in text
        assert "Overridden" in text

    @pytest.mark.parametrize(
        "changed", [{"password": "wrong"}, {"reason": "ok"}, {"reason_code": "because"}]
    )
    def test_without_proof_or_reason_nothing_is_overridden(self, page, priya, overridable, changed):
        person, rule = overridable
        sent = overriding(rule, **changed)
        assert page(priya, at(person, "evaluation-override"), sent).status == 400
        assert queries.overrides(person) == ()

    @pytest.mark.hazard("HZ-16")
    def test_a_nurse_has_no_form_for_it_and_is_refused(self, page, nora, overridable):
        person, rule = overridable
        assert "Override this rule" not in page(nora, at(person)).text
        assert page(nora, at(person, "evaluation-override"), overriding(rule)).status == 403


def test_an_evaluation_is_recorded_and_listed_with_the_person(page, priya, bled):
    assert page(priya, at(bled, "evaluation-record"), {}).status == 302
    (kept,) = queries.evaluations(bled)
    assert kept.evaluation["decision"] == "block"
    assert "Evaluations recorded Do not treat" in page(priya, f"/people/{bled.id}/").text
