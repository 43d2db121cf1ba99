"""The two pictures of the results page: well-formed, true to their numbers, safe of markup."""

from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from openketamine.clinic.results import curve, forest
from openketamine.clinic.results.statistics import survival
from openketamine.core.course import Reported

SVG = "{http://www.w3.org/2000/svg}"


def shapes(svg, name, css):
    """Elements of a class."""
    root = ET.fromstring(svg)  # noqa: S314  (our own)
    return [one for one in root.iter(f"{SVG}{name}") if one.get("class") == css]


def published(title, day, share):
    """A point of a published curve."""
    none = (None,) * 5
    return title, Reported(
        "response_kept", Decimal(share), "%", "later", "", "", "", "", day, *none[:4], (), "R"
    )


@pytest.fixture
def steps():
    return survival([7, 14, 21, 28, 56, 84], [True, False, True, True, False, True])


def corners(line):
    """Points of a polyline."""
    return [tuple(map(float, each.split(","))) for each in line.get("points").split()]


def test_the_line_only_falls_and_falls_as_often_as_somebody_relapsed(steps):
    (line,) = shapes(curve.draw(steps), "polyline", "kept")
    heights = [y for _, y in corners(line)]
    assert heights == sorted(heights)
    assert len(set(heights)) == 1 + 4
    assert heights[-1] == max(heights)


def test_there_is_a_stroke_for_each_day_on_which_somebody_was_watched_no_longer(steps):
    assert len(shapes(curve.draw(steps), "line", "left")) == 2


def test_the_table_beside_it_counts_who_is_still_watched(steps):
    rows = {row.day: (row.at_risk, row.relapsed) for row in curve.rows(steps)}
    assert rows[0] == (6, 0)
    assert rows[28] == (3, 3)
    assert rows[84] == (1, 4)


def test_a_published_point_is_a_diamond_whose_title_is_text(steps):
    svg = curve.draw(steps, [published("A <script> & more", 28, "80")])
    (diamond,) = shapes(svg, "polygon", "published")
    assert diamond.find(f"{SVG}title").text.startswith("A <script> & more: 80 %")


def test_nobody_followed_is_an_empty_frame():
    assert "Nobody was followed." in curve.draw(survival([], []))
    assert curve.rows(survival([], [])) == []


def test_ours_is_a_square_with_its_interval_and_an_unknown_denominator_a_diamond():
    bars = [
        forest.Bar("This clinic", 0.4, 0.32, 0.48, own=True),
        forest.Bar("Theirs & co", 0.6, None, None),
    ]
    svg = forest.draw("Response", bars)
    (square,) = shapes(svg, "rect", "own")
    (line,) = shapes(svg, "line", "own")
    (diamond,) = shapes(svg, "polygon", "published")
    middle = float(square.get("x")) + 5
    assert float(line.get("x1")) < middle < float(line.get("x2"))
    assert corners(diamond)[0][0] > middle
