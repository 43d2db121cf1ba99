"""Each instrument by the scoring tests of the two clinical studies: both sides of every band."""

from decimal import Decimal

import pytest

from openketamine.core.findings import BadInput
from openketamine.core.scoring import instrument, instruments, score
from openketamine.core.scoring._change import _scores, span


def reaching(name, total):
    """Answers whose plain sum is `total`: items filled one after the other."""
    left, answers = total - sum(item.low for item in instrument(name).items), []
    for item in instrument(name).items:
        given = min(item.high - item.low, left)
        answers.append(item.high - given if item.reversed else item.low + given)
        left -= given
    return answers


BANDS = [
    ("phq-2", 2, "negative screen"),
    ("phq-2", 3, "positive screen"),
    ("gad-7", 4, "minimal"),
    ("gad-7", 5, "mild"),
    ("gad-7", 9, "mild"),
    ("gad-7", 10, "moderate"),
    ("gad-7", 14, "moderate"),
    ("gad-7", 15, "severe"),
    ("pcl-5", 30, "below the cut-off"),
    ("pcl-5", 31, "probable PTSD by the cut-off of 31, not by that of 33"),
    ("pcl-5", 32, "probable PTSD by the cut-off of 31, not by that of 33"),
    ("pcl-5", 33, "probable PTSD"),
    ("madrs", 6, "normal"),
    ("madrs", 7, "mild"),
    ("madrs", 19, "mild"),
    ("madrs", 20, "moderate"),
    ("madrs", 34, "moderate"),
    ("madrs", 35, "severe"),
    ("dast-10", 0, "none"),
    ("dast-10", 1, "low"),
    ("dast-10", 2, "low"),
    ("dast-10", 3, "moderate"),
    ("dast-10", 5, "moderate"),
    ("dast-10", 6, "substantial"),
    ("dast-10", 8, "substantial"),
    ("dast-10", 9, "severe"),
    ("dn4", 3, "negative"),
    ("dn4", 4, "positive"),
    ("s-dn4", 2, "negative"),
    ("s-dn4", 3, "positive"),
    ("pgi-c", 2, "important improvement"),
    ("pgi-c", 3, "minimal improvement"),
    ("pgi-c", 4, "no change"),
    ("pgi-c", 5, "worse"),
    ("moaa-s", 4, "lightly sedated"),
    ("moaa-s", 5, "alert"),
    ("modified-aldrete", 8, "not yet fit to leave"),
    ("modified-aldrete", 9, "fit to leave by this score"),
]


@pytest.mark.parametrize(("name", "total", "band"), BANDS)
def test_bands_turn_where_the_studies_say(name, total, band):
    found = score(name, reaching(name, total))
    assert (found.total, found.band, found.valid) == (total, band, True)


PAINDETECT = [
    ([5] * 7 + [1, 2], 38, "neuropathic part likely"),
    ([0] * 7 + [-1, 0], -1, "neuropathic part unlikely"),
    ([5, 5, 2, 0, 0, 0, 0, 0, 0], 12, "neuropathic part unlikely"),
    ([5, 5, 2, 0, 0, 0, 0, 1, 0], 13, "unclear"),
    ([5, 5, 5, 1, 0, 0, 0, 0, 2], 18, "unclear"),
    ([5, 5, 5, 1, 0, 0, 0, 1, 2], 19, "neuropathic part likely"),
]


@pytest.mark.parametrize(("answers", "total", "band"), PAINDETECT)
def test_paindetect_runs_from_minus_1_to_38(answers, total, band):
    found = score("paindetect", answers)
    assert (found.total, found.band) == (total, band)


@pytest.mark.parametrize("answers", [{"8": 2}, {"9": 1}, {"8": -2}])
def test_paindetect_has_no_course_of_2_and_radiation_is_0_or_2(answers):
    with pytest.raises(BadInput, match=r"answers\["):
        score("paindetect", answers)


