"""The session report on screen and on paper, and its signature."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from openketamine.clinic.sessions import commands, queries

pytestmark = pytest.mark.django_db
SECRET = "a-test-password"


def at(session, what="report"):
    return reverse(what, args=[session.id])


def sign(page, who, session, **changed):
    shown = page(who, at(session))
    sent = {
        "id": shown.hidden("id"),
        "content_sha256": shown.hidden("content_sha256"),
        "password": SECRET,
        "otp": "",
    }
    return page(who, at(session, "report-sign"), sent | changed)


class TestThePage:
    def test_it_sets_delivery_beside_plan_with_the_reason_of_the_difference(
        self, page, priya, told
    ):
        text = page(priya, at(told)).text
        for part in (
            "Dose 35 mg 34.65 mg",
            "Rate 52.5 mL/h 52.5 mL/h, then 42 mL/h",
            "Time 40 min 45 min",
            "she feels too far away",
        ):
            assert part in text

    @pytest.mark.hazard("HZ-11")
    def test_it_reconciles_the_drug_with_witness_and_lot(self, page, priya, told):
        text = page(priya, at(told)).text
        assert "drawn 45 mg = given 34.65 mg + wasted 10.35 mg" in text
        assert "lot K2291, witness Wes Okafor" in text

    def test_it_shows_extremes_events_ratings_discharge_and_the_patients_words(
        self, page, priya, told
    ):
        text = page(priya, at(told)).text
        for part in (
            "Systolic mmHg",
            "ondansetron 4 mg iv: nausea",
            "PHQ-9 16 moderately severe",
            "Modified aldrete 10",
            "Left with Chidi Okonkwo 555 0123",
            "It was like floating above a field at night.",
        ):
            assert part in text

    @pytest.mark.hazard("HZ-09")
    def test_a_checklist_item_that_nobody_answered_says_so(self, page, priya, told):
        text = page(priya, at(told)).text
        assert "Pregnancy ruled out Not answered" in text
        assert "Escort confirmed, with name and phone Yes" in text

    @pytest.mark.hazard("HZ-10")
    def test_identity_and_allergies_are_on_it(self, page, priya, told):
        assert "Known allergies Penicillin" in page(priya, at(told)).text

    def test_a_session_that_only_just_began_has_a_report_that_says_what_is_not_there(
        self, page, priya, fran, adaeze, now
    ):
        from openketamine.clinic.sessions import commands

        session = commands.open_session(adaeze.id, "iv-depression", fran, now)
        text = page(priya, at(session)).text
        assert "No plan was signed." in text
        assert "Not discharged." in text
        assert page(priya, at(session, "report-pdf")).status == 200

    @pytest.mark.hazard("HZ-16")
    @pytest.mark.parametrize("who", ["fran", "ines", "sam"])
    def test_it_is_closed_to_who_does_not_treat(self, page, cast, told, who):
        for what in ("report", "report-pdf"):
            assert page(getattr(cast, who), at(told, what)).status == 403


class TestTheSignature:
    @pytest.mark.hazard("HZ-13")
    def test_a_prescriber_signs_what_was_on_the_screen(self, page, priya, told, now):
        assert "Not signed." in page(priya, at(told)).text
        assert sign(page, priya, told).status == 302
        text = page(priya, at(told)).text
        assert "Signed by Dr Priya Raman, Prescriber" in text
        assert "Sign the report" not in text

    def test_without_a_proof_nothing_is_signed(self, page, priya, told):
        shown = sign(page, priya, told, password="wrong")
        assert shown.status == 400
        assert "not your password or code" in shown.text
        assert "Not signed." in page(priya, at(told)).text

    @pytest.mark.hazard("HZ-13")
    def test_what_was_written_since_the_page_was_read_is_not_signed_unread(
        self, page, priya, nora, told, now
    ):
        from openketamine.clinic.sessions import commands

        shown = page(priya, at(told))
        note = {"id": "5f9c7f6e-1111-4222-8333-944444444444", "kind": "note_charted"}
        note |= {"at": now.isoformat(), "body": {"text": "late"}}
        commands.record_fact(told.id, note, nora, now)
        read = shown.hidden("content_sha256")
        assert sign(page, priya, told, content_sha256=read).status == 400
        assert "Not signed." in page(priya, at(told)).text

    @pytest.mark.hazard("HZ-13")
    def test_an_entry_after_the_signature_is_named_and_asks_for_another(
        self, page, priya, nora, told, now
    ):
        from openketamine.clinic.sessions import commands

        sign(page, priya, told)
        note = {"id": "5f9c7f6e-1111-4222-8333-944444444444", "kind": "note_charted"}
        note |= {"at": now.isoformat(), "body": {"text": "late"}}
        commands.record_fact(told.id, note, nora, now)
        text = page(priya, at(told)).text
        assert "1 entry was added after the signature." in text
        assert "Sign the report" in text

    @pytest.mark.hazard("HZ-16")
    def test_a_nurse_reads_it_and_cannot_sign_it(self, page, nora, told):
        assert "Sign the report" not in page(nora, at(told)).text
        assert page(nora, at(told, "report-sign"), {"password": SECRET}).status == 403

    def test_a_session_in_progress_is_not_signed(self, page, priya, adaeze, cast, story, now):
        session = story(adaeze, cast, now - timedelta(minutes=20), until="infusing")
        assert sign(page, priya, session).status == 422
        assert "Not signed." in page(priya, at(session)).text


class TestThePaper:
    def test_it_is_a_pdf_of_one_or_two_pages(self, page, priya, told):
        shown = page(priya, at(told, "report-pdf"))
        assert shown.answer["Content-Type"] == "application/pdf"
        pdf = shown.answer.content
        assert pdf.startswith(b"%PDF")
        assert len(re.findall(rb"/Type ?/Page\b", pdf)) in (1, 2)

    def test_nothing_of_the_person_is_in_the_name_or_the_metadata_of_the_file(
        self, page, priya, told
    ):
        shown = page(priya, at(told, "report-pdf"))
        assert shown.answer["Content-Disposition"] == f'inline; filename="session-{told.id}.pdf"'
        for secret in (b"MRN0001", b"konkwo", b"KONKWO"):
            assert secret not in shown.answer.content

    @pytest.mark.hazard("HZ-15")
    def test_in_a_demonstration_every_print_is_marked(self, page, priya, told, settings, papers):
        page(priya, at(told, "report-pdf"))
        settings.OPENKETAMINE_DEMO = True
        page(priya, at(told, "report-pdf"))
        assert [paper["demo"] for paper in papers] == [False, True]

    @pytest.mark.hazard("HZ-05")
    def test_what_was_charted_without_a_link_is_marked_with_both_clocks(
        self, page, priya, cast, told, papers
    ):
        happened = queries.facts(told)[-1].at
        tablet, arrived = happened + timedelta(minutes=3), happened + timedelta(minutes=50)
        raw = {
            "id": str(uuid.uuid4()),
            "kind": "note_charted",
            "at": happened.isoformat(),
            "body": {"text": "Asked for water."},
            "device": {"offline": True, "at": tablet.isoformat()},
        }
        commands.record_fact(told.pk, raw, cast.nora, arrived)
        pdf = page(priya, at(told, "report-pdf")).answer.content
        assert pdf.startswith(b"%PDF")
        (row,) = papers[0]["content"]["offline"]
        clock = [f"{timezone.localtime(one):%H:%M}" for one in (happened, tablet, arrived)]
        assert [row["at"], row["device_at"], row["recorded_at"]] == clock
        (note,) = [n for n in papers[0]["content"]["notes"] if n["text"] == "Asked for water."]
        assert note["offline"] == "recorded offline"
        text = page(priya, at(told)).text
        assert "Recorded offline" in text
        assert f"Asked for water. {' '.join(clock)}" in text

    def test_it_says_that_it_is_not_signed_until_it_is(self, page, priya, told, papers):
        page(priya, at(told, "report-pdf"))
        sign(page, priya, told)
        page(priya, at(told, "report-pdf"))
        assert papers[0]["signature"] is None
        assert (papers[1]["signature"]["by"], papers[1]["signature"]["holds"]) == (
            "Dr Priya Raman",
            True,
        )


@pytest.fixture
def papers(monkeypatch):
    """What typst was given, print after print; it still makes the real PDF."""
    import json

    from openketamine.clinic.reports import documents

    given, compile_really = [], documents.typst.compile

    def compile_and_note(template, sys_inputs):
        given.append(json.loads(sys_inputs["data"]))
        return compile_really(template, sys_inputs=sys_inputs)

    monkeypatch.setattr(documents.typst, "compile", compile_and_note)
    return given


def test_the_hash_on_the_page_is_that_of_the_facts(page, priya, told):
    from openketamine.clinic.reports.signature import digest

    assert page(priya, at(told)).hidden("content_sha256") == digest(queries.facts(told))
