"""An emergency at the chair: the card is there, its clock runs, each tap is in the record."""

import pytest
from tests.end_to_end.house import eventually

pytestmark = pytest.mark.browser


@pytest.fixture
def lindgren(house):
    return house.session_of("Lindgren")


def test_a_card_is_two_taps_away_and_each_step_is_charted_as_it_is_tapped(nora, house, lindgren):
    nora.console(lindgren)
    nora.tap("Emergency")
    sheet = nora.sheet("Emergency card")
    nora.tap("Vomiting", sheet)
    card = nora.page.get_by_role("article", name="Emergency: Vomiting")
    card.get_by_role("timer").wait_for()
    before = nora.taps
    nora.press(card.get_by_role("button", name="Turn to the side"))
    nora.press(card.get_by_role("button", name="Suction"))
    assert nora.taps - before == 2
    eventually(lambda: len(house.facts(lindgren, "emergency_step_done")) == 2)
    steps = {one["step"] for one in house.facts(lindgren, "emergency_step_done")}
    assert steps == {"turn", "suction"}
    first = card.get_by_role("timer").inner_text()
    eventually(lambda: card.get_by_role("timer").inner_text() != first)


def test_the_end_is_charted_and_the_card_goes(nora, house, lindgren):
    nora.console(lindgren)
    card = nora.page.get_by_role("article", name="Emergency: Vomiting")
    nora.tap("Over", card)
    sheet = nora.sheet("Vomiting is over")
    nora.press(sheet.get_by_role("radio", name="settled"))
    nora.tap("Over", sheet)
    card.wait_for(state="detached")
    (over,) = eventually(lambda: house.facts(lindgren, "emergency_over"))
    assert over == {"card": "vomiting", "outcome": "settled"}


def test_a_symptom_that_is_charted_offers_its_card(nora, house, lindgren):
    nora.console(lindgren)
    nora.charting("Event")
    taps = nora.sheet("Adverse event")
    nora.tap("chest pain", taps)
    nora.press(nora.page.get_by_role("dialog").get_by_role("button", name="2 moderate"))
    offered = nora.region("Emergency").get_by_role("button", name="Chest pain")
    offered.wait_for()
    nora.press(offered)
    nora.page.get_by_role("article", name="Emergency: Chest pain").wait_for()
    assert eventually(lambda: len(house.facts(lindgren, "emergency_begun")) == 2)


def test_who_may_only_read_sees_the_card_and_has_nothing_to_press(staffroom, lindgren):
    aude = staffroom.window("aude")
    aude.console(lindgren)
    card = aude.page.get_by_role("article", name="Emergency: Chest pain")
    card.wait_for()
    assert card.get_by_role("button").count() == 0
    assert aude.page.locator("#emergency-open").is_hidden()
