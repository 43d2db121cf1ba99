"""A whole session by the keyboard alone, from the vial to the closed record; each phase is held to
axe, in the light and in the dark."""

import re
import uuid

import pytest
from tests.end_to_end.house import PASSWORD, eventually
from tests.end_to_end.test_6_every_page import serious

pytestmark = pytest.mark.browser
_NAME = """() => {
    const one = document.activeElement;
    const label = one.ariaLabel || one.labels?.[0]?.innerText || one.innerText;
    return (label || "").trim().replace(/\\s+/g, " ");
}"""


@pytest.fixture(scope="module")
def ferreira(house):
    """Somebody for whom everything is ready, and whom no other test treats."""
    return house.session_of("Ferreira")


class Keys:
    """Whoever has no mouse and no touch: Tab, Enter, Space, arrows and letters."""

    def __init__(self, somebody):
        self.page, self.somebody = somebody.page, somebody
        self.keys = somebody.page.keyboard

    def to(self, name):
        """Tab until what has the focus is called this; in a sheet that stays in the sheet."""
        seen = []
        for _ in range(260):
            seen.append(self.page.evaluate(_NAME))
            if seen[-1] == name or (isinstance(name, re.Pattern) and name.search(seen[-1])):
                return self
            self.keys.press("Tab")
        raise AssertionError(f"the keyboard does not reach {name}: {seen[-40:]}")

    def press(self, name, key="Enter"):
        self.to(name)
        self.keys.press(key)

    def write(self, name, text):
        self.to(name)
        self.keys.press("Control+a")
        self.keys.type(text)

    def open(self, name, title=None):
        """A button that opens a sheet; the sheet."""
        self.press(name)
        sheet = self.somebody.sheet(title or name)
        sheet.wait_for()
        return sheet

    def choose(self, first):
        """The first of a group of choices: its own field, wherever Tab comes to it."""
        for _ in range(260):
            if first.evaluate("one => one === document.activeElement"):
                return self.keys.press("Space")
            self.keys.press("Tab")
        raise AssertionError("the keyboard does not reach a choice")

    def done(self, sheet):
        """Enter sends a sheet from any of its fields."""
        self.keys.press("Enter")
        sheet.wait_for(state="hidden")


def other_scheme(page):
    """What axe finds in the light and in the dark."""
    found = serious(page)
    page.emulate_media(color_scheme="dark")
    found += serious(page)
    page.emulate_media(color_scheme="light")
    return found


def test_the_keyboard_alone_runs_a_session_and_every_phase_is_accessible(
    staffroom, house, ferreira
):
    nora = staffroom.window("nora").console(ferreira)
    keys, page, found = Keys(nora), nora.page, {}
    phase = nora.region("Now")

    def look(name):
        if wrong := other_scheme(page):
            found[name] = wrong

    phase.get_by_text("Planned", exact=True).wait_for()
    look("planned")
    sheet = keys.open("Withdraw drug")
    look("withdraw")
    keys.to(re.compile("lot ")).keys.press("Space")
    keys.write("Volume drawn up", "1")
    keys.write("Your own password", PASSWORD)
    keys.write("User name", "wes")
    keys.write("Password", PASSWORD)
    keys.done(sheet)

    phase.get_by_text("Prepared", exact=True).wait_for()
    look("prepared")
    plan = nora.state(ferreira)["plan"]
    sheet = keys.open("Verify with a second person", "Second person verifies")
    keys.write("Record number on the wristband", house.mrn_of("Ferreira"))
    keys.write("Drug on the label", plan["drug"])
    for label, amount in (
        ("Amount in the bag", plan["dose_ug"]),
        ("Concentration", plan["concentration_ug_per_ml"]),
        ("Volume in the bag", plan["volume_ul"]),
        ("Rate set on the pump", plan["rate_ul_per_h"]),
    ):
        keys.write(label, f"{amount / 1000:g}")
    keys.write("User name", "wes")
    keys.write("Password", PASSWORD)
    keys.done(sheet)

    sheet = keys.open("Start infusion")
    keys.press("Start")
    sheet.wait_for(state="hidden")
    infusion = nora.region("Infusion")
    infusion.get_by_text("running", exact=True).wait_for()
    look("infusing")

    sheet = keys.open("Vitals", "Vital signs by hand")
    keys.write("Systolic", "185")
    keys.write("Diastolic", "97")
    keys.done(sheet)
    row = nora.region("Findings").get_by_role("listitem").filter(has_text="pressure 185").first
    row.wait_for()
    look("alarm")
    keys.press("Seen")
    row.get_by_text("seen by Nora Lindqvist").wait_for()

    sheet = keys.open("Emergency", "Emergency card")
    look("emergency cards")
    keys.press("Vomiting", "Space")
    card = page.get_by_role("article", name="Emergency: Vomiting")
    card.get_by_role("timer").wait_for()
    keys.press(re.compile("^Turn to the side"))
    card.get_by_text("✓").first.wait_for()
    look("emergency")
    sheet = keys.open("Over", "Vomiting is over")
    keys.press("settled", "Space")
    keys.done(sheet)
    card.wait_for(state="detached")

    sheet = keys.open("Pause", "Pause the infusion")
    keys.press("Paused")
    infusion.get_by_text("paused", exact=True).wait_for()
    look("paused")
    sheet = keys.open("Stop", "Stop the infusion for good")
    keys.press("Stop now")
    phase.get_by_text("Recovery", exact=True).wait_for()
    look("recovery")

    sheet = keys.open("Waste the rest")
    keys.write("User name", "wes")
    keys.write("Password", PASSWORD)
    keys.done(sheet)
    eventually(lambda: nora.state(ferreira)["drug"]["tray_ug"] == 0)

    keys.press("Score recovery")
    sheet = page.get_by_role("dialog")
    sheet.wait_for()
    for number in range(sheet.get_by_role("group").count()):
        keys.choose(sheet.get_by_role("group").nth(number).get_by_role("radio").first)
    keys.done(sheet)
    eventually(lambda: house.facts(ferreira, "recovery_scored"))

    keys.press("No", "Space")
    eventually(lambda: house.facts(ferreira, "checklist_answered")[-1]["answer"] == "no")
    keys.press("As a table")
    page.get_by_role("table", name=re.compile("last number of each minute")).wait_for()
    look("table")
    assert found == {}


