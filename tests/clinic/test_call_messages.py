"""A call on a telephone: when no screen found anybody; with no name and no number; never again
after an answer; each attempt on record."""

import json
from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.clinic.bedside import Bedside

from openketamine.clinic.calls import in_sight, messages
from openketamine.clinic.calls.models import InSight
from openketamine.clinic.checkins import post
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.journal import clock
from openketamine.clinic.sessions import commands, queries

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-19")]


@pytest.fixture
def texts(settings, tmp_path):
    """What the text gateway took: the bodies, by number."""
    settings.OPENKETAMINE_TEXT_GATEWAY = "file:"
    settings.OPENKETAMINE_DATA = tmp_path

    def read():
        folder = tmp_path / "texts"
        found = folder.glob("*.json") if folder.exists() else ()
        return sorted(
            (one["to"], one["text"]) for one in (json.loads(p.read_text()) for p in found)
        )

    return read


@pytest.fixture
def bed(cast, now, monkeypatch):
    for who, phone in ((cast.priya, "+15205550101"), (cast.miriam, "+15205550102")):
        who.phone, who.email = phone, ""
        who.save(update_fields=["phone", "email"])
    bed = Bedside(cast, now).opened().planned().attached().later(seconds=5)
    monkeypatch.setattr(clock, "now", lambda: bed.now)
    bed.hear(bed.message("m-1", values={"spo2": 97, "heart_rate": 35}))
    return bed


def work(bed, **time):
    """The live front tells, the worker looks and sends: to the second when both are so far."""
    bed.later(**time)
    commands.note_calls(bed.now)
    messages.look(bed.now)
    waiting = Message.objects.filter(state="waiting", not_before__lte=bed.now)
    return [post.send(str(one.pk)) for one in waiting]


def tried(bed):
    found = [
        f.body for f in queries.facts(bed.session) if type(f.body).__name__ == "PersonMessaged"
    ]
    return [(one.name, one.channel, one.outcome) for one in found]


def seen_by(bed, who):
    """A page of theirs asks, in sight."""
    InSight.objects.filter(staff=who).delete()
    InSight.objects.create(staff=who, at=bed.now)


def finding(bed):
    return bed.state["findings"][0]["finding_id"]


def test_whoever_has_no_page_open_is_written_to_at_once(bed, texts):
    assert work(bed, seconds=9) == []
    assert work(bed, seconds=1) == ["sent"]
    assert [to for to, _ in texts()] == ["+15205550101"]
    assert tried(bed) == [("Dr Priya Raman", "text", "sent")]


def test_whoever_has_a_page_in_sight_is_given_the_time_of_the_protocol_first(bed, cast, texts):
    bed.later(seconds=9)
    for _ in range(15):
        seen_by(bed, cast.priya)
        assert work(bed, seconds=1) == []
    seen_by(bed, cast.priya)
    assert work(bed, seconds=1) == ["sent"]


def test_the_message_names_nobody_and_says_no_number_that_was_measured(bed, texts):
    work(bed, seconds=10)
    ((_, text),) = texts()
    assert text.startswith("*** high priority, ")
    link = f"/sessions/{bed.session.pk}/"
    assert link in text
    person, text = bed.session.person, text.replace(link, "")
    for secret in (person.family, person.given, person.mrn, "35", "ketamine ", "heart"):
        assert secret not in text


def test_an_answer_before_the_time_is_over_sends_nothing(bed, cast, texts):
    seen_by(bed.later(seconds=10), cast.priya)
    assert work(bed) == []
    body = {"finding_id": finding(bed), "answer": "coming"}
    bed.later(seconds=5).tell("call_answered", body, by=cast.priya)
    assert work(bed, seconds=60) == []
    assert texts() == []


def test_what_could_not_be_sent_is_tried_again_until_somebody_answers(bed, cast, settings):
    settings.OPENKETAMINE_TEXT_GATEWAY = "http://127.0.0.1:9/none"
    assert work(bed, seconds=10) == ["waiting"]
    assert ProcrastinateJob.objects.filter(task_name="checkins.send").exists()
    assert work(bed, seconds=5) == []
    assert work(bed, seconds=15) == ["waiting"]
    assert tried(bed) == [("Dr Priya Raman", "text", "again")] * 2
    body = {"finding_id": finding(bed), "answer": "coming"}
    bed.tell("call_answered", body, by=cast.priya)
    assert work(bed, seconds=120) == ["nothing to do"]
    assert len(tried(bed)) == 2
    assert Message.objects.get().state == "dropped"


def test_seen_by_the_nurse_at_the_chair_calls_nobody_off_and_seen_by_the_called_does(bed, cast):
    seen_by(bed.later(seconds=10), cast.priya)
    work(bed)
    bed.tell("finding_acknowledged", {"finding_id": finding(bed)}, by=cast.nora)
    (waits,) = queries.away_from_screens(bed.now)[bed.session.pk]
    assert waits.name == "Dr Priya Raman"
    bed.tell("finding_acknowledged", {"finding_id": finding(bed)}, by=cast.priya)
    assert queries.away_from_screens(bed.now) == {}


def test_the_next_of_the_list_is_written_to_when_they_are_told_and_what_is_over_is_not(bed, texts):
    work(bed, seconds=10)
    work(bed, seconds=45)
    assert [to for to, _ in texts()] == ["+15205550101", "+15205550102"]
    bed.hear(bed.message("m-2", values={"spo2": 97, "heart_rate": 72}))
    bed.later(seconds=11).hear(bed.message("m-3", values={"spo2": 97, "heart_rate": 72}))
    before = len(tried(bed))
    work(bed, seconds=60)
    assert len(tried(bed)) == before


def test_nobody_is_written_to_twice_however_often_the_worker_looks(bed, texts):
    work(bed, seconds=10)
    for _ in range(3):
        assert messages.look(bed.now) == 0
        assert work(bed, seconds=5) == []
    assert len(texts()) == 1


def test_who_gave_neither_number_nor_address_is_said_to_be_out_of_reach_once(bed, cast):
    cast.priya.phone = ""
    cast.priya.save(update_fields=["phone"])
    work(bed, seconds=10)
    work(bed, seconds=5)
    assert tried(bed) == [("Dr Priya Raman", "", "no_address")]
    assert bed.state["calls"][0]["messages"][0]["outcome"] == "no_address"


def test_a_page_that_can_be_seen_is_noted_and_one_behind_another_window_is_not(cast, client, now):
    client.force_login(cast.priya)
    client.get("/calls/mine")
    assert in_sight.in_sight(clock.now()) == frozenset()
    client.get("/calls/mine", headers={"X-OpenKetamine-In-Sight": "1"})
    assert in_sight.in_sight(clock.now()) == {str(cast.priya.pk)}
    assert in_sight.in_sight(clock.now() + timedelta(minutes=1)) == frozenset()


def test_a_telephone_rings_once_for_a_chair_and_again_for_what_is_more_urgent(cast, bed, texts):
    bed.tell("observation_charted", {"values": {"systolic": 185}})
    work(bed, seconds=1)
    assert [text[:3] for _, text in texts()] == ["** "]
    bed.tell("observation_charted", {"values": {"diastolic": 112}})
    work(bed, seconds=1)
    assert len(texts()) == 1
    work(bed, seconds=9)
    assert sorted(text[:3] for _, text in texts()) == ["** ", "***"]
