"""Readings: charted at the right bed, once, with their doubts; all else is kept aside."""

from datetime import timedelta

import pytest
from tests.clinic.bedside import MONITOR, Bedside

from openketamine.clinic.journal.queries import verify
from openketamine.clinic.reports.signature import digest
from openketamine.clinic.sessions import _fold, commands, queries
from openketamine.clinic.sessions._aside import CODES_OF_A_DEVICE, FURTHER
from openketamine.clinic.sessions.models import QuarantinedMessage, Session, UnmappedCode

pytestmark = pytest.mark.django_db


@pytest.fixture
def bed(cast, now):
    return Bedside(cast, now).opened().attached().later(seconds=5)


def outcomes(said):
    return [one.outcome for one in said]


class TestOnce:
    @pytest.mark.hazard("HZ-05")
    def test_a_repeated_message_gets_the_same_answer_and_no_second_row(self, bed):
        message = bed.message("m-1")
        assert outcomes(bed.hear(message)) == ["charted"]
        assert outcomes(bed.hear(message, message)) == ["duplicate", "duplicate"]
        assert bed.kinds().count("ReadingTaken") == 1

    @pytest.mark.hazard("HZ-05")
    def test_the_same_key_with_other_numbers_is_kept_aside(self, bed):
        bed.hear(bed.message("m-1"))
        (said,) = bed.hear(bed.message("m-1", values={"heart_rate": 140.0}))
        assert (said.outcome, said.why) == (
            "quarantined",
            "a message with the same key and other content came before",
        )
        assert bed.state["latest"]["heart_rate"]["value"] == 72


@pytest.mark.hazard("HZ-02")
class TestTheRightBed:
    def test_a_message_that_names_another_person_is_kept_aside(self, bed):
        (said,) = bed.hear(bed.message("m-1", mrn="MRN9999"))
        assert said.outcome == "quarantined"
        assert "names another person" in said.why
        assert "ReadingTaken" not in bed.kinds()

    def test_a_device_that_nobody_joined_is_kept_aside(self, bed):
        (said,) = bed.hear(bed.message("m-1", device_id="STRANGE"))
        assert "not joined" in said.why

    def test_a_message_without_a_name_is_charted_where_a_person_joined_the_device(self, bed):
        assert outcomes(bed.hear(bed.message("m-1", mrn=None))) == ["charted"]

    def test_what_waited_in_the_gateway_is_charted_for_who_sat_there_then(self, bed, cast):
        held_back = bed.message("m-1")
        bed.later(minutes=10)
        commands.detach_device(bed.session.id, MONITOR, cast.nora, bed.now)
        following = Bedside(cast, bed.now).opened(mrn="MRN0002").attached()
        following.later(minutes=1)
        assert outcomes(following.hear({**held_back, "mrn": None})) == ["charted"]
        assert "ReadingTaken" in bed.kinds()
        assert "ReadingTaken" not in following.kinds()

    def test_what_was_received_before_the_device_was_joined_is_nobodys(self, bed):
        early = (bed.now - timedelta(minutes=5)).isoformat()
        (said,) = bed.hear(bed.message("m-1", received_at=early, measured_at=early, mrn=None))
        assert said.outcome == "quarantined"


