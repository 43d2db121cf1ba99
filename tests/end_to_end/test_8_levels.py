"""The level in blood on the prescriber's plan, at every size and in the dark."""

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.hazard("HZ-14")
@pytest.mark.parametrize("size", [(390, 844), (744, 1133), (1180, 820), (1440, 900)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_plan_shows_a_band_that_can_be_read_at_every_size(staffroom, house, size, scheme):
    priya = staffroom.window("priya", scheme=scheme)
    priya.page.set_viewport_size({"width": size[0], "height": size[1]})
    priya.open(f"/sessions/{house.session_of('Lindgren')}/plan/")
    region = priya.region("What to expect in plasma")
    assert "Kamp 2020, arterial" in region.inner_text()
    assert "Clements 1981, venous" in region.inner_text()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert priya.page.evaluate(overflow) <= 0
    letters = region.locator("svg text").evaluate_all(
        "all => Math.min(...all.map(one => { const m = one.getScreenCTM();"
        " return Math.hypot(m.a, m.b) * parseFloat(getComputedStyle(one).fontSize); }))"
    )
    assert letters >= 9, "the smallest letters of the picture, in CSS pixels"
    boxes = region.locator("svg text").evaluate_all(
        "all => all.map(one => { const b = one.getBoundingClientRect();"
        " return [b.left, b.top, b.right, b.bottom, one.textContent]; })"
    )
    assert list(_overlaps(boxes)) == []


def _overlaps(boxes):
    """Words that stand on each other by more than a hair."""
    for place, (left, top, right, bottom, words) in enumerate(boxes):
        for other in boxes[place + 1 :]:
            wide = min(right, other[2]) - max(left, other[0])
            high = min(bottom, other[3]) - max(top, other[1])
            if wide > 1 and high > 3:
                yield words, other[4]
