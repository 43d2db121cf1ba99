"""The nurse at a tablet: one dose, from the vial to the report, each act in a tap or two."""

import re
import uuid

import pytest
from tests.end_to_end.house import PASSWORD, eventually
from tests.end_to_end.pdf import pages_of

pytestmark = pytest.mark.browser
TAPS = {}


@pytest.fixture(scope="module")
def holt(house):
    """The person for whom everything is ready."""
    return house.session_of("Holt")


@pytest.fixture(scope="module", autouse=True)
def table_of_taps():
    """Printed at the end: how many taps each act took after the tap that opened its sheet."""
    yield
    print("\n\nact                  taps after opening")
    for act, taps in TAPS.items():
        print(f"{act:<20} {taps}")


@pytest.fixture
def counted(nora, holt):
    """Count the taps of an act; the first tap opens it and is not counted."""

    def count(act, do):
        before = nora.taps
        do()
        TAPS[act] = nora.taps - before - 1

    return count


@pytest.mark.hazard("HZ-12")
def test_drug_is_withdrawn_only_before_a_witness_who_is_somebody_else_and_is_here(
    nora, house, holt
):
    nora.console(holt)
    nora.tap("Withdraw drug")
    sheet = nora.sheet("Withdraw drug")
    vials = sheet.get_by_role("group", name="Vial")
    # The last vial in the list, which no other person's dose comes out of.
    nora.press(vials.get_by_role("radio").last)
    nora.write(sheet, "Volume drawn up", "1")
    nora.write(sheet, "Your own password", PASSWORD)
    for who, password, word in (
        ("nora", PASSWORD, "second person"),
        ("wes", "not-the-password", "own password"),
        ("fran", PASSWORD, "may do this"),
    ):
        nora.prove(sheet, who, password)
        nora.tap("Withdraw", sheet)
        sheet.get_by_text(word).wait_for()
        assert house.facts(holt, "drug_withdrawn") == []
    nora.prove(sheet, "wes")
    nora.tap("Withdraw", sheet)
    sheet.wait_for(state="hidden")
    (drawn,) = house.facts(holt, "drug_withdrawn")
    assert (drawn["mass_ug"], drawn["witness_name"]) == (50_000, "Wes Okafor")


@pytest.mark.hazard("HZ-03")
def test_a_tenfold_error_is_refused_with_every_mismatch_named(nora, house, holt):
    nora.console(holt)
    nora.tap("Verify with a second person")
    sheet = nora.sheet("Second person verifies")
    blank = sheet.get_by_role("textbox").or_(sheet.get_by_role("spinbutton")).all()
    assert {one.input_value() for one in blank} == {""}
    nora.write(sheet, "Record number on the wristband", house.mrn_of("Holt"))
    nora.write(sheet, "Drug on the label", "ketamine")
    read = {
        "Amount in the bag": ("350", "35"),
        "Concentration": ("10", "1"),
        "Volume in the bag": ("35", "35"),
        "Rate set on the pump": ("525", "52.5"),
    }
    for label, (wrong, _) in read.items():
        nora.write(sheet, label, wrong)
    nora.prove(sheet, "wes")
    nora.tap("Verify", sheet)
    said = nora.refusal(sheet).lower()
    for words in ("dose", "ordered 35 mg, read 350 mg", "concentration", "525 ml per hour"):
        assert words in said, said
    assert "volume" not in said, said
    assert house.facts(holt, "dose_verified") == []
    for label, (_, right) in read.items():
        nora.write(sheet, label, right)
    nora.prove(sheet, "wes")
    nora.tap("Verify", sheet)
    sheet.wait_for(state="hidden")
    assert len(house.facts(holt, "dose_verified")) == 1


@pytest.mark.hazard("HZ-01")
def test_the_infusion_starts_and_live_numbers_move(nora, house, holt):
    nora.console(holt)
    nora.tap("Start infusion")
    nora.tap("Start", nora.sheet("Start infusion"))
    nora.region("Infusion").get_by_text("running", exact=True).wait_for()
    assert len(house.facts(holt, "infusion_started")) == 1
    shown = nora.region("Infusion").inner_text()
    assert "52.5 mL/h" in shown
    assert "0.75 mg/kg/h" in shown
    vitals = nora.region("Vital signs")
    seen = set()
    eventually(lambda: len(seen.add(vitals.inner_text()) or seen) >= 3, 15)
    assert all(re.search(r"live, [0-3] s ago", one) for one in seen)


