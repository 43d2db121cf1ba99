"""A simulated clinic of 1,000 people over a year: every number of the results page, twice."""

import pytest
from tests.clinic.test_results_independently import ASKED, NOW, compare_all, plain

from openketamine.operations._simulated_year import fill

PEOPLE, SEED = 1000, 2026


@pytest.mark.django_db
def test_every_number_of_a_thousand_people_is_that_of_the_raw_facts(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    written = fill(PEOPLE, SEED, NOW)
    assert (written["people"], written["sessions"] > 4000) == (PEOPLE, True)
    by_hand = plain()
    counted = [compare_all(asked, by_hand, NOW.date()) for asked in ASKED]
    assert sum(counted) > 1000
