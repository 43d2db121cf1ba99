"""Much at once: files wait for their turn, and many records in one hour are told, not refused."""

import threading
import uuid
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from openketamine.clinic.journal import clock
from openketamine.clinic.journal.commands import record_access
from openketamine.clinic.staff import sites, turns
from openketamine.clinic.staff.bulk import many_read

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]


def client_of(who):
    client = Client()
    client.force_login(who)
    return client


class TestTurns:
    def test_two_are_made_at_once_and_a_third_comes_later_with_a_sentence(self, cast):
        ines = client_of(cast.ines)
        with turns.turn() as one, turns.turn() as other:
            assert (one, other) == (True, True)
            answer = self.packet(ines)
            assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
            assert turns.LATER in answer.content.decode()
            assert answer["Retry-After"] == "60"
            export = client_of(cast.aude).get("/staff/export/")
            assert export.status_code == HTTPStatus.TOO_MANY_REQUESTS
        made = self.packet(ines)
        assert made.status_code == HTTPStatus.OK
        made.close()

    def packet(self, client):
        return client.get(reverse("packet-file", args=["book"]))

    def test_a_turn_comes_back_when_a_file_fails(self):
        def fails():
            with turns.turn():
                raise RuntimeError

        for _ in range(5):
            with pytest.raises(RuntimeError):
                fails()
        with turns.turn() as mine:
            assert mine

    def test_turns_are_of_the_whole_process(self):
        seen = []

        def ask():
            with turns.turn() as mine:
                seen.append(mine)

        with turns.turn(), turns.turn():
            other = threading.Thread(target=ask)
            other.start()
            other.join(30)
        assert seen == [False]

    def test_who_waits_is_not_kept_from_a_page(self, cast):
        with turns.turn(), turns.turn():
            assert client_of(cast.ines).get("/vials/").status_code == HTTPStatus.OK


class TestManyRecords:
    @pytest.fixture
    def most(self, settings):
        settings.OPENKETAMINE_MANY_RECORDS = 3
        return 3

    @pytest.fixture
    def hour(self):
        return clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)

    def read(self, who, people, hour, minutes=1):
        for number in range(people):
            at = hour + timedelta(minutes=number * minutes)
            record_access(who, uuid.uuid4(), "person.read", at)

    def test_one_more_than_the_limit_is_told_and_the_limit_itself_is_not(self, cast, most, hour):
        self.read(cast.nora, most, hour)
        assert many_read(clock.now()) == []
        self.read(cast.wes, most + 1, hour)
        (told,) = many_read(clock.now())
        assert (told.name, told.people) == ("Wes Okafor", most + 1)
        assert abs(told.hour - hour) < timedelta(hours=1)

    def test_the_same_record_again_is_one_person(self, cast, most, hour):
        same = uuid.uuid4()
        for minute in range(20):
            record_access(cast.nora, same, "person.read", hour + timedelta(minutes=minute))
        assert many_read(clock.now()) == []

    def test_a_day_of_work_is_nothing(self, cast, most, hour):
        self.read(cast.nora, 8, hour - timedelta(hours=8), minutes=60)
        assert many_read(clock.now()) == []

    def test_a_refusal_read_nothing(self, cast, most, hour):
        for _ in range(9):
            record_access(cast.fran, uuid.uuid4(), "person.read", hour, refused=True)
        assert many_read(clock.now()) == []

    def test_the_director_and_the_auditor_are_told_and_nobody_is_refused(self, cast, most, hour):
        self.read(cast.nora, most + 1, hour)
        page = client_of(cast.miriam).get("/staff/").content.decode()
        assert f"opened the records of {most + 1} people within one hour" in page
        access = client_of(cast.aude).get("/staff/access/").content.decode()
        assert "Records of many people" in access
        assert client_of(cast.nora).get("/people/").status_code == HTTPStatus.OK

    def test_of_another_site_nobody_is_told(self, cast, most, hour):
        self.read(cast.nora, most + 1, hour)
        with sites.only({"south"}):
            assert many_read(clock.now()) == []