def test_what_is_seen_at_the_bedside_is_charted_in_a_tap_or_two(nora, house, holt, counted):
    nora.console(holt)

    def pressure():
        nora.charting("Vitals")
        sheet = nora.sheet("Vital signs by hand")
        nora.write(sheet, "Systolic", "131")
        nora.write(sheet, "Diastolic", "82")
        nora.tap("Chart it", sheet)
        sheet.wait_for(state="hidden")

    def choose(button, sheet, choice):
        nora.charting(button)
        nora.press(nora.sheet(sheet).get_by_role("button", name=re.compile(f"^{choice}")).first)
        nora.sheet(sheet).wait_for(state="hidden")

    def medicine():
        nora.charting("Medicine")
        nora.press(nora.sheet("Rescue medicine given").get_by_role("button", name="ondansetron"))
        sheet = nora.sheet("ondansetron")
        nora.tap("Chart it", sheet)
        sheet.wait_for(state="hidden")

    def event():
        nora.charting("Event")
        nora.press(nora.sheet("Adverse event").get_by_role("button", name="headache", exact=True))
        sheet = nora.sheet("headache: grade after CTCAE")
        nora.press(sheet.get_by_role("button", name="1 mild", exact=True))
        sheet.wait_for(state="hidden")

    def note():
        nora.charting("Note")
        sheet = nora.sheet("Note")
        nora.write(sheet, "What you want to keep", "Says that the ceiling breathes.")
        nora.tap("Chart it", sheet)
        sheet.wait_for(state="hidden")

    counted("manual BP", pressure)
    counted("sedation", lambda: choose("Sedation", "Sedation, MOAA/S", "4"))
    counted("nausea", lambda: choose("Nausea", "Nausea, 0 to 10", "2"))
    counted("dissociation", lambda: choose("Dissociation", "Dissociation, 0 to 10", "6"))
    counted("rescue medicine", medicine)
    counted("adverse event", event)
    counted("note", note)
    nora.page.get_by_text("all sent").wait_for()
    charted = [body["values"] for body in house.facts(holt, "observation_charted")]
    told = [{name: float(value) for name, value in one.items()} for one in charted[-4:]]
    assert told == [
        {"systolic": 131, "diastolic": 82},
        {"moaas": 4},
        {"nausea": 2},
        {"dissociation": 6},
    ]
    assert house.facts(holt, "medicine_given")[0]["medicine"] == "ondansetron"
    assert house.facts(holt, "adverse_event_charted")[0]["severity"] == 1
    assert house.facts(holt, "note_charted")[0]["text"].startswith("Says that")
    words = ("ondansetron", "headache", "ceiling breathes", "131", "issociation 6")
    events = nora.region("Events")
    eventually(lambda: all(word in events.inner_text() for word in words))
    # A choice is one tap. Where something is typed, the taps that reach a field come on top.
    assert {TAPS[one] for one in ("sedation", "nausea", "dissociation")} == {1}
    assert TAPS["rescue medicine"] <= 2
    assert TAPS["manual BP"] <= 2
    assert TAPS["adverse event"] <= 2
    assert TAPS["note"] <= 1


