"""What became of a score: response, partial, remission, worsening, or "not evaluable" (§7.2)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from openketamine.core.findings import BadInput
from openketamine.core.scoring import change, instrument, instruments, score
from openketamine.core.scoring._change import _scores

PHQ9 = [
    # baseline, now, percent, verdict, remission
    (20, 10, "50.0", "response", False),
    (20, 11, "45.0", "partial", False),
    (20, 15, "25.0", "partial", False),
    (20, 16, "20.0", "none", False),
    (20, 5, "75.0", "response", False),
    (20, 4, "80.0", "response", True),
    (20, 23, "-15.0", "none", False),
    (20, 24, "-20.0", "worsening", False),
    (25, 27, "-8.0", "none", False),
    (12, 14, "-16.7", "none", False),
    (10, 4, "60.0", "response", True),
    (9, 4, "55.6", "not evaluable", None),
]


@pytest.mark.parametrize(("before", "now", "percent", "verdict", "remission"), PHQ9)
def test_phq9_by_the_response_calculus(before, now, percent, verdict, remission):
    found = change("phq-9", before, now)
    assert (found.percent, found.verdict, found.remission) == (Decimal(percent), verdict, remission)


@pytest.mark.parametrize(("now", "worse"), [(26, False), (27, True)])
def test_a_rise_of_five_points_of_the_phq9_is_worse(now, worse):
    assert change("phq-9", 22, now).worse == worse


@pytest.mark.hazard("HZ-09")
def test_a_low_baseline_hides_no_worsening():
    found = change("phq-9", 8, 20)
    assert (found.verdict, found.worse, found.remission) == ("not evaluable", True, None)
    assert ">= 10" in found.note


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(("before", "now"), [(None, 5), (20, None), (None, None)])
def test_a_score_that_is_missing_is_no_change_and_no_zero(before, now):
    found = change("phq-9", before, now)
    assert (found.verdict, found.percent, found.worse) == ("not evaluable", None, None)


def test_nothing_is_a_percentage_of_nothing():
    found = change("gad-7", 0, 5)
    assert (found.percent, found.verdict) == (None, "not evaluable")


def test_peg_of_the_pain_study():
    found = change("peg", score("peg", [8, 7, 6]), score("peg", [5, 4, 3]))
    assert (found.points, found.percent, found.verdict) == (3, Decimal("42.9"), "response")


def test_a_mean_is_compared_before_it_is_rounded():
    # 20/3 and 14/3 are exactly 30 % apart; 6.7 and 4.7 would be 29.9.
    before, now = score("peg", [7, 7, 6]), score("peg", [5, 5, 4])
    assert (before.total, now.total) == (Decimal("6.7"), Decimal("4.7"))
    assert change("peg", before, now).verdict == "response"


def cuts(found, kind):
    return [(cut.words, met) for name, cut, met in found.by if name == kind]


@pytest.mark.parametrize(
    ("now", "strict", "loose"),
    [(10, True, True), (11, False, True), (12, False, True), (13, False, False)],
)
def test_madrs_shows_both_definitions_of_remission_and_the_stricter_decides(now, strict, loose):
    found = change("madrs", 30, now)
    assert found.remission == strict
    assert cuts(found, "remission") == [("<= 10 points", strict), ("<= 12 points", loose)]


PCL5 = [
    (50, 32, "response", False),
    (50, 33, "partial", False),
    (50, 40, "partial", False),
    (50, 41, "none", False),
    (50, 28, "response", True),
    (50, 60, "worsening", False),
]


@pytest.mark.parametrize(("before", "now", "verdict", "remission"), PCL5)
def test_pcl5_counts_points(before, now, verdict, remission):
    found = change("pcl-5", before, now)
    assert (found.verdict, found.remission) == (verdict, remission)


PAIN = [
    (10, 7, "response"),
    (10, 8, "partial"),
    (10, 9, "partial"),
    (10, 10, "none"),
    (5, 6, "worsening"),
]


@pytest.mark.parametrize(("before", "now", "verdict"), PAIN)
def test_pain_goes_by_the_benchmarks(before, now, verdict):
    assert change("nrs-pain", before, now).verdict == verdict


def test_bpi_is_compared_part_by_part():
    before = score("bpi-sf", [8, 4, 6, 6, 7, 7, 7, 7, 7, 7, 7])
    now = score("bpi-sf", [6, 2, 4, 4, 6, 6, 6, 6, 6, 6, 6])
    assert change("bpi-sf", before, now, of="worst").important
    assert change("bpi-sf", before, now, of="interference").important
    with pytest.raises(BadInput, match="severity, interference, worst"):
        change("bpi-sf", before, now)


@pytest.mark.parametrize(
    ("before", "now", "important"), [("40.4", "45.4", True), ("40.4", "45.3", False)]
)
def test_a_t_score_of_function_rises_when_it_gets_better(before, now, important):
    found = change("promis-29", Decimal(before), Decimal(now), of="physical_function")
    assert (found.important, found.percent) == (important, None)
    assert found.points == Decimal(now) - Decimal(before)


def test_css_of_5_is_a_real_difference_and_4_is_not():
    assert change("css", 12, 7).important
    assert not change("css", 12, 8).important


def test_what_is_itself_a_change_or_a_screen_has_no_response():
    for name in ("pgi-c", "dn4", "audit-c", "moaa-s"):
        found = change(name, 4, 2)
        assert (found.verdict, found.remission) == ("not evaluable", None)


def test_criteria_and_triage_have_no_score_to_compare():
    with pytest.raises(BadInput, match="one with a score"):
        change("c-ssrs-screen", 1, 1)
    with pytest.raises(BadInput, match="one of symptoms, signs"):
        change("budapest", 1, 1)


def test_only_one_instrument_in_one_version_is_compared():
    gad, phq = score("gad-7", [1] * 7), score("phq-9", [2] * 9)
    with pytest.raises(BadInput, match="baseline: expected a score of phq-9"):
        change("phq-9", gad, phq)
    with pytest.raises(BadInput, match="current: expected a score of phq-9 2 weeks"):
        change("phq-9", phq, replace(phq, version="24 hours"))


def test_a_pro_rated_score_is_named_in_the_change():
    before, now = score("phq-9", [2] * 9), score("phq-9", [None, *[1] * 8])
    assert "pro-rated" in change("phq-9", before, now).note
    assert change("phq-9", before, before).note == ""


@pytest.mark.parametrize("wrong", [-1, 28, Decimal("1e9")])
def test_a_number_beyond_the_range_is_refused(wrong):
    with pytest.raises(BadInput, match="a score from 0 to 27"):
        change("phq-9", wrong, 5)


@pytest.mark.parametrize("name", [n for n in instruments() if "total" in _scores(instrument(n))])
def test_every_total_can_be_compared(name):
    assert change(name, None, None).verdict == "not evaluable"