def test_peg_is_a_mean_with_one_decimal():
    assert score("peg", [8, 7, 6]).as_json()["total"] == 7.0
    assert score("peg", [8, 7, 7]).total == Decimal("7.3")
    assert score("peg", [8, 8, 7]).total == Decimal("7.7")
    assert score("peg", [8, 7, None]).total is None


AUDIT_C = [
    (2, None, "negative screen"),
    (3, None, "positive screen"),
    (2, "female", "negative screen"),
    (3, "female", "positive screen"),
    (3, "male", "negative screen"),
    (4, "male", "positive screen"),
]


@pytest.mark.parametrize(("total", "sex", "band"), AUDIT_C)
def test_audit_c_without_a_sex_takes_the_stricter_cut_and_says_so(total, sex, band):
    found = score("audit-c", reaching("audit-c", total), sex=sex)
    assert found.band == band
    assert ("stricter" in found.note) == (sex is None)


@pytest.mark.parametrize(("total", "flags"), [(4, 0), (5, 1), (12, 1)])
def test_audit_c_of_5_asks_for_advice_for_both_sexes(total, flags):
    for sex in ("female", "male", None):
        assert len(score("audit-c", reaching("audit-c", total), sex=sex).flags) == flags


def test_question_3_of_dast_10_counts_the_other_way():
    assert score("dast-10", [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]).total == 0
    assert score("dast-10", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).total == 1


# Symptoms | signs -> total, PMC10257428 table 4; "-" could not be assessed.
CSS = [
    ("11110011", "11110111", 13, 6, 7),
    ("11110111", "11100111", 13, 7, 6),
    ("1111101-", "1011001-", 10, 6, 4),
    ("10000101", "00000000", 3, 3, 0),
    ("11110111", "11110011", 13, 7, 6),
    ("11110111", "11110111", 14, 7, 7),
]


@pytest.mark.parametrize(("symptoms", "signs", "total", "first", "second"), CSS)
def test_css_vectors_of_the_published_table(symptoms, signs, total, first, second):
    answers = [9 if one == "-" else int(one) for one in symptoms + signs]
    found = score("css", answers)
    assert (found.total, [part.score for part in found.subscores]) == (total, [first, second])
    assert len(found.not_assessable) == answers.count(9)


@pytest.mark.hazard("HZ-09")
def test_what_could_not_be_assessed_is_neither_absent_nor_missing():
    tried, absent = score("css", [9] + [0] * 15), score("css", [0] * 16)
    assert (tried.total, tried.not_assessable, tried.missing) == (0, (1,), ())
    assert "Not assessable" in tried.note
    assert absent.not_assessable == ()
    assert score("css", [None] + [0] * 15).total is None


def test_fiqr_weighs_its_parts():
    assert score("fiqr", [10] * 21).total == 100
    assert score("fiqr", [5] * 21).total == 50
    eight = [5] * 8 + [None]
    function = score("fiqr", [*eight, *[0] * 12]).subscores[0]
    assert (function.score, function.pro_rated) == (15, True)


@pytest.mark.parametrize(("missing", "valid"), [(4, True), (5, False)])
def test_fiqr_needs_half_of_each_part(missing, valid):
    found = score("fiqr", [None] * missing + [4] * (21 - missing))
    assert (found.valid, found.total is not None) == (valid, valid)


FIQR_BANDS = [
    ([9] * 2 + [0] * 19, 6.0, "remission"),
    ([10] * 6 + [3] + [0] * 14, 21.0, "remission"),
    ([10] * 6 + [9] + [0] * 14, 23.0, "remission"),
    ([10] * 7 + [0] * 14, 23.3, "mild"),  # between two bands: the worse one
]


@pytest.mark.parametrize(("answers", "total", "band"), FIQR_BANDS)
def test_fiqr_between_two_bands_is_in_the_worse(answers, total, band):
    found = score("fiqr", answers)
    assert (float(found.total), found.band) == (total, band)