def test_what_no_screen_shows_to_a_keyboard_is_refused_to_it_as_to_everybody(staffroom, ferreira):
    """The keyboard found no discharge: the gate is closed, and says why."""
    nora = staffroom.window("nora").console(ferreira)
    assert nora.button("Discharge").count() == 0
    refused = nora.ask(
        ferreira, "discharge", id=str(uuid.uuid4()), escort_name="A", escort_phone="1",
        instructions_given=True,
    )  # fmt: skip
    assert refused.status == 422


@pytest.mark.hazard("HZ-08")
def test_the_keyboard_alone_sends_somebody_home_and_closes_the_record(staffroom, house):
    """Her dose ended 64 minutes before the house opened; nothing else stands in the way."""
    nadir = house.session_of("Nadir")
    nora = staffroom.window("nora").console(nadir)
    keys, page, found = Keys(nora), nora.page, {}
    phase, gate = nora.region("Now"), nora.region("Before the next step")

    keys.press("Score recovery")
    sheet = page.get_by_role("dialog")
    sheet.wait_for()
    for number in range(sheet.get_by_role("group").count()):
        group = sheet.get_by_role("group").nth(number)
        keys.choose(group.get_by_role("radio", name=re.compile("^2 ")))
    keys.done(sheet)
    for name, title, choice in (
        ("Sedation", "Sedation, MOAA/S", "5"),
        ("Dissociation", "Dissociation, 0 to 10", "0"),
    ):
        sheet = keys.open(name, title)
        keys.press(re.compile(f"^{choice}"))
        sheet.wait_for(state="hidden")
    answered(keys, gate)
    found["before leaving"] = other_scheme(page)

    phase.get_by_role("button", name="Discharge", exact=True).wait_for()
    sheet = keys.open("Discharge")
    found["discharge"] = other_scheme(page)
    keys.write("Escort, name", "Robin Vance")
    keys.write("Escort, phone", "+1 555 0177")
    keys.choose(sheet.get_by_role("radio", name="Yes", exact=True))
    keys.done(sheet)
    phase.get_by_text("Discharged", exact=True).wait_for()
    assert house.facts(nadir, "discharged")[0]["escort_name"] == "Robin Vance"
    found["discharged"] = other_scheme(page)

    answered(keys, gate)
    sheet = keys.open("Close the session")
    keys.press("Close it")
    phase.get_by_text("Closed", exact=True).wait_for()
    assert len(house.facts(nadir, "session_closed")) == 1
    found["closed"] = other_scheme(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def answered(keys, gate):
    """Every question of the list: yes."""
    gate.get_by_role("group").first.wait_for()
    for group in gate.get_by_role("group").all():
        yes = group.get_by_role("button", name="Yes", exact=True)
        keys.choose(yes)
        group.get_by_role("button", name="Yes", exact=True, pressed=True).wait_for()
