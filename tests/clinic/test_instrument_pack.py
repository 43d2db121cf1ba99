"""The console shows a site's words where a pack has them, and labels where it has none."""

import pytest

from openketamine.clinic.console import page
from openketamine.clinic.library import site_words

C_SSRS = """\
instrument: c-ssrs-screen
version: "screener, recent"
language: en
permission: "given to the test clinic"
items: {1: first words, 2: b, 3: c, 4: d, 5: e, 6: f, 7: g}
"""


@pytest.fixture(autouse=True)
def _afresh():
    yield
    site_words._read.cache_clear()
    page._instrument.cache_clear()


def asked(settings, folder):
    settings.OPENKETAMINE_INSTRUMENT_PACK = str(folder) if folder else ""
    site_words._read.cache_clear()
    page._instrument.cache_clear()
    return page._instrument("c-ssrs-screen")["items"][0]["text"]


def test_the_words_of_the_pack_are_on_the_screen(settings, tmp_path):
    (tmp_path / "c-ssrs-screen.yaml").write_text(C_SSRS, encoding="utf-8")
    assert asked(settings, tmp_path) == "first words"
    assert asked(settings, None) == "wish to be dead"


def test_a_bad_pack_stops_no_session_and_is_logged(settings, tmp_path, caplog):
    (tmp_path / "bad.yaml").write_text("instrument: nothing", encoding="utf-8")
    assert asked(settings, tmp_path) == "wish to be dead"
    assert "the pack of instruments is not used" in caplog.text