class TestNothingIsDropped:
    @pytest.mark.parametrize(
        "raw",
        [
            "no message at all",
            {"device_id": MONITOR},
            {"key": "m-1", "device_id": MONITOR, "values": {"heart_rate": "fast"}},
            {"key": "m-1", "device_id": MONITOR, "values": {}, "measured_at": "yesterday"},
        ],
    )
    def test_a_message_that_cannot_be_read_is_kept_whole_with_the_reason(self, bed, raw):
        (said,) = bed.hear(raw)
        assert said.outcome == "quarantined"
        (kept,) = QuarantinedMessage.objects.all()
        assert kept.why
        assert kept.message == (raw if isinstance(raw, dict) else {"message": repr(raw)})

    def test_the_same_rubbish_twice_is_kept_once(self, bed):
        raw = {"device_id": MONITOR}
        assert outcomes([*bed.hear(raw), *bed.hear(raw)]) == ["quarantined", "duplicate"]

    def test_a_code_that_no_table_knows_is_counted(self, bed):
        code = {"code": "0^X", "text": "QRS width", "value": "88", "unit": "ms"}
        for n in range(3):
            bed.hear(bed.message(f"m-{n}", unmapped=[code]))
        assert UnmappedCode.objects.get().seen == 3

    def test_a_device_that_makes_up_codes_fills_no_disk_and_what_was_not_kept_is_counted(self, bed):
        every = [{"code": f"{n:04d}", "text": "made up"} for n in range(CODES_OF_A_DEVICE + 7)]
        bed.hear(bed.message("m-1", unmapped=every[:60]))
        bed.hear(bed.message("m-2", unmapped=every))
        bed.hear(bed.message("m-3", unmapped=every))
        bed.hear(bed.message("m-4", device_id="another", unmapped=every[:1]))
        of_it = UnmappedCode.objects.filter(device_id=MONITOR)
        assert of_it.count() == CODES_OF_A_DEVICE + 1
        assert of_it.get(code=FURTHER).seen == 2 * 7
        assert of_it.get(code="0000").seen == 3
        assert of_it.get(code=FURTHER).text.startswith("further codes")
        assert UnmappedCode.objects.filter(device_id="another").count() == 1


@pytest.mark.hazard("HZ-06")
class TestDoubts:
    @pytest.mark.parametrize(
        "values",
        [
            {"heart_rate": 0.0},
            {"heart_rate": 277.0},
            {"systolic": 80.0, "diastolic": 120.0},
        ],
    )
    def test_an_impossible_number_is_charted_as_not_believed_and_alarms_nobody(self, bed, values):
        bed.hear(bed.message("m-1", values=values))
        latest = bed.state["latest"]
        assert all(latest[signal]["doubt"] for signal in values)
        assert bed.state["findings"] == []

    def test_a_reading_from_the_future_is_not_believed(self, bed):
        ahead = (bed.now + timedelta(hours=1)).isoformat()
        bed.hear(bed.message("m-1", measured_at=ahead))
        assert "future" in bed.state["latest"]["heart_rate"]["doubt"]

    @pytest.mark.hazard("HZ-06")
    def test_of_two_monitors_the_one_whose_probe_is_off_does_not_hide_the_other(self, bed):
        commands.attach_device(bed.session.id, "SECOND", "monitor", bed.cast.nora, bed.now)
        bed.later(seconds=1)
        bed.hear(bed.message("m-1", values={"spo2": 97.0}))
        bed.later(seconds=1)
        bed.hear(bed.message("o-1", device_id="SECOND", values={"spo2": 0.0}))
        shown = bed.state["latest"]["spo2"]
        assert (shown["value"], shown["doubt"]) == (97, None)
        assert shown["beside"] == "0, 0 is a probe that is off"
        bed.later(seconds=6)
        shown = bed.state["latest"]["spo2"]
        assert (shown["value"], shown["doubt"]) == (0, "0 is a probe that is off")

    def test_no_number_is_a_gap(self, bed):
        bed.hear(bed.message("m-1", values={"heart_rate": 72.0, "spo2": None}))
        assert "spo2" not in bed.state["latest"]