def test_bpi_interference_needs_four_of_seven():
    severity = [5, 5, 5, 5]
    five = score("bpi-sf", [*severity, 8, 7, None, 6, None, 5, 4])
    assert (five.subscores[1].score, five.subscores[1].pro_rated) == (6, True)
    assert (five.total, five.valid, five.pro_rated) == (None, True, True)
    four = score("bpi-sf", [*severity, 8, 7, None, 6, None, None, 4])
    assert four.subscores[1].valid
    three = score("bpi-sf", [*severity, 8, 7, None, None, None, None, 4])
    assert (three.subscores[1].score, three.valid) == (None, False)
    assert three.subscores[0].score == 5


QIDS = [
    ([0] * 16, 0, "none"),
    ([1, 3, 2, 0] + [0] * 12, 3, "none"),
    ([0] * 5 + [1, None, None, 2] + [0] * 7, 2, "none"),
    ([3] * 16, 27, "very severe"),
    ([0] * 14 + [1, 3], 3, "none"),
    ([3, 0, 0, 0, 2] + [0] * 11, 5, "none"),
    ([3, 0, 0, 0, 3] + [0] * 11, 6, "mild"),
]


@pytest.mark.parametrize(("answers", "total", "band"), QIDS)
def test_qids_takes_the_highest_of_each_domain(answers, total, band):
    found = score("qids-sr16", answers)
    assert (found.total, found.band) == (total, band)


@pytest.mark.hazard("HZ-09")
def test_a_domain_of_qids_is_known_when_complete_or_at_its_ceiling():
    assert score("qids-sr16", [2, None, 0, 0] + [0] * 12).total is None
    assert score("qids-sr16", [3, None, 0, 0] + [0] * 12).total == 3
    assert score("qids-sr16", [0] * 5 + [1, None, None, None] + [0] * 7).total is None


PROMIS = [
    ("pain_interference", 25, 20, "75.6"),
    ("anxiety", 5, 4, "40.3"),
    ("physical_function", 1, 20, "57.0"),
    ("physical_function", 1, 4, "22.5"),
    ("sleep", 17, 12, "54.3"),
]


