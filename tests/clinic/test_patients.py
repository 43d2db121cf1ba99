"""People's records: imported, answered, overridden, and never merged by mistake."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.patients import commands, queries
from openketamine.clinic.patients.models import BundleImport, Person
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.dosing import PastSession, propose
from openketamine.core.findings import BadInput
from openketamine.core.screening import evaluate, recorded

PROTOCOL = "iv-depression"
MAOI = "DDI-09"


def patient(**changes):
    return {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": "T-0001"}],
        "name": [{"family": "Holt", "given": ["Maren"]}],
        "gender": "female",
        "birthDate": "1985-03-07",
        **changes,
    }


def weight(kilograms, on="2026-11-20"):
    return {
        "resourceType": "Observation",
        "id": "w",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "effectiveDateTime": on,
        "valueQuantity": {"value": kilograms, "unit": "kg", "code": "kg"},
    }


def medicine(name, rxcui):
    code = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": rxcui}
    return {
        "resourceType": "MedicationStatement",
        "id": f"m{rxcui}",
        "status": "active",
        "medicationCodeableConcept": {"coding": [code], "text": name},
    }


def haemorrhage():
    code = {"system": "http://snomed.info/sct", "code": "274100004"}
    return {
        "resourceType": "Condition",
        "id": "c1",
        "code": {"coding": [code], "text": "Cerebral hemorrhage"},
    }


def bundle(*resources):
    entries = [{"resource": resource} for resource in resources or (patient(),)]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def why(reason, **changed):
    """An override of the rule about MAO inhibitors."""
    asked = {"protocol": PROTOCOL, "rule": MAOI, "reason_code": "benefit-outweighs"} | changed
    return commands.Overriding(reason=reason, **asked)


@pytest.fixture
def maren(fran, now):
    return commands.import_bundle(bundle(patient(), weight(70)), fran, now).person


@pytest.fixture
def proof(priya, now):
    return Proof(priya, now, "password")


@pytest.mark.django_db
class TestImporting:
    def test_a_person_comes_in_with_their_record(self, maren, now):
        assert (maren.family, maren.given, maren.mrn) == ("Holt", "Maren", "T-0001")
        assert str(queries.record(maren).measurements[0].value) == "70"

    def test_what_was_not_understood_is_listed(self, fran, now):
        odd = {**weight(70), "valueQuantity": {"value": -3, "unit": "kg", "code": "kg"}}
        imported = commands.import_bundle(bundle(patient(), odd), fran, now)
        ((resource, why),) = imported.report.not_understood
        assert resource == "Observation/w"
        assert "weight" in why
        assert queries.imports(imported.person)[0].report["not_understood"] == [[resource, why]]

    def test_the_same_record_number_is_a_new_version_of_the_same_person(self, maren, fran, now):
        renamed = patient(name=[{"family": "Holt-Berg", "given": ["Maren"]}])
        later = now + timedelta(days=1)
        again = commands.import_bundle(bundle(renamed, weight(68)), fran, later)
        assert (again.person, again.is_new) == (maren, False)
        assert Person.objects.get().family == "Holt-Berg"
        assert len(queries.imports(maren)) == 2
        assert str(queries.record(maren).measurements[0].value) == "68"

    @pytest.mark.hazard("HZ-05")
    def test_a_record_may_go_back_to_what_it_was(self, maren, fran, now):
        for hours, kg in ((1, 68), (2, 70)):
            later = now + timedelta(hours=hours)
            commands.import_bundle(bundle(patient(), weight(kg)), fran, later)
        assert str(queries.record(maren).measurements[0].value) == "70"

    def test_the_very_same_bundle_twice_is_kept_once(self, maren, fran, now):
        commands.import_bundle(bundle(patient(), weight(70)), fran, now + timedelta(hours=1))
        assert BundleImport.objects.count() == 1

    @pytest.mark.hazard("HZ-02")
    def test_two_people_with_one_record_number_are_never_merged(self, maren, fran, now):
        other = bundle(patient(birthDate="1990-01-01"))
        with pytest.raises(BadInput, match="this may be somebody else's record"):
            commands.import_bundle(other, fran, now)
        assert len(queries.imports(maren)) == 1

    @pytest.mark.parametrize(
        ("raw", "sentence"),
        [
            (b'{"resourceType": "Bundle", "ent', "bundle: expected complete JSON"),
            (bundle(weight(70)), "Bundle.entry: expected exactly one Patient, got 0"),
            (bundle(patient(), patient(id="p2")), "Bundle.entry: expected exactly one Patient"),
            (bundle(patient(birthDate="2026-11-23")), "Patient.birthDate: expected a day that is"),
        ],
    )
    def test_a_bundle_that_is_not_one_readable_person_is_refused_whole(
        self, fran, now, raw, sentence
    ):
        with pytest.raises(BadInput) as refused:
            commands.import_bundle(raw, fran, now)
        assert str(refused.value).startswith(sentence)
        assert not Person.objects.exists()

    @pytest.mark.hazard("HZ-13")
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE patients_bundleimport SET bundle = ''",
            "DELETE FROM patients_bundleimport",
            "TRUNCATE patients_bundleimport",
        ],
    )
    def test_the_database_keeps_what_came_in(self, maren, statement):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                cursor.execute(statement)

    @pytest.mark.parametrize(
        ("search", "found"),
        [("holt", 1), ("HOLT maren", 1), ("t-0001", 1), ("", 1), ("0001", 0), ("holt theo", 0)],
    )
    def test_people_are_found_by_name_and_record_number(self, maren, search, found):
        assert len(queries.people(search)) == found


@pytest.mark.django_db
class TestAnswers:
    def test_the_latest_answer_counts_and_the_earlier_one_stays(self, maren, priya, now):
        for hours, value in enumerate(("yes", "no")):
            at = now + timedelta(hours=hours)
            commands.answer_question(maren, "capacity", value, "", priya, at)
        given = queries.record(maren).answer("capacity", now.date())
        assert (given.value, given.by) == ("no", "Dr Priya Raman")
        assert [answer.value for answer in queries.answers(maren)] == ["yes", "no"]

    def test_a_measured_answer_becomes_a_measurement(self, maren, priya, now):
        commands.answer_question(maren, "weight", "71.5 kg", "", priya, now)
        measured = queries.record(maren).measurements[-1]
        assert (measured.signal, str(measured.value)) == ("weight", "71.5")

    @pytest.mark.hazard("HZ-09")
    @pytest.mark.parametrize(
        ("question", "value"),
        [
            ("weight", "71"),
            ("weight", "-3 kg"),
            ("capacity", " "),
            ("capacity", "perhaps"),
            ("no-such-question", "yes"),
            ("birth-date", "1st of never"),
            ("medicine-name", "banana"),
        ],
    )
    def test_an_answer_that_cannot_be_read_is_not_kept(self, maren, priya, now, question, value):
        with pytest.raises(BadInput):
            commands.answer_question(maren, question, value, "", priya, now)
        assert queries.answers(maren) == ()


@pytest.mark.django_db
class TestOverrides:
    @pytest.fixture
    def henrik(self, fran, now):
        raw = bundle(patient(), weight(88), medicine("Tranylcypromine", "10734"))
        return commands.import_bundle(raw, fran, now).person

    def decision(self, person, on):
        record = queries.record(person)
        return evaluate(record, PROTOCOL, on, queries.overrides(person, on)).decision

    def test_an_override_lifts_its_rule_for_the_day_and_is_signed(self, henrik, proof, now):
        assert self.decision(henrik, now.date()) == "override"
        commands.override(henrik, why("Discussed with the pharmacist."), proof, now)
        assert self.decision(henrik, now.date()) != "override"
        (signed,) = queries.signed_overrides(henrik)
        assert (signed.by, signed.reason_code) == ("Dr Priya Raman", "benefit-outweighs")

    def test_the_next_day_asks_again(self, henrik, proof, now):
        commands.override(henrik, why("Discussed."), proof, now)
        assert self.decision(henrik, now.date() + timedelta(days=1)) == "override"

    @pytest.mark.hazard("HZ-10")
    def test_a_rule_that_may_not_be_overridden_is_not(self, fran, proof, now):
        lucille = commands.import_bundle(bundle(patient(), haemorrhage()), fran, now).person
        with pytest.raises(BadInput, match="a rule that may be overridden; CI-03 may not"):
            commands.override(lucille, why("Please.", rule="CI-03"), proof, now)

    def test_a_rule_that_found_nothing_is_not_overridden(self, henrik, proof, now):
        with pytest.raises(BadInput, match="a rule that found something"):
            commands.override(henrik, why("Why not.", rule="CI-03"), proof, now)

    @pytest.mark.parametrize(("code", "reason"), [("", "words"), ("benefit-outweighs", "  ")])
    def test_an_override_says_why(self, henrik, proof, now, code, reason):
        with pytest.raises(BadInput, match="why this person is treated"):
            commands.override(henrik, why(reason, reason_code=code), proof, now)

    @pytest.mark.hazard("HZ-16")
    def test_a_nurse_overrides_nothing(self, henrik, nora, now):
        with pytest.raises(BadInput, match="Nurse may not do this"):
            commands.override(henrik, why("x"), Proof(nora, now, "password"), now)

    def test_a_code_that_the_knowledge_does_not_have_is_no_reason(self, henrik, proof, now):
        with pytest.raises(BadInput, match="one of benefit-outweighs, specialist-agrees"):
            commands.override(henrik, why("Discussed.", reason_code="because"), proof, now)

    def test_the_same_override_sent_twice_is_one(self, henrik, proof, now):
        for _ in range(2):
            commands.override(henrik, why("Discussed."), proof, now)
        assert len(queries.signed_overrides(henrik)) == 1

    @pytest.mark.hazard("HZ-10")
    def test_of_two_prescribers_the_second_reads_who_was_first(self, henrik, proof, miriam, now):
        commands.override(henrik, why("Discussed."), proof, now)
        other = Proof(miriam, now, "password")
        with pytest.raises(BadInput, match="DDI-09 was set aside by Dr Priya Raman at 14:00"):
            commands.override(henrik, why("I agree with myself."), other, now)
        assert len(queries.signed_overrides(henrik)) == 1

    @pytest.mark.hazard("HZ-10")
    def test_nothing_is_signed_over_a_fact_that_nobody_saw(self, henrik, proof, nora, fran, now):
        shown = queries.known(henrik).stamp(now.date())
        commands.answer_question(henrik, "mania", "now", "", nora, now)
        with pytest.raises(BadInput, match="was answered “now” by Nora Lindqvist"):
            commands.override(henrik, why("Discussed.", shown=shown), proof, now)
        shown = queries.known(henrik).stamp(now.date())
        heavier = bundle(patient(), weight(91), medicine("Tranylcypromine", "10734"))
        commands.import_bundle(heavier, fran, now + timedelta(minutes=1))
        with pytest.raises(BadInput, match="a new version of the record was imported"):
            commands.override(henrik, why("Discussed.", shown=shown), proof, now)
        with pytest.raises(BadInput, match="does not say what it showed"):
            commands.override(henrik, why("Discussed.", shown="x"), proof, now)
        assert queries.signed_overrides(henrik) == []

    def test_what_the_dosing_says_may_be_overridden_can_be(self, maren, proof, now):
        days = [PastSession(now.date() - timedelta(days=n), 500, 35_000, 2400) for n in (1, 2, 3)]
        too_often = why("The ward asked for it.", rule="DOSE-SCHEDULE")
        with pytest.raises(BadInput, match="a rule that found something"):
            commands.override(maren, too_often, proof, now)
        found = propose(queries.record(maren), PROTOCOL, now.date(), tuple(days)).findings
        flags = [one.rule for one in found if one.kind == "precaution" and one.overridable]
        assert flags, "three sessions within three days are no exposure flag any more"
        for rule in flags:
            commands.override(maren, why("Agreed.", rule=rule), proof, now, tuple(days))
        assert {one.rule for one in queries.signed_overrides(maren)} == set(flags)

    def test_an_old_proof_signs_nothing(self, henrik, priya, now):
        old = Proof(priya, now - timedelta(minutes=3), "password")
        with pytest.raises(BadInput, match="given just now"):
            commands.override(henrik, why("x"), old, now)
        assert journal.head(henrik.stream) == 0


@pytest.mark.django_db
def test_an_evaluation_is_kept_as_it_was_read(maren, priya, now):
    evaluation = evaluate(queries.record(maren), PROTOCOL, now.date())
    commands.record_evaluation(maren, evaluation, priya, now)
    (kept,) = queries.evaluations(maren)
    said = json.loads(json.dumps(evaluation.as_json()))
    assert said.items() <= kept.evaluation.items()
    assert kept.evaluation["person"]["family"] == "Holt"
    assert recorded(kept.evaluation) == replace(evaluation, site=())
    assert kept.evaluation["knowledge"].startswith("sha256:")
