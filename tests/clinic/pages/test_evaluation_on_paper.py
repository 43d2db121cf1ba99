"""A recorded evaluation as PDF: everything that was read, and whose it is, on every sheet."""

import re
from zoneinfo import ZoneInfo

import pytest
import typst
from django.urls import reverse
from django.utils import timezone

from openketamine.clinic.journal import clock
from openketamine.clinic.patients import commands, queries
from openketamine.clinic.reports import evaluation_document as paper_side
from openketamine.clinic.reports.paper import paper
from openketamine.clinic.staff.proofs import Proof

pytestmark = pytest.mark.django_db
PROTOCOL = "iv-depression"
REASON = "Cardiology agrees; *pressure* every 5 minutes, #stop at 180/110, <b>$x$</b>."


@pytest.fixture
def kept(people, fran, nora, priya, now):
    """Somebody who takes an MAO inhibitor, overridden, with one answer and many open questions."""
    maoi = {
        "resourceType": "MedicationStatement",
        "id": "m9",
        "status": "active",
        "medicationCodeableConcept": {"text": "Tranylcypromine 10 MG Oral Tablet"},
    }
    person = people(fran, now, mrn="M7", maoi=maoi)
    commands.answer_question(person, "mania", "never", "", nora, now)
    asked = commands.Overriding(PROTOCOL, "DDI-09", "specialist-agrees", REASON)
    commands.override(person, asked, Proof(priya, now, "password"), now)
    found = queries.known(person).evaluated(PROTOCOL, timezone.localdate(now))
    fact = commands.record_evaluation(person, found, priya, now)
    return person, queries.evaluation(person, fact)


def data_of(kept, *, demo=False, paper="a4", zone="America/New_York"):
    return paper_side._data(kept, clock.now(), ZoneInfo(zone), paper, demo=demo)


class TestWhatItHolds:
    def test_the_person_the_protocol_and_the_knowledge_are_named(self, kept):
        data = data_of(kept[1])
        assert data["person"] == {
            "family": "OKONKWO",
            "given": "Adaeze",
            "born": "07-Mar-1984",
            "gender": "Female",
            "id": "M7",
            "allergies": "Known allergies",
            "allergy_names": "Penicillin",
            "weight": "70 kg 18-Nov-2026",
        }
        assert data["protocol"] == "Racemic ketamine IV for depression"
        assert data["knowledge"].startswith("sha256:")

    def test_times_stand_with_their_zone(self, kept):
        data = data_of(kept[1])
        assert data["recorded"] == "22-Nov-2026 09:00 EST (UTC-05:00) by Dr Priya Raman"
        assert data_of(kept[1], zone="Asia/Kolkata")["printed"].endswith("19:30 IST (UTC+05:30)")
        assert data["zone"] == "UTC"

    @pytest.mark.hazard("HZ-10")
    def test_a_rule_that_was_set_aside_is_no_green_proceed(self, kept):
        decision = data_of(kept[1])["decision"]
        assert decision["level"] != "proceed"
        assert "Set aside by a prescriber: DDI-09." in decision["says"]

    def test_each_finding_has_facts_sources_and_its_override_with_who_signed(self, kept):
        (maoi,) = (one for one in data_of(kept[1])["findings"] if one["rule"] == "DDI-09")
        assert maoi["facts"][0]["text"] == "Tranylcypromine 10 MG Oral Tablet"
        assert "imported 22-Nov-2026 14:00 by Fran Desmond" in maoi["facts"][0]["from"]
        assert maoi["sources"]
        assert maoi["override"] == {
            "code": "Discussed with the specialist who follows it, who agrees",
            "reason": REASON,
            "by": "Dr Priya Raman",
            "at": "22-Nov-2026 09:00 EST (UTC-05:00)",
            "meaning": "I have read this finding and go on in spite of it, today.",
        }

    def test_what_was_open_and_what_was_answered_stand_apart(self, kept):
        data = data_of(kept[1])
        asked = [one["ask"] for one in data["unknown"]]
        assert (
            "Has the person ever had psychosis: hallucinations, delusions, schizophrenia?" in asked
        )
        assert not any("manic" in one for one in asked)
        (mania,) = data["answered"]
        assert (mania["ask"], mania["value"]) == ("Mania, now or in the past", "never")

    def test_it_stays_as_it_was_read_when_the_record_changes(self, kept, bundles, fran, now):
        person, before = kept
        commands.import_bundle(bundles(mrn="M7", family="Another", maoi={"id": "none"}), fran, now)
        after = queries.evaluation(person, before.id)
        assert data_of(after) == data_of(before)

    def test_an_evaluation_of_an_older_house_is_printed_without_what_it_did_not_keep(self, kept):
        old = {
            key: value
            for key, value in kept[1].evaluation.items()
            if key not in ("person", "rests_on", "signed", "answered", "title", "zone", "record")
        }
        made = paper_side.evaluation_pdf(
            queries.KeptEvaluation(old, "Dr Priya Raman", clock.now(), "x"),
            clock.now(),
            ZoneInfo("UTC"),
            paper="a4",
            demo=False,
        )
        assert made.startswith(b"%PDF")


