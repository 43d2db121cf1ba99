"""An emergency at the chair: the card is there, its clock runs, each tap is in the record."""

import pytest
from tests.end_to_end.house import eventually
from tests.end_to_end.taps import counted

pytestmark = pytest.mark.browser


@pytest.fixture
def lindgren(house):
    return house.session_of("Lindgren")


@pytest.fixture
def of_card(house, lindgren):
    """How many facts of a kind there are about a card; others may have opened others."""

    def count(kind, card):
        return [one for one in house.facts(lindgren, kind) if one["card"] == card]

    return count


def test_a_card_is_two_taps_away_and_each_step_is_charted_as_it_is_tapped(nora, lindgren, of_card):
    nora.console(lindgren)
    known = len(of_card("emergency_step_done", "vomiting"))
    sheet = nora.sheet("Emergency card")
    with counted(nora, "any card opened"):
        nora.tap("Emergency")
        nora.tap("Vomiting", sheet)
    card = nora.page.get_by_role("article", name="Emergency: Vomiting")
    card.get_by_role("timer").wait_for()
    for step in ("Turn to the side", "Suction"):
        with counted(nora, "a step of the card"):
            nora.press(card.get_by_role("button", name=step))
    done = eventually(
        lambda: len(d := of_card("emergency_step_done", "vomiting")) == known + 2 and d
    )
    assert {one["step"] for one in done[known:]} == {"turn", "suction"}
    first = card.get_by_role("timer").inner_text()
    eventually(lambda: card.get_by_role("timer").inner_text() != first)


def test_the_end_is_charted_and_the_card_goes(nora, lindgren, of_card):
    nora.console(lindgren)
    known = len(of_card("emergency_over", "vomiting"))
    card = nora.page.get_by_role("article", name="Emergency: Vomiting")
    sheet = nora.sheet("Vomiting is over")
    with counted(nora, "the end of it"):
        nora.tap("Over", card)
        nora.press(sheet.get_by_role("radio", name="settled"))
        nora.tap("Over", sheet)
    card.wait_for(state="detached")
    (over,) = eventually(lambda: of_card("emergency_over", "vomiting")[known:])
    assert over == {"card": "vomiting", "outcome": "settled"}


def test_a_symptom_that_is_charted_offers_its_card(nora, lindgren, of_card):
    nora.console(lindgren)
    known = len(of_card("emergency_begun", "chest-pain"))
    nora.charting("Event")
    taps = nora.sheet("Adverse event")
    nora.tap("chest pain", taps)
    nora.press(nora.page.get_by_role("dialog").get_by_role("button", name="2 moderate"))
    offered = nora.region("Emergency").get_by_role("button", name="Chest pain")
    offered.wait_for()
    nora.press(offered)
    nora.page.get_by_role("article", name="Emergency: Chest pain").wait_for()
    assert eventually(lambda: len(of_card("emergency_begun", "chest-pain")) == known + 1)


def test_who_may_only_read_sees_the_card_and_has_nothing_to_press(staffroom, lindgren):
    aude = staffroom.window("aude")
    aude.console(lindgren)
    card = aude.page.get_by_role("article", name="Emergency: Chest pain")
    card.wait_for()
    assert card.get_by_role("button").count() == 0
    assert aude.page.locator("#emergency-open").is_hidden()
