"""A person whose dose ended an hour ago is scored and goes home; the record is signed."""

import re
import subprocess
import sys

import pytest
from tests.end_to_end.house import PASSWORD, eventually
from tests.end_to_end.pdf import pages_of
from tests.end_to_end.taps import counted

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def moser(house):
    """Her dose ended 65 minutes before the house opened."""
    return house.session_of("Moser")


@pytest.mark.hazard("HZ-08")
def test_she_is_scored_goes_through_the_list_and_leaves_with_her_escort(nora, house, moser):
    nora.console(moser)
    gate = nora.region("Before the next step")
    gate.get_by_role("heading", name="Before leaving").wait_for()
    assert "60 are needed" not in gate.inner_text()
    assert nora.button("Discharge").count() == 0
    nora.region("Vital signs").get_by_text(re.compile(r"\d+/\d+")).wait_for()

    sheet = nora.page.get_by_role("dialog")
    with counted(nora, "recovery scored, five items"):
        nora.tap("Score recovery")
        sheet.get_by_role("group").first.wait_for()
        for group in sheet.get_by_role("group").all():
            nora.press(group.get_by_role("radio", name=re.compile("^2 ")))
        nora.tap("Chart it", sheet)
    sheet.wait_for(state="hidden")
    for act, title, choice in (
        ("sedation in recovery", "Sedation, MOAA/S", "5"),
        ("dissociation in recovery", "Dissociation, 0 to 10", "0"),
    ):
        with counted(nora, act):
            nora.charting(title.partition(",")[0])
            nora.press(nora.sheet(title).get_by_role("button", name=re.compile(f"^{choice}")).first)
        nora.sheet(title).wait_for(state="hidden")
    items = gate.get_by_role("group")
    for number in range(items.count()):
        assert nora.button("Discharge").count() == 0
        with counted(nora, "a question of the list answered"):
            nora.press(items.nth(number).get_by_role("button", name="Yes", exact=True))
        items.nth(number).get_by_role("button", name="Yes", exact=True, pressed=True).wait_for()

    sheet = nora.sheet("Discharge")
    with counted(nora, "discharge with an escort"):
        nora.tap("Discharge", nora.region("Now"))
        nora.write(sheet, "Escort, name", "Robin Vance")
        nora.write(sheet, "Escort, phone", "+1 555 0177")
        nora.press(sheet.get_by_role("radio", name="Yes", exact=True))
        nora.tap("Discharge", sheet)
    nora.region("Now").get_by_text("Discharged", exact=True).wait_for()
    (left,) = house.facts(moser, "discharged")
    assert left["escort_name"] == "Robin Vance"
    assert nora.state(moser)["devices"] == []


def test_the_session_is_closed_and_nothing_more_can_be_charted_in_the_console(nora, house, moser):
    nora.console(moser)
    gate = nora.region("Before the next step")
    for group in gate.get_by_role("group").all():
        nora.press(group.get_by_role("button", name="Yes", exact=True))
    with counted(nora, "session closed"):
        nora.tap("Close the session")
        nora.tap("Close it", nora.sheet("Close the session"))
    nora.region("Now").get_by_text("Closed", exact=True).wait_for()
    assert len(house.facts(moser, "session_closed")) == 1
    assert nora.button("Vitals").count() == 0
    nora.open("/")
    nora.page.get_by_role("status").filter(has_text="Live").wait_for()
    assert nora.page.get_by_role("link", name="IM Closed").count() == 0


@pytest.mark.hazard("HZ-13")
def test_the_report_is_signed_with_a_fresh_proof_and_read_as_pdf(priya, house, moser):
    priya.open(f"/sessions/{moser}/report/")
    main = priya.page.get_by_role("main")
    assert main.get_by_text("Not signed.").is_visible()
    read = re.search(r"Facts SHA-256 (\w{64})", main.inner_text())[1]
    priya.page.get_by_label("Your password").fill("not-the-password")
    priya.tap("Sign the report")
    main.get_by_role("alert").filter(has_text="Nothing was signed").wait_for()
    assert house.facts(moser, "report_signed") == []
    priya.page.get_by_label("Your password").fill(PASSWORD)
    priya.tap("Sign the report")
    priya.page.get_by_text("The report is signed.").wait_for()
    assert main.get_by_text("Signed", exact=True).first.is_visible()
    assert "Dr Priya Raman" in main.inner_text()
    assert "Robin Vance" in main.inner_text()
    (signed,) = house.facts(moser, "report_signed")
    assert signed["content_sha256"] == read
    address = main.get_by_role("link", name="PDF").get_attribute("href")
    pdf = priya.page.request.get(f"{house.url}{address}").body()
    assert pdf.startswith(b"%PDF")
    assert 1 <= pages_of(pdf) <= 2


@pytest.mark.hazard("HZ-13")
def test_after_everything_the_journal_is_as_it_was_written(house):
    def verified():
        command = [sys.executable, "-m", "openketamine.cli", "audit", "verify", "--json"]
        return subprocess.run(
            [*command, "--data", str(house.folder.path)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    done = eventually(lambda: (v := verified()).returncode == 0 and v, 60)
    assert '"ok": true' in done.stdout
