"""The nurse at a tablet: one dose, from the vial to the report, each act in a tap or two."""

import re
import uuid

import pytest
from tests.end_to_end.house import PASSWORD, eventually
from tests.end_to_end.pdf import pages_of
from tests.end_to_end.taps import counted

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def holt(house):
    """The person for whom everything is ready."""
    return house.session_of("Holt")


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
    vitals, seen = nora.region("Vital signs"), set()

    def moves():
        text = vitals.inner_text()
        return len(seen.add(text) or seen) >= 3 if re.search(r"live, [0-3] s ago", text) else False

    eventually(moves)


def one_of(nora, button, choice):
    """Open, then one tap on the answer; how often it takes a second one is the sheet's business."""
    nora.charting(button)
    sheet = nora.page.get_by_role("dialog").last
    nora.press(sheet.get_by_role("button", name=re.compile(f"^{re.escape(choice)}")).first)


def typed(nora, button, label, text):
    nora.charting(button)
    dialog = nora.sheet(button)
    nora.write(dialog, label, text)
    nora.tap("Chart it", dialog)


def keyed(nora, *keys):
    nora.charting("Vitals")
    sheet = nora.sheet("Vital signs by hand")
    for key in keys:
        nora.tap(key, sheet)
    nora.tap("Chart it", sheet)


def in_two(nora, button, first, then):
    one_of(nora, button, first)
    dialog = nora.page.get_by_role("dialog").last
    nora.press(dialog.get_by_role("button", name=re.compile(f"^{re.escape(then)}")).first)


def medicine(nora, name):
    one_of(nora, "Medicine", name)
    nora.tap("Chart it", nora.sheet(name))


# What a nurse charts, and how; in how many taps stands in docs/explanation/taps.md.
TWENTY = {
    "blood pressure 131/82": lambda n: keyed(n, *"13182"),
    "sedation": lambda n: one_of(n, "Sedation", "4"),
    "dissociation": lambda n: one_of(n, "Dissociation", "6"),
    "nausea": lambda n: one_of(n, "Nausea", "2"),
    "distress": lambda n: one_of(n, "Distress", "1"),
    "pain": lambda n: one_of(n, "Pain", "3"),
    "adverse event, graded": lambda n: in_two(n, "Event", "headache", "1 mild"),
    "rescue medicine": lambda n: medicine(n, "ondansetron"),
    "oxygen by cannula, 2 L/min": lambda n: in_two(n, "Oxygen", "nasal cannula", "2"),
    "IV site checked": lambda n: one_of(n, "IV site", "dressing clean"),
    "IV access placed": lambda n: in_two(n, "IV access", "placed, 22 G", "left forearm"),
    "setting, eye mask": lambda n: one_of(n, "Setting", "eye mask on"),
    "care, turned on the side": lambda n: one_of(n, "Care", "turned on the side"),
    "prescriber told": lambda n: one_of(n, "Told", "prescriber called, comes"),
    "handover": lambda n: one_of(n, "Handover", "taken over"),
    "awake and oriented": lambda n: one_of(n, "Awake", "oriented to person"),
    "walking": lambda n: one_of(n, "Walking", "sat up without"),
    "their words": lambda n: typed(n, "Their words", "In the person’s own words", "Like snow."),
    "note": lambda n: typed(n, "Note", "What you want to keep", "Says the ceiling breathes."),
}  # fmt: skip


def test_the_things_that_nurses_chart_take_as_many_taps_as_the_page_says(nora, house, holt):
    nora.console(holt)
    for act, do in TWENTY.items():
        with counted(nora, act):
            do(nora)
        nora.page.get_by_role("dialog").first.wait_for(state="hidden")
    nora.page.get_by_text("all sent").wait_for()
    told = {}
    for one in house.facts(holt, "observation_charted"):
        told |= {name: float(value) for name, value in one["values"].items()}
    expected = {"systolic": 131, "diastolic": 82, "moaas": 4, "nausea": 2, "dissociation": 6}
    assert expected | {"distress": 1, "pain": 3} == {name: told[name] for name in
        (*expected, "distress", "pain")}  # fmt: skip
    given = [one["medicine"] for one in house.facts(holt, "medicine_given")]
    assert given == ["ondansetron", "oxygen"]
    assert house.facts(holt, "adverse_event_charted")[0]["severity"] == 1
    notes = [one["text"] for one in house.facts(holt, "note_charted")]
    for words in ("IV access: placed, 22 G, left forearm", "Setting: eye mask on",
                  "Their words: “Like snow.”", "Says the ceiling breathes."):  # fmt: skip
        assert words in notes
    events = nora.region("Events")
    words = ("ondansetron", "headache", "ceiling breathes", "131", "issociation 6")
    eventually(lambda: all(word in events.inner_text() for word in words))


