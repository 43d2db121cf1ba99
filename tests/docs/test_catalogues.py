"""Each language of the pages: every text, the same placeholders, and compiled from what is read."""

import gettext
import io
import re

import catalogues
import pytest
from django.conf import settings
from django.template import engines
from django.utils import translation

from openketamine.core.course import languages

OTHERS = [one for one in languages() if one != "en"]
HELD = re.compile(r"%\(\w+\)s")


def po_of(language):
    return catalogues.LOCALE / language / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def wanted():
    return catalogues.said()


def test_a_language_of_the_questions_has_pages_and_the_other_way_round():
    assert [path.name for path in sorted(catalogues.LOCALE.iterdir())] == sorted(OTHERS)
    assert [code for code, _ in settings.LANGUAGES] == list(languages())


@pytest.mark.parametrize("language", OTHERS)
class TestACatalogue:
    def test_it_has_every_text_of_the_pages_and_no_other(self, language, wanted):
        _, known = catalogues.read_po(po_of(language))
        assert wanted - set(known) == set(), "run `make words`, then translate"
        assert set(known) - wanted == set(), "run `make words`"
        assert [text.english for text, words in known.items() if not all(words)] == []

    def test_what_is_filled_in_is_the_same(self, language, wanted):
        _, known = catalogues.read_po(po_of(language))
        for text, words in known.items():
            for form in words:
                assert sorted(HELD.findall(form)) == sorted(HELD.findall(text.english)), text
                assert form.endswith("\n") == text.english.endswith("\n"), text

    def test_what_is_compiled_is_what_is_written(self, language):
        path = po_of(language)
        kept = path.with_suffix(".mo").read_bytes()
        assert kept == catalogues.compiled(*catalogues.read_po(path)), "run `make words`"
        read = gettext.GNUTranslations(io.BytesIO(kept))
        _, known = catalogues.read_po(path)
        assert read.info()["language"] == language
        assert len(known) > 100
        for text, words in known.items():
            if text.plural:
                assert {read.ngettext(text.english, text.plural, n) for n in (1, 3)} == set(words)
            elif text.context:
                assert read.pgettext(text.context, text.english) == words[0]
            else:
                assert read.gettext(text.english) == words[0]


class TestTheReader:
    def test_what_is_written_is_read_again(self, tmp_path):
        known = {
            catalogues.Text('He said "go"\n\\d'): ("«vaya»\n\\d",),
            catalogues.Text("%(n)s day", "%(n)s days"): ("%(n)s día", "%(n)s días"),
            catalogues.Text("May", context="month"): ("Mayo",),
        }
        catalogues.write_po(tmp_path / "one.po", "Language: es\n", known)
        assert catalogues.read_po(tmp_path / "one.po") == ("Language: es\n", known)

    def test_it_finds_what_templates_and_modules_say(self, wanted):
        assert catalogues.Text("Begin") in wanted
        assert catalogues.Text("A few questions from your clinic") in wanted
        assert catalogues.Text("d-M-Y", context="format of a day") in wanted


def test_another_language_of_the_pages_is_one_folder_and_no_code(tmp_path, settings, wanted):
    """Backwards stands for any language; nothing but a catalogue is added."""
    folder = tmp_path / "eo" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    header = "Language: eo\nContent-Type: text/plain; charset=UTF-8\n"
    backwards = {one: (one.english[::-1],) for one in wanted if "%" not in one.english}
    (folder / "django.mo").write_bytes(catalogues.compiled(header, backwards))
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [*settings.LANGUAGES, ("eo", "Esperanto")]
    page = engines["django"].get_template("checkins/not_good.html")
    with translation.override("eo"):
        made = page.render({})
    assert "nepo ton seod knil sihT" in made
    assert '<html lang="eo"' in made
