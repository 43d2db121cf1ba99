"""Notes kept apart: sealed, read by who wrote them, opened in an emergency, reviewed."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from tests.clinic.test_patients import bundle, patient, weight

from openketamine.clinic.journal import clock
from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.models import Access
from openketamine.clinic.notes import commands, keys, queries
from openketamine.clinic.notes.models import Sealed
from openketamine.clinic.patients.commands import import_bundle
from openketamine.clinic.staff import glass, proofs
from openketamine.core.findings import BadInput

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]
PASSWORD = "a-test-password"
CANARY = "canary-relapse-of-drinking"
OLD, NEW = "an-old-key-of-thirty-two-signs-or-more", "a-new-key-of-thirty-two-signs-or-more"
SECOND = [{"type": {"coding": [{"code": "MR"}]}, "value": "T-0002"}]
WORDS = "She fainted and nobody can say what she told her therapist."


@pytest.fixture(autouse=True)
def a_key(settings):
    settings.OPENKETAMINE_NOTE_KEYS = (OLD,)


@pytest.fixture
def maren(cast, now):
    return import_bundle(bundle(patient(), weight(70)), cast.fran, now).person


@pytest.fixture
def note(cast, maren, now):
    return commands.write(maren, "therapy", CANARY, cast.theo, now)


def prove(cast, name, now):
    return proofs.prove(name, PASSWORD, now=now)


def texts(person, who, grant=None):
    return [one.text for one in queries.notes(person, who, grant)]


class TestSealed:
    def test_no_byte_of_it_stands_in_the_database(self, note):
        for table in connection.introspection.table_names():
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  our own tables
                assert CANARY not in repr(cursor.fetchall()), table

    def test_who_wrote_it_reads_it_and_nobody_else(self, cast, maren, note):
        assert texts(maren, cast.theo) == [CANARY]
        for who in ("priya", "miriam", "nora"):
            assert texts(maren, getattr(cast, who)) == [None]

    def test_the_fingerprint_tells_a_token_that_was_exchanged(self, cast, maren, note, now):
        commands.write(maren, "therapy", "another", cast.theo, now)
        first, second = Sealed.objects.order_by("id")
        first.token, second.token = second.token, first.token
        Sealed.objects.bulk_update([first, second], ["token"])
        found = queries.notes(maren, cast.theo, None)
        assert [one.text for one in found] == [None, None]
        assert all("cannot be opened" in one.fault for one in found)

    def test_the_same_words_have_another_fingerprint(self):
        assert keys.seal("relapse")[1] != keys.seal("relapse")[1]

    def test_keys_change_and_the_old_one_may_go(self, cast, maren, note, settings):
        settings.OPENKETAMINE_NOTE_KEYS = (NEW, OLD)
        before = Sealed.objects.get().token
        assert commands.rotate() == 1
        assert Sealed.objects.get().token != before
        settings.OPENKETAMINE_NOTE_KEYS = (NEW,)
        assert texts(maren, cast.theo) == [CANARY]
        settings.OPENKETAMINE_NOTE_KEYS = (OLD,)
        assert texts(maren, cast.theo) == [None]

    def test_without_the_old_key_nothing_is_rotated(self, note, settings):
        before = Sealed.objects.get().token
        settings.OPENKETAMINE_NOTE_KEYS = (NEW,)
        with pytest.raises(keys.NoKey):
            commands.rotate()
        assert Sealed.objects.get().token == before

    @pytest.mark.parametrize("given", [(), ("short",)])
    def test_without_a_good_key_nothing_is_written(self, cast, maren, now, settings, given):
        settings.OPENKETAMINE_NOTE_KEYS = given
        with pytest.raises(keys.NoKey):
            commands.write(maren, "therapy", CANARY, cast.theo, now)
        assert journal.facts(commands.stream_of(maren)) == []

    @pytest.mark.parametrize(
        "sql", ["DELETE FROM notes_sealed", "UPDATE notes_sealed SET id = gen_random_uuid()"]
    )
    def test_the_database_lets_nobody_remove_or_exchange_one(self, note, sql):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)

    @pytest.mark.parametrize(
        ("kind", "who"), [("therapy", "priya"), ("therapy", "nora"), ("counselling", "miriam")]
    )
    def test_who_may_not_writes_none(self, cast, maren, now, kind, who):
        with pytest.raises(BadInput, match="somebody who may do this"):
            commands.write(maren, kind, "text", getattr(cast, who), now)


class TestTheGlass:
    def test_it_opens_for_an_hour_and_closes_by_itself(self, cast, maren, note, now):
        opened = glass.break_glass(prove(cast, "priya", now), maren.pk, "danger", WORDS, now)
        assert texts(maren, cast.priya, opened) == [CANARY]
        assert glass.open_for(cast.priya, maren.pk, now + timedelta(minutes=59, seconds=59))
        assert glass.open_for(cast.priya, maren.pk, now + timedelta(minutes=60)) is None

    def test_it_opens_one_person_for_one_reader(self, cast, maren, now):
        other = import_bundle(bundle(patient(identifier=SECOND), weight(60)), cast.fran, now).person
        glass.break_glass(prove(cast, "priya", now), maren.pk, "danger", WORDS, now)
        assert glass.open_for(cast.priya, other.pk, now) is None
        assert glass.open_for(cast.miriam, maren.pk, now) is None

    def test_counselling_on_substance_use_opens_to_the_director_only(self, cast, maren, now):
        commands.write(maren, "counselling", CANARY, cast.theo, now)
        for who, expected in (("priya", [None]), ("miriam", [CANARY])):
            opened = glass.break_glass(prove(cast, who, now), maren.pk, "danger", WORDS, now)
            assert texts(maren, getattr(cast, who), opened) == expected

    @pytest.mark.parametrize("who", ["nora", "theo", "fran", "aude", "sam"])
    def test_others_break_nothing(self, cast, maren, now, who):
        with pytest.raises(BadInput, match="somebody who may do this"):
            glass.break_glass(prove(cast, who, now), maren.pk, "danger", WORDS, now)

    def test_without_words_or_with_an_old_proof_it_stays_closed(self, cast, maren, now):
        with pytest.raises(BadInput, match="words"):
            glass.break_glass(prove(cast, "priya", now), maren.pk, "danger", "because", now)
        later = now + proofs.FRESH_FOR + timedelta(seconds=1)
        with pytest.raises(BadInput, match="just now"):
            glass.break_glass(prove(cast, "priya", now), maren.pk, "danger", WORDS, later)

    def test_the_review_is_by_another_within_72_hours(self, cast, maren, now):
        opened = glass.break_glass(prove(cast, "priya", now), maren.pk, "danger", WORDS, now)
        assert opened.due == now + timedelta(hours=72)
        assert [one.id for one in glass.to_review(cast.miriam)] == [opened.id]
        assert glass.to_review(cast.priya) == []
        with pytest.raises(BadInput, match="nobody reviews their own"):
            glass.review(opened.id, "right", "", prove(cast, "priya", now), now)
        glass.review(opened.id, "right", "", prove(cast, "miriam", now), now)
        assert glass.to_review(cast.miriam) == []
        assert glass.grants()[0].reviewed_by == "Dr Miriam Adeyemi"
        with pytest.raises(BadInput, match="nobody has reviewed yet"):
            glass.review(opened.id, "wrong", WORDS, prove(cast, "miriam", now), now)

    def test_a_prescriber_reviews_what_the_director_opened(self, cast, maren, now):
        opened = glass.break_glass(prove(cast, "miriam", now), maren.pk, "law", WORDS, now)
        assert [one.id for one in glass.to_review(cast.priya)] == [opened.id]
        assert glass.to_review(cast.miriam) == []


class TestPages:
    @pytest.fixture
    def at_now(self, monkeypatch, now):
        monkeypatch.setattr(clock, "now", lambda: now)

    def client(self, who):
        made = Client()
        made.force_login(who)
        return made

    def test_a_therapist_writes_and_reads_and_a_prescriber_breaks_the_glass(
        self, cast, maren, at_now
    ):
        address = f"/people/{maren.pk}/notes/"
        theo, priya = self.client(cast.theo), self.client(cast.priya)
        assert theo.post(f"{address}therapy/", {"text": CANARY}).status_code == HTTPStatus.FOUND
        assert CANARY in theo.get(address).content.decode()
        assert CANARY not in priya.get(address).content.decode()
        said = {"reason": "danger", "words": WORDS, "password": PASSWORD}
        assert priya.post(f"{address}glass/", said).status_code == HTTPStatus.FOUND
        page = priya.get(address).content.decode()
        assert CANARY in page
        assert "EMERGENCY ACCESS" in page
        assert "EMERGENCY ACCESS" in priya.get("/people/").content.decode()
        looked = Access.objects.filter(by_name="Dr Priya Raman", what__contains="emergency")
        assert looked.exists()
        assert {one.person_id for one in looked} == {maren.pk}

    def test_who_reviews_is_told_on_every_page_until_it_is_done(self, cast, maren, at_now, now):
        opened = glass.break_glass(prove(cast, "priya", now), maren.pk, "danger", WORDS, now)
        miriam = self.client(cast.miriam)
        assert "to be reviewed by you" in miriam.get("/knowledge/").content.decode()
        said = {"verdict": "right", "password": PASSWORD}
        answer = miriam.post(f"/openings/{opened.id}/", said)
        assert answer.status_code == HTTPStatus.FOUND
        assert "to be reviewed by you" not in miriam.get("/knowledge/").content.decode()

    def test_a_wrong_password_opens_nothing(self, cast, maren, note, at_now, now):
        priya = self.client(cast.priya)
        said = {"reason": "danger", "words": WORDS, "password": "wrong"}
        answer = priya.post(f"/people/{maren.pk}/notes/glass/", said)
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert CANARY not in answer.content.decode()
        assert glass.grants() == []

    def test_a_script_in_a_note_is_text(self, cast, maren, at_now, now):
        commands.write(maren, "therapy", "<script>alert(1)</script>", cast.theo, now)
        page = self.client(cast.theo).get(f"/people/{maren.pk}/notes/").content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page
