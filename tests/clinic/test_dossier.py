"""Everything of one person as JSON that proves itself, and as FHIR that is read again."""

import json
import re
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from fhir.resources.R4B import get_fhir_model_class
from tests.clinic.bedside import Bedside
from tests.clinic.test_papers import IV, sign

from openketamine.cli import main
from openketamine.clinic.dossier.fhir import bundle
from openketamine.clinic.dossier.whole import as_json, dossier
from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal.offline_verify import NotAnExport, verify_export
from openketamine.clinic.notes import commands as notes
from openketamine.clinic.outcomes import commands as outcomes
from openketamine.clinic.patients import commands as people
from openketamine.clinic.patients import queries as patients
from openketamine.core.course import facts
from openketamine.core.history import read_bundle
from openketamine.core.scoring import instrument, instruments
from openketamine.knowledge import document

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def bed(cast, now):
    """A session with a dose, numbers by hand and of a monitor, an event, a score, a consent."""
    bed = Bedside(cast, now).opened()
    sign(bed.session.person, cast.nora, now)
    people.record_evaluation(
        bed.session.person,
        patients.known(bed.session.person).evaluated(IV, now.date()),
        cast.priya,
        now,
    )
    bed.attached().infusing().later(minutes=10)
    bed.hear(bed.message("K|1", values={"spo2": 97.0, "heart_rate": 72.0}))
    bed.vitals(dissociation=4)
    bed.tell("adverse_event_charted", {"event": "nausea", "severity": 1})
    bed.tell("medicine_given", {"medicine": "ondansetron", "dose": "4 mg", "route": "iv"})
    bed.scored("phq-9", [1] * 9)
    bed.later(minutes=30).tell("infusion_stopped", {"reason": "complete"})
    outcomes.take_score(
        bed.session.person, "phq-9", [2] * 9, cast.nora, bed.now + timedelta(hours=1), None, ""
    )
    contact = facts.ContactSet("none", telephone="+15205550123")
    outcomes.record(bed.session.person, contact, cast.fran, bed.now)
    journal.record_access(cast.nora, bed.session.person_id, "person.read", bed.now)
    return bed


@pytest.fixture
def whole(bed):
    return dossier(bed.session.person, bed.now + timedelta(days=1))


