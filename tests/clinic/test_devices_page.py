"""The technician's page, and what was said before anybody joined a device."""

import gzip
import hashlib
import json
import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from tests.clinic.bedside import MONITOR, Bedside

from openketamine.clinic.journal.queries import verify
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Device, QuarantinedMessage, UnmappedCode
from openketamine.core.findings import BadInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def bed(cast, now):
    one = Bedside(cast, now).opened()
    commands.assign_chair(one.session.id, "Chair 3", cast.nora, now)
    return one.later(seconds=5)


def health(at, **other):
    return {
        "kind": "monitor", "connector": "mllp", "first_at": at.isoformat(),
        "last_at": at.isoformat(), "messages": 9, "per_minute": 60, "skew_s": 0.4,
        "drift_s_per_h": None, "texts": {}, "remarks": [], "rejected": [], **other,
    }  # fmt: skip


def beat(now, devices, gateway="gw-1", rejected=()):
    told = {"devices": devices, "rejected": list(rejected)}
    commands.record_heartbeat({"gateway": gateway, "health": told}, now)


def advice(now, device=MONITOR):
    (one,) = [one for one in queries.heard_devices(now) if one.device_id == device]
    return [said.what for said in one.advice]


class TestHealth:
    def test_a_device_that_does_well_needs_nothing(self, bed):
        bed.attached()
        beat(bed.now, {MONITOR: health(bed.now)})
        assert advice(bed.now) == []

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ({"skew_s": 5.0}, []),
            ({"skew_s": -6.0}, ["clock 6 s behind"]),
            ({"skew_s": 121.0}, ["clock 2 min ahead"]),
            ({"skew_s": 3600.0}, ["clock off by +1 h"]),
            ({"skew_s": -7180.0}, ["clock off by -2 h"]),
            ({"drift_s_per_h": 5.0}, []),
            ({"drift_s_per_h": -6.0}, ["clock runs slow, 6 s an hour"]),
            (
                {"rejected": [{"words": "Unsupported version id: 2.3", "count": 4, "last": ""}]},
                ["rejected 4: Unsupported version id: 2.3"],
            ),
        ],
    )
    def test_what_is_wrong_is_said_with_what_to_do(self, bed, told, expected):
        bed.attached()
        beat(bed.now, {MONITOR: health(bed.now, **told)})
        assert advice(bed.now) == expected
        for one in queries.heard_devices(bed.now):
            assert all(said.do.endswith(".") for said in one.advice)

    @pytest.mark.parametrize(("silent_s", "said"), [(60, False), (61, True)])
    def test_a_joined_device_that_is_silent(self, bed, silent_s, said):
        bed.attached()
        beat(bed.now, {MONITOR: health(bed.now)})
        bed.later(seconds=silent_s)
        assert ("joined, and silent" in advice(bed.now)) == said

    def test_a_joined_device_that_nobody_ever_heard(self, bed):
        bed.attached()
        assert advice(bed.now) == ["joined, and never heard"]

    def test_a_device_that_speaks_for_nobody(self, bed):
        beat(bed.now, {"NEW": health(bed.now)})
        assert advice(bed.now, "NEW") == ["speaks, and is joined to nobody"]

    def test_codes_that_no_table_knows_are_counted_also_while_it_is_kept_aside(self, bed):
        message = bed.message("m-1", unmapped=[{"code": "9", "text": "X", "value": "1"}])
        bed.hear(message)
        bed.hear(message)
        bed.attached().later(seconds=1).hear(
            {**bed.message("m-2"), "unmapped": message["unmapped"]}
        )
        assert UnmappedCode.objects.get(device_id=MONITOR).seen >= 2
        beat(bed.now, {MONITOR: health(bed.now)})
        assert advice(bed.now) == ["1 unknown codes (9)"]

    def test_of_two_gateways_the_one_that_heard_it_last_is_believed(self, bed):
        before = bed.now - timedelta(minutes=5)
        beat(bed.now, {MONITOR: health(bed.now, skew_s=1.0)}, "gw-2")
        beat(bed.now, {MONITOR: health(before, skew_s=9.0)}, "gw-1")
        assert Device.objects.get().gateway == "gw-2"
        bed.later(minutes=1)
        beat(bed.now, {MONITOR: health(bed.now, skew_s=2.0)}, "gw-1")
        assert (Device.objects.get().gateway, Device.objects.get().health["skew_s"]) == (
            "gw-1",
            2.0,
        )

    @pytest.mark.parametrize(
        "told",
        [
            None, 7, {"devices": 3}, {"devices": {"A": 1}}, {"rejected": 3},
            {"devices": {"A" * 300: {"texts": 1, "remarks": "x", "rejected": [1]}}},
            {"devices": {"A": {"last_at": "no"}}},
            {"devices": {"A": {"skew_s": "x", "per_minute": 10**40, "last_at": "2026-01-01"}}},
        ],
    )  # fmt: skip
    def test_whatever_a_gateway_tells_the_page_opens(self, bed, client, told):
        commands.record_heartbeat({"gateway": "gw-1", "health": told}, bed.now)
        client.force_login(bed.cast.nora)
        assert client.get(reverse("devices")).status_code == 200


