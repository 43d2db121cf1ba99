"""The evaluation: findings with their reasons, questions answered on the spot, overrides."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from openketamine.clinic.journal import clock
from openketamine.clinic.patients import commands, queries

pytestmark = pytest.mark.django_db
SECRET = "a-test-password"


def at(one, what="evaluation"):
    return reverse(what, args=[one.id, "iv-depression"])


def overriding(person, rule, **changed):
    """The form of an override, as the page that stands now would send it."""
    return {
        "rule": rule,
        "shown": stamp(person),
        "reason_code": "risk-controlled",
        "reason": "Seen by cardiology last week, who agree.",
        "password": SECRET,
        "otp": "",
    } | changed


def stamp(person):
    return queries.known(person).stamp(timezone.localdate(clock.now()))


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
        assert "01-Apr-2019 · imported 22-Nov-2026 14:00 by Fran Desmond" in text

    def test_each_fact_leads_to_its_place_in_the_chart(self, page, priya, bled):
        html = page(priya, at(bled)).html
        chart = page(priya, f"/people/{bled.id}/").html
        links = re.findall(rf'href="/people/{bled.id}/#(fact-[^"]+)"', html)
        assert "fact-Condition-c9" in links
        for one in links:
            assert chart.count(f'id="{one}"') == 1, one

    def test_a_rule_that_may_not_be_overridden_says_so_and_has_no_form(self, page, priya, bled):
        shown = page(priya, at(bled))
        assert "This rule cannot be overridden." in shown.text
        assert 'value="CI-03"' not in shown.html

    def test_posting_an_override_of_such_a_rule_changes_nothing(self, page, priya, bled):
        shown = page(priya, at(bled, "evaluation-override"), overriding(bled, "CI-03"))
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
        before, answered = shown.text.split("Answered here")
        assert "Capacity to consent" not in before.split("Not known")[-1]
        assert "Capacity to consent No Nora Lindqvist, today 14:00" in answered

    def test_without_scripts_an_answer_leads_back_to_the_page(self, page, nora, adaeze):
        sent = {"question": "capacity", "value": "yes"}
        assert page(nora, at(adaeze, "evaluation-answer"), sent).answer["Location"] == at(adaeze)

    def test_an_impossible_measurement_is_refused_beside_its_question(self, page, nora, adaeze):
        sent = {"question": "blood-pressure-today", "value": "900/20"}
        shown = page(nora, at(adaeze, "evaluation-answer"), sent)
        assert shown.status == 400
        assert "Blood pressure today: expected systolic over diastolic in mmHg" in shown.text
        assert queries.answers(adaeze) == ()

    @pytest.mark.hazard("HZ-09")
    def test_an_answer_of_the_evening_counts_on_the_day_of_the_clinic(
        self, page, nora, adaeze, monkeypatch
    ):
        """At 20:30 in New York it is the next day in UTC."""
        evening = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: evening)
        sent = {"question": "capacity", "value": "no"}
        shown = page(nora, at(adaeze, "evaluation-answer"), sent, HX_Request="true")
        assert "No capacity to consent" in shown.text

    def test_not_known_is_an_answer_and_the_question_stays_open(self, page, nora, adaeze):
        html = page(nora, at(adaeze)).html
        assert "Asked, and not known" not in html, "nobody was asked yet"
        sent = {"question": "mania", "value": "not known"}
        page(nora, at(adaeze, "evaluation-answer"), sent)
        text = page(nora, at(adaeze)).text
        assert "Asked, and not known: Nora Lindqvist, today 14:00. It stays open." in text

    def test_an_answer_of_another_day_is_asked_again(self, page, nora, adaeze, now):
        yesterday = now - timedelta(days=1)
        commands.answer_question(adaeze, "escort", "confirmed", "", nora, yesterday)
        text = page(nora, at(adaeze)).text
        assert "Asked again: it was “confirmed”, Nora Lindqvist, 21-Nov-2026 14:00." in text

    def test_a_slip_of_the_finger_is_put_right_by_saying_it_again(
        self, page, nora, adaeze, now, monkeypatch
    ):
        for seconds, value in enumerate(("yes", "no")):
            monkeypatch.setattr(clock, "now", lambda at=seconds: now + timedelta(seconds=at))
            sent = {"question": "capacity", "value": value}
            shown = page(nora, at(adaeze, "evaluation-answer"), sent, HX_Request="true")
        assert "Capacity to consent No Nora Lindqvist" in shown.text
        assert "No capacity to consent" in shown.text


class TestOverrides:
    def test_a_prescriber_overrides_with_reason_and_password_and_the_finding_stays(
        self, page, priya, overridable
    ):
        person, rule = overridable
        shown = page(priya, at(person, "evaluation-override"), overriding(person, rule))
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
        sent = overriding(person, rule, **changed)
        assert page(priya, at(person, "evaluation-override"), sent).status == 400
        assert queries.overrides(person) == ()

    @pytest.mark.hazard("HZ-16")
    def test_a_nurse_has_no_form_for_it_and_is_refused(self, page, nora, overridable):
        person, rule = overridable
        assert "Override this rule" not in page(nora, at(person)).text
        assert page(nora, at(person, "evaluation-override"), overriding(person, rule)).status == 403

    @pytest.mark.hazard("HZ-10")
    def test_nothing_is_signed_over_an_answer_that_came_after_the_page(
        self, page, priya, nora, overridable, now
    ):
        person, rule = overridable
        sent = overriding(person, rule)
        commands.answer_question(person, "mania", "now", "", nora, now)
        shown = page(priya, at(person, "evaluation-override"), sent)
        assert shown.status == 400
        assert "was answered “now” by Nora Lindqvist 14:00" in shown.text
        assert "Seen by cardiology last week, who agree." in shown.html, "the words are kept"
        assert queries.overrides(person) == ()
        again = sent | {"shown": re.search(r'name="shown" value="([^"]+)"', shown.html)[1]}
        assert page(priya, at(person, "evaluation-override"), again).status == 302

    def test_a_reason_has_to_be_chosen(self, page, priya, overridable):
        person, rule = overridable
        shown = page(priya, at(person))
        assert "Choose a reason" in shown.text
        assert "Who agreed, when, and on which conditions." in shown.text
        sent = overriding(person, rule, reason_code="")
        assert page(priya, at(person, "evaluation-override"), sent).status == 400


class TestRecordingIt:
    def record(self, page, who, person):
        return page(who, at(person, "evaluation-record"), {"shown": stamp(person)})

    def test_it_is_recorded_and_listed_with_the_person(self, page, priya, bled):
        assert self.record(page, priya, bled).status == 302
        (kept,) = queries.evaluations(bled)
        assert kept.evaluation["decision"] == "block"
        shown = page(priya, f"/people/{bled.id}/")
        assert "Evaluations recorded Do not treat" in shown.text
        assert reverse("evaluation-pdf", args=[bled.id, kept.id]) in shown.html

    def test_a_page_that_is_not_true_any_more_is_not_recorded(self, page, priya, nora, bled, now):
        sent = {"shown": stamp(bled)}
        commands.answer_question(bled, "capacity", "no", "", nora, now)
        shown = page(priya, at(bled, "evaluation-record"), sent)
        assert shown.status == 400
        assert "Nothing was recorded" in shown.text
        assert "“Capacity to consent” was answered “no” by Nora Lindqvist" in shown.text
        assert queries.evaluations(bled) == []

    def test_before_the_first_nothing_is_said_to_have_changed(self, page, priya, bled):
        assert "Since the last evaluation" not in page(priya, at(bled)).text

    def test_what_did_not_change_is_said_so(self, page, priya, bled):
        self.record(page, priya, bled)
        assert "Since the last evaluation" in page(priya, at(bled)).text
        assert "Nothing changed." in page(priya, at(bled)).text

    def test_what_changed_is_told_with_when_and_by_whom(
        self, page, priya, nora, fran, adaeze, bundles, conditions, now, monkeypatch
    ):
        self.record(page, priya, adaeze)
        later = now + timedelta(minutes=10)
        commands.answer_question(adaeze, "mania", "now", "", nora, later)
        stroke = conditions("c9", "274100004", "Cerebral hemorrhage", "active")
        commands.import_bundle(bundles(stroke=stroke), fran, later)
        monkeypatch.setattr(clock, "now", lambda: later)
        text = page(priya, at(adaeze)).text
        for part in (
            "22-Nov-2026 14:00 Dr Priya Raman",
            "became Do not treat",
            "New Intracerebral haemorrhage",
            "Mania, now or in the past: now 22-Nov-2026 14:10 · answered here, Nora Lindqvist",
            "Condition new: Cerebral hemorrhage 22-Nov-2026 14:10 · imported by Fran Desmond",
        ):
            assert part in text, part

    def test_a_rule_that_was_set_aside_yesterday_stands_again(
        self, page, priya, miriam, fran, people, now, monkeypatch
    ):
        maoi = {
            "resourceType": "MedicationStatement",
            "id": "m9",
            "status": "active",
            "medicationCodeableConcept": {"text": "Tranylcypromine 10 MG Oral Tablet"},
        }
        person = people(fran, now, mrn="M7", maoi=maoi)
        page(priya, at(person, "evaluation-override"), overriding(person, "DDI-09"))
        assert "DDI-09 set aside" not in page(priya, at(person)).text
        self.record(page, priya, person)
        monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1))
        text = page(miriam, at(person)).text
        assert re.search(r"Stands again [^.]*DDI-09", text), text

    def test_another_knowledge_is_told(self, page, priya, bled, monkeypatch):
        self.record(page, priya, bled)
        monkeypatch.setattr(
            "openketamine.core.screening._evaluate.digest_with", lambda _: "sha256:another"
        )
        assert "The knowledge is another one than then" in page(priya, at(bled)).text


class TestBadIntentions:
    def test_a_name_that_is_a_script_is_read_as_a_name(self, page, priya, nora, people, now):
        evil = "<script>alert(1)</script>"
        person = people(
            nora,
            now,
            mrn='M"><img src=x onerror=alert(2)>',
            family=evil,
            given="<b onmouseover=alert(3)>",
            bad={
                "resourceType": "Condition",
                "id": 'x"><script>',
                "clinicalStatus": {"coding": [{"code": "active"}]},
                "code": {"text": f"Psychosis {evil}"},
            },
        )
        for path in (at(person), f"/people/{person.id}/"):
            html = page(priya, path).html
            for tag in ("<script>alert", "<img src=x", "<b onmouseover", 'x"><script'):
                assert tag not in html, (path, tag)
        commands.answer_question(person, "capacity", "no", evil, nora, now)
        assert "<script>alert" not in page(priya, at(person)).html

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"question": "capacity", "value": "perhaps"}, "Capacity to consent: expected yes or"),
            ({"question": "capacity", "value": ""}, "Nothing was written down"),
            ({"question": "height", "value": "170"}, "Height: expected a height with its unit"),
            ({"question": "height", "value": "9" * 90}, "at most 80 letters"),
        ],
    )
    def test_nonsense_is_answered_in_one_sentence_beside_its_question(
        self, page, nora, people, now, sent, said
    ):
        person = people(nora, now, mrn="M9", without="o2")
        shown = page(nora, at(person, "evaluation-answer"), sent)
        assert shown.status == 400
        assert said in shown.text
        assert queries.answers(person) == ()
        scripted = page(nora, at(person, "evaluation-answer"), sent, HX_Request="true")
        assert (scripted.status, said in scripted.text) == (200, True)

    def test_a_question_that_nobody_asks_is_said_above(self, page, nora, adaeze):
        sent = {"question": "shoe-size", "value": "44"}
        shown = page(nora, at(adaeze, "evaluation-answer"), sent)
        assert shown.status == 400
        assert "a question that the rules ask" in shown.text

    @pytest.mark.parametrize("what", ["answer", "override", "record"])
    def test_a_post_for_a_protocol_that_does_not_exist_finds_nothing(
        self, page, priya, adaeze, what
    ):
        path = f"/people/{adaeze.id}/evaluation/no-such/{what}/"
        assert page(priya, path, {"question": "capacity", "value": "yes"}).status == 404

    def test_a_birth_date_is_not_typed_over_but_corrected_at_its_source(
        self, page, priya, nora, people, now
    ):
        person = people(nora, now, mrn="M8", born=None)
        text = page(priya, at(person)).text
        assert "It has to be put right where the record comes from." in text
