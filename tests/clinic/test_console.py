"""The pages of the live screens, and the addresses that their modules talk to."""

import json
import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from tests.clinic.bedside import Bedside

from openketamine.clinic.journal import clock
from openketamine.clinic.journal.models import Access

pytestmark = pytest.mark.django_db


@pytest.fixture
def bed(cast):
    return Bedside(cast, clock.now()).opened()


@pytest.fixture
def page(bed):
    """A page as this person sees it."""

    def get(name, who, *arguments):
        client = Client()
        client.force_login(getattr(bed.cast, who))
        return client.get(reverse(name, args=arguments))

    return get


def posting(who):
    client = Client()
    client.force_login(who)

    def post(path, body):
        return client.post(path, json.dumps(body), content_type="application/json")

    return post


def note(text="calm", **other):
    at = clock.now().isoformat()
    return {
        "id": str(uuid.uuid4()), "kind": "note_charted", "at": at, "body": {"text": text}, **other,
    }  # fmt: skip


class TestPages:
    @pytest.mark.hazard("HZ-15")
    @pytest.mark.parametrize("demo", [True, False])
    def test_a_demonstration_says_so_on_every_live_page_and_a_clinic_never(
        self, page, bed, settings, demo
    ):
        settings.OPENKETAMINE_DEMO = demo
        for said in (page("board", "nora"), page("session", "nora", bed.session.id)):
            html = said.content.decode()
            assert ("DEMONSTRATION" in html) is demo
            assert ('<html lang="en" class="demo" ' in html) is demo

    def test_every_live_page_says_that_it_is_no_monitor(self, page, bed):
        for said in (page("board", "nora"), page("session", "nora", bed.session.id)):
            assert "Secondary display." in said.content.decode()

    def test_no_page_carries_a_script_or_a_style_of_its_own(self, page, bed):
        said = [page("board", "nora"), page("devices", "nora")]
        said.append(page("session", "nora", bed.session.id))
        for one in said:
            html = one.content.decode()
            assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", html)
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)
            assert "script-src 'self';" in one.headers["Content-Security-Policy"]

    def test_the_board_shows_no_name(self, page):
        assert "Okonkwo" not in page("board", "fran").content.decode()

    @pytest.mark.hazard("HZ-16")
    @pytest.mark.parametrize("who", ["fran", "ines", "sam"])
    def test_who_may_not_read_the_chart_does_not_open_the_console(self, page, bed, who):
        said = page("session", who, bed.session.id)
        assert said.status_code == 403
        assert "Okonkwo" not in said.content.decode()

    def test_opening_the_console_is_written_down(self, page, bed):
        page("session", "theo", bed.session.id)
        opened = Access.objects.filter(person_id=bed.session.person_id, by_name="Theo Brandt")
        assert opened.exists()

    def test_a_session_that_does_not_exist_is_not_found(self, page):
        assert page("session", "nora", uuid.uuid4()).status_code == 404

    def test_what_was_kept_aside_is_on_the_devices_page(self, page, bed):
        bed.attached().later(seconds=1).hear(bed.message("m-1", mrn="MRN9999"))
        assert "names another person" in page("devices", "nora").content.decode()

    def test_the_console_knows_the_limits_and_ages_of_the_knowledge_files(self, page, bed):
        data = page("session", "nora", bed.session.id).context["data"]
        assert data["limits"]["spo2"] == {"low": 94}
        low = {"priority": "high", "compare": "<", "value": 90.0, "against": ""}
        assert data["bounds"]["spo2"][0] == low
        assert data["ages"]["heart_rate"]["stale"] == {"value": 15, "compare": ">"}
        assert data["may"]["chart.write"] is True
        assert data["may"]["plan.sign"] is False