def test_a_finding_is_seen_in_one_tap(nora, house, holt):
    nora.console(holt)
    keyed(nora, *"18596")
    row = nora.region("Findings").get_by_role("listitem").filter(has_text="blood pressure 185")
    with counted(nora, "a finding is seen"):
        nora.tap("Seen", row.first)
    row.first.get_by_text("seen by Nora Lindqvist").wait_for()
    keyed(nora, *"12779")


def test_a_tap_too_many_is_taken_back_and_stays_in_the_record(nora, house, holt):
    nora.console(holt)
    one_of(nora, "Setting", "music off")
    with counted(nora, "what was tapped is taken back"):
        nora.tap("Take back")
    corrected = eventually(lambda: house.facts(holt, "corrected"))
    assert corrected[-1]["reason"] == "tapped by mistake"
    assert corrected[-1]["replacement"] is None
    assert "Setting: music off" in [one["text"] for one in house.facts(holt, "note_charted")]
    struck = nora.region("Events").locator("s", has_text="music off")
    struck.wait_for()


def level_line(nora):
    """The drawn middle of the forecast level, point by point."""
    picture = nora.region("Level in blood")
    return picture.locator("polyline").nth(1).get_attribute("points")


@pytest.mark.hazard("HZ-03")
def test_the_rate_is_changed_paused_resumed_and_a_tenfold_rate_is_asked_for_twice(
    nora, house, holt
):
    infusion = nora.console(holt).region("Infusion")
    nora.region("Level in blood").locator("polyline").nth(1).wait_for()
    before = level_line(nora)
    sheet = nora.sheet("Change rate")
    with counted(nora, "change of the rate"):
        nora.tap("Change rate", infusion)
        nora.write(sheet, "New rate on the pump", "525")
        nora.tap("Rate changed", sheet)
    assert "10 times the ordered rate" in nora.refusal(sheet)
    assert house.facts(holt, "rate_changed") == []
    nora.write(sheet, "New rate on the pump", "40")
    nora.tap("Rate changed", sheet)
    infusion.get_by_text("40 mL/h").wait_for()
    eventually(lambda: level_line(nora) != before, 40)  # the level too, and not a minute later
    with counted(nora, "pause"):
        nora.tap("Pause", infusion)
        nora.tap("Paused", nora.sheet("Pause the infusion"))
    infusion.get_by_text("paused", exact=True).wait_for()
    sheet = nora.sheet("Resume the infusion")
    with counted(nora, "resume"):
        nora.tap("Resume", infusion)
        nora.write(sheet, "New rate on the pump", "52.5")
        nora.tap("Resume", sheet)
    infusion.get_by_text("52.5 mL/h").wait_for()
    segments = nora.state(holt)["infusion"]["segments"]
    assert [one["rate_ul_per_h"] for one in segments if one["rate_ul_per_h"]] == [
        52500,
        40000,
        52500,
    ]


def test_the_keyboard_alone_runs_the_pump_and_charts(staffroom, house, holt):
    nora = staffroom.window("nora").console(holt)
    keys = nora.page.keyboard
    known = len(house.facts(holt, "observation_charted"))

    def tab_to(name):
        asked = "document.activeElement.ariaLabel || document.activeElement.textContent"
        for _ in range(150):
            if nora.page.evaluate(asked) == name:
                return
            keys.press("Tab")
        raise AssertionError(f"the keyboard does not reach {name}")

    def press(name, key="Enter"):
        tab_to(name)
        keys.press(key)

    infusion = nora.region("Infusion")
    infusion.get_by_text("running", exact=True).wait_for()
    press("Pause")
    nora.sheet("Pause the infusion").wait_for()
    press("Paused")
    infusion.get_by_text("paused", exact=True).wait_for()
    press("Resume")
    nora.sheet("Resume the infusion").wait_for()
    keys.type("52.5")
    keys.press("Enter")
    infusion.get_by_text("running", exact=True).wait_for()
    press("Sedation", "Space")
    nora.sheet("Sedation, MOAA/S").wait_for()
    keys.press("Escape")
    press("Nausea", "Space")
    sheet = nora.sheet("Nausea, 0 to 10")
    sheet.wait_for()
    press("3", "Space")
    sheet.wait_for(state="hidden")
    charted = eventually(lambda: house.facts(holt, "observation_charted")[known:])
    assert charted[0]["values"] == {"nausea": 3}
    press("15 min")
    assert nora.button("15 min").get_attribute("aria-pressed") == "true"
    press("Earlier")
    press("As a table")
    nora.page.get_by_role("table").first.wait_for()


@pytest.mark.hazard("HZ-11")
def test_after_the_stop_the_rest_is_wasted_before_a_witness_and_the_book_balances(
    nora, house, holt
):
    nora.console(holt)
    with counted(nora, "stop for good"):
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
    sheet.get_by_role("group").first.wait_for()
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
