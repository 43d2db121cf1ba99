"""People: found, imported and shown, as far as each role may see."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from openketamine.clinic.journal.models import Access
from openketamine.clinic.patients.models import Person

pytestmark = pytest.mark.django_db


def upload(raw):
    return {"bundle": SimpleUploadedFile("person.json", raw, "application/json")}


def person(one):
    return reverse("person", args=[one.id])


class TestTheList:
    def test_it_finds_a_person_by_a_part_of_the_name(self, page, fran, adaeze):
        assert "OKONKWO , Adaeze" in page(fran, "/people/", {"q": "okon"}).text
        assert "Nobody fits “smith”" in page(fran, "/people/", {"q": "smith"}).text

    def test_it_answers_a_search_with_rows_alone(self, page, fran, adaeze):
        rows = page(fran, "/people/", {"q": "okon"}, HX_Request="true")
        assert "OKONKWO" in rows.text
        assert "<html" not in rows.html

    @pytest.mark.hazard("HZ-16")
    def test_a_name_in_the_address_is_not_searched_for(self, page, fran, adaeze):
        assert "Nobody fits" not in page(fran, "/people/?q=smith").text

    def test_it_shows_no_banner_where_many_people_are(self, page, fran, adaeze):
        assert 'class="banner"' not in page(fran, "/people/").html

    @pytest.mark.hazard("HZ-16")
    def test_it_is_closed_to_the_inventory_officer_who_is_told_why(self, page, ines, adaeze):
        shown = page(ines, "/people/")
        assert shown.status == 403
        assert "Inventory officer may not do this" in shown.text
        assert Access.objects.filter(by_id=str(ines.pk), refused=True).exists()


class TestTheImport:
    def test_it_says_what_was_and_was_not_understood(self, page, fran, bundles, observations):
        odd = observations("o9", "29463-7", -5, "kg", "2026-11-19")
        shown = page(fran, "/people/import/", upload(bundles(odd=odd)))
        assert shown.status == 200
        assert "OKONKWO, Adaeze" in shown.text
        assert "Observation/o9" in shown.text
        assert "take no part in any decision" in shown.text

    def test_it_makes_no_second_person_of_a_new_version(self, page, fran, bundles):
        page(fran, "/people/import/", upload(bundles()))
        page(fran, "/people/import/", upload(bundles(family="Okonkwo-Bello")))
        assert [one.family for one in Person.objects.all()] == ["Okonkwo-Bello"]

    @pytest.mark.parametrize("raw", [b"{", b"[]", b'{"resourceType": "Bundle", "entry": []}'])
    def test_it_refuses_what_is_not_one_person_in_a_sentence(self, page, fran, raw):
        shown = page(fran, "/people/import/", upload(raw))
        assert shown.status == 400
        assert "expected" in shown.text
        assert not Person.objects.exists()

    def test_it_refuses_two_people_in_one_bundle(self, page, fran, bundles):
        both = json.loads(bundles())
        other = json.loads(bundles(mrn="MRN0002"))["entry"][0]
        other["resource"]["id"] = "p2"
        both["entry"].append(other)
        assert page(fran, "/people/import/", upload(json.dumps(both).encode())).status == 400
        assert not Person.objects.exists()


class TestThePersonPage:
    def test_it_shows_what_holds_now_before_what_is_past(self, page, priya, adaeze):
        text = page(priya, person(adaeze)).text
        assert text.index("Major depressive disorder") < text.index("Past conditions")
        assert text.index("Past conditions") < text.index("Acute viral pharyngitis")
        assert "Sertraline 100 MG Oral Tablet" in text

    def test_the_banner_names_the_person_in_the_order_of_the_convention(self, page, priya, adaeze):
        text = page(priya, person(adaeze)).text
        told = "OKONKWO , Adaeze Born 07-Mar-1984 (42 years) Gender Female ID MRN0001"
        assert told in text
        assert "Weight 70 kg 18-Nov-2026" in text

    @pytest.mark.hazard("HZ-10")
    @pytest.mark.parametrize(
        ("state", "heading"),
        [
            ("known", "Known allergies Penicillin"),
            ("none", "No known allergies"),
            ("", "Allergies not recorded"),
        ],
    )
    def test_the_banner_has_one_of_the_four_allergy_headings(
        self, page, priya, fran, now, people, state, heading
    ):
        one = people(fran, now, allergies=state)
        assert heading in page(priya, person(one)).text

    @pytest.mark.hazard("HZ-10")
    def test_allergies_that_could_not_be_read_are_unavailable_and_never_none(
        self, page, priya, fran, now, people
    ):
        broken = {"resourceType": "AllergyIntolerance", "id": "a2", "code": {}}
        one = people(fran, now, allergies="", broken=broken)
        text = page(priya, person(one)).text
        assert "Allergies unavailable" in text
        assert "No known allergies" not in text

    @pytest.mark.hazard("HZ-16")
    def test_the_front_desk_sees_who_it_is_and_nothing_clinical(self, page, fran, adaeze):
        shown = page(fran, person(adaeze))
        assert "OKONKWO" in shown.text
        for secret in ("Penicillin", "llergies", "70 kg", "depressive", "Sertraline"):
            assert secret not in shown.html

    @pytest.mark.hazard("HZ-09")
    def test_a_weight_that_nobody_took_is_not_known(self, page, priya, fran, now, people):
        one = people(fran, now, without="o1")
        assert "Weight Not known" in page(priya, person(one)).text

    @pytest.mark.hazard("HZ-02")
    def test_somebody_with_the_same_family_name_is_named(self, page, fran, now, people, adaeze):
        assert "Similar name" not in page(fran, person(adaeze)).text
        people(fran, now, mrn="MRN0002", family="OKONKWO", given="Ada")
        assert "Similar name. OKONKWO, Ada, born 07-Mar-1984" in page(fran, person(adaeze)).text

    def test_every_look_at_a_record_is_written_down(self, page, nora, adaeze):
        page(nora, person(adaeze))
        looked = Access.objects.filter(by_id=str(nora.pk), person_id=adaeze.id)
        assert [one.refused for one in looked] == [False]

    def test_no_name_and_no_number_of_the_person_is_in_the_address(self, adaeze):
        assert person(adaeze) == f"/people/{adaeze.id}/"

    def test_an_unknown_person_is_a_page_that_is_not_there(self, page, priya):
        assert page(priya, "/people/00000000-0000-4000-8000-000000000000/").status == 404


class TestOpeningASession:
    def test_the_front_desk_opens_one_and_gives_a_chair(self, page, fran, nora, adaeze):
        sent = {"protocol": "iv-depression", "chair": "Chair 3"}
        shown = page(fran, f"{person(adaeze)}session/", sent)
        assert shown.answer["Location"] == person(adaeze)
        assert adaeze.sessions.get().chair == "Chair 3"

    def test_a_prescriber_goes_on_to_the_plan(self, page, priya, adaeze):
        shown = page(priya, f"{person(adaeze)}session/", {"protocol": "iv-depression"})
        assert shown.answer["Location"] == reverse("plan", args=[adaeze.sessions.get().id])

    def test_no_protocol_is_chosen_by_its_place_in_a_list(self, page, fran, priya, adaeze):
        assert page(fran, f"{person(adaeze)}session/", {"protocol": ""}).status == 302
        assert not adaeze.sessions.exists()
        evaluated = page(priya, f"{person(adaeze)}evaluation/iv-depression/").html
        assert '<option value="iv-depression" selected>' in evaluated

    def test_a_chair_that_is_taken_leaves_the_session_open_and_says_so(
        self, page, fran, now, people, adaeze
    ):
        other = people(fran, now, mrn="MRN0002", family="Lindgren")
        sent = {"protocol": "iv-depression", "chair": "Chair 3"}
        page(fran, f"{person(adaeze)}session/", sent)
        page(fran, f"{person(other)}session/", sent)
        assert other.sessions.get().chair == ""
        assert "without a chair" in page(fran, person(other)).text
