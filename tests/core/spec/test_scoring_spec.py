"""Answers to instruments, and what is made of them."""

import pytest

from openketamine.core.findings import BadInput
from openketamine.core.scoring import instrument, instruments, score
from openketamine.core.scoring._change import _scores, span

PLAIN_CHOICES = {"Yes", "No", "Present", "Absent", "Could not be assessed"}

PHQ9 = [
    ([0] * 9, 0, "none or minimal"),
    ([1, 1, 1, 1, 0, 0, 0, 0, 0], 4, "none or minimal"),
    ([1, 1, 1, 1, 1, 0, 0, 0, 0], 5, "mild"),
    ([1, 1, 1, 1, 1, 1, 1, 1, 1], 9, "mild"),
    ([2, 1, 1, 1, 1, 1, 1, 1, 1], 10, "moderate"),
    ([2, 2, 2, 2, 2, 1, 1, 1, 1], 14, "moderate"),
    ([2, 2, 2, 2, 2, 2, 1, 1, 1], 15, "moderately severe"),
    ([3, 2, 2, 2, 2, 2, 2, 2, 2], 19, "moderately severe"),
    ([3, 3, 2, 2, 2, 2, 2, 2, 2], 20, "severe"),
    ([3] * 9, 27, "severe"),
]


@pytest.mark.parametrize(("answers", "total", "band"), PHQ9)
def test_phq9_bands_turn_at_5_10_15_and_20(answers, total, band):
    found = score("phq-9", answers)
    assert (found.total, found.band, found.valid) == (total, band, True)


def test_the_json_is_that_of_the_contract():
    assert score("phq-9", [2, 2, 2, 2, 2, 2, 2, 2, 1]).as_json() == {
        "instrument": "phq-9",
        "total": 17,
        "band": "moderately severe",
        "valid": True,
        "missing": [],
        "flags": [{"item": 9, "says": "thoughts of death or self-harm"}],
        "loinc": "44261-6",
    }


MISSING = [
    ([2, 2, 2, 2, 2, 2, 2, 2, 2], (), 18),
    ([None, 2, 2, 2, 2, 2, 2, 2, 2], (1,), 18),
    ([None, None, 2, 2, 2, 2, 2, 2, 2], (1, 2), 18),
    ([None, None, None, 2, 2, 2, 2, 2, 2], (1, 2, 3), None),
    ([], (1, 2, 3, 4, 5, 6, 7, 8, 9), None),
]


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(("answers", "missing", "total"), MISSING)
def test_two_items_may_be_missing_and_three_may_not(answers, missing, total):
    found = score("phq-9", answers)
    assert (found.missing, found.total, found.valid) == (missing, total, total is not None)


@pytest.mark.hazard("HZ-09")
def test_an_unanswered_item_9_is_flagged_and_never_read_as_no():
    assert [(f.item, f.says) for f in score("phq-9", [0] * 8).flags] == [
        (9, "not answered: ask the person")
    ]


SUICIDE_RISK = [
    # 1 wish, 2 thoughts, 3 method, 4 intent, 5 plan, 6 behaviour ever, 7 within 3 months
    ([0, 0, None, None, None, 0, None], "no risk found", True),
    ([1, 0, None, None, None, 0, None], "low", True),
    ([1, 1, 0, 0, 0, 0, None], "low", True),
    ([1, 1, 1, 0, 0, 0, None], "moderate", True),
    ([0, 0, None, None, None, 1, 0], "moderate", True),
    ([1, 1, 0, 1, 0, 0, None], "high", True),
    ([1, 1, 0, 0, 1, 0, None], "high", True),
    ([0, 0, None, None, None, 1, 1], "high", True),
    # What was not asked is not a no.
    ([1, 1, None, None, None, 0, None], "at least low", False),
    ([0, 0, None, None, None, 1, None], "at least moderate", False),
    ([0, None, None, None, None, 0, None], None, False),
    ([1, None, None, 1, None, None, None], "high", False),
]


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(("answers", "band", "valid"), SUICIDE_RISK)
def test_suicide_risk_follows_the_triage_card(answers, band, valid):
    found = score("c-ssrs-screen", answers)
    assert (found.band, found.valid, found.total) == (band, valid, None)


OTHERS = [
    ("gad-7", [3, 3, 3, 2, 2, 1, 1], 15, "severe"),
    ("gad-7", [2, 2, 2, 2, 2, 2, 2], 14, "moderate"),
    ("moaa-s", [5], 5, "alert"),
    ("moaa-s", [3], 3, "sedated"),
    ("moaa-s", [1], 1, "deeply sedated"),
    ("modified-aldrete", [2, 2, 2, 2, 1], 9, "fit to leave by this score"),
    ("modified-aldrete", [2, 2, 2, 1, 1], 8, "not yet fit to leave"),
    ("cadss-6", [2] * 6, 12, None),
]


@pytest.mark.parametrize(("name", "answers", "total", "band"), OTHERS)
def test_other_instruments(name, answers, total, band):
    found = score(name, answers)
    assert (found.total, found.band) == (total, band)


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize("name", ["moaa-s", "modified-aldrete", "cadss-6"])
def test_an_observation_with_a_missing_item_has_no_total(name):
    answers = [None] + [1] * (len(instrument(name).items) - 1)
    assert score(name, answers).total is None


def test_answers_may_come_by_item_number():
    assert score("moaa-s", {"1": 4}).total == score("moaa-s", {1: 4}).total == 4


BAD = [
    ("phq-99", [0], "instrument: expected one of"),
    ("phq-9", [4], "answers[1]: expected a whole number from 0 to 3"),
    ("phq-9", [-1], "answers[1]"),
    ("phq-9", [1.5], "answers[1]"),
    ("phq-9", [True], "answers[1]"),
    ("phq-9", [0] * 10, "at most 9 answers"),
    ("phq-9", {"10": 1}, "an item number from 1 to 9"),
    ("phq-9", "012012012", "a list in item order"),
]


@pytest.mark.parametrize(("name", "answers", "sentence"), BAD)
def test_a_wrong_answer_is_named(name, answers, sentence):
    with pytest.raises(BadInput) as refused:
        score(name, answers)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("name", instruments())
def test_every_instrument_has_a_band_for_every_total_or_none_at_all(name):
    known = instrument(name)
    for bands in (known.bands, *known.bands_by_sex.values()) if known.bands else ():
        low, high = (int(end) for end in span(known, _scores(known)["total"]))
        covered = [total for first, last, _ in bands for total in range(first, last + 1)]
        assert sorted(covered) == list(range(low, high + 1))


LICENSED = [name for name in instruments() if not instrument(name).ships_words]


@pytest.mark.parametrize("name", LICENSED)
def test_text_that_may_not_be_shipped_is_not_shipped(name):
    known = instrument(name)
    assert [item.text for item in known.items if item.text] == []
    assert {says for item in known.items for _, says in item.choices} <= PLAIN_CHOICES
    assert (known.lead_in, known.languages) == ("", ())


@pytest.mark.parametrize("name", sorted(set(instruments()) - set(LICENSED)))
def test_what_may_be_shipped_has_its_words(name):
    assert all(item.text for item in instrument(name).items)


def test_the_licensed_ones_are_known_by_name():
    assert {"c-ssrs-screen", "madrs", "qids-sr16", "cadss", "cadss-6", "bpi-sf"} <= set(LICENSED)
    assert {"paindetect", "dn4", "s-dn4", "dast-10", "promis-29"} <= set(LICENSED)
