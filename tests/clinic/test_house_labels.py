"""Whose label counts in this clinic, and what it runs beyond the ordinary."""

import pytest
from tests.clinic.bedside import bundle

from openketamine.clinic.patients import queries
from openketamine.clinic.patients.checks import house_labels_are_known
from openketamine.clinic.patients.commands import import_bundle


@pytest.fixture
def known(cast, now):
    person = import_bundle(bundle(), cast.nora, now).person
    return lambda: queries.known(person).evaluated("crps-inpatient-4-days", now.date())


@pytest.mark.django_db
class TestProgrammes:
    def test_an_inpatient_protocol_is_blocked_in_a_clinic_that_keeps_nobody_overnight(self, known):
        assert known().decision == "block"

    def test_a_clinic_that_runs_the_programme_may_evaluate_under_it(self, known, settings):
        settings.OPENKETAMINE_PROGRAMMES = ("inpatient",)
        found = known()
        assert found.decision != "block"
        assert found.as_json()["programmes"] == ["inpatient"]


@pytest.mark.django_db
def test_the_label_that_counted_stands_in_the_recorded_evaluation(known, settings):
    settings.OPENKETAMINE_LOCALE = "us"
    assert known().as_json()["locale"] == "us"


WRONG = [
    ("OPENKETAMINE_LOCALE", "uk", "expected us, eu, strictest or nothing, got 'uk'"),
    ("OPENKETAMINE_PROGRAMMES", ("inpatients",), "got 'inpatients'"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_a_misspelt_setting_is_named_at_the_start(settings, name, value, sentence):
    setattr(settings, name, value)
    (fault,) = house_labels_are_known()
    assert fault.msg.startswith(f"{name}: ")
    assert sentence in fault.msg


def test_nothing_said_is_no_fault():
    assert house_labels_are_known() == []
