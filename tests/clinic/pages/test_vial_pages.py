"""Vials: received, counted, and a ledger that says where every milligram went."""

from datetime import date

import pytest
from django.urls import reverse

from openketamine.clinic.pharmacy.models import Vial

pytestmark = pytest.mark.django_db
LABEL = {
    "drug": "ketamine",
    "concentration_mg_per_ml": "50",
    "volume_ml": "10",
    "ndc": "0143-9509-01",
    "lot": "K2291",
    "expiry": "2028-06-30",
    "supplier": "Northside",
    "without_inventory": "on",
}


def test_a_received_vial_is_on_the_shelf_full_and_sealed(page, ines):
    assert page(ines, "/vials/receive/", LABEL).status == 302
    vial = Vial.objects.get()
    assert (vial.mass_ug, vial.expiry) == (500_000, date(2028, 6, 30))
    assert "50 mg in 1 mL K2291 30-Jun-2028 10 mL of 10 mL Sealed" in page(ines, "/vials/").text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"expiry": "2025-01-01"}, "a day that has not passed"),
        ({"volume_ml": "0"}, "greater than or equal to"),
        ({"volume_ml": "1.00005"}, "decimal places"),
        ({"lot": ""}, "required"),
    ],
)
def test_a_label_that_cannot_be_true_is_refused_beside_the_field(page, ines, changed, said):
    shown = page(ines, "/vials/receive/", LABEL | changed)
    assert shown.status == 400
    assert said in shown.text
    assert not Vial.objects.exists()


@pytest.mark.hazard("HZ-11")
def test_the_ledger_says_withdrawn_is_given_and_wasted_with_a_running_balance(page, ines, told):
    text = page(ines, reverse("vial", args=[Vial.objects.get().id])).text
    assert "The book balances" in text
    assert "withdrawn 45 mg = given 34.65 mg + wasted 10.35 mg" in text
    assert text.index("+ 10 mL 10 mL") < text.index("− 0.9 mL 9.1 mL")
    assert "Nora Lindqvist Wes Okafor" in text


@pytest.mark.hazard("HZ-11")
def test_drug_that_is_still_on_a_tray_is_not_called_balanced(page, ines, cast, adaeze, story, now):
    story(adaeze, cast, now, until="infusing")
    text = page(ines, reverse("vial", args=[Vial.objects.get().id])).text
    assert "Not yet accounted for 45 mg" in text
    assert "The book balances" not in text


def test_a_count_goes_into_the_book_and_changes_no_balance(page, ines, told):
    vial = Vial.objects.get()
    path = reverse("vial", args=[vial.id])
    assert page(ines, f"{path}count/", {"volume_ml": "9.0", "note": "evening"}).status == 302
    text = page(ines, path).text
    assert "Counted measured 9 mL 9.1 mL" in text


def test_a_witness_of_a_count_proves_who_they_are(page, ines, wes, told):
    path = reverse("vial", args=[Vial.objects.get().id])
    sent = {"volume_ml": "9.1", "witness": "wes", "witness_password": "wrong"}
    assert page(ines, f"{path}count/", sent).status == 400
    sent["witness_password"] = "a-test-password"
    assert page(ines, f"{path}count/", sent).status == 302
    assert "Counted measured 9.1 mL 9.1 mL Inés Marín Wes Okafor" in page(ines, path).text


@pytest.mark.hazard("HZ-16")
@pytest.mark.parametrize("who", ["fran", "theo", "sam"])
def test_vials_are_closed_to_who_has_nothing_to_do_with_them(page, cast, who):
    assert page(getattr(cast, who), "/vials/").status == 403
