"""Facts from the bedside: kept once, kept always, in order."""

import uuid
from datetime import datetime, timedelta

import pytest
from tests.clinic.bedside import Bedside

from openketamine.clinic.journal.commands import KeyReused
from openketamine.clinic.pharmacy import queries as pharmacy
from openketamine.clinic.sessions import commands, queries
from openketamine.core.findings import BadInput
from openketamine.core.treatment import encode_fact

pytestmark = pytest.mark.django_db


@pytest.fixture
def bed(cast, now):
    return Bedside(cast, now).opened()


@pytest.mark.hazard("HZ-05")
class TestAFactIsThereOnce:
    def test_the_same_post_twice_is_one_fact(self, bed):
        same = str(uuid.uuid4())
        first = bed.tell("note_charted", {"text": "calm"}, fact_id=same)
        again = bed.tell("note_charted", {"text": "calm"}, fact_id=same)
        assert first.number == again.number
        assert bed.kinds() == ["SessionOpened", "NoteCharted"]

    def test_the_same_id_with_other_words_is_refused_and_nothing_is_lost(self, bed):
        same = str(uuid.uuid4())
        bed.tell("note_charted", {"text": "calm"}, fact_id=same)
        with pytest.raises(KeyReused):
            bed.tell("note_charted", {"text": "restless"}, fact_id=same)
        assert bed.kinds().count("NoteCharted") == 1

    def test_a_fact_that_was_charted_late_keeps_the_time_at_which_it_happened(self, bed):
        then = bed.now
        bed.later(minutes=20).tell("note_charted", {"text": "calm"}, at=then)
        fact = queries.facts(bed.session)[-1]
        assert (fact.at, fact.recorded_at) == (then, bed.now)


class TestAFactThatWaitedOnATablet:
    def charted(self, bed, device):
        then = bed.now
        raw = {"id": str(uuid.uuid4()), "kind": "note_charted", "at": then.isoformat()}
        bed.later(minutes=60)
        raw |= {"body": {"text": "calm"}, "device": device}
        commands.record_fact(bed.session.pk, raw, bed.cast.nora, bed.now)
        return queries.facts(bed.session)[-1]

    def test_it_says_so_with_the_time_of_the_tablet_and_the_time_of_the_server(self, bed):
        ahead = bed.now + timedelta(minutes=3)
        fact = self.charted(bed, {"at": ahead.isoformat(), "offline": True})
        assert fact.device_at == ahead.replace(microsecond=0)
        assert fact.recorded_at == bed.now
        (event,) = [one for one in bed.state["events"] if one["kind"] == "note_charted"]
        shown = {name: datetime.fromisoformat(at) for name, at in event["offline"].items()}
        assert shown == {"device_at": fact.device_at, "recorded_at": fact.recorded_at}
        assert encode_fact(fact)["device_at"] == fact.device_at.isoformat()

    @pytest.mark.parametrize(
        "device",
        [None, {}, [], {"offline": True}, {"offline": True, "at": "noon"}, {"offline": "yes"}],
    )
    def test_what_is_said_of_the_tablet_is_no_reason_to_refuse_it(self, bed, device):
        assert self.charted(bed, device).device_at is None


class TestAFactIsNeverRefused:
    def test_a_rate_change_without_an_infusion_is_kept_and_shown_as_a_contradiction(self, bed):
        bed.tell("rate_changed", {"rate_ul_per_h": 40000, "reason": ""})
        assert "RateChanged" in bed.kinds()
        assert len(bed.state["contradictions"]) == 1

    def test_a_second_stop_is_kept_and_the_dose_is_finished_once(self, bed):
        bed.infusing().later(minutes=40)
        bed.tell("infusion_stopped", {"reason": "complete"})
        bed.later(seconds=3).tell("infusion_stopped", {"reason": "complete"}, by=bed.cast.wes)
        assert bed.kinds().count("InfusionStopped") == 2
        assert bed.kinds().count("DoseFinished") == 1
        assert len(bed.state["contradictions"]) == 1

    @pytest.mark.parametrize(
        ("kind", "body", "words"),
        [
            ("note_charted", {}, "body.text"),
            ("observation_charted", {"values": {"systolic": "high"}}, "body.values.systolic"),
            ("plan_signed", {}, "kind"),
            ("discharged", {}, "kind"),
            ("reading_taken", {}, "kind"),
        ],
    )
    def test_what_cannot_be_read_is_one_sentence_that_names_the_field(self, bed, kind, body, words):
        with pytest.raises(BadInput, match=rf"^{words}: expected"):
            bed.tell(kind, body)
        assert bed.kinds() == ["SessionOpened"]


