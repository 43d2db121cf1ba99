"""The how-to of the patient's side: its pictures are those that the script makes of real pages."""

import re
from pathlib import Path

import patient_pictures
import pytest
from django.template.loader import get_template

HOW_TO = Path(patient_pictures.__file__).parent / "how-to" / "the-patients-side.md"
# Which template each picture shows, and words that make the page that it shows.
PAGES = {
    "begin": "checkins/begin.html",
    "question": "checkins/question.html",
    "pause": "checkins/pause.html",
    "thanks": "checkins/born.html",
    "own": "checkins/own.html",
    "papers": "papers/mine.html",
}
# What the script takes hold of, page by page.
HELD = {
    "checkins/begin.html": ["primary"],
    "checkins/question.html": ["mine-foot", "mine-answers", "data-once", "lang="],
    "checkins/pause.html": ["primary"],
    "checkins/born.html": ['id="day"', 'id="month"', 'id="year"', "primary"],
    "checkins/own.html": ['action="papers/"'],
    "papers/mine.html": ["wishes"],
}


def test_the_how_to_shows_every_picture_and_no_other():
    shown = re.findall(r"\.\./pictures/patient-([\w-]+)\.png", HOW_TO.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(patient_pictures.NAMES)


@pytest.mark.parametrize("name", patient_pictures.NAMES)
def test_a_picture_is_a_small_png_of_a_phone_and_its_page_is_there(name):
    raw = patient_pictures.file_of(name).read_bytes()
    assert raw.startswith(b"\x89PNG")
    size = (int.from_bytes(raw[16:20], "big"), int.from_bytes(raw[20:24], "big"))
    assert size == tuple(patient_pictures.PHONE.values())
    assert len(raw) < 100_000
    template = PAGES[name.removesuffix("-es")]
    source = Path(get_template(template).origin.name).read_text(encoding="utf-8")
    assert all(one in source for one in HELD[template]), "the script would not find its way"
