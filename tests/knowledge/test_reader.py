"""The reader refuses a file that a clinician could not check, and says which and where."""
# ruff: noqa: E501 — one row of a table is one line

from decimal import Decimal

import pytest
from ruamel.yaml import YAML
from tests import effort

from openketamine.knowledge import KnowledgeError, digest, document, documents, read_threshold
from openketamine.knowledge._reader import HEADER as FIELDS
from openketamine.knowledge._reader import kinds, read
from openketamine.knowledge._threshold import check_threshold

HEADER = """\
id: sample
title: A sample
since: 2026-11-22
last_checked: 2026-11-22
reviewed_by: null
"""
THRESHOLD = """\
limit:
  value: 180
  unit: mm[Hg]
  compare: ">="
  sources: [{id: HOUSE, where: sample}]
  evidence: P
  examples: {met: [180], not_met: [179]}
"""


@pytest.fixture
def read_text(tmp_path):
    def reading(text, name="sample"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return read(path)

    return reading


def test_a_complete_file_is_read(read_text):
    found = read_text(HEADER + THRESHOLD)
    assert (found.id, found.title, found.reviewed_by) == ("sample", "A sample", None)
    assert list(found.body) == ["limit"]


REFUSED = [
    ("no id", HEADER.replace("id: sample\n", ""), "the header lacks id"),
    ("no title", HEADER.replace("title: A sample\n", ""), "the header lacks title"),
    ("no since", HEADER.replace("since: 2026-11-22\n", ""), "the header lacks since"),
    ("no check", HEADER.replace("last_checked: 2026-11-22\n", ""), "the header lacks last_checked"),
    ("no reviewer", HEADER.replace("reviewed_by: null\n", ""), "the header lacks reviewed_by"),
    ("another id", HEADER.replace("id: sample", "id: other"), "id: expected 'sample'"),
    ("words for a date", HEADER.replace("since: 2026-11-22", "since: today"), "since: expected a date"),
    ("key twice", HEADER + "a: 1\na: 2\n", "not readable as YAML"),
    ("threshold twice", HEADER + THRESHOLD + THRESHOLD, "not readable as YAML"),
    ("no YAML", "a: [1", "not readable as YAML"),
    ("two documents", HEADER + "---\na: 1\n", "not readable as YAML"),
    ("an unknown tag", HEADER + "a: !half 1\n", "not readable as YAML"),
    ("a thirteenth month", HEADER.replace("since: 2026-11-22", "since: 2026-13-22"), "not readable as YAML"),
    ("a list", "- 1\n", "expected a mapping at the top"),
    ("empty", "", "expected a mapping at the top"),
    ("no source", HEADER + "dose: {value: 1, evidence: P}\n", "dose: a value without a source"),
    ("no sources", HEADER + "dose: {value: 1, sources: [], evidence: P}\n", "dose: a value without a source"),
    ("source as words", HEADER + "dose: {value: 1, sources: [HOUSE], evidence: P}\n", "dose: a source is"),
    ("unknown source", HEADER + "dose: {value: 1, sources: [{id: BLOG}], evidence: P}\n", "unknown source 'BLOG'"),
    ("no evidence", HEADER + "dose: {value: 1, sources: [{id: HOUSE}]}\n", "evidence: expected one of R, B, P"),
    ("odd evidence", HEADER + "dose: {value: 1, sources: [{id: HOUSE}], evidence: A}\n", "evidence: expected one of"),
    ("a rule without source", HEADER + "rules:\n  - {rule: X-1, evidence: R}\n", "rules[0]: a value without a source"),
    ("deep inside", HEADER + "a: {b: [{c: {value: 1}}]}\n", "a.b[0].c: a value without a source"),
    ("no examples", HEADER + THRESHOLD.replace("  examples: {met: [180], not_met: [179]}\n", ""), "both sides"),
    ("one side", HEADER + THRESHOLD.replace(", not_met: [179]", ""), "both sides"),
    ("other side", HEADER + THRESHOLD.replace("met: [180], ", ""), "both sides"),
    ("wrong direction", HEADER + THRESHOLD.replace('">="', '"<="'), "example 179 should not meet it"),
    ("> for >=", HEADER + THRESHOLD.replace('">="', '">"'), "example 180 should meet it and does not"),
    ("no example on the boundary", HEADER + THRESHOLD.replace("met: [180]", "met: [200]"), "the boundary itself, 180"),
    ("odd direction", HEADER + THRESHOLD.replace('">="', '"=="'), "compare: expected one of"),
    ("no unit", HEADER + THRESHOLD.replace("  unit: mm[Hg]\n", ""), "a threshold lacks unit"),
    ("no number", HEADER + THRESHOLD.replace("value: 180", "value: high"), "expected a number"),
    ("example no number", HEADER + THRESHOLD.replace("[179]", "[low]"), "expected a number"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "sentence"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_file_that_nobody_could_check_is_refused_with_its_place(read_text, what, text, sentence):
    with pytest.raises(KnowledgeError) as refused:
        read_text(text)
    assert sentence in str(refused.value)
    assert "sample.yaml" in str(refused.value)


def test_no_is_a_word_and_not_false(read_text):
    assert read_text(HEADER + "choices: [yes, no]\n").body["choices"] == ["yes", "no"]


def test_the_quick_splitter_keeps_the_meaning_of_yaml_1_2(read_text):
    said = "words: [no, on, Off, y]\ntime: 1:30\ncount: 012\ntiny: 1e-3\nnothing: null\n"
    assert read_text(HEADER + said).body == {
        "words": ["no", "on", "Off", "y"], "time": "1:30", "count": 12, "tiny": 0.001, "nothing": None,
    }  # fmt: skip


@pytest.mark.parametrize("kind", kinds())
def test_the_quick_and_the_careful_splitter_read_the_same(kind):
    smallest = sorted(documents(kind), key=lambda file: file.path.stat().st_size)
    for file in smallest if effort.whole() else smallest[:1]:
        careful = YAML(typ="safe", pure=True).load(file.path.read_text(encoding="utf-8"))
        assert file.body == {k: v for k, v in careful.items() if k not in FIELDS}


def test_an_unknown_kind_or_document_is_named():
    with pytest.raises(KnowledgeError, match="there is no kind 'horoscopes'"):
        documents("horoscopes")
    with pytest.raises(KnowledgeError, match=r"there are .*iv-depression"):
        document("protocols", "iv-despair")


def test_the_digest_is_stable_and_of_the_content():
    assert digest() == digest()
    assert len(digest()) == len("sha256:") + 64


COMPARED = [
    (">=", 180, True), (">=", 179, False), (">", 180, False), (">", 181, True),
    ("<=", 180, True), ("<=", 181, False), ("<", 180, False), ("<", 179, True),
]  # fmt: skip


@pytest.mark.parametrize(("compare", "amount", "met"), COMPARED)
def test_a_threshold_is_met_on_its_far_side(compare, amount, met):
    threshold = read_threshold({"value": 180, "unit": "mm[Hg]", "compare": compare})
    assert threshold.met_by(amount) is met
    assert threshold.met_by(Decimal(amount)) is met


def test_a_float_is_compared_as_it_was_written():
    threshold = read_threshold({"value": 0.1, "unit": "mL", "compare": ">="})
    assert threshold.met_by(0.1)


def test_a_threshold_without_fault_has_no_fault():
    node = {"value": 1, "unit": "d", "compare": ">", "examples": {"met": [2], "not_met": [1]}}
    assert check_threshold(node) == []
