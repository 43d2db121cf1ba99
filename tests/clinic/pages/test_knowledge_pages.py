"""Knowledge as pages: every file that the program uses can be read and checked."""

import pytest

from openketamine.clinic.library.tree import tree
from openketamine.clinic.library.views import _kinds
from openketamine.knowledge import digest, documents
from openketamine.knowledge._reader import sources

ALL = [(kind, doc.id, doc.title) for kind in _kinds() for doc in documents(kind)]


@pytest.mark.django_db
class TestPages:
    def test_every_document_is_on_the_list(self, page, priya):
        shown = page(priya, "/knowledge/")
        for kind, name, title in ALL:
            assert f'href="/knowledge/{kind}/{name}/"' in shown.html
            assert title in shown.text
        assert digest() in shown.text

    def test_every_document_has_a_page_that_says_when_it_was_checked(self, page, priya):
        for kind, name, title in ALL:
            shown = page(priya, f"/knowledge/{kind}/{name}/")
            assert shown.status == 200, (kind, name)
            assert title in shown.text
            assert "Last checked against its sources" in shown.text

    def test_every_source_has_a_page(self, page, priya):
        for name in sources():
            assert page(priya, f"/knowledge/source/{name}/").status == 200, name

    def test_a_threshold_is_shown_with_examples_source_and_evidence(self, page, priya):
        text = page(priya, "/knowledge/contraindications/blood-pressure/").text
        assert "Block Blood pressure of 180 systolic or 110 diastolic" in text
        assert "at or above 180 mmHg Met by 180 · not met by 179" in text
        assert "proposed default" in text

    @pytest.mark.parametrize("path", ["protocols/none", "../settings/x", "secret/x"])
    def test_what_is_not_there_is_not_found(self, page, priya, path):
        assert page(priya, f"/knowledge/{path}/").status == 404


class TestTree:
    def test_nothing_of_a_file_is_dropped_but_what_is_said_elsewhere(self):
        node = {"value": 0, "unit": "mg", "sources": [], "evidence": "P"}
        (low,) = tree({"lowest": node})
        assert (low.name, low.value, low.evidence) == ("Lowest", "0 mg", "proposed default")

    def test_no_and_nothing_are_words(self):
        said = {one.name: one.value for one in tree({"a": False, "b": None, "c": True})}
        assert said == {"A": "no", "B": "—", "C": "yes"}

    def test_an_entry_is_called_by_what_it_says_and_not_twice(self):
        rule = {"rule": "X-1", "action": "block", "summary": "No", "advice": ["Stop."]}
        (rules,) = tree({"rules": [rule]})
        (entry,) = rules.children
        assert (entry.name, entry.rule, entry.word) == ("No", "X-1", "Block")
        assert [child.name for child in entry.children] == ["Advice"]