def flat(node):
    """Every value of a document, however deep, with its key."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield key, value
        if isinstance(value, dict | list):
            yield from flat(value)


class TestTheDocument:
    def test_it_is_plain_json_and_holds_each_part(self, whole):
        said = json.loads(json.dumps(as_json(whole), allow_nan=False))
        assert said["person"]["mrn"] == "MRN0001"
        (session,) = said["sessions"]
        kinds = [fact["kind"] for fact in session["facts"]]
        assert {"infusion_started", "adverse_event_charted", "score_recorded"} <= set(kinds)
        assert "reading_taken" not in kinds
        assert session["plan"]["dose_ug"] == 35_000
        assert [point["value"] for point in session["series"]["spo2"]] == [97.0]
        assert [fact["kind"] for fact in said["course"]].count("score_taken") == 1
        (contact,) = [one["body"] for one in said["course"] if one["kind"] == "contact_set"]
        assert contact["telephone"] == "+15205550123"
        assert [paper["kind"] for paper in said["papers"]] == ["consent"]
        assert said["papers"][0]["sha256"] == next(
            fact["body"]["sha256"] for fact in said["course"] if fact["kind"] == "consent_given"
        )
        assert len(said["evaluations"]) == len(said["records"]) == 1
        assert "person.read" in {read["what"] for read in said["reads"]}

    @pytest.mark.hazard("HZ-16")
    def test_its_chain_is_proven_without_a_clinic_and_a_changed_word_is_found(
        self, whole, tmp_path
    ):
        file = tmp_path / "person.json"
        file.write_text(json.dumps(as_json(whole)))
        proven = verify_export(file)
        assert proven["ok"]
        assert proven["streams"] == 3
        file.write_text(file.read_text().replace("nausea", "nothing"))
        assert not verify_export(file)["ok"]

    def test_a_document_without_a_chain_is_no_export(self, tmp_path):
        file = tmp_path / "person.json"
        file.write_text("{}")
        with pytest.raises(NotAnExport, match="chain"):
            verify_export(file)


@pytest.mark.hazard("HZ-16")
class TestNotesThatAreKeptApart:
    WORDS = "spoke of the river"

    @pytest.fixture(autouse=True)
    def a_key(self, settings):
        settings.OPENKETAMINE_NOTE_KEYS = (Fernet.generate_key().decode(),)

    def test_they_stay_out_and_not_even_their_number_is_told(self, bed, cast, tmp_path):
        notes.write(bed.session.person, "therapy", self.WORDS, cast.theo, bed.now)
        one = dossier(bed.session.person, bed.now)
        said, fhir = json.dumps(as_json(one)), json.dumps(bundle(one))
        for text in (said, fhir):
            assert self.WORDS not in text
            assert "notes:" not in text
            assert "note_sealed" not in text

    def test_they_go_along_with_who_wrote_them_and_with_nobody_else(self, bed, cast):
        notes.write(bed.session.person, "therapy", self.WORDS, cast.theo, bed.now)
        own = as_json(dossier(bed.session.person, bed.now, cast.theo))["notes"]
        assert [one["text"] for one in own] == [self.WORDS]
        other = as_json(dossier(bed.session.person, bed.now, cast.priya))["notes"]
        assert other == []


# What R4 asks of each kind that we make ourselves.
NEEDS = {
    "Patient": set(),
    "Encounter": {"status", "class"},
    "MedicationAdministration": {"status", "medicationCodeableConcept", "subject"},
    "Observation": {"status", "code"},
    "AdverseEvent": {"actuality", "subject"},
    "Consent": {"status", "scope", "category", "policyRule"},
    "DocumentReference": {"status", "content"},
    "DetectedIssue": {"status"},
    "AuditEvent": {"type", "recorded", "agent", "source"},
}
UCUM = {"mg", "mm[Hg]", "/min", "%", "Cel", "{score}", "kg", "cm", "kg/m2"}


class TestTheBundle:
    @pytest.fixture
    def made(self, whole):
        return json.loads(json.dumps(bundle(whole), allow_nan=False))

    def resources(self, made, kind=None):
        every = [entry["resource"] for entry in made["entry"]]
        return [one for one in every if kind in (None, one["resourceType"])]

    def test_every_resource_has_what_r4_asks_and_a_name_of_its_own(self, made):
        names = set()
        for entry in made["entry"]:
            one = entry["resource"]
            assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", one["id"])
            assert re.match(r"(urn:|https?://)", entry["fullUrl"])
            names.add(entry["fullUrl"])
            if one["resourceType"] in NEEDS:
                assert NEEDS[one["resourceType"]] <= set(one), one["resourceType"]
        assert len(names) == len(made["entry"])

    def test_the_models_of_others_take_every_resource(self, made):
        for one in (made, *self.resources(made)):
            get_fhir_model_class(one["resourceType"]).model_validate(one)

    def test_nothing_is_empty(self, made):
        assert all(value not in ("", None, [], {}) for _, value in flat(made))

    def test_every_reference_of_ours_leads_to_something_in_it(self, made):
        names = {entry["fullUrl"] for entry in made["entry"]}
        said = {
            value for key, value in flat(made) if key == "reference" and "openketamine" in value
        }
        assert said
        assert said <= names

    def test_units_are_ucum_and_codes_are_those_that_knowledge_holds(self, made):
        signals = document("measurements", "vital-signs").body["signals"].values()
        known = {code for one in signals for code in one["loinc"]} | {"85354-9", "59284-0"}
        known |= {instrument(name).loinc for name in instruments()}
        ours = [one for one in self.resources(made) if "encounter" in one or "context" in one]
        for one in ours:
            for _, node in flat(one):
                if isinstance(node, dict) and node.get("system") == "http://unitsofmeasure.org":
                    assert node["code"] in UCUM
                if isinstance(node, dict) and node.get("system") == "http://loinc.org":
                    assert node["code"] in known

    def test_the_dose_is_what_the_pump_gave(self, made):
        given = [one for one in self.resources(made, "MedicationAdministration") if "dosage" in one]
        (one,) = given
        assert one["dosage"]["dose"]["code"] == "mg"
        assert one["dosage"]["dose"]["value"] == pytest.approx(35, abs=0.1)
        assert one["medicationCodeableConcept"]["coding"][0]["code"] == "6130"

    def test_scores_carry_loinc_and_the_number(self, made):
        totals = {
            one["valueQuantity"]["value"]
            for one in self.resources(made, "Observation")
            if one["code"]["coding"][0].get("code") == "44261-6"
        }
        assert {9.0, 18.0} <= totals

    def test_it_is_read_again_as_the_same_person_with_all_of_the_record(self, bed, made):
        before = patients.record(bed.session.person)
        again = read_bundle(json.dumps(made).encode(), (bed.now + timedelta(days=1)).date())
        assert again.person.mrn == before.person.mrn
        assert set(before.conditions) <= set(again.conditions)
        assert set(before.measurements) <= {*again.measurements} | {
            one
            for one in before.measurements
            if one not in patients.imported(patients.imports(bed.session.person)[0]).measurements
        }
        assert again.report.not_understood == ()

    def test_and_imported_it_is_a_new_version_of_the_same_person(self, bed, cast, made):
        later = bed.now + timedelta(days=1)
        again = people.import_bundle(json.dumps(made).encode(), cast.nora, later)
        assert (again.person.pk, again.is_new) == (bed.session.person_id, False)
        assert again.report.not_understood == ()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["export"], "one person, or --research"),
        (["export", "MRN1", "--research", "x"], "one person, or --research"),
        (["export", "--research", "x"], "to whom it goes"),
        (["export", "MRN1", "--out", "/nowhere/at/all.json"], "a new file"),
    ],
)
def test_words_that_cannot_be_meant_are_one_line_and_status_2(words, says, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
