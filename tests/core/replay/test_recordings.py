"""Recordings judged again: an artefact is never believed, and a decision that changes is seen.

`recordings/` holds sessions written for this project, each with what was decided about it. The
bedside numerics of a real person are not ours to ship: that test is skipped where they are absent.
"""

import cProfile
import csv
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from openketamine.core.monitoring import assess_reading
from openketamine.core.treatment import Author, Fact, encode_fact, facts, replay

HERE = Path(__file__).parent
NUMERICS = HERE.parents[3] / "shared/data/vitals/icu-numerics-s25047.csv"
SIGNALS = {
    "HR (bpm)": "heart_rate", "PULSE (bpm)": "pulse_rate", "RESP (pm)": "respiratory_rate",
    "SpO2 (%)": "spo2", "NBPSys (mmHg)": "systolic", "NBPDias (mmHg)": "diastolic",
    "NBPMean (mmHg)": "mean_pressure",
}  # fmt: skip
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
GATEWAY = Author("gw-1", "Gateway", "device")


def decisions(shown):
    """What a clinician would want to know if it changed."""
    return {
        "phase": shown["phase"],
        "given_mg": shown["infusion"]["given_mg"],
        "findings": [
            f"{one['rule']} {one['priority']} {one['raised_at'][11:19]} to "
            f"{(one['cleared_at'] or 'the end')[11:19] or 'the end'}: {one['summary']}"
            for one in shown["findings"]
        ],
        "discharge_waits_for": sorted(
            {one["rule"] for one in shown["gates"]["discharge"]["waits_for"]}
        ),
        "contradictions": shown["contradictions"],
    }


@pytest.mark.parametrize(
    "recording", sorted((HERE / "recordings").glob("*.jsonl")), ids=lambda p: p.stem
)
@pytest.mark.hazard("HZ-06")
@pytest.mark.hazard("HZ-07")
def test_a_recorded_session_is_decided_as_it_was_before(recording):
    decided = decisions(replay(recording.read_text("utf-8").splitlines()))
    before = json.loads(recording.with_suffix(".decided.json").read_text("utf-8"))
    assert decided == before


@pytest.fixture(scope="module")
def bedside():
    """The numerics of the real recording as facts, judged for plausibility as the gateway does."""
    if not NUMERICS.is_file():
        pytest.skip("the recorded bedside numerics are not on this machine")
    told = [Fact("open", START, GATEWAY, facts.SessionOpened("p1", "iv-depression"))]
    with NUMERICS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            moment = START + timedelta(seconds=float(row["time_s"]))
            values = {ours: Decimal(row[name]) for name, ours in SIGNALS.items() if row[name]}
            doubts = assess_reading(values, moment, moment)
            body = facts.ReadingTaken("mon", moment, moment, values, doubts)
            told.append(Fact(row["time_s"], moment, GATEWAY, body))
    return told


@pytest.mark.hazard("HZ-06")
def test_zeros_and_277_of_a_real_monitor_are_never_believed(bedside):
    readings = [one.body for one in bedside[1:]]
    zeros = [(r, s) for r in readings for s, v in r.values.items() if v == 0]
    fast = [(r, s) for r in readings for s, v in r.values.items() if v > 250]
    assert len(zeros) > 40
    assert len(fast) == 2
    assert all(signal in reading.doubts for reading, signal in zeros + fast)


@pytest.mark.hazard("HZ-06")
@pytest.mark.hazard("HZ-07")
def test_a_real_recording_rings_for_the_person_and_not_for_the_probe(bedside):
    shown = replay([json.dumps(encode_fact(fact)) for fact in bedside])
    physiological = [one for one in shown["findings"] if one["nature"] == "physiological"]
    assert not [one for one in physiological if one["value"] == 0 or one["value"] > 250]
    deep = [one for one in physiological if one["rule"] == "AL-SPO2-3"]
    minute_40 = (START + timedelta(minutes=40, seconds=10)).isoformat()
    assert [one for one in deep if one["raised_at"] == minute_40], "71.1 % at minute 40 is real"
    lost = [one for one in shown["findings"] if one["rule"] == "TE-HR"]
    assert lost, "the ECG lead is off from minute 45 on"
    assert {one["nature"] for one in lost} == {"technical"}


def test_judging_twice_as_many_seconds_is_twice_the_work(new_story):
    """Not four times: an hour at one reading a second must not be judged anew at each of them.
    Counted in calls, which no other load on the machine changes."""
    calls_to_judge(new_story().infusing(), 1)  # the first reads the knowledge files
    short, long = (calls_to_judge(new_story().infusing(), seconds) for seconds in (80, 160))
    assert long < 3 * short


def calls_to_judge(story, seconds):
    for second in range(seconds):
        story.reading(16 + second / 60, heart_rate=70, spo2=98, respiratory_rate=14)
    profile = cProfile.Profile()
    shown = profile.runcall(replay, [json.dumps(encode_fact(fact)) for fact in story.told])
    assert shown["findings"] == []
    return sum(one.callcount for one in profile.getstats())