class TestThePage:
    def test_words_remarks_and_rejections_are_shown(self, bed, client):
        said = [{"words": "times without zone were read as UTC", "count": 12, "last": ""}]
        told = health(bed.now, texts={"pump_drug": "ketamine"}, remarks=said)
        noise = [{"words": "not readable: message", "count": 3, "last": ""}]
        beat(bed.now, {MONITOR: told}, rejected=noise)
        client.force_login(bed.cast.nora)
        html = client.get(reverse("devices")).content.decode()
        for words in ("ketamine", "times without zone", "not readable: message"):
            assert words in html

    @pytest.mark.hazard("HZ-16")
    def test_a_technician_sees_chairs_and_no_person(self, bed, client):
        bed.attached().later(seconds=1)
        bed.hear(bed.message("m-1", mrn="MRN9999"))
        beat(bed.now, {MONITOR: health(bed.now)})
        client.force_login(bed.cast.sam)
        html = client.get(reverse("devices")).content.decode()
        assert "Chair 3" in html
        assert "a person" in html
        for word in ("MRN9999", "Okonkwo", "AO", bed.session.person.mrn):
            assert not re.search(rf"\b{word}\b", html), word

    @pytest.mark.parametrize("who", ["nora", "sam"])
    def test_a_device_is_joined_from_the_page_under_the_name_of_who_did_it(self, bed, client, who):
        client.force_login(getattr(bed.cast, who))
        asked = {"device_id": "PUMP-1", "device_kind": "pump", "session": str(bed.session.id)}
        client.post(reverse("devices-join"), asked)
        (attached,) = [
            f for f in queries.facts(bed.session) if type(f.body).__name__ == "DeviceAttached"
        ]
        assert attached.by.id == str(getattr(bed.cast, who).pk)
        client.post(reverse("devices-leave"), asked)
        assert bed.state["devices"] == []

    def test_without_a_chair_nothing_is_joined_and_it_says_so(self, bed, client):
        client.force_login(bed.cast.nora)
        said = client.post(reverse("devices-join"), {"device_id": "P", "session": ""}, follow=True)
        assert "Choose a chair first" in said.content.decode()
        assert queries.attachments() == []

    def test_a_device_that_speaks_for_another_is_not_taken_away(self, bed, client, cast):
        bed.attached()
        other = Bedside(cast, bed.now).opened(mrn="MRN0002")
        client.force_login(cast.nora)
        asked = {"device_id": MONITOR, "session": str(other.session.id)}
        said = client.post(reverse("devices-join"), asked, follow=True)
        assert "not joined to another session" in said.content.decode()
        assert [one.session_id for one in queries.attachments()] == [bed.session.id]


