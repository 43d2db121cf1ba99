"""Every language but English: complete, fresh, easy to read, and never an instrument translated."""

import re

import pytest
from tests.knowledge.reading_level import ease

from openketamine.core.course import _language, in_words_of, languages, papers, said_in, translation
from openketamine.core.course.check_ins import house_form, schedules
from openketamine.core.course.check_ins._screens import Screen, _in_words_of
from openketamine.core.course.papers import consents, title_of
from openketamine.core.dosing import protocol
from openketamine.core.scoring import instrument
from openketamine.knowledge import document, documents, names

BRACE = re.compile(r"\{\w+\}")
OTHERS = [one for one in languages() if one != "en"]


def asked():
    """Every word of the house that a person may read on a check-in."""
    for form in names("check-in-forms"):
        for one in house_form(form).questions:
            yield one.ask
            yield from one.helps.values()
            yield from (says for _, says, _ in one.answers)


def said_elsewhere():
    yield from (step.says for one in schedules() for step in one.steps)
    yield from (title_of(one) for one in consents())
    for place in document("triage", "help").body["places"]:
        for line in place["lines"]:
            yield from (line["says"], *filter(None, [line["label"]]))


@pytest.mark.parametrize("language", OTHERS)
class TestALanguage:
    def test_it_has_every_word_that_a_person_reads_and_no_other(self, language):
        wanted = {*asked(), *said_elsewhere()}
        known = translation(language).words
        assert wanted - set(known) == set(), "not translated, or the English changed since"
        assert set(known) - wanted == set(), "of no use any more"
        assert all(one.strip() for one in known.values())

    def test_who_read_it_is_said_and_it_is_no_more_than_ours(self, language):
        read = document("translations", language)
        assert read.body["evidence"] == "P"
        assert (read.reviewed_by is None) == (translation(language).reviewed_by is None)

    def test_numbers_are_the_same(self, language):
        for english, other in translation(language).words.items():
            assert _digits(english) == _digits(other), english

    def test_no_words_of_an_instrument_stand_in_it(self, language):
        items = {
            item.text
            for one in documents("instruments")
            for item in instrument(one.id).items
            if item.text
        }
        assert items.isdisjoint(translation(language).words)


def test_spanish_is_read_with_ease():
    """Fernández Huerta 1959: 70 and above is fairly easy, read at the end of primary school."""
    words = translation("es").words
    assert ease(" ".join(f"{words[one]}." for one in asked())) >= 70


class TestWhatIsMissing:
    def test_one_missing_word_leaves_the_whole_question_in_english(self):
        screen = Screen("f", "i", "Yes", "", "", (("a", "No"), ("b", "Nobody translated this")))
        assert _in_words_of("es", screen) == screen
        whole = Screen("f", "i", "Yes", "", "", (("a", "No"), ("b", "I am not sure")))
        assert _in_words_of("es", whole).language == "es"
        assert _in_words_of("es", whole).ask == "Sí"

    def test_a_language_that_is_not_there_is_english(self):
        assert in_words_of("fi", "Yes") is None
        assert said_in("fi", "Yes") == "Yes"


def test_another_language_is_one_file_and_no_code(monkeypatch):
    """Backwards stands for any language: the words are found by their English alone."""
    made = _language.Translation(
        "qps", "Backwards", "1", None, {one: one[::-1] for one in {*asked(), *said_elsewhere()}}
    )
    monkeypatch.setattr(_language, "names", lambda _: ("es", "qps"))
    monkeypatch.setattr(_language, "translation", lambda _: made)
    assert languages() == ("en", "es", "qps")
    assert title_of("touch", "qps") == "stroppus taht hcuoT"
    for form in names("check-in-forms"):
        for one in house_form(form).questions:
            screen = Screen(form, one.id, one.ask, choices=tuple((a, s) for a, s, _ in one.answers))
            assert _in_words_of("qps", screen).ask == one.ask[::-1]


def _digits(text):
    return sorted("".join(one if one.isdigit() else " " for one in text).split())


TEXTS = [one for kind in ("consents", "instructions") for one in documents(kind)]


@pytest.mark.parametrize("text", TEXTS, ids=lambda one: f"{one.kind}/{one.id}")
@pytest.mark.parametrize("language", OTHERS)
class TestATextThatIsSignedOrTakenHome:
    def test_every_word_of_it_is_there_with_the_same_numbers_and_braces(self, text, language):
        assert language in papers.languages(text)
        for english, other in _pairs(text.body, language):
            assert other, english
            assert _digits(english) == _digits(other), english
            assert sorted(BRACE.findall(english)) == sorted(BRACE.findall(other)), english

    def test_who_read_the_translation_is_said(self, text, language):
        if text.kind == "consents":
            assert papers.versions(text)[-1].reviewed == {language: None}
        assert not papers.is_reviewed(text, language)


@pytest.mark.parametrize("consent", consents())
def test_a_consent_is_read_with_ease_in_spanish(consent):
    planned = protocol("spravato-trd" if consent == "esketamine-spray" else "iv-depression")
    shown = papers.shown(consent, planned, "es", {"phone": "+1 555 0100"})
    words = [p for part in shown.parts for p in (f"{part.heading}.", *part.paragraphs)]
    words += [w for q in shown.questions for w in (q.ask, q.explained)]
    assert shown.language == "es"
    assert "{" not in " ".join(words)
    assert ease(" ".join(words)) >= 70


def _pairs(node, language):
    """(English, other) of every text, paragraph by paragraph."""
    if isinstance(node, dict):
        if "en" in node and set(node) <= {"en", *OTHERS}:
            english, other = node["en"], node.get(language)
            if isinstance(english, str):
                yield english, other
            else:
                yield from zip(english, other, strict=True)
            return
        for key, value in node.items():
            if key != "versions":
                yield from _pairs(value, language)
    elif isinstance(node, list):
        for one in node:
            yield from _pairs(one, language)