@pytest.mark.hazard("HZ-03")
def test_the_rate_is_changed_paused_resumed_and_a_tenfold_rate_is_asked_for_twice(
    nora, house, holt
):
    infusion = nora.console(holt).region("Infusion")
    nora.tap("Change rate", infusion)
    sheet = nora.sheet("Change rate")
    nora.write(sheet, "New rate on the pump", "525")
    nora.tap("Rate changed", sheet)
    assert "10 times the ordered rate" in nora.refusal(sheet)
    assert house.facts(holt, "rate_changed") == []
    nora.write(sheet, "New rate on the pump", "40")
    nora.tap("Rate changed", sheet)
    infusion.get_by_text("40 mL/h").wait_for()
    nora.tap("Pause", infusion)
    nora.tap("Paused", nora.sheet("Pause the infusion"))
    infusion.get_by_text("paused", exact=True).wait_for()
    nora.tap("Resume", infusion)
    sheet = nora.sheet("Resume the infusion")
    nora.write(sheet, "New rate on the pump", "52.5")
    nora.tap("Resume", sheet)
    infusion.get_by_text("52.5 mL/h").wait_for()
    segments = nora.state(holt)["infusion"]["segments"]
    assert [one["rate_ul_per_h"] for one in segments if one["rate_ul_per_h"]] == [
        52500,
        40000,
        52500,
    ]


@pytest.mark.hazard("HZ-11")
def test_after_the_stop_the_rest_is_wasted_before_a_witness_and_the_book_balances(
    nora, house, holt
):
    nora.console(holt)
    nora.tap("Stop", nora.region("Infusion"))
    nora.tap("Stop now", nora.sheet("Stop the infusion for good"))
    nora.region("Now").get_by_text("Recovery", exact=True).wait_for()
    nora.tap("Waste the rest", nora.region("Now"))
    sheet = nora.sheet("Waste the rest")
    nora.prove(sheet, "nora")
    nora.tap("Waste", sheet)
    assert "second person" in nora.refusal(sheet)
    nora.prove(sheet, "wes")
    nora.tap("Waste", sheet)
    sheet.wait_for(state="hidden")
    drug = eventually(lambda: (d := nora.state(holt)["drug"])["tray_ug"] == 0 and d)
    assert drug["withdrawn_ug"] == drug["given_ug"] + drug["wasted_ug"] == 50_000
    assert drug["given_ug"] > 0
    (drawn,) = house.facts(holt, "drug_withdrawn")
    nora.open(f"/vials/{drawn['vial_id']}/")
    main = nora.page.get_by_role("main")
    assert main.get_by_role("heading", name="The book balances").is_visible()
    told = " ".join(main.get_by_role("status").inner_text().split())
    amounts = [float(one) for one in re.findall(r"([\d.]+) mg", told)]
    assert amounts[0] == 50
    assert amounts[0] == pytest.approx(amounts[1] + amounts[2])
    assert "Wes Okafor" in main.get_by_role("table").inner_text()


@pytest.mark.hazard("HZ-08")
def test_recovery_is_scored_and_the_discharge_is_refused_with_every_reason(nora, house, holt):
    nora.console(holt)
    nora.tap("Score recovery")
    sheet = nora.page.get_by_role("dialog")
    for group in sheet.get_by_role("group").all():
        nora.press(group.get_by_role("radio", name=re.compile("^2 ")))
    nora.tap("Chart it", sheet)
    sheet.wait_for(state="hidden")
    eventually(lambda: house.facts(holt, "recovery_scored"))
    assert nora.button("Discharge").count() == 0
    gate = nora.region("Before the next step")
    assert "60 are needed" in gate.inner_text()
    refused = nora.ask(
        holt,
        "discharge",
        id=str(uuid.uuid4()),
        escort_name="Robin Vance",
        escort_phone="555 0177",
        instructions_given=True,
    )
    assert refused.status == 422
    reasons = [one["summary"] for one in refused.json()["refusal"]["findings"]]
    assert any("60 are needed" in one for one in reasons)
    assert any("Walks unaided" in one for one in reasons)
    assert len(reasons) >= 7
    assert house.facts(holt, "discharged") == []


@pytest.mark.hazard("HZ-15")
def test_the_report_opens_as_a_page_and_as_a_pdf(nora, house, holt):
    nora.open(f"/sessions/{holt}/report/")
    main = nora.page.get_by_role("main")
    assert main.get_by_role("heading", name="Session report").is_visible()
    assert "52.5" in nora.region("Dose segments").inner_text()
    address = main.get_by_role("link", name="PDF").get_attribute("href")
    answer = nora.page.request.get(f"{house.url}{address}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
    assert 1 <= pages_of(answer.body()) <= 3
