"""Published cohorts: every number can be what it says, and says what it may not stand beside."""

from decimal import Decimal

import pytest

from openketamine.core.course import cohort, cohorts, cohorts_like
from openketamine.core.dosing import protocols
from openketamine.core.scoring import instruments
from openketamine.knowledge import KnowledgeError

REPORTED = [(one, each) for one in cohorts() for each in one.results]
NAMES = [f"{one.id}-{place}" for one in cohorts() for place, _ in enumerate(one.results)]


@pytest.mark.parametrize(("study", "one"), REPORTED, ids=NAMES)
def test_a_share_with_a_denominator_is_a_whole_number_of_people(study, one):
    """The abstract of Abbar 2022 fails this, so none of its denominators is kept."""
    if one.unit != "%" or one.of is None:
        return
    half = Decimal(10) ** one.value.as_tuple().exponent / 2
    nearest = round(one.value * one.of / 100)
    assert abs(Decimal(100) * nearest / one.of - one.value) <= half, (study.id, nearest)
    assert one.count in (None, nearest)


@pytest.mark.parametrize(("study", "one"), REPORTED, ids=NAMES)
def test_a_number_says_when_it_was_taken_and_by_what(study, one):
    assert one.when
    assert one.instrument in {"", "not retrieved", *instruments()}
    assert one.unit != "%" or 0 <= one.value <= 100
    assert (one.what == "adverse_event") == bool(one.event)


def test_a_study_stands_beside_protocols_that_exist_and_says_what_is_not_the_same():
    for study in cohorts():
        assert set(study.like) <= set(protocols()), study.id
        assert study.unlike
        assert all(sentence.endswith((".", ")")) for sentence in study.unlike), study.id


def test_the_cohorts_of_the_depression_study_as_they_were_printed():
    mcinnes = cohort("mcinnes-2022")
    assert [(one.what, one.value, one.of) for one in mcinnes.results[:3]] == [
        ("response", Decimal("53.6"), 537),
        ("remission", Decimal("28.9"), 537),
        ("worse", Decimal("8.4"), 537),
    ]
    assert all(one.of is None for one in cohort("abbar-2022").results)


def test_fifteen_of_fifty_five_is_not_fifteen_of_seventy_seven():
    kept = cohort("pomeroy-2017").reported("response_kept")
    assert [(one.count, one.of, one.value) for one in kept] == [
        (15, 55, Decimal("27.3")),
        (15, 77, Decimal("19.5")),
    ]


def test_a_protocol_that_nobody_published_stands_alone():
    assert cohorts_like("phantom-limb") == ()
    assert {one.id for one in cohorts_like("iv-depression")} >= {"mcinnes-2022", "karma-dep-2-2025"}


def test_a_study_that_does_not_exist_is_named():
    with pytest.raises(KnowledgeError, match="no-such-study"):
        cohort("no-such-study")