class TestFindings:
    @pytest.mark.hazard("HZ-07")
    def test_a_reading_across_the_limit_raises_its_finding_in_the_same_breath(self, bed):
        bed.hear(bed.message("m-1", values={"heart_rate": 35.0}))
        assert bed.kinds()[-2:] == ["ReadingTaken", "FindingRaised"]
        (finding,) = bed.state["findings"]
        assert (finding["signal"], finding["priority"]) == ("heart_rate", "high")

    @pytest.mark.hazard("HZ-07")
    def test_a_delay_runs_out_by_the_clock_where_the_monitor_says_nothing_more(self, bed):
        bed.hear(bed.message("m-1", values={"spo2": 85.0}))
        assert bed.state["findings"] == []
        assert commands.note_silence(bed.now) == 0
        assert commands.note_silence(bed.later(seconds=9).now) == 0
        assert commands.note_silence(bed.later(seconds=1).now) == 1
        (finding,) = bed.state["findings"]
        assert (finding["rule"], finding["priority"]) == ("AL-SPO2-3", "high")

    @pytest.mark.hazard("HZ-01")
    def test_a_monitor_that_falls_silent_is_a_technical_finding_that_a_word_ends(self, bed):
        bed.hear(bed.message("m-1"))
        assert commands.note_silence(bed.now) == 0
        assert commands.note_silence(bed.later(seconds=20).now) == 1
        assert commands.note_silence(bed.later(seconds=1).now) == 0
        (silent,) = bed.state["findings"]
        assert (silent["rule"], silent["nature"]) == ("TE-SILENT", "technical")
        bed.hear(bed.message("m-2"))
        assert bed.state["findings"][0]["cleared_at"] is not None


class TestTheFold:
    def test_a_kept_fold_is_the_fold_of_the_whole_log(
        self, bed, django_capture_on_commit_callbacks
    ):
        for n in range(30):
            with django_capture_on_commit_callbacks(execute=True):
                bed.later(seconds=1).hear(bed.message(f"m-{n}", values={"heart_rate": 70.0 + n}))
        kept = bed.state
        _fold._kept.clear()
        assert bed.state == kept

    def test_readings_come_as_columns_and_only_what_is_new(self, bed):
        bed.hear(bed.message("m-1"), bed.message("m-2", values={"heart_rate": 0.0}))
        first = queries.readings(bed.session)
        assert [row[3] for row in first["rows"]] == [72, 0]
        assert list(first["doubts"]) == [first["rows"][1][0]]
        assert queries.readings(bed.session, first["head"])["rows"] == []


def test_the_gateway_learns_who_each_device_speaks_for(bed):
    said = commands.record_heartbeat({"gateway": "gw-1", "unreadable": 2}, bed.now)
    assert said == {MONITOR: {"mrn": "MRN0001", "session": str(bed.session.id)}}
    assert queries.gateways()[0].unreadable == 2


class TestPacking:
    """An hour after a session was closed its readings are packed, and nobody can tell."""

    @pytest.fixture
    def closed(self, bed):
        for n in range(40):
            bed.later(seconds=1).hear(bed.message(f"m|{n}", values={"spo2": 99.0 - n % 3}))
        bed.hear(bed.message("m|odd", values={"spo2": 97.123}))
        Session.objects.filter(pk=bed.session.pk).update(closed_at=bed.now)
        return bed

    def pack(self, bed):
        return commands.pack_closed(bed.now, bed.now - timedelta(days=2))

    def test_not_before_an_hour_has_passed_and_only_once(self, closed):
        assert self.pack(closed.later(minutes=59)) == 0
        assert self.pack(closed.later(minutes=2)) == 1
        assert self.pack(closed) == 0

    @pytest.mark.hazard("HZ-13")
    def test_the_chart_the_log_and_the_signature_stay_the_same(self, closed):
        def seen():
            facts = queries.facts(closed.session)
            return facts, queries.readings(closed.session), digest(facts), closed.state

        closed.later(hours=2)
        before = seen()
        assert self.pack(closed) == 1
        _fold._kept.clear()
        assert seen() == before
        assert verify().ok

    @pytest.mark.hazard("HZ-05")
    def test_a_repeat_that_comes_late_is_still_a_repeat(self, closed):
        late = closed.message("m|7", values={"spo2": 98.0})
        first = queries.facts(closed.session)[9].body
        late |= {
            "measured_at": first.measured_at.isoformat(),
            "received_at": first.received_at.isoformat(),
        }
        self.pack(closed.later(hours=2))
        assert outcomes(closed.hear(late)) == ["duplicate"]
        assert outcomes(closed.hear({**late, "key": "m|late"})) == ["charted"]
        assert verify().ok