class TestFacts:
    def path(self, bed):
        return reverse("session-facts", args=[bed.session.id])

    @pytest.mark.hazard("HZ-05")
    def test_a_repeated_post_is_answered_the_same(self, bed):
        post, fact = posting(bed.cast.nora), note()
        first, again = post(self.path(bed), fact), post(self.path(bed), fact)
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert first.status_code == 200

    def test_a_reused_id_is_a_conflict_and_what_cannot_be_read_a_sentence(self, bed):
        post, fact = posting(bed.cast.nora), note()
        post(self.path(bed), fact)
        assert post(self.path(bed), {**fact, "body": {"text": "other"}}).status_code == 409
        said = post(self.path(bed), note(body={}))
        assert (said.status_code, said.json()["field"]) == (400, "body.text")

    @pytest.mark.parametrize("body", [[], "words", {"kind": "note_charted"}])
    def test_a_body_of_another_shape_is_refused_in_words(self, bed, body):
        said = posting(bed.cast.nora)(self.path(bed), body)
        assert said.status_code == 400
        assert ": expected " in said.json()["error"]

    @pytest.mark.hazard("HZ-16")
    def test_it_is_never_written_under_the_name_of_a_colleague(self, bed):
        fact = {"id": str(uuid.uuid4()), "kind": "note_charted", "at": bed.now.isoformat()}
        fact |= {"body": {"text": "calm"}, "by": str(bed.cast.nora.pk)}
        path = reverse("session-facts", args=[bed.session.pk])
        assert posting(bed.cast.wes)(path, fact).status_code == 401
        assert bed.kinds() == ["SessionOpened"]
        assert posting(bed.cast.nora)(path, fact).status_code == 200

    def test_only_who_charts_may_chart(self, bed):
        assert posting(bed.cast.fran)(self.path(bed), note()).status_code == 403
        said = Client().post(self.path(bed), "{}", content_type="application/json")
        assert said.status_code == 401
        assert bed.kinds() == ["SessionOpened"]

    def test_the_browser_needs_its_token(self, bed):
        client = Client(enforce_csrf_checks=True)
        client.force_login(bed.cast.nora)
        said = client.post(self.path(bed), json.dumps(note()), content_type="application/json")
        assert said.status_code == 403


class TestRequests:
    def test_a_refusal_carries_every_reason(self, bed):
        path = reverse("session-request-start", args=[bed.session.id])
        said = posting(bed.cast.nora)(path, {"id": str(uuid.uuid4())})
        assert said.status_code == 422
        assert len(said.json()["refusal"]["findings"]) > 5

    @pytest.mark.hazard("HZ-16")
    @pytest.mark.parametrize(
        ("verb", "who"),
        [
            ("sign_plan", "nora"), ("withdraw", "theo"), ("start", "theo"), ("discharge", "fran"),
            ("close", "aude"), ("attach", "ines"), ("sign_report", "nora"),
        ],
    )  # fmt: skip
    def test_who_may_not_ask_is_told_who_may(self, bed, verb, who):
        path = reverse(f"session-request-{verb}", args=[bed.session.id])
        said = posting(getattr(bed.cast, who))(path, {"id": str(uuid.uuid4())})
        assert said.status_code == 403
        assert "It is done by" in said.json()["error"]


class TestState:
    def get(self, bed, name, who="nora", query=""):
        client = Client()
        client.force_login(getattr(bed.cast, who))
        path = reverse(name, args=[bed.session.id])
        return client.get(f"{path}{query}", headers={"X-OpenKetamine-Background": "1"})

    def test_it_carries_what_was_charted_by_hand_with_corrections(self, bed):
        wrong = bed.tell("observation_charted", {"values": {"systolic": 218, "diastolic": 78}})
        right = {"values": {"systolic": 128, "diastolic": 78}}
        bed.tell(
            "corrected", {"target": wrong.fact_id, "reason": "typed wrong", "replacement": right}
        )
        (one,) = self.get(bed, "session-state").json()["manual"]
        assert one["values"] == {"systolic": 128, "diastolic": 78}

    def test_a_console_that_looks_every_few_seconds_is_written_down_once(self, bed):
        from django.core.cache import cache

        cache.clear()
        for _ in range(3):
            assert self.get(bed, "session-state").status_code == 200
        assert Access.objects.filter(person_id=bed.session.person_id).count() == 1

    @pytest.mark.hazard("HZ-16")
    def test_the_front_desk_reads_neither_state_nor_readings(self, bed):
        assert self.get(bed, "session-state", "fran").status_code == 403
        assert self.get(bed, "session-readings", "fran").status_code == 403

    def test_readings_are_asked_for_by_number(self, bed):
        assert self.get(bed, "session-readings", query="?after=-1").status_code == 400
        assert self.get(bed, "session-readings", query="?after=1").json()["rows"] == []