@pytest.mark.hazard("HZ-02")
class TestTakingOver:
    @pytest.fixture
    def late(self, bed):
        """A monitor spoke for ten seconds before somebody joined it."""
        for number in range(10):
            bed.later(seconds=1).hear(
                bed.message(f"e-{number}", values={"heart_rate": 60 + number})
            )
        return bed.later(seconds=1).attached().later(seconds=1)

    def take(self, bed, by=None, **other):
        asked = {
            "device_id": MONITOR, "since": bed.session.created.isoformat(), "reason": "same person",
            **other,
        }  # fmt: skip
        return commands.take_over(bed.session.id, asked, by or bed.cast.nora, bed.now)

    def test_joining_alone_takes_nothing(self, late):
        assert "ReadingTaken" not in late.kinds()

    def test_a_person_takes_it_over_by_name_and_each_reading_keeps_its_own_time(self, late):
        (offered,) = queries.takeable(late.now)
        assert (offered.count, offered.place) == (10, "Chair 3")
        self.take(late)
        (taken,) = [
            f for f in queries.facts(late.session) if type(f.body).__name__ == "ReadingsTakenOver"
        ]
        assert (taken.by.name, taken.body.count) == (late.cast.nora.display_name, 10)
        readings = [
            f for f in queries.facts(late.session) if type(f.body).__name__ == "ReadingTaken"
        ]
        assert [int(f.body.values["heart_rate"]) for f in readings] == list(range(60, 70))
        assert readings[0].at < taken.at
        assert verify().broken == ()

    def test_twice_is_once(self, late):
        fact_id = "0c1d8f8e-1111-4222-8333-444455556666"
        first = self.take(late, id=fact_id)
        assert self.take(late, id=fact_id) == first
        assert queries.takeable(late.now) == []
        with pytest.raises(BadInput, match="wait"):
            self.take(late)
        late.hear(late.message("e-3", values={"heart_rate": 63}, received_at=_ago(late, 9),
                               measured_at=_ago(late, 9)))  # fmt: skip
        assert late.kinds().count("ReadingTaken") == 10

    def test_what_is_written_a_moment_after_it_came_is_not_offered_again(self, bed):
        for number in range(3):
            message = bed.message(f"e-{number}")
            bed.later(milliseconds=300).hear(message)
        bed.later(seconds=1).attached().later(seconds=1)
        assert queries.takeable(bed.now)[0].count == 3
        self.take(bed)
        assert queries.takeable(bed.now) == []

    def test_what_names_another_person_is_never_taken(self, bed):
        bed.hear(bed.message("x-1", mrn="MRN9999"))
        bed.later(seconds=1).attached().later(seconds=1)
        assert queries.takeable(bed.now) == []
        with pytest.raises(BadInput):
            self.take(bed)

    def test_only_of_a_device_that_is_joined_here(self, late):
        commands.detach_device(late.session.id, MONITOR, late.cast.nora, late.now)
        with pytest.raises(BadInput, match="joined to this open session"):
            self.take(late)

    def test_what_came_before_the_session_was_opened_is_nobodys(self, cast, now):
        early = Bedside(cast, now - timedelta(hours=1)).opened(mrn="MRN0009")
        early.hear(early.message("a-1", mrn=None))
        bed = Bedside(cast, now).opened().attached().later(seconds=1)
        with pytest.raises(BadInput):
            self.take(bed, since=(now - timedelta(hours=2)).isoformat())

    def test_a_technician_may_not(self, late, client):
        client.force_login(late.cast.sam)
        asked = {"device_id": MONITOR, "session": str(late.session.id), "reason": "x"}
        assert client.post(reverse("devices-take-over"), asked).status_code == 403

    def test_from_the_page(self, late, client, clock_at):
        clock_at(late.now)
        client.force_login(late.cast.nora)
        html = client.get(reverse("devices")).content.decode()
        fields = {
            name: re.search(rf'take-over.*?name="{name}" value="([^"]*)"', html, re.DOTALL)[1]
            for name in ("device_id", "session", "since", "id")
        }
        said = client.post(
            reverse("devices-take-over"), {**fields, "reason": "sat there"}, follow=True
        )
        assert "under your name" in said.content.decode()
        assert late.kinds().count("ReadingTaken") == 10


