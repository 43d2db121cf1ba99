"""STOP, ALTO: a word by text ends messages; nothing else that somebody answers is kept."""

import json

import pytest
from django.test import Client
from tests.clinic.test_check_ins import opens, person, state, time  # noqa: F401  (fixtures)

from openketamine.clinic.checkins.replies import ends_messages
from openketamine.clinic.journal.models import Fact
from openketamine.core.course import languages
from openketamine.core.course.check_ins import contact_of, opted_out
from openketamine.knowledge import document

NUMBER = "+15205550123"
TOKEN = "shown by the gateway"


@pytest.fixture
def texted(person, cast, time, settings):  # noqa: F811
    settings.OPENKETAMINE_TEXT_TOKEN = TOKEN
    opens(person, cast.priya, time.now, contact=NUMBER, channel="text")
    return person


def hand_on(text, number=NUMBER, token=TOKEN, raw=None):
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    body = raw if raw is not None else json.dumps({"from": number, "text": text})
    return Client().post("/c/text-answers/", body, "application/json", headers=shown).status_code


@pytest.mark.parametrize(
    "text", ["STOP", " stop. ", "ALTO", "¡Alto!", "Baja", "BAJA\n", "Cancelar"]
)
def test_a_word_that_ends_messages_does_in_either_language(text):
    assert ends_messages(text)


@pytest.mark.parametrize("text", ["", "stop it hurts", "no", "sí", "Stopped", "ayuda", "123"])
def test_whatever_else_is_answered_ends_nothing(text):
    assert not ends_messages(text)


def test_every_language_has_such_words():
    words = document("wording", "opt-out").body["words"]
    assert set(words) == set(languages())
    assert all(ends_messages(word) for one in words.values() for word in one)


@pytest.mark.django_db
@pytest.mark.hazard("HZ-21")
class TestTheGateway:
    def test_it_ends_messages_to_this_number_and_to_no_other(self, texted):
        assert hand_on("ALTO", number="+15205550199") == 204
        assert contact_of(state(texted)) is not None
        assert hand_on("ALTO", number="+1 520 555 0123") == 204
        assert opted_out(state(texted))
        assert contact_of(state(texted)) is None

    def test_the_same_word_twice_is_one_fact(self, texted):
        hand_on("STOP")
        hand_on("STOP")
        assert Fact.objects.filter(kind="opted_out").count() == 1

    def test_other_words_are_kept_nowhere(self, texted):
        before = Fact.objects.count()
        assert hand_on("I do not want to live") == 204
        assert Fact.objects.count() == before

    @pytest.mark.parametrize("token", ["", "wrong", "shown by the gatewaý"])
    def test_without_its_token_nothing_happens(self, texted, token):
        assert hand_on("STOP", token=token.encode("utf-8").decode("latin-1")) == 404
        assert not opted_out(state(texted))

    def test_where_no_token_is_set_nobody_is_let_in(self, texted, settings):
        settings.OPENKETAMINE_TEXT_TOKEN = ""
        assert hand_on("STOP", token="") == 404
        shown = {"Authorization": "Bearer "}
        answer = Client().post("/c/text-answers/", "{}", "application/json", headers=shown)
        assert answer.status_code == 404

    @pytest.mark.parametrize("raw", ["", "[]", '{"from": 1, "text": "STOP"}', "null", "{"])
    def test_what_is_no_answer_is_refused(self, texted, raw):
        assert hand_on("", raw=raw) == 400
