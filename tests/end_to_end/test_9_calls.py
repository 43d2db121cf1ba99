"""A finding reaches a prescriber who reads something else; the next is told if nobody answers.

The server is killed between the two: the clock is in the database.
"""

import re

import pytest
from tests.end_to_end.house import eventually

SAYS = "MOAA/S 1 of 5"
RAISED = (
    "SELECT body->>'finding_id' FROM journal_fact WHERE stream = %s AND kind = 'finding_raised' "
    "AND body->>'summary' LIKE %s ORDER BY number DESC LIMIT 1"
)
ABOUT = (
    "SELECT body->'names', body->>'step', body->>'answer' FROM journal_fact "
    "WHERE stream = %s AND kind = %s AND body->>'finding_id' = %s ORDER BY number"
)


@pytest.fixture
def session(house):
    return house.session_of("Karim")


def about(house, session, kind):
    """What became of this one finding; the house has others by now."""
    stream = f"session:{session}"
    ((finding,),) = house.rows(RAISED, stream, f"%{SAYS}%")
    return house.rows(ABOUT, stream, kind, finding)


def told(house, session):
    return [(names, step) for names, step, _ in about(house, session, "person_called")]


def charts_hardly_wakes(nora):
    nora.charting("Sedation")
    sheet = nora.sheet("Sedation, MOAA/S")
    nora.press(sheet.get_by_role("button", name=re.compile("^1")).first)


def all_of_it(bar):
    """The bar shows one line, the worst call of the house, until somebody asks for the others."""
    bar.get_by_role("button", name=re.compile("^(More|and [0-9]+ more)$")).click(timeout=25_000)
    return bar


@pytest.mark.hazard("HZ-19")
def test_a_prescriber_is_told_on_any_page_then_the_next_and_an_answer_is_seen_at_the_chair(
    house, session, nora, priya, staffroom, complaints
):
    priya.open("/knowledge/")
    nora.console(session)
    charts_hardly_wakes(nora)
    bar = priya.region("Calls for you")
    all_of_it(bar).get_by_text(f"Sedation by {SAYS}").first.wait_for(timeout=25_000)
    assert "Karim" not in bar.inner_text()
    assert [names for names, _ in told(house, session)] == [["Dr Priya Raman"]]

    with complaints.link_may_break():
        killed = house.kill("web")
        house.wait_for_another("web", killed)
        eventually(lambda: len(told(house, session)) == 2, 80)
        row = nora.region("Findings").get_by_role("listitem").filter(has_text=SAYS).first
        row.get_by_text("Dr Miriam Adeyemi").first.wait_for(timeout=20_000)
    assert [step for _, step in told(house, session)] == ["0", "2"]

    miriam = staffroom.window("miriam").open("/vials/")
    with complaints.link_may_break():
        bar = all_of_it(miriam.region("Calls for you"))
        of_the_chair = bar.get_by_role("listitem").filter(has_text=SAYS).first
        of_the_chair.wait_for(timeout=15_000)
        miriam.tap("I come", of_the_chair)
        row.get_by_text("Dr Miriam Adeyemi comes").first.wait_for(timeout=15_000)
    assert [said for *_, said in about(house, session, "call_answered")] == ["coming"]
    assert len(told(house, session)) == 2


def test_sound_is_off_until_it_is_turned_on_and_a_pause_counts_down_and_is_on_record(
    house, session, nora
):
    nora.console(session)
    nora.page.get_by_text("Sound off").wait_for()
    nora.tap("Turn sound on")
    nora.page.get_by_text("Sound on").wait_for()
    nora.tap("Pause sound 2 min")
    nora.page.get_by_text(re.compile(r"Sound paused 1:5\d")).wait_for()
    eventually(lambda: house.facts(session, "sound_paused"))
    nora.tap("End the pause")
    nora.button("Pause sound 2 min").wait_for()


def test_a_wall_shows_the_board_without_a_sign_in_and_says_when_it_is_stale(
    house, nora, staffroom, complaints
):
    nora.open("/walls/")
    nora.page.get_by_label("Where it hangs").fill("Nurses' room")
    nora.tap("Get a code")
    code = nora.page.locator(".wall-code").inner_text()
    wall = staffroom.stranger(scheme="dark").open("/wall/")
    wall.page.get_by_label("Code").fill(code)
    wall.tap("Show the board here")
    wall.page.get_by_text("AK", exact=True).first.wait_for()
    shown = wall.page.locator("#board").inner_text()
    assert "AK" in shown
    assert "Karim" not in shown
    with complaints.link_may_break():
        wall.page.context.set_offline(True)
        wall.page.get_by_text(re.compile("^Stale: no word from the server")).wait_for(
            timeout=15_000
        )
        wall.page.context.set_offline(False)
        wall.page.locator("#wall-stale").wait_for(state="hidden", timeout=15_000)
