"""Calls, duty, response times and walls as pages: who may, what a wall sees and for how long."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse
from tests.clinic.bedside import Bedside

from openketamine.clinic.calls import walls
from openketamine.clinic.calls.times import report
from openketamine.clinic.journal import clock
from openketamine.clinic.sessions import commands
from openketamine.core.findings import BadInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def bed(cast):
    return Bedside(cast, clock.now()).opened().planned().attached().later(seconds=1)


def signed_in(who):
    client = Client()
    client.force_login(who)
    return client


def falls(bed):
    bed.hear(bed.message("m-1", values={"spo2": 97, "heart_rate": 35}))
    commands.note_calls(bed.later(seconds=10).now)
    return bed


class TestCalls:
    @pytest.mark.hazard("HZ-19")
    def test_whoever_was_told_has_the_bar_on_every_page_and_nobody_else_has_the_call(self, bed):
        falls(bed)
        priya, miriam = signed_in(bed.cast.priya), signed_in(bed.cast.miriam)
        (call,) = priya.get(reverse("calls-mine")).json()["calls"]
        assert (call["priority"], call["initials"]) == ("high", "AO")
        assert miriam.get(reverse("calls-mine")).json()["calls"] == []
        for page in (reverse("board"), reverse("knowledge"), reverse("people")):
            assert b'id="calls"' in priya.get(page).content
        assert b'id="calls"' not in signed_in(bed.cast.fran).get(reverse("board")).content

    def test_who_is_signed_off_is_told_so_and_not_redirected(self, bed):
        assert Client().get(reverse("calls-mine")).status_code == HTTPStatus.UNAUTHORIZED

    def test_duty_is_taken_and_ended(self, bed):
        nora = signed_in(bed.cast.nora)
        nora.post(reverse("duty"), {"duty": "charge_nurse"})
        assert b"End my duty" in nora.get(reverse("duty")).content
        nora.post(reverse("duty"), {"duty": ""})
        assert b"End my duty" not in nora.get(reverse("duty")).content

    def test_whoever_is_on_duty_and_gave_no_telephone_is_marked(self, bed):
        who = bed.cast.priya
        priya = signed_in(who)
        priya.post(reverse("duty"), {"duty": "prescriber"})
        for phone, marks in (("", 2), ("+15205550101", 0)):
            who.phone, who.email = phone, ""
            who.save(update_fields=["phone", "email"])
            assert priya.get(reverse("duty")).content.count(b"screen only") == marks


class TestTimes:
    def test_the_report_counts_what_never_happened(self, bed):
        falls(bed)
        found = report(30, bed.later(minutes=1).now)
        assert (found.sessions, found.with_findings) == (1, 1)
        assert (found.called, found.unanswered) == (1, 1)
        (row,) = found.rows
        assert (row.rule, row.raised) == ("AL-HR-LOW-3", 1)
        html = signed_in(bed.cast.miriam).get(reverse("responses")).content.decode()
        assert "AL-HR-LOW-3" in html
        assert "Okonkwo" not in html

    def test_without_a_finding_it_says_so(self, bed):
        assert report(1, bed.now).total is None
        assert (
            b"No finding was raised" in signed_in(bed.cast.aude).get("/responses/?days=1").content
        )


class TestWalls:
    def opened(self, bed, hours=4):
        wall, code = walls.open_wall("Nurses' room", hours, bed.cast.nora, clock.now())
        client = Client()
        return wall, code, client

    @pytest.mark.hazard("HZ-16")
    def test_a_wall_shows_initials_and_chairs_and_no_name_id_or_address(self, bed):
        commands.assign_chair(bed.session.id, "Chair 3", bed.cast.nora, bed.now)
        _, code, client = self.opened(bed)
        assert client.get(reverse("wall-tiles")).status_code == HTTPStatus.UNAUTHORIZED
        assert client.post(reverse("wall"), {"code": code}).status_code == HTTPStatus.FOUND
        answer = client.get(reverse("wall-tiles"))
        (tile,) = answer.json()["tiles"]
        assert (tile["initials"], tile["chair"]) == ("AO", "Chair 3")
        said = answer.content.decode()
        for secret in ("Okonkwo", "Ada", str(bed.session.id), str(bed.session.person_id), "MRN"):
            assert secret not in said

    @pytest.mark.hazard("HZ-16")
    def test_a_code_is_good_once_and_for_ten_minutes(self, bed):
        _, code, client = self.opened(bed)
        assert walls.redeem(code, clock.now() + timedelta(minutes=11)) is None
        assert (
            client.post(reverse("wall"), {"code": f" {code[:4]}-{code[4:].lower()}"}).status_code
            == HTTPStatus.FOUND
        )
        assert Client().post(reverse("wall"), {"code": code}).status_code == HTTPStatus.BAD_REQUEST

    @pytest.mark.hazard("HZ-16")
    def test_a_wall_is_dark_when_its_hours_are_over_or_somebody_ended_it(self, bed):
        wall, code, _ = self.opened(bed)
        _, key = walls.redeem(code, clock.now())
        assert walls.wall_of(key, clock.now() + timedelta(hours=3, minutes=59)) == wall
        assert walls.wall_of(key, clock.now() + timedelta(hours=4, minutes=1)) is None
        signed_in(bed.cast.nora).post(reverse("wall-end", args=(wall.pk,)))
        assert walls.wall_of(key, clock.now()) is None

    def test_for_ever_and_nowhere_are_refused(self, bed):
        for place, hours in (("Nurses' room", 9999), ("  ", 4)):
            with pytest.raises(BadInput):
                walls.open_wall(place, hours, bed.cast.nora, clock.now())
        page = signed_in(bed.cast.nora).post(reverse("walls"), {"place": "x", "hours": "99"})
        assert page.status_code == HTTPStatus.BAD_REQUEST

    def test_who_opened_it_and_who_ended_it_is_on_record(self, bed):
        from openketamine.clinic.journal import queries as journal

        wall, _, _ = self.opened(bed)
        walls.end_wall(wall.pk, bed.cast.wes, clock.now())
        said = [(one.kind, one.by.name) for one in journal.facts(walls.STREAM)]
        assert said == [("wall_opened", "Nora Lindqvist"), ("wall_ended", "Wes Okafor")]
