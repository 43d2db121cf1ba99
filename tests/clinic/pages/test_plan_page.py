"""The plan: a proposal with its arithmetic, and a signature that needs a fresh proof."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.clinic.bedside import Bedside
from tests.clinic.pages.conftest import answer_everything

from openketamine.clinic.journal import clock
from openketamine.clinic.patients import commands as answers
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.sessions import commands, queries
from openketamine.core.treatment import OverrideSigned

pytestmark = pytest.mark.django_db
SECRET = "a-test-password"


@pytest.fixture
def ready(adaeze, nora, fran, now, answered):
    """A session of a person whose every question is answered."""
    answered(adaeze, nora, now)
    return commands.open_session(adaeze.id, "iv-depression", fran, now)


def at(session, what="plan"):
    return reverse(what, args=[session.id])


def signing(**changed):
    return {"id": str(uuid.uuid4()), "dose_ug": "35000", "password": SECRET, "otp": ""} | changed


class TestTheProposal:
    @pytest.mark.hazard("HZ-03")
    def test_every_number_stands_with_its_unit(self, page, priya, ready):
        text = page(priya, at(ready)).text
        for part in (
            "DOSE 35 mg",
            "0.5 mg/kg over 40 min",
            "Weight used 70 kg",
            "1 mg in 1 mL",
            "52.5 mL/h = 52.5 mg/h = 0.75 mg/kg/h",
            "0.7 mL of 50 mg in 1 mL, made up to 35 mL",
        ):
            assert part in text

    def test_the_steps_of_the_arithmetic_are_shown(self, page, priya, ready):
        text = page(priya, at(ready)).text
        assert "How it was reckoned" in text
        assert "0.5 mg/kg × 70 kg = 35 mg" in text

    @pytest.mark.hazard("HZ-14")
    def test_the_forecast_is_a_band_with_two_named_models_and_their_doubts(
        self, page, priya, ready
    ):
        shown = page(priya, at(ready))
        assert shown.html.count('class="forecast-curve') >= 2
        assert 'class="forecast-band"' in shown.html
        assert "Kamp 2020" in shown.text
        assert "Clements 1981" in shown.text
        assert "No level in blood is known to foretell" in shown.text

    @pytest.mark.hazard("HZ-10")
    def test_a_person_whom_a_rule_excludes_gets_no_dose_and_every_reason(
        self, page, priya, fran, now, people, conditions
    ):
        stroke = conditions("c9", "274100004", "Cerebral hemorrhage", "active")
        person = people(fran, now, mrn="MRN0003", stroke=stroke)
        session = commands.open_session(person.id, "iv-depression", fran, now)
        shown = page(priya, at(session))
        assert "No dose is proposed" in shown.text
        assert "Intracerebral haemorrhage" in shown.text
        assert "Sign the order" not in shown.text

    @pytest.mark.hazard("HZ-03")
    def test_the_whole_dose_stands_in_words_to_be_read_aloud(self, page, priya, ready):
        said = "35 milligrams of ketamine into the vein over 40 minutes: "
        said += "35 millilitres at 52.5 millilitres per hour."
        assert said in page(priya, at(ready)).text

    def test_what_is_known_at_each_dose_stands_beside_it(self, page, priya, ready):
        text = page(priya, at(ready)).text
        assert "What is known at each dose" in text
        assert "0.5 mg/kg" in text.split("What is known at each dose")[1]

    def test_a_signed_plan_still_says_how_it_is_made_ready(self, page, priya, nora, ready):
        page(priya, at(ready, "plan-sign"), signing())
        text = page(nora, at(ready)).text
        for part in ("0.7 mL of 50 mg in 1 mL, made up to 35 mL", "What is known at each dose"):
            assert part in text


class TestAnotherDose:
    def test_a_smaller_dose_is_proposed_and_signed_as_it_was_wished(self, page, priya, ready, now):
        text = page(priya, at(ready) + "?wish_dose=0.4").text
        assert "DOSE 28 mg" in text
        assert "The prescriber wants 0.4 mg/kg." in text
        wished = signing(dose_ug="28000", wish_dose="0.4")
        assert page(priya, at(ready, "plan-sign"), wished).status == 302
        assert queries.state_json(ready, now)["plan"]["dose_ug"] == 28_000

    @pytest.mark.hazard("HZ-03")
    def test_a_larger_wish_meets_the_limits_of_the_protocol(self, page, priya, ready):
        text = page(priya, at(ready) + "?wish_dose=5").text
        assert "DOSE 350 mg" not in text
        assert "You asked for 5 mg/kg (350 mg)" in text
        assert "The protocol does not go that far: it offers" in text
        limited = text.split("What limited it")[1]
        assert "Dose per kilogram" in limited or "First dose per kilogram" in limited
        assert "Evidence" in limited

    def test_a_time_that_is_too_short_is_lengthened_and_said_so(self, page, priya, ready):
        text = page(priya, at(ready) + "?wish_over=5").text
        assert "You asked for the dose of the protocol over 5 min" in text
        assert "it offers 0.5 mg/kg (35 mg) over 40 min" in text
        assert "Shortest time" in text

    def test_before_a_wish_nobody_asked_for_anything(self, page, priya, ready):
        assert "What you asked for" not in page(priya, at(ready)).text

    @pytest.mark.hazard("HZ-03")
    def test_a_wish_that_is_not_posted_with_its_dose_signs_nothing(self, page, priya, ready, now):
        assert page(priya, at(ready, "plan-sign"), signing(dose_ug="28000")).status == 400
        assert queries.state_json(ready, now)["plan"] is None

    def test_a_wish_that_is_no_number_says_so(self, page, priya, ready):
        assert "Enter a number" in page(priya, at(ready) + "?wish_dose=much").text


class TestRulesAboutTheDose:
    """What the exposure flags say may be overridden can be, on the page where they speak."""

    @pytest.fixture
    def often(self, adaeze, cast, now, story):
        for days in (4, 3, 2, 1):
            story(adaeze, cast, now - timedelta(days=days, minutes=30), chair=f"Chair {days}")
        answer_everything(adaeze, cast.nora, now)
        return commands.open_session(adaeze.id, "iv-depression", cast.fran, now)

    def overriding(self, session, flag, **changed):
        return {
            "rule": flag,
            "shown": patients.known(session.person).stamp(timezone.localdate(clock.now())),
            "reason_code": "specialist-agrees",
            "reason": "Agreed with the ward; she is seen daily.",
            "password": SECRET,
            "otp": "",
        } | changed

    def rules(self, html):
        return re.findall(r'name="rule" value="([^"]+)"', html)

    @pytest.mark.hazard("HZ-10")
    def test_each_flag_is_set_aside_and_then_a_dose_is_proposed_and_signed(
        self, page, priya, often, now
    ):
        shown = page(priya, at(often))
        assert "No dose is proposed" in shown.text
        rules = self.rules(shown.html)
        assert rules, "four sessions on four days raise nothing that may be overridden any more"
        for rule in rules:
            sent = self.overriding(often, rule)
            assert page(priya, at(often, "plan-override"), sent).status == 302, rule
        shown = page(priya, at(often))
        assert "Proposal, not an order" in shown.text
        assert shown.text.count("Agreed with the ward") == len(rules)
        assert f"“{commands.OVERRIDE_MEANING}”" in shown.text
        dose = re.search(r'name="dose_ug" value="(\d+)"', shown.html)[1]
        assert page(priya, at(often, "plan-sign"), signing(dose_ug=dose)).status == 302
        plan = queries.state_json(often, now)["plan"]
        assert plan["dose_ug"] == int(dose)
        signed = [one for one in queries.facts(often) if isinstance(one.body, OverrideSigned)]
        assert {one.body.meaning for one in signed} == {commands.OVERRIDE_MEANING}

    @pytest.mark.parametrize("changed", [{"password": "wrong"}, {"reason": ""}, {"rule": "CI-03"}])
    def test_without_proof_reason_or_rule_nothing_is_set_aside(self, page, priya, often, changed):
        rule = self.rules(page(priya, at(often)).html)[0]
        sent = self.overriding(often, rule, **changed)
        assert page(priya, at(often, "plan-override"), sent).status == 400
        assert patients.overrides(often.person) == ()

    @pytest.mark.hazard("HZ-16")
    def test_a_nurse_sets_nothing_aside(self, page, nora, often):
        shown = page(nora, at(often))
        assert self.rules(shown.html) == []
        assert "A prescriber may override this rule." in shown.text
        assert page(nora, at(often, "plan-override"), {"rule": "E1"}).status == 403


class TestTheSignature:
    @pytest.mark.hazard("HZ-04")
    def test_nothing_is_signed_over_an_answer_that_came_after_the_page(
        self, page, priya, nora, ready, now
    ):
        shown = page(priya, at(ready)).hidden("shown")
        answers.answer_question(ready.person, "liver-tests", "over the limits", "", nora, now)
        refused = page(priya, at(ready, "plan-sign"), signing(shown=shown))
        assert refused.status == 400
        assert "was answered “over the limits” by Nora Lindqvist" in refused.text
        assert queries.state_json(ready, now)["plan"] is None

    @pytest.mark.hazard("HZ-04")
    def test_a_prescriber_signs_with_the_password_and_the_plan_is_frozen(
        self, page, priya, ready, now
    ):
        assert page(priya, at(ready, "plan-sign"), signing()).status == 302
        plan = queries.state_json(ready, now)["plan"]
        assert (plan["dose_ug"], plan["signed_by"]) == (35_000, "Dr Priya Raman")
        text = page(priya, at(ready)).text
        assert "Signed by Dr Priya Raman" in text
        assert "Sign the order" not in text

    @pytest.mark.hazard("HZ-04")
    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"password": "wrong"}, "not your password or code"),
            ({"password": ""}, "give your password or a code"),
            ({"dose_ug": "350000"}, "read the plan again"),
            ({"dose_ug": "many"}, "whole number"),
        ],
    )
    def test_without_proof_or_for_another_dose_nothing_is_signed(
        self, page, priya, ready, now, changed, said
    ):
        shown = page(priya, at(ready, "plan-sign"), signing(**changed))
        assert shown.status == 400
        assert said in shown.text
        assert queries.state_json(ready, now)["plan"] is None

    @pytest.mark.hazard("HZ-04")
    def test_a_nurse_reads_the_plan_and_cannot_sign_it(self, page, nora, ready, now):
        text = page(nora, at(ready)).text
        assert "Waits for a prescriber’s signature" in text
        assert page(nora, at(ready, "plan-sign"), signing()).status == 403
        assert queries.state_json(ready, now)["plan"] is None

    def test_the_same_signature_sent_twice_is_one(self, page, priya, ready):
        sent = signing()
        page(priya, at(ready, "plan-sign"), sent)
        page(priya, at(ready, "plan-sign"), sent)
        kinds = [type(fact.body).__name__ for fact in queries.facts(ready)]
        assert kinds.count("PlanSigned") == 1


class TestTheLevelWhileItRuns:
    @pytest.fixture
    def bed(self, cast):
        return Bedside(cast, clock.now() - timedelta(minutes=30)).opened()

    @pytest.mark.hazard("HZ-14")
    def test_it_is_a_band_over_two_models_with_a_line_at_now(self, page, nora, bed):
        bed.infusing()
        drawn = page(nora, reverse("level", args=[bed.session.id])).html
        assert drawn.count('class="forecast-curve') >= 2
        assert "forecast-band" in drawn
        assert "forecast-now" in drawn

    def test_before_the_start_there_is_none(self, page, nora, bed):
        assert page(nora, reverse("level", args=[bed.session.id])).html == ""
