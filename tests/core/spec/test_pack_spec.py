"""The words of licensed instruments come from the site's own folder, checked when it is read."""

import json

import pytest

from openketamine import cli
from openketamine.core.findings import BadInput
from openketamine.core.scoring import instrument, pack, published, questions, score, with_words

S_DN4 = """\
instrument: s-dn4
version: "7 items"
language: en
permission: "Given to the test clinic, 2026-11-22"
lead_in: "Words of the site."
items: {1: one, 2: two, 3: three, 4: four, 5: five, 6: six, 7: seven}
choices: {all: {0: Nay, 1: Yea}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "s-dn4.yaml").write_text(S_DN4, encoding="utf-8")
    return tmp_path


def test_a_pack_fills_the_empty_slot_and_changes_no_score(folder):
    bare = instrument("s-dn4")
    worded = with_words(bare, pack(folder))
    assert [item.text for item in bare.items] == [""] * 7
    assert (worded.items[0].text, worded.items[6].text) == ("one", "seven")
    assert dict(worded.items[0].choices) == {0: "Nay", 1: "Yea"}
    assert [item.answers for item in worded.items] == [item.answers for item in bare.items]
    assert questions(worded)["words"] == "by the site"
    assert questions(bare)["words"].startswith("not here")
    assert score("s-dn4", [1, 1, 1, 0, 0, 0, 0]).band == "positive"


def test_another_language_stays_apart(folder):
    assert with_words(instrument("s-dn4"), pack(folder), "fr") == instrument("s-dn4")
    assert with_words(instrument("madrs"), pack(folder)) == instrument("madrs")


def test_numbers_may_be_written_as_text(tmp_path):
    words = S_DN4.replace("{1: one", '{"1": one').replace("{0: Nay", '{"0": Nay')
    (tmp_path / "a.yaml").write_text(words, encoding="utf-8")
    assert with_words(instrument("s-dn4"), pack(tmp_path)).items[0].text == "one"


FRENCH = """\
instrument: phq-2
version: "2 weeks"
language: fr
permission: "public"
items: {1: un, 2: deux}
"""


def test_a_pack_may_add_a_language_to_shipped_words(tmp_path):
    (tmp_path / "a.yaml").write_text(FRENCH, encoding="utf-8")
    assert with_words(instrument("phq-2"), pack(tmp_path), "fr").items[1].text == "deux"


BAD = [
    ("instrument: s-dn4\n", "", "the field instrument"),
    ("permission: ", "# permission: ", "the field permission"),
    ("permission: ", "by: me\npermission: ", "by: expected one of instrument"),
    ("instrument: s-dn4", "instrument: s-dn5", "instrument: expected one of audit-c"),
    ('version: "7 items"', 'version: "8 items"', "version: expected '7 items', got '8 items'"),
    ("language: en", "language: 7", "language: expected words, got 7"),
    (", 7: seven", "", "items: expected words for each of 7 items"),
    ("7: seven", "8: eight", "items: expected words for each of 7 items"),
    ("7: seven", "7: ''", "items.7: expected words"),
    ("7: seven", "7: [seven]", "items.7: expected words"),
    ("{1: one, 2: two, 3: three, 4: four, 5: five, 6: six, 7: seven}", "[one]", "items: expected"),
    ("{all: ", "{9: ", "choices: expected an item number, or all, got 9"),
    ("{0: Nay, 1: Yea}", "{0: Nay}", "choices.1: expected words for each of the answers 0, 1"),
    ("{0: Nay, 1: Yea}", "{0: Nay, 1: 2}", "choices.1.1: expected words"),
    ("{all: {0: Nay, 1: Yea}}", "[Nay]", "choices: expected answers by item number"),
    ("items: {", "items: {{", "YAML"),
    ("language: en", "language: en\nlanguage: fr", "YAML"),
    (S_DN4, "just words", "YAML"),
    (S_DN4, "", "YAML"),
    (S_DN4, FRENCH.replace("fr", "en"), "one whose words we do not ship"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BAD)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, capsys, old, new, sentence):
    assert old in S_DN4
    (tmp_path / "bad.yaml").write_text(S_DN4.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        pack(tmp_path)
    assert str(refused.value).startswith("bad.yaml")
    assert sentence in str(refused.value)
    status = cli.main(["score", "s-dn4", "--questions", "--pack", str(tmp_path)])
    said = capsys.readouterr()
    assert (status, said.out, said.err.count("\n")) == (2, "", 1)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match=r"bad\.yaml: expected text in UTF-8"):
        pack(tmp_path)


def test_an_empty_folder_and_none_are_refused(tmp_path):
    with pytest.raises(BadInput, match=r"at least one \.yaml file"):
        pack(tmp_path)
    with pytest.raises(BadInput, match="a folder of YAML files"):
        pack(tmp_path / "nowhere")


def test_two_files_for_one_instrument_are_refused(folder):
    (folder / "again.yaml").write_text(S_DN4, encoding="utf-8")
    with pytest.raises(BadInput, match="one file for each language"):
        pack(folder)


def test_the_setting_stands_in_for_the_option(folder, capsys, monkeypatch):
    monkeypatch.setenv("OPENKETAMINE_INSTRUMENT_PACK", str(folder))
    assert cli.main(["score", "s-dn4", "--questions", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["text"] == "one"


def test_what_is_asked_of_a_shipped_instrument(capsys):
    assert cli.main(["score", "pcl-5", "--questions", "--json"]) == 0
    asked = json.loads(capsys.readouterr().out)
    assert (asked["words"], len(asked["items"]), asked["recall"]) == ("shipped", 20, "past month")
    assert [one["answer"] for one in asked["items"][0]["answers"]] == [0, 1, 2, 3, 4]


def test_neither_answers_nor_questions_is_a_sentence(capsys):
    assert cli.main(["score", "peg"]) == 2
    assert "or --questions" in capsys.readouterr().err


def test_published_words_are_shown_by_language_and_change_no_score(capsys):
    assert cli.main(["score", "phq-9", "--questions", "--json", "--language", "es"]) == 0
    asked = json.loads(capsys.readouterr().out)
    plain = questions(instrument("phq-9"))
    assert asked["items"][8]["text"].startswith("Pensamientos de que estaría mejor muerto(a)")
    assert asked["loinc"] == plain["loinc"]
    for spoken, english in zip(asked["items"], plain["items"], strict=True):
        assert [one["answer"] for one in spoken["answers"]] == [0, 1, 2, 3]
        assert (spoken["item"], spoken["label"]) == (english["item"], english["label"])


def test_the_words_of_a_site_come_before_ours(tmp_path, capsys):
    own = FRENCH.replace("language: fr", "language: es").replace("un, 2: deux", "uno, 2: dos")
    (tmp_path / "a.yaml").write_text(own, encoding="utf-8")
    said = ["score", "phq-2", "--questions", "--json", "--language", "es"]
    assert cli.main([*said, "--pack", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["items"][1]["text"] == "dos"
    assert ("phq-2", "es") in published()
