"""What an earlier session was reaches the dose of the next one."""

from datetime import UTC, datetime

import pytest
from tests.clinic.bedside import Bedside

from openketamine.clinic.sessions import commands
from openketamine.core.findings import BadInput

MONDAY = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)


@pytest.fixture
def bed(cast):
    return Bedside(cast, MONDAY).opened()


def next_session(bed, **days):
    """The same person again, before anything was charted."""
    person = bed.session.person_id
    bed.later(**days)
    bed.session = commands.open_session(person, "iv-depression", bed.cast.nora, bed.now)
    return bed.proposal()


def treated(bed, **numbers):
    """The dose of forty minutes, with these numbers charted in its middle."""
    bed.infusing().later(minutes=20)
    if numbers:
        bed.tell("observation_charted", {"values": numbers})
    bed.later(minutes=20)
    bed.tell("infusion_stopped", {"reason": "complete"})
    return bed


@pytest.mark.django_db(transaction=True)
class TestTheNextDose:
    def test_a_person_who_was_never_treated_has_a_first_session(self, bed):
        assert bed.proposal().session_number == 1
        assert next_session(bed, days=3).session_number == 1

    def test_a_session_that_went_well_leaves_the_dose_as_it_was_planned(self, bed):
        proposal = next_session(treated(bed, moaas=5), days=3)
        assert (proposal.session_number, proposal.dose_ug) == (2, 35000)

    @pytest.mark.hazard("HZ-03")
    def test_deep_sedation_brings_the_next_dose_down_and_says_why(self, bed):
        proposal = next_session(treated(bed, moaas=2), days=3)
        assert proposal.dose_ug < 35000
        assert any("MOAA/S 2" in step for step in proposal.steps)

    def test_a_believed_number_of_a_monitor_counts_and_a_doubted_one_does_not(self, bed):
        bed.attached().infusing().later(minutes=10)
        bed.hear(bed.message("K|1", values={"spo2": 0.0, "heart_rate": 72.0}))
        bed.later(minutes=30)
        bed.tell("infusion_stopped", {"reason": "complete"})
        assert next_session(bed, days=3).dose_ug == 35000

    def test_an_early_stop_counts_as_what_was_given(self, bed):
        bed.infusing().later(minutes=10)
        bed.tell("infusion_stopped", {"reason": "asked to stop"})
        assert next_session(bed, days=3).dose_ug < 10000


@pytest.mark.django_db
@pytest.mark.parametrize("protocol", ["magic", "", "iv_depression"])
@pytest.mark.hazard("HZ-05")
def test_no_session_is_opened_for_a_protocol_that_does_not_exist(bed, protocol):
    with pytest.raises(BadInput, match=r"given on record here: .*iv-depression"):
        commands.open_session(bed.session.person_id, protocol, bed.cast.nora, bed.now)
