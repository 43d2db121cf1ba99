"""The memory of the alarm rules: a restart, another process and a late number change nothing."""

import random
from collections import OrderedDict
from datetime import datetime, timedelta

import pytest
from tests.clinic.bedside import MONITOR, Bedside

from openketamine.clinic.journal.queries import verify
from openketamine.clinic.sessions import _watchers, commands, queries

pytestmark = pytest.mark.django_db
# Normal, a cuff that is high twice a minute apart, a saturation that falls and comes back, and
# leads that come off: (seconds later, values, seconds by which the number comes late).
PLAY = [
    *[(1, {"heart_rate": 72, "spo2": 98, "respiratory_rate": 14}, 0)] * 5,
    *[(1, {"heart_rate": 72, "spo2": 91, "respiratory_rate": 14}, 0)] * 33,
    (1, {"systolic": 190, "diastolic": 96}, 0),
    (1, {"heart_rate": 130, "spo2": 97, "respiratory_rate": 14}, 9),
    *[(1, {"heart_rate": 130, "spo2": 97, "respiratory_rate": 14}, 0)] * 17,
    (61, {"systolic": 192, "diastolic": 97}, 0),
    *[(1, {"spo2": 84, "heart_rate": None, "respiratory_rate": 14}, 0)] * 11,
    *[(1, {"spo2": 97, "heart_rate": None, "respiratory_rate": 14}, 0)] * 18,
    (1, {"systolic": 121, "diastolic": 70}, 30),
    (1, {"systolic": 121, "diastolic": 70}, 0),
    *[(1, {"heart_rate": 70, "spo2": 98, "respiratory_rate": 14}, 0)] * 14,
]


def message(bed, n, values, late):
    measured = (bed.now - timedelta(seconds=late)).isoformat()
    return bed.message(f"{bed.session.id}|{n}", values=values, measured_at=measured)


def findings(bed, begin):
    """What was raised, and when it was raised and cleared, in seconds."""

    def after(moment):
        return moment and (datetime.fromisoformat(moment) - begin).total_seconds()

    return [
        (one["rule"], after(one["raised_at"]), after(one["cleared_at"]))
        for one in bed.state["findings"]
    ]


def played(cast, begin, between, mrn):
    _watchers._kept.clear()
    bed = Bedside(cast, begin).opened(mrn=mrn).attached()
    for n, (pause, values, late) in enumerate(PLAY):
        bed.later(seconds=pause)
        between(n)
        bed.hear(message(bed, n, values, late))
    commands.detach_device(bed.session.id, MONITOR, cast.nora, bed.now)
    return findings(bed, begin)


@pytest.mark.hazard("HZ-07")
def test_a_restart_and_a_second_process_raise_and_clear_exactly_the_same(cast, now, monkeypatch):
    def never(_):
        return

    def restart(n):
        if n % 3 == 0:
            _watchers._kept.clear()

    memories = [OrderedDict(), OrderedDict()]

    def two_processes(n):
        monkeypatch.setattr(_watchers, "_kept", memories[n % 5 % 2])

    # Within a test no transaction ends: what is kept at a commit is kept at once.
    monkeypatch.setattr(_watchers, "keep", _watchers._keep)
    alone = played(cast, now, never, "MRN0101")
    assert {"AL-SPO2-1", "AL-SPO2-2", "AL-SPO2-3", "TE-HR"} <= {rule for rule, *_ in alone}
    assert played(cast, now + timedelta(hours=1), restart, "MRN0102") == alone
    assert played(cast, now + timedelta(hours=2), two_processes, "MRN0103") == alone


def test_many_readings_of_one_bed_in_one_delivery_are_judged_one_after_the_other(cast, now):
    _watchers._kept.clear()
    bed = Bedside(cast, now).opened(mrn="MRN0104").attached().later(seconds=1)
    values = [72, 71, 35, 70, 72]
    heard = [
        bed.later(seconds=1).message(f"m|{n}", values={"spo2": 97, "heart_rate": value})
        for n, value in enumerate(values)
    ]
    # One comes late, in the middle of the delivery: the rules look back at what is not written yet.
    late = bed.message("m|late", values={"spo2": 98, "heart_rate": 70}, measured_at=now.isoformat())
    bed.hear(*heard[:4], late, heard[4])
    assert [rule for rule, *_ in findings(bed, now)] == ["AL-HR-LOW-3"]
    kinds = bed.kinds()
    assert kinds.count("FindingRaised") == 1
    assert kinds.count("ReadingTaken") == 6
    assert [fact.number for fact in queries.facts(bed.session)] == list(range(1, len(kinds) + 1))


def test_what_one_bed_says_is_kept_only_once_it_is_committed(cast, now):
    _watchers._kept.clear()
    bed = Bedside(cast, now).opened(mrn="MRN0105").attached().later(seconds=1)
    bed.hear(bed.message("m|1"))
    assert bed.session.stream not in _watchers._kept


@pytest.mark.hazard("HZ-05")
def test_messages_that_come_in_any_order_and_again_are_charted_once_each(cast, now):
    bed = Bedside(cast, now).opened(mrn="MRN0106").attached().later(seconds=1)
    said = [bed.later(seconds=1).message(f"m|{n}", values={"spo2": 90 + n % 9}) for n in range(60)]
    dice = random.Random(4)  # noqa: S311  (nothing is kept secret with it)
    posted = [*said, *dice.choices(said, k=90)]
    dice.shuffle(posted)
    outcomes = []
    while posted:
        part = [posted.pop() for _ in range(min(len(posted), dice.randint(1, 25)))]
        outcomes += [one.outcome for one in bed.later(seconds=1).hear(*part)]
    assert (outcomes.count("charted"), outcomes.count("duplicate")) == (60, 90)
    keys = [one.body.message_key for one in queries.facts(bed.session) if is_reading(one)]
    assert sorted(keys) == sorted(one["key"] for one in said)
    assert verify().ok


@pytest.mark.hazard("HZ-05")
def test_a_clock_that_jumps_loses_no_reading_and_breaks_no_chain(cast, now):
    bed = Bedside(cast, now).opened(mrn="MRN0107").attached().later(seconds=1)
    for n, jump in enumerate([1, 1, 3600, 1, 1, -3500, 1, 1, 86_400, 1, -1800, 1]):
        bed.later(seconds=jump)
        (said,) = bed.hear(bed.message(f"m|{n}", values={"spo2": 85 if n == 7 else 98}))
        assert said.outcome == "charted"
        commands.note_silence(bed.now)
    facts = queries.facts(bed.session)
    assert [fact.number for fact in facts] == list(range(1, len(facts) + 1))
    assert sum(map(is_reading, facts)) == 12
    assert verify().ok


def is_reading(fact):
    return type(fact.body).__name__ == "ReadingTaken"