def _ago(bed, seconds):
    return (bed.now - timedelta(seconds=seconds)).isoformat()


class TestLimits:
    @pytest.mark.hazard("HZ-18")
    def test_a_full_gateway_is_said_with_what_to_do(self, bed, client, cast):
        room = {"spool_waiting": 7, "spool_bytes": 4096, "spool_limit": 4096, "spool_refused": 12}
        told = {"gateway": "gw-1", "set_aside": 3, "spool_full": True, "health": {}, **room}
        commands.record_heartbeat(told, bed.now)
        client.force_login(cast.sam)
        page = client.get(reverse("devices")).content.decode()
        assert "It answers no monitor now" in page
        assert "12 times it took nothing" in page
        assert "3 set aside" in page
        commands.record_heartbeat({**told, "spool_full": False, "set_aside": 0}, bed.now)
        page = client.get(reverse("devices")).content.decode()
        assert "It answers no monitor now" not in page
        assert "It takes messages again" in page
        assert "set aside" not in page

    def test_a_gateway_that_does_not_say_is_not_said_to_have_room(self, bed):
        commands.record_heartbeat({"gateway": "gw-old", "health": {}}, bed.now)
        assert queries.gateways()[0].room == {}


def kept_aside(bed, numbers):
    """Messages of a monitor that nobody joined."""
    said = [bed.message(f"q-{n}", device_id="NOBODY-1") for n in numbers]
    commands.record_readings("gw-1", said, bed.now)


class TestFiles:
    @pytest.mark.hazard("HZ-18")
    def test_after_two_days_it_lies_in_a_file_whole_and_no_longer_in_the_database(
        self, bed, settings, tmp_path, client, cast
    ):
        settings.OPENKETAMINE_DATA = tmp_path
        kept_aside(bed, range(5))
        before = {str(one.id): one.message for one in queries.quarantined()}
        assert commands.shelve_quarantined(bed.later(hours=47).now) == 0
        kept_aside(bed, range(5, 8))
        assert commands.shelve_quarantined(bed.later(hours=2).now) == 5
        assert commands.shelve_quarantined(bed.now) == 0
        (row,) = queries.quarantine_files()
        path = tmp_path / "quarantine" / row.name
        packed = path.read_bytes()
        found = [json.loads(line) for line in gzip.decompress(packed).decode().splitlines()]
        assert {one["id"]: one["message"] for one in found} == before
        assert (row.messages, row.sha256) == (5, hashlib.sha256(packed).hexdigest())
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(queries.quarantined()) == 3
        client.force_login(cast.sam)
        page = client.get(reverse("devices")).content.decode()
        assert "5 older messages" in page

    @pytest.mark.hazard("HZ-18")
    def test_where_no_file_can_be_written_nothing_goes(self, bed, settings, tmp_path):
        (tmp_path / "quarantine").write_text("in the way")
        settings.OPENKETAMINE_DATA = tmp_path
        kept_aside(bed, range(3))
        with pytest.raises(OSError, match="quarantine"):
            commands.shelve_quarantined(bed.later(days=3).now)
        assert len(queries.quarantined()) == 3
        assert queries.quarantine_files() == []

    def test_the_database_lets_no_row_go_that_no_file_holds(self, bed):
        kept_aside(bed, range(2))
        with pytest.raises(DatabaseError, match="No file holds"), transaction.atomic():
            QuarantinedMessage.objects.all().delete()
        assert len(queries.quarantined()) == 2
