"""Links without a password: one person, one purpose, one device, for some days; nobody's name."""

from datetime import date, timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from tests.clinic.test_patients import bundle, patient, weight

from openketamine.clinic.checkins import links
from openketamine.clinic.checkins.models import Link
from openketamine.clinic.journal import clock
from openketamine.clinic.patients.commands import import_bundle

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16"), pytest.mark.hazard("HZ-21")]
PURPOSE = "check-in:7c1d7a0e-2b0e-4a7c-9d53-5a1f0c3f8a11"


@pytest.fixture
def maren(cast, now):
    return import_bundle(bundle(patient(), weight(70)), cast.fran, now).person


@pytest.fixture
def at_now(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


def token_of(address):
    return address.rstrip("/").rpartition("/")[2]


@pytest.fixture
def token(maren, now):
    return token_of(links.issue(maren, PURPOSE, now))


class TestTheToken:
    def test_it_has_128_random_bits_or_more_and_only_its_hash_is_kept(self, maren, now):
        tokens = {token_of(links.issue(maren, PURPOSE, now)) for _ in range(50)}
        assert len(tokens) == 50
        assert min(len(one) for one in tokens) * 6 >= 128
        kept = repr(list(Link.objects.values()))
        assert not any(one in kept for one in tokens)

    def test_looking_binds_nothing_and_beginning_binds_one_device(self, token, now):
        assert links.look(token, "", now).opened_at is None
        opened = links.redeem(token, "", now)
        assert links.link_of(opened.link.pk, opened.key, now)
        assert links.redeem(token, "", now) is None
        assert links.redeem(token, "another-device", now) is None
        assert links.look(token, "another-device", now) is None
        assert links.redeem(token, opened.key, now).link.pk == opened.link.pk

    def test_it_ends_by_time_and_when_its_purpose_is_finished(self, maren, token, now):
        opened = links.redeem(token, "", now)
        assert links.link_of(opened.link.pk, opened.key, now + links.GOOD_FOR) is None
        second = token_of(links.issue(maren, PURPOSE, now))
        other = token_of(links.issue(maren, "check-in:other", now))
        links.finish(PURPOSE, now)
        assert links.link_of(opened.link.pk, opened.key, now) is None
        assert links.look(second, opened.key, now) is None
        assert links.look(other, "", now) is not None

    def test_a_key_opens_the_links_of_its_own_device_only(self, maren, token, now):
        mine = links.redeem(token, "", now)
        theirs = links.redeem(token_of(links.issue(maren, PURPOSE, now)), "", now)
        assert links.link_of(theirs.link.pk, mine.key, now) is None
        assert links.link_of(mine.link.pk, "", now) is None


class TestTheSecondThing:
    def test_the_date_of_birth_counts_for_a_quarter_of_an_hour(self, maren, token, now):
        link = links.redeem(token, "", now).link
        assert links.knows(link, maren.birth_date, now)
        link.refresh_from_db()
        assert links.is_known(link, now + timedelta(minutes=14))
        assert not links.is_known(link, now + links.KNOWN_FOR)

    def test_the_fifth_wrong_answer_ends_the_link(self, maren, token, now):
        opened = links.redeem(token, "", now)
        for _ in range(links.WRONG_ANSWERS):
            assert links.link_of(opened.link.pk, opened.key, now)
            assert not links.knows(opened.link, date(1900, 1, 1), now)
        assert links.link_of(opened.link.pk, opened.key, now) is None
        assert not links.knows(opened.link, maren.birth_date, now)

    def test_somebody_without_a_date_of_birth_on_record_is_not_known_by_saying_nothing(
        self, maren, token, now
    ):
        maren.birth_date = None
        maren.save()
        assert not links.knows(links.redeem(token, "", now).link, None, now)


class TestTheDoor:
    def test_every_link_that_is_not_good_gets_the_same_answer(self, maren, token, at_now, now):
        links.redeem(token, "", now)
        old = token_of(links.issue(maren, PURPOSE, now - timedelta(days=8)))
        done = token_of(links.issue(maren, "check-in:done", now))
        links.finish("check-in:done", now)
        answers = [Client().get(f"/c/{one}/") for one in ("never-issued", token, old, done)]
        assert {one.status_code for one in answers} == {HTTPStatus.NOT_FOUND}
        assert len({one.content for one in answers}) == 1

    def test_a_page_that_was_not_begun_shows_nobody(self, maren, token, at_now):
        page = Client().get(f"/c/{token}/").content.decode()
        assert "Begin" in page
        for word in (maren.family, maren.given, maren.mrn, str(maren.pk), token):
            assert word not in page

    def test_who_guesses_is_not_looked_at_for_a_while(self, maren, at_now, now, monkeypatch):
        guesser = Client()
        for number in range(30):
            guesser.get(f"/c/guess-{number}/")
        good = token_of(links.issue(maren, PURPOSE, now))
        assert guesser.get(f"/c/{good}/").status_code == HTTPStatus.NOT_FOUND
        elsewhere = Client(REMOTE_ADDR="192.0.2.7")
        assert elsewhere.get(f"/c/{good}/").status_code == HTTPStatus.OK
        monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=1))
        assert guesser.get(f"/c/{good}/").status_code == HTTPStatus.OK