@pytest.mark.parametrize(("part", "first", "raw", "t_score"), PROMIS)
def test_promis_raw_sums_become_t_scores(part, first, raw, t_score):
    answers = dict.fromkeys(range(first, first + 4), raw // 4)
    found = {one.id: one for one in score("promis-29", answers).subscores}[part]
    assert (found.score, found.t_score) == (raw, Decimal(t_score))


@pytest.mark.hazard("HZ-09")
def test_promis_gives_no_t_score_with_an_item_missing():
    found = score("promis-29", [3, 3, 3, None] + [3] * 24 + [5])
    assert (found.subscores[0].t_score, found.subscores[0].valid, found.valid) == (
        None,
        False,
        False,
    )
    assert found.subscores[1].t_score == Decimal("63.4")


@pytest.mark.parametrize("part", [p for p in instrument("promis-29").parts if p.t_scores])
def test_every_promis_table_has_17_rising_rows(part):
    rows = [part.t_scores[raw] for raw in range(4, 21)]
    assert rows == sorted(set(rows))


BUDAPEST = [
    # pain, four symptom categories, four sign categories, nothing explains it better
    ([1, 1, 1, 1, 1, 1, 1, 0, 0, 1], "research criteria met"),
    ([1, 1, 1, 1, 0, 1, 1, 0, 0, 1], "clinical criteria met"),
    ([1, 1, 1, 0, 0, 1, 1, 0, 0, 1], "criteria not met"),
    ([1, 1, 1, 1, 0, 1, 0, 0, 0, 1], "criteria not met"),
    ([0, 1, 1, 1, 1, 1, 1, 1, 1, 1], "criteria not met"),
    ([1, 1, 1, 1, 1, 1, 1, 1, 1, 0], "criteria not met"),
    # What was not asked decides nothing, and is no "no".
    ([1, 1, 1, 1, None, 1, 1, 0, 0, 1], None),
    ([1, 1, 1, None, 0, 1, 1, 0, 0, 1], None),
    ([1, 1, 1, 1, 0, 1, 1, 0, 0, None], None),
    ([0, None, None, None, None, None, None, None, None, None], "criteria not met"),
    ([1, 1, 1, 1, 1, 1, 1, None, None, 1], "research criteria met"),
]


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(("answers", "band"), BUDAPEST)
def test_budapest_criteria(answers, band):
    found = score("budapest", answers)
    assert (found.band, found.total) == (band, None)


@pytest.mark.hazard("HZ-09")
def test_a_pro_rated_total_says_so():
    said = score("phq-9", [None, *[2] * 8]).as_json()
    assert (said["total"], said["pro_rated"]) == (18, True)
    assert "Pro-rated: 1 item was not answered" in said["note"]
    whole = score("phq-9", [2] * 9).as_json()
    assert "pro_rated" not in whole
    assert "note" not in whole


ALONE = [
    ([0, 1, 0, 1, 0, 0, None], "high"),  # Q4 alone
    ([0, 0, None, None, None, 1, 1], "high"),
    ([0, 0, None, None, None, 1, 0], "moderate"),
]


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(("answers", "band"), ALONE)
def test_c_ssrs_intent_alone_is_high_and_behaviour_goes_by_recency(answers, band):
    assert score("c-ssrs-screen", answers).band == band


@pytest.mark.parametrize(("total", "flagged"), [(4, False), (5, True)])
def test_cadss_above_4_is_flagged(total, flagged):
    assert bool(score("cadss", reaching("cadss", total)).flags) == flagged


UNKNOWN_CODES = ("madrs", "qids-sr16", "cadss", "cadss-6", "moaa-s", "modified-aldrete", "pgi-c")


@pytest.mark.parametrize("name", UNKNOWN_CODES)
def test_a_code_that_nobody_verified_stays_unknown(name):
    assert (instrument(name).loinc, instrument(name).loinc_panel) == (None, None)


CODES = {
    "phq-9": "44261-6",
    "phq-2": "55758-7",
    "gad-7": "70274-6",
    "peg": "91147-9",
    "audit-c": "75626-2",
    "pcl-5": "101698-9",
    "dast-10": "82667-7",
    "nrs-pain": "72514-3",
    "c-ssrs-screen": "93374-7",
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_the_code_is_that_of_the_score_and_not_of_the_panel(name, code):
    assert instrument(name).loinc == code


def loincs(name):
    known = instrument(name)
    listed = [known.loinc, known.loinc_panel, *(one.loinc for one in (*known.items, *known.parts))]
    return [code for code in listed if code]


@pytest.mark.parametrize("name", instruments())
def test_every_code_has_its_check_digit(name):
    for code in loincs(name):
        digits, check = code.split("-")
        odd, even = digits[::-1][::2], digits[::-1][1::2]
        doubled = str(int(odd) * 2)
        total = sum(int(one) for one in even + doubled)
        assert (10 - total % 10) % 10 == int(check), code


@pytest.mark.parametrize("name", instruments())
def test_every_instrument_says_how_far_it_looks_back_and_whose_it_is(name):
    known = instrument(name)
    assert known.recall
    assert known.licence
    assert known.version
    assert known.direction in ("high_bad", "high_good")


@pytest.mark.parametrize("name", instruments())
def test_every_cut_off_is_about_a_score_that_exists(name):
    known = instrument(name)
    scores = _scores(known)
    for cuts in known.cuts:
        low, high = span(known, scores[cuts.of])
        assert all(low <= cut.threshold.value <= high for cut in (*cuts.evaluable, *cuts.remission))


@pytest.mark.parametrize("name", instruments())
def test_of_several_cut_offs_the_stricter_comes_first(name):
    graded = {"nrs-pain", "peg", "bpi-sf"}  # 30 and 50 % are grades of one source, no disagreement
    for cuts in instrument(name).cuts:
        kinds = [cuts.remission, cuts.important] + ([] if name in graded else [cuts.response])
        for kind in kinds:
            points = [cut.threshold.value for cut in kind if cut.threshold.unit == "{score}"]
            assert points == sorted(points, reverse=kind is not cuts.remission)
