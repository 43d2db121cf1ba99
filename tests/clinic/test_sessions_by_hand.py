"""A dose without a pump, from plan to book: given by muscle, charted as what it was."""

import uuid
from datetime import UTC

import pytest
from tests.clinic.bedside import Bedside

from openketamine.clinic.pharmacy import queries as pharmacy
from openketamine.clinic.reports.plan_and_delivery import plan_and_delivery
from openketamine.clinic.reports.times import Clock
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions._past import history
from openketamine.core.findings import BadInput, Refusal


@pytest.fixture
def bed(cast, now):
    return Bedside(cast, now).opened("im-depression")


@pytest.mark.django_db
@pytest.mark.hazard("HZ-04")
class TestAnInjection:
    def test_one_press_gives_it_and_the_book_knows(self, bed):
        bed.ready().checked(bed.ask("start", place="left deltoid"))
        assert bed.state["phase"] == "recovery"
        assert bed.state["doses"]["given_mg"] == 35
        assert bed.kinds()[-2:] == ["DoseGiven", "DoseFinished"]
        assert bed.state["drug"]["tray_ug"] == 0
        assert pharmacy.tray(bed.session.id) == 0

    def test_it_stands_in_the_record_in_words(self, bed):
        bed.ready().checked(bed.ask("start", place="left deltoid"))
        words = [one["text"] for one in bed.state["events"]]
        assert "Given: 35 mg (0.7 mL) im, left deltoid" in words

    def test_the_same_press_sent_again_gives_nothing_more(self, bed):
        press = {"id": str(uuid.uuid4()), "place": "left deltoid"}
        bed.ready()
        first = bed.ask("start", **press)
        assert bed.ask("start", **press).fact_id == first.fact_id
        assert bed.kinds().count("DoseGiven") == 1

    def test_a_second_start_is_refused(self, bed):
        bed.ready().checked(bed.ask("start"))
        refused = bed.ask("start")
        assert isinstance(refused, Refusal)
        assert "ST-01" in [one.rule for one in refused.findings]

    def test_what_a_nurse_says_was_given_is_kept_even_without_a_gate(self, bed):
        bed.tell("dose_given", {"route": "im", "dose_ug": 10_000, "volume_ul": 200})
        assert bed.state["phase"] == "giving"
        assert any("without a signed plan" in one for one in bed.state["contradictions"])

    def test_stopped_early_the_rest_stays_on_the_tray(self, bed):
        bed.ready()
        bed.tell("dose_given", {"route": "im", "dose_ug": 20_000, "volume_ul": 400})
        bed.tell("dose_stopped", {"reason": "the person asked to stop"})
        assert bed.state["phase"] == "recovery"
        assert bed.state["drug"]["tray_ug"] == 15_000
        assert pharmacy.tray(bed.session.id) == 15_000

    def test_the_report_tells_where_and_how_much_and_no_rate(self, bed):
        bed.ready().checked(bed.ask("start", place="left deltoid"))
        rows = {row["what"]: row for row in plan_and_delivery(bed.state, Clock(UTC))["rows"]}
        assert rows["Dose"]["delivered"] == "35 mg"
        assert rows["Given"]["delivered"].endswith("left deltoid")
        assert "Rate" not in rows

    def test_it_counts_as_a_session_before_the_next(self, bed, cast):
        bed.ready().checked(bed.ask("start"))
        later = commands.open_session(
            bed.session.person_id, "im-depression", cast.nora, bed.later(days=4).now
        )
        assert [one.dose_ug for one in history(later)] == [35_000]


@pytest.mark.django_db
def test_a_dose_by_mouth_waits_for_a_book_that_counts_tablets(bed, cast):
    assert "oral-depression" not in queries.given_here()
    with pytest.raises(BadInput, match="protocol"):
        commands.open_session(bed.session.person_id, "oral-depression", cast.nora, bed.now)


@pytest.mark.django_db
@pytest.mark.hazard("HZ-07")
def test_a_monitor_is_judged_while_a_dose_is_being_given_by_hand(bed):
    bed.attached().later(seconds=5)
    bed.tell("dose_given", {"route": "im", "dose_ug": 10_000, "volume_ul": 200})
    assert bed.state["phase"] == "giving"
    bed.hear(bed.message("m-1", values={"spo2": 84}))
    assert [one["rule"] for one in bed.state["findings"]] == ["AL-SPO2-3"]