class TestTheSheets:
    def drawn(self, kept, **how):
        """Every page as SVG: what a printer would get."""
        made = typst.compile(
            str(paper_side._TEMPLATE),
            sys_inputs={"data": paper_side.json.dumps(data_of(kept, **how))},
            format="svg",
        )
        return [one.decode() for one in (made if isinstance(made, list) else [made])]

    @pytest.mark.parametrize(("name", "width"), [("a4", "595.2"), ("us-letter", "612")])
    def test_it_fits_either_paper(self, kept, name, width):
        for sheet in self.drawn(kept[1], paper=name):
            assert re.search(rf'viewBox="0 0 {width}', sheet)

    @pytest.mark.hazard("HZ-15")
    def test_in_a_demonstration_every_sheet_says_so(self, kept):
        real, demo = self.drawn(kept[1]), self.drawn(kept[1], demo=True)
        # Letters are drawn as shapes, so the mark is seen as the turned text behind each page.
        turned = "rotate(-35"
        assert not any(turned in sheet or "matrix(0.819" in sheet for sheet in real)
        assert all(turned in sheet or "matrix(0.819" in sheet for sheet in demo)


class TestFetchingIt:
    def test_it_is_named_after_its_entry_and_never_after_the_person(self, page, priya, kept):
        person, one = kept
        path = reverse("evaluation-pdf", args=[person.id, one.id])
        answer = page(priya, path).answer
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == f'inline; filename="evaluation-{one.id}.pdf"'
        assert answer.content.startswith(b"%PDF")
        assert b"OKONKWO" not in answer.content[:2000]

    @pytest.mark.hazard("HZ-02")
    def test_of_another_person_it_is_not_there(self, page, priya, people, fran, now, kept):
        other = people(fran, now, mrn="M99")
        assert page(priya, reverse("evaluation-pdf", args=[other.id, kept[1].id])).status == 404

    def test_a_fact_that_is_no_evaluation_is_not_printed(self, page, priya, kept):
        person, _ = kept
        answer = queries.known(person).facts[0]
        assert page(priya, reverse("evaluation-pdf", args=[person.id, answer.id])).status == 404


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"OPENKETAMINE_PAPER": "letter"}, "us-letter"),
        ({"OPENKETAMINE_PAPER": "A4", "LANG": "en_US.UTF-8"}, "a4"),
        ({"OPENKETAMINE_PAPER": "papyrus", "LANG": "en_US.UTF-8"}, "us-letter"),
        ({"LANG": "en_US.UTF-8"}, "us-letter"),
        ({"LANG": "en_US.UTF-8", "LC_PAPER": "de_DE.UTF-8"}, "a4"),
        ({"LANG": "es_MX"}, "us-letter"),
        ({"LANG": "C.UTF-8"}, "a4"),
        ({}, "a4"),
    ],
)
def test_the_paper_follows_the_setting_and_else_the_machine(told, expected):
    assert paper(told) == expected