class TestScores:
    def test_the_server_scores_whatever_the_browser_says(self, bed):
        body = {"instrument": "phq-9", "answers": [3] * 9, "total": 0, "band": "none or minimal"}
        bed.tell("score_recorded", body)
        (score,) = bed.state["scores"]
        assert (score["total"], score["band"]) == (27, "severe")
        assert score["flags"] == ["thoughts of death or self-harm"]
        assert (score["version"], score["note"]) == ("2 weeks", "")

    @pytest.mark.hazard("HZ-09")
    def test_a_pro_rated_total_says_so_in_the_record(self, bed):
        bed.tell("score_recorded", {"instrument": "phq-9", "answers": [None, *[2] * 8], "total": 0})
        (score,) = bed.state["scores"]
        assert score["total"] == 18
        assert score["note"].startswith("Pro-rated: 1 item")

    def test_a_mean_is_recorded_with_its_decimal(self, bed):
        bed.tell("score_recorded", {"instrument": "peg", "answers": [8, 7, 7], "total": None})
        assert bed.state["scores"][0]["total"] == 7.3

    def test_a_recovery_score_must_be_whole(self, bed):
        with pytest.raises(BadInput, match=r"body\.items"):
            bed.tell(
                "recovery_scored",
                {"scale": "modified-aldrete", "items": {"activity": 2}, "total": 10},
            )


class TestCorrections:
    def test_a_corrected_pressure_keeps_the_original_and_counts_the_new_one(self, bed):
        wrong = bed.tell("observation_charted", {"values": {"systolic": 218, "diastolic": 78}})
        right = {"values": {"systolic": 128, "diastolic": 78}, "note": ""}
        bed.tell(
            "corrected",
            {"target": wrong.fact_id, "reason": "typed wrong", "replacement": right},
        )
        assert bed.state["latest"]["systolic"]["value"] == 128
        event = next(one for one in bed.state["events"] if one["fact"] == wrong.fact_id)
        assert (event["corrected"], event["text"]) == (True, "BP 218/78")

    def test_a_signed_plan_is_not_corrected_at_the_bedside(self, bed):
        bed.planned()
        plan = queries.facts(bed.session)[-1].id
        with pytest.raises(BadInput, match="charted at the bedside, got 'plan_signed'"):
            bed.tell("corrected", {"target": plan, "reason": "no", "replacement": None})

    def test_a_fact_of_another_session_is_out_of_reach(self, bed, cast, now):
        other = Bedside(cast, now).opened(mrn="MRN0002", family="Berg")
        note = other.tell("note_charted", {"text": "calm"})
        with pytest.raises(BadInput, match="a fact of this session"):
            bed.tell("corrected", {"target": note.fact_id, "reason": "no", "replacement": None})


class TestTheStop:
    @pytest.mark.hazard("HZ-11")
    def test_what_was_given_is_reckoned_from_the_segments_and_posted_to_the_book(self, bed):
        bed.infusing().later(minutes=20)
        bed.tell("infusion_stopped", {"reason": "asked to stop"})
        assert bed.state["drug"] == {
            "withdrawn_ug": 35000,
            "given_ug": 17500,
            "wasted_ug": 0,
            "tray_ug": 17500,
        }
        assert pharmacy.tray(bed.session.id) == 17500

    @pytest.mark.hazard("HZ-11")
    def test_given_and_wasted_together_are_what_was_withdrawn(self, bed):
        bed.infusing().later(minutes=20).tell("infusion_stopped", {"reason": "asked to stop"})
        bed.ask(
            "waste",
            mass_ug=17500,
            reason="partial_dose",
            method="into the denaturing bin",
            witness="wes",
            witness_password="a-test-password",
        )
        ledger = pharmacy.vial_ledger(bed.vial)
        assert ledger.balanced
        assert (ledger.withdrawn_ug, ledger.given_ug, ledger.wasted_ug) == (35000, 17500, 17500)

    def test_a_stop_sent_twice_posts_the_book_once(self, bed):
        bed.infusing().later(minutes=40)
        same = str(uuid.uuid4())
        for _ in range(2):
            bed.tell("infusion_stopped", {"reason": "complete"}, fact_id=same)
        assert pharmacy.vial_ledger(bed.vial).given_ug == 35000


class TestFindings:
    @pytest.mark.hazard("HZ-07")
    def test_a_pressure_charted_by_hand_is_judged_at_once(self, bed):
        bed.infusing().tell("observation_charted", {"values": {"systolic": 205, "diastolic": 118}})
        (finding,) = [f for f in bed.state["findings"] if f["signal"] == "systolic"]
        assert finding["priority"] == "high"
        assert finding["advice"]

    def test_a_finding_that_somebody_has_seen_says_who(self, bed):
        bed.infusing().tell("observation_charted", {"values": {"systolic": 205, "diastolic": 118}})
        raised = bed.state["findings"][0]["finding_id"]
        bed.tell("finding_acknowledged", {"finding_id": raised})
        seen = next(f for f in bed.state["findings"] if f["finding_id"] == raised)
        assert seen["acknowledged_by"] == "Nora Lindqvist"
