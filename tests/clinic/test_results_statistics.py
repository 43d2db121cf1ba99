"""The statistics of the results page, held against published numbers and against arithmetic."""

import math

import pytest

from openketamine.clinic.results.statistics import (
    CHI_SQUARE,
    FISHER,
    FISHER_ONE_SIDED,
    compare,
    proportion,
    survival,
)


def test_eight_of_twelve_against_three_of_twelve_says_which_test_it_was():
    """Noppers 2011 printed "P < 0.05"; only chi-square and the one-sided test say so."""
    found = compare(proportion(8, 12), proportion(3, 12))
    assert found.p(FISHER) == pytest.approx(0.0995, abs=5e-5)
    assert found.p(FISHER_ONE_SIDED) == pytest.approx(0.0498, abs=5e-5)
    assert found.p(CHI_SQUARE) == pytest.approx(0.0405, abs=5e-5)
    assert [one.name for one in found.tests] == [FISHER, FISHER_ONE_SIDED, CHI_SQUARE]


@pytest.mark.hazard("HZ-24")
def test_fifteen_of_those_who_responded_is_not_fifteen_of_all():
    """Pomeroy 2017: 27.3 % are 15 of 55 responders, not of the 77 who were treated."""
    of_responders, of_all = proportion(15, 55), proportion(15, 77)
    assert round(of_responders.percent, 1) == 27.3
    assert round(of_all.percent, 1) == 19.5
    assert round(proportion(55, 77).percent, 1) == 71.4


@pytest.mark.parametrize(("count", "of"), [(0, 7), (1, 7), (15, 77), (77, 77), (1, 1)])
def test_an_interval_is_wilsons_and_stays_between_nobody_and_everybody(count, of):
    """Wilson 1927, by hand."""
    z, share = 1.959963984540054, count / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    found = proportion(count, of)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-12)
    assert 0 <= found.low <= share <= found.high <= 1 + 1e-12


def test_nobody_of_nobody_is_not_zero_per_cent():
    assert proportion(0, 0).share is None
    assert compare(proportion(0, 0), proportion(3, 9)) is None


@pytest.mark.parametrize(("count", "of"), [(3, 2), (-1, 2)])
def test_more_than_all_is_refused(count, of):
    with pytest.raises(ValueError, match="proportion"):
        proportion(count, of)


def test_chi_square_is_not_offered_where_nobody_had_it_and_is_warned_of_where_few_had():
    assert [one.name for one in compare(proportion(0, 5), proportion(0, 6)).tests] == [
        FISHER,
        FISHER_ONE_SIDED,
    ]
    small = compare(proportion(1, 8), proportion(3, 8)).tests[-1]
    assert small.name == CHI_SQUARE
    assert "do not use" in small.note
    assert compare(proportion(30, 80), proportion(20, 80)).tests[-1].note == ""


def test_a_curve_counts_who_is_still_watched():
    """Six people by hand: events on days 6, 6, 10; two left on day 6 and 9, one on day 20."""
    found = survival([6, 6, 6, 9, 10, 20], [True, True, False, False, True, False])
    shares = {one.day: one.share for one in found.steps}
    assert shares == pytest.approx({0: 1, 6: 4 / 6, 9: 4 / 6, 10: 4 / 6 / 2, 20: 4 / 6 / 2})
    assert [found.at_risk(day) for day in (0, 6, 7, 10, 11, 21)] == [6, 6, 3, 2, 1, 0]
    assert (found.people, found.events, found.median) == (6, 3, 10)
    assert found.at(8).share == pytest.approx(4 / 6)
    assert found.at(21) is None


def test_the_interval_of_a_curve_is_log_log_by_greenwood():
    found = survival([6, 6, 6, 9, 10, 20], [True, True, False, False, True, False])
    share = 4 / 6
    spread = 1.959963984540054 * math.sqrt(2 / (6 * 4)) / math.log(share)
    step = found.at(6)
    assert (step.low, step.high) == pytest.approx(
        (share ** math.exp(-spread), share ** math.exp(spread)), abs=1e-9
    )
    assert found.at(0).low is None


def test_where_half_never_relapse_there_is_no_median():
    assert survival([30, 60, 90], [True, False, False]).median is None
    assert survival([], []).steps == ()


def test_half_of_six_is_half_though_floats_say_a_little_more():
    """The library's own median is 70 here: it multiplies 5/6, 4/5 and 3/4 in floats."""
    found = survival([7, 14, 57, 70, 84, 85], [True] * 6)
    assert found.at(57).share == pytest.approx(0.5)
    assert found.median == 57
