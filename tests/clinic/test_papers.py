"""Consents read and signed, taken back, and what a session makes of them; papers; wishes."""

import re
import uuid
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic.bedside import PASSWORD, Bedside
from tests.clinic.test_check_ins import address_in, office  # noqa: F401  (a fixture)
from tests.clinic.test_patients import bundle, patient, weight

from openketamine.clinic.checkins import links
from openketamine.clinic.checkins import post as post_office
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes import commands as outcomes
from openketamine.clinic.outcomes import queries as courses
from openketamine.clinic.papers import commands, documents, queries
from openketamine.clinic.papers.models import Bookmark, Text
from openketamine.clinic.papers.therapy_views import check_in_lines, task_lines
from openketamine.clinic.patients import commands as people
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.sessions import commands as sessions
from openketamine.clinic.sessions._fold import folded
from openketamine.clinic.sessions._writing import append, entry
from openketamine.clinic.sessions.commands import open_session
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.course import facts, tasks
from openketamine.core.course.papers import course_letter, instructions, leaves, sha256_of
from openketamine.core.findings import BadInput, Refusal
from openketamine.core.treatment import active_findings, due_calls
from openketamine.core.treatment import facts as bedside

pytestmark = [pytest.mark.django_db]
IV = "iv-depression"


@pytest.fixture
def bed(cast, now):
    return Bedside(cast, now).opened()


@pytest.fixture
def ada(bed):
    return bed.session.person


@pytest.fixture
def at_now(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def browser(at_now):
    def signed_in(who):
        client = Client()
        client.force_login(who)
        return client

    return signed_in


def right(person, protocol=IV):
    """What a person who understood everything hands in."""
    shown = queries.shown_to(person, "ketamine", protocol)
    answers = {one.question: [one.right] for one in shown.questions}
    return {"sha256": shown.sha256, "answers": answers, "signed_as": "Ada Okonkwo", "helped_by": ""}


def sign(person, by, now, **other):
    commands.sign_consent(person, "ketamine", IV, right(person) | other, by, now)


def standing(person, now, protocol=IV):
    return next(one for one in queries.standings(person, now) if one.protocol == protocol)


def answer(bed):
    rows = bed.state["checklists"]["pre-dose"]
    return next((row["answer"], row["note"]) for row in rows if row["item"] == "consent")


class TestSigning:
    def test_it_stands_with_its_words_and_what_it_is_for(self, ada, cast, now):
        assert standing(ada, now).state == "open"
        sign(ada, cast.nora, now)
        one = standing(ada, now)
        assert (one.state, one.findings, one.text_is_kept) == ("in_force", (), True)
        body = one.given.body
        assert body.covers["most_ug_per_kg"] == 1000
        assert len(body.elements) == 14
        kept = queries.kept(body.sha256)
        assert queries.is_true(kept)
        assert kept.content["parts"][0]["heading"] == "What is approved"

    def test_words_that_changed_since_they_were_read_are_not_signed(self, ada, cast, now, settings):
        said = right(ada)
        settings.OPENKETAMINE_CLINIC_PHONE = "+1 555 0199"
        with pytest.raises(BadInput, match="read it again"):
            commands.sign_consent(ada, "ketamine", IV, said, cast.nora, now)

    def test_what_was_not_understood_is_not_signed(self, ada, cast, now):
        said = right(ada)
        said["answers"] |= {"driving": ["same-day"], "stop": ["finish"]}
        with pytest.raises(BadInput, match="3 of 5"):
            commands.sign_consent(ada, "ketamine", IV, said, cast.nora, now)
        assert standing(ada, now).state == "open"

    def test_without_a_name_nothing_is_signed(self, ada, cast, now):
        with pytest.raises(BadInput, match="name"):
            sign(ada, cast.nora, now, signed_as=" ")

    def test_pressing_twice_signs_once(self, ada, cast, now):
        name = str(uuid.uuid4())
        sign(ada, cast.nora, now, id=name)
        sign(ada, cast.nora, now, id=name)
        assert len(courses.facts_of(ada).all(facts.ConsentGiven)) == 1

    @pytest.mark.hazard("HZ-16")
    def test_the_database_changes_no_signed_word(self, ada, cast, now):
        sign(ada, cast.nora, now)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE papers_text SET kind = 'other'")
        with pytest.raises(DatabaseError), transaction.atomic():
            Text.objects.all().delete()


@pytest.mark.hazard("HZ-22")
class TestTakingBack:
    def test_it_holds_no_longer_and_a_new_signature_does(self, ada, cast, now):
        sign(ada, cast.nora, now)
        later = now + timedelta(hours=1)
        commands.withdraw_consent(ada, "ketamine", "too much", outcomes.the_person(ada), later)
        one = standing(ada, later)
        assert (one.state, [f.rule for f in one.findings]) == ("withdrawn", ["CR-02"])
        sign(ada, cast.nora, later + timedelta(hours=1))
        assert standing(ada, later + timedelta(hours=2)).state == "in_force"

    def test_it_is_a_task_for_who_treats(self, ada, cast, now):
        sign(ada, cast.nora, now)
        commands.withdraw_consent(ada, "ketamine", "", outcomes.the_person(ada), now)
        (task,) = tasks(courses.facts_of(ada))
        assert task.body.due_at == now + timedelta(hours=24)
        assert task.asks("prescriber", now)
        assert "taken back: Treatment with ketamine" in task.body.summary
        research = queries.shown_to(ada, "research", "")
        said = {"sha256": research.sha256, "signed_as": "Ada O"}
        commands.sign_consent(ada, "research", "", said, cast.nora, now)
        commands.withdraw_consent(ada, "research", "", cast.nora, now)
        assert len(tasks(courses.facts_of(ada))) == 1

    def test_what_is_not_in_force_cannot_be_taken_back(self, ada, cast, now):
        for _ in range(2):
            with pytest.raises(BadInput, match="not taken back"):
                commands.withdraw_consent(ada, "ketamine", "", cast.nora, now)
            sign(ada, cast.nora, now)
            commands.withdraw_consent(ada, "ketamine", "", cast.nora, now)


def question(person, day):
    """What the evaluation makes of the question about the off-label consent."""
    found = patients.known(person).evaluated(IV, day)
    if any(one.question == "off-label-consent" for one in found.unknown):
        return "asked"
    return next((one.action.value for one in found.findings if one.rule == "IND-03"), "")


@pytest.mark.hazard("HZ-22")
class TestTheEvaluation:
    def test_a_signature_answers_what_the_evaluation_asks(self, ada, cast, now):
        assert question(ada, now.date()) == "asked"
        sign(ada, cast.nora, now)
        assert question(ada, now.date()) == "info"

    def test_and_still_does_on_another_day_as_long_as_it_holds(self, ada, cast, now):
        sign(ada, cast.nora, now)
        assert question(ada, (now + timedelta(days=364)).date()) == "info"
        assert question(ada, (now + timedelta(days=366)).date()) == "asked"

    def test_taken_back_it_blocks_whatever_was_answered_by_hand(self, ada, cast, now):
        sign(ada, cast.nora, now)
        commands.withdraw_consent(ada, "ketamine", "", outcomes.the_person(ada), now)
        people.answer_question(
            ada, "off-label-consent", "given", "", cast.priya, now + timedelta(hours=1)
        )
        assert question(ada, now.date()) == "block"

    def test_the_stamp_of_a_page_is_another_after_it(self, ada, cast, now):
        before = patients.known(ada).stamp(now.date())
        sign(ada, cast.nora, now)
        assert patients.known(ada).stamp(now.date()) != before


def raised(bed):
    return [
        one
        for one in active_findings(folded(bed.session.stream).state)
        if one.rule == "AL-CONSENT-BACK"
    ]


@pytest.mark.hazard("HZ-22")
class TestTakenBackWhileTheDoseRuns:
    @pytest.fixture
    def running(self, cast, now):
        bed = Bedside(cast, now).opened(mrn="MRN0078")
        sign(bed.session.person, cast.nora, now)
        return bed.infusing().later(minutes=10)

    def back(self, bed):
        person = bed.session.person
        commands.withdraw_consent(person, "ketamine", "", outcomes.the_person(person), bed.now)

    def test_it_stands_on_the_screen_at_once_and_nothing_stops_by_itself(self, running):
        self.back(running)
        (found,) = raised(running)
        assert found.priority == "medium"
        assert found.advice[0].startswith("Go to the person now")
        assert folded(running.session.stream).state.phase == "infusing"

    def test_it_calls_the_prescriber_at_once(self, running):
        self.back(running)
        assert "AL-CONSENT-BACK" in {
            one.alarm.finding.rule
            for one in due_calls(folded(running.session.stream).state, running.now)
        }

    def test_said_twice_it_is_one_finding(self, running, cast):
        self.back(running)
        sessions.answer_consent(running.session.person, running.now)
        assert len(raised(running)) == 1

    def test_it_is_over_when_somebody_has_seen_it(self, running):
        self.back(running)
        (found,) = raised(running)
        running.later(minutes=1).tell("finding_acknowledged", {"finding_id": found.finding_id})
        running.vitals()
        assert raised(running) == []

    def test_a_consent_that_must_be_renewed_for_another_reason_stops_nothing(self, running):
        running.later(days=366)
        sessions.answer_consent(running.session.person, running.now)
        assert raised(running) == []

    def test_after_the_person_went_home_it_is_a_task_and_no_call(self, running):
        running.tell("infusion_stopped", {"reason": "complete"})
        left = entry(bedside.Discharged("Uche", "555", True), running.now, running.cast.nora)
        append(running.session, [left], running.now)
        self.back(running)
        assert raised(running) == []


def why_not(bed):
    """What a start waits for, as far as it is about the consent."""
    said = bed.ask("start")
    assert isinstance(said, Refusal)
    return [one.rule for one in said.findings if one.rule.startswith(("CR-", "PD-02"))]


@pytest.mark.hazard("HZ-22")
class TestTheSession:
    def test_where_nobody_signed_here_a_nurse_answers_as_before(self, bed):
        assert answer(bed) == (None, "")
        assert why_not(bed) == ["PD-02"]
        tell = {"checklist": "pre-dose", "item": "consent", "answer": "yes"}
        bed.tell("checklist_answered", tell)
        assert why_not(bed) == []

    def test_a_signature_answers_in_the_session_that_is_open(self, bed, ada, cast, now):
        sign(ada, cast.nora, now)
        said, note = answer(bed)
        assert said == "yes"
        assert "Signed here" in note
        assert why_not(bed) == []

    def test_and_in_one_that_is_opened_later(self, bed, ada, cast, now):
        sign(ada, cast.nora, now)
        second = Bedside(cast, now + timedelta(days=3))
        second.session = open_session(ada.pk, IV, cast.nora, second.now)
        assert answer(second)[0] == "yes"

    def test_taken_back_it_shuts_the_start_whatever_a_nurse_answers(self, bed, ada, cast, now):
        sign(ada, cast.nora, now)
        commands.withdraw_consent(ada, "ketamine", "", outcomes.the_person(ada), now)
        assert answer(bed)[0] == "no"
        assert "CR-02" in why_not(bed)
        bed.tell(
            "checklist_answered", {"checklist": "pre-dose", "item": "consent", "answer": "yes"}
        )
        assert why_not(bed) == ["CR-02"]

    def test_a_consent_for_another_route_is_named_and_not_enough(self, ada, cast, now):
        sign(ada, cast.nora, now)
        other = Bedside(cast, now)
        other.session = open_session(ada.pk, "im-depression", cast.nora, now)
        assert answer(other)[0] == "no"
        other.tell(
            "checklist_answered", {"checklist": "pre-dose", "item": "consent", "answer": "yes"}
        )
        assert why_not(other) == ["CR-05"]

    def test_a_year_later_it_is_too_old(self, bed, ada, cast, now):
        sign(ada, cast.nora, now)
        bed.later(days=366)
        assert "CR-04" in why_not(bed)

    def test_the_whole_walk_with_a_signature_starts(self, cast, now):
        bed = Bedside(cast, now).opened(mrn="MRN0077")
        sign(bed.session.person, cast.nora, now)
        bed.ready()
        assert bed.ask("start").number > 0


def field(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page.content.decode()).group(1)


def post(client, url, page, **said):
    answer = client.post(url, {"text": field(page, "text"), "at": field(page, "at"), **said})
    goes_on = answer.status_code == HTTPStatus.FOUND and answer.url.startswith(f"{url}?")
    return client.get(answer.url) if goes_on else answer


RIGHT = {
    "driving": "next-day",
    "stop": "say-so",
    "promise": "not-sure",
    "bladder": "tell",
    "crisis": "call",
}


def through(client, url, wrong=()):
    """Read, answer every question (those in `wrong` wrong the first time), up to the name."""
    page = post(client, url, client.get(url), do="next")
    seen = []
    while 'name="question"' in page.content.decode():
        question = field(page, "question")
        choice = "same-day" if question in wrong and question not in seen else RIGHT[question]
        seen.append(question)
        page = post(client, url, page, do="answer", question=question, choice=choice)
        if "Not quite" in page.content.decode():
            page = post(client, url, page, do="next")
    return page, seen


@pytest.mark.hazard("HZ-16")
class TestAtHome:
    @pytest.fixture
    def link(self, ada, at_now, now):
        client = Client()
        purpose = f"consent:ketamine:{IV}:abc"
        token = links.issue(ada, purpose, now).rstrip("/").rpartition("/")[2]
        url = client.post(f"/c/{token}/").url
        return client, url

    def test_no_page_of_it_names_anybody(self, link, ada):
        client, url = link
        page, _ = through(client, url)
        for words in (client.get(url).content.decode(), page.content.decode()):
            assert "Okonkwo" not in words
            assert ada.mrn not in words
            assert re.search("<title>(.*?)</title>", words)[1] in (
                "Please read this.",
                "Your signature",
            )

    def test_one_question_a_screen_and_the_wrong_one_once_more(self, link):
        client, url = link
        page, seen = through(client, url, wrong=("driving",))
        assert seen == [*RIGHT, "driving"]
        assert "Your signature" in page.content.decode()

    def test_signed_with_the_date_of_birth_the_link_is_used_up(self, link, ada, now):
        client, url = link
        page, _ = through(client, url, wrong=("driving",))
        named = {"do": "sign", "id": field(page, "id"), "signed_as": "Ada O", "agrees": "on"}
        signed = post(client, url, page, born="1984-03-07", **named)
        assert signed.status_code == HTTPStatus.FOUND
        body = courses.facts_of(ada).last(facts.ConsentGiven).body
        assert body.answers["driving"] == ["same-day", "next-day"]
        assert client.get(url).status_code == HTTPStatus.NOT_FOUND
        assert standing(ada, now).state == "in_force"
        mine = client.get(signed.url)
        assert "Before your session" in mine.content.decode()
        assert "Okonkwo" not in mine.content.decode()

    def test_another_date_of_birth_signs_nothing_and_five_end_the_link(self, link, ada):
        client, url = link
        page, _ = through(client, url)
        named = {"do": "sign", "id": field(page, "id"), "signed_as": "Ada O", "agrees": "on"}
        statuses = [
            post(client, url, page, born="1984-03-08", **named).status_code for _ in range(5)
        ]
        assert statuses == [HTTPStatus.BAD_REQUEST] * 4 + [HTTPStatus.NOT_FOUND]
        assert courses.facts_of(ada).last(facts.ConsentGiven) is None

    def test_a_screen_that_was_never_reached_begins_again(self, link, ada):
        client, url = link
        assert "read it again" in client.get(url, {"at": "7"}).content.decode()
        named = {"do": "sign", "at": "7", "signed_as": "Ada O", "agrees": "on"}
        page = client.post(url, {**named, "text": field(client.get(url), "text")})
        assert "read it again" in page.content.decode()
        post(client, url, client.get(url), do="next")
        for place in ("6", "-1", "1e9", "9" * 99):
            page = client.get(url, {"at": place}).content.decode()
            assert "Question 1 of 5" in page or "Please read this" in page
        assert courses.facts_of(ada).last(facts.ConsentGiven) is None

    def test_a_text_that_changed_on_the_way_is_read_again(self, link, settings):
        client, url = link
        page, _ = through(client, url)
        named = {"do": "sign", "id": field(page, "id"), "signed_as": "Ada O", "agrees": "on"}
        settings.OPENKETAMINE_CLINIC_PHONE = "+1 555 0199"
        again = post(client, url, page, born="1984-03-07", **named)
        assert "read it again" in again.content.decode()
        assert "read it again" in client.get(url, {"at": "3"}).content.decode()

    def test_back_of_the_phone_leads_to_the_screen_before(self, link):
        client, url = link
        text = field(client.get(url), "text")
        first = client.post(url, {"text": text, "at": "0", "do": "next"}).url
        question = field(client.get(first), "question")
        said = {"text": text, "at": field(client.get(first), "at"), "question": question}
        amiss = client.post(first, {**said, "do": "answer", "choice": "same-day"}).url
        assert "Not quite" in client.get(amiss).content.decode()
        assert field(client.get(first), "question") == question
        right = client.post(first, {**said, "do": "answer", "choice": RIGHT[question]}).url
        assert field(client.get(right), "question") != question

    def test_an_answer_that_is_tapped_twice_counts_once(self, link):
        client, url = link
        page = post(client, url, client.get(url), do="next")
        said = {"do": "answer", "question": "driving", "choice": "next-day"}
        once, twice = (post(client, url, page, **said) for _ in range(2))
        assert field(once, "question") == field(twice, "question") != "driving"

    def test_who_stops_and_comes_back_goes_on_there_within_a_day(self, link, monkeypatch, now):
        client, url = link
        page = post(client, url, client.get(url), do="next")
        page = post(client, url, page, do="answer", question="driving", choice="next-day")
        asked = field(page, "question")
        again = client.get(url)
        assert "Please read this" in again.content.decode()
        assert field(post(client, url, again, do="next"), "question") == asked
        monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=25))
        assert field(post(client, url, client.get(url), do="next"), "question") == "driving"

    def test_no_address_of_it_says_anything_of_what_was_answered(self, link):
        client, url = link
        page, addresses = post(client, url, client.get(url), do="next"), []
        while 'name="question"' in page.content.decode():
            said = {"text": field(page, "text"), "at": field(page, "at"), "do": "answer"}
            question = field(page, "question")
            answer = client.post(url, {**said, "question": question, "choice": RIGHT[question]})
            addresses.append(answer.url)
            page = client.get(answer.url)
        assert addresses == [f"{url}?at={place}" for place in range(2, 7)]

    def test_how_far_it_was_read_is_forgotten_when_it_is_signed(self, link):
        client, url = link
        page, _ = through(client, url)
        assert Bookmark.objects.count() == 1
        named = {"do": "sign", "id": field(page, "id"), "signed_as": "Ada O", "agrees": "on"}
        post(client, url, page, born="1984-03-07", **named)
        assert not Bookmark.objects.exists()

    def test_who_does_not_understand_signs_nothing(self, link):
        client, url = link
        page = post(client, url, client.get(url), do="next")
        for _ in range(10):
            question = field(page, "question")
            choices = re.findall(r'name="choice" value="([^"]*)"', page.content.decode())
            wrong = next(one for one in choices if one != RIGHT[question])
            explained = post(client, url, page, do="answer", question=question, choice=wrong)
            page = post(client, url, explained, do="next")
        assert "Let us talk first" in page.content.decode()
        named = {"signed_as": "Ada", "agrees": "on", "born": "1984-03-07"}
        signed = post(client, url, page, do="sign", **named)
        assert "Let us talk first" in signed.content.decode()
        again = client.post(url, {"text": field(page, "text"), "at": "9", "do": "again"})
        page = post(client, url, client.get(again.url), do="next")
        assert "Question 1 of 5" in page.content.decode()

    def test_another_device_gets_nothing(self, link):
        _, url = link
        assert Client().get(url).status_code == HTTPStatus.NOT_FOUND

    def test_wishes_and_taking_back_on_the_own_page(self, link, ada, now, cast):
        client, url = link
        commands.write_wishes(ada, {"goal": "To sleep again"}, cast.theo, now)
        page, _ = through(client, url)
        named = {"do": "sign", "id": field(page, "id"), "signed_as": "Ada O", "agrees": "on"}
        mine = post(client, url, page, born="1984-03-07", **named).url
        client.post(mine, {"do": "withdraw", "consent": "ketamine"})
        assert standing(ada, now).state == "in_force"
        assert "To sleep again" not in client.get(mine).content.decode()
        client.post(mine, {"do": "wishes", "music": "No words, please"})
        assert {one.topic: one.text for one in queries.wishes(ada)} == {
            "goal": "To sleep again",
            "music": "No words, please",
        }
        wrong = client.post(mine, {"do": "know", "born": "1984-03-08"})
        assert wrong.status_code == 400
        named = re.search(r'name="born"[^>]*aria-describedby="([^"]+)"', wrong.content.decode())
        assert f'id="{named.group(1)}"' in wrong.content.decode()
        client.post(mine, {"do": "know", "born": "1984-03-07"})
        assert "To sleep again" in client.get(mine).content.decode()
        client.post(mine, {"do": "withdraw", "consent": "ketamine"})
        assert standing(ada, now).state == "withdrawn"


class TestByMail:
    @pytest.fixture
    def contact(self, ada, cast, now):
        said = facts.ContactSet("email", "ada@example.org", quiet_from="00:00", quiet_until="00:00")
        outcomes.record(ada, said, cast.fran, now)

    def sent(self, client, path):
        answer = client.post(path, {"how": "send"}, follow=True)
        return [post_office.send(str(one.pk)) for one in Message.objects.all()], answer

    def test_a_consent_goes_out_once_and_opens_at_home(
        self,
        office,  # noqa: F811  (the fixture)
        browser,
        cast,
        ada,
        contact,
        now,
    ):
        path = f"/people/{ada.pk}/papers/consents/ketamine/{IV}/link/"
        assert self.sent(browser(cast.nora), path)[0] == ["sent"]
        (letter,) = office.letters
        # The token is random letters, which may spell anything.
        words = f"{letter['Subject']} {re.sub(r'http[^ ]+', '', letter.get_content())}"
        for hidden in ("ketamine", "depression", "Ada", "Okonkwo", ada.mrn):
            assert hidden not in words
        home = Client()
        page = home.get(home.post(address_in(letter)).url)
        assert "Treatment with ketamine" in page.content.decode()

    def test_at_an_hour_without_messages_it_waits_and_says_until_when(
        self,
        office,  # noqa: F811  (the fixture)
        browser,
        cast,
        ada,
        now,
    ):
        # It is 07:00 in Phoenix.
        said = facts.ContactSet("email", "ada@example.org", zone="America/Phoenix",
                                quiet_from="21:00", quiet_until="08:00")  # fmt: skip
        outcomes.record(ada, said, cast.fran, now)
        found, answer = self.sent(browser(cast.nora), f"/people/{ada.pk}/papers/link/")
        assert (found, office.letters) == (["nothing to do"], [])
        assert Message.objects.get().not_before == now + timedelta(hours=1)
        leaves = timezone.localtime(now + timedelta(hours=1))
        assert f"leaves on 22-Nov-2026 at {leaves:%H:%M}" in answer.content.decode()

    def test_who_has_no_address_is_named_and_nothing_is_sent(self, browser, cast, ada):
        path = f"/people/{ada.pk}/papers/link/"
        found, answer = self.sent(browser(cast.theo), path)
        assert found == []
        assert "Nothing was sent" in answer.content.decode()

    def test_from_the_own_page_after_the_date_of_birth(self, at_now, ada, now):
        home = Client()
        token = links.issue(ada, "own:page", now).rstrip("/").rpartition("/")[2]
        own = home.post(f"/c/{token}/").url
        assert home.post(f"{own}papers/").url == own
        home.post(own, {"year": "1984", "month": "3", "day": "7"})
        assert "what you signed" in home.get(own).content.decode()
        mine = home.post(f"{own}papers/")
        page = home.get(mine.url).content.decode()
        assert "What you hope for" in page
        assert "Nothing yet." in page  # what was signed: the date of birth was said a moment ago

    def test_before_the_first_session_the_instructions_are_those_of_the_visit(
        self, at_now, cast, now
    ):
        bea = people.import_bundle(bundle(patient(), weight(70)), cast.fran, now).person
        visit = facts.VisitArranged(now + timedelta(days=1), IV)
        outcomes.record(bea, visit, cast.fran, now)
        assert queries.planned(bea) == [IV]
        token = links.issue(bea, "own:page", now).rstrip("/").rpartition("/")[2]
        home = Client()
        own = home.post(f"/c/{token}/").url
        born = bea.birth_date
        home.post(own, {"year": born.year, "month": born.month, "day": born.day})
        page = home.get(home.post(f"{own}papers/").url).content.decode()
        found = leaves(instructions(), "ketamine", "iv", "en", queries.house_words("en"))
        assert found
        assert all(one.heading in page for one in found)


class TestOnTheTablet:
    def url(self, ada):
        return f"/people/{ada.pk}/papers/consents/ketamine/{IV}/read/"

    def test_the_nurse_who_saw_it_proves_who_they_are(self, browser, cast, ada, now):
        client = browser(cast.nora)
        page, _ = through(client, self.url(ada))
        named = {"do": "sign", "id": field(page, "id"), "signed_as": "Ada O", "agrees": "on"}
        wrong = post(client, self.url(ada), page, password="guess", **named)
        assert wrong.status_code == HTTPStatus.BAD_REQUEST
        assert standing(ada, now).state == "open"
        done = post(client, self.url(ada), page, password=PASSWORD, **named)
        assert done.status_code == HTTPStatus.FOUND
        assert standing(ada, now).given.by.name == "Nora Lindqvist"

    def test_what_there_is_not_is_page_404(self, browser, cast, ada):
        client, base = browser(cast.nora), f"/people/{ada.pk}/papers/consents"
        assert client.get(f"{base}/nothing/{IV}/read/").status_code == HTTPStatus.NOT_FOUND
        assert client.get(f"{base}/ketamine/nothing/read/").status_code == HTTPStatus.NOT_FOUND

    def test_a_link_is_shown_once_and_opens(self, browser, cast, ada, settings):
        client = browser(cast.nora)
        made = client.post(f"/people/{ada.pk}/papers/consents/touch/own/link/", follow=True)
        (token,) = re.findall(r"/c/([\w-]+)/", made.content.decode())
        assert token not in client.get(f"/people/{ada.pk}/papers/").content.decode()
        home = Client()
        page = home.get(home.post(f"/c/{token}/").url)
        assert "Touch that supports" in page.content.decode()


class TestPapers:
    def test_instructions_are_kept_as_they_were_given(self, browser, cast, ada):
        client = browser(cast.nora)
        said = {"protocol": IV, "language": "es"}
        pdf = client.post(f"/people/{ada.pk}/papers/instructions/", said)
        assert pdf.content.startswith(b"%PDF")
        (given,) = queries.given_papers(ada)
        assert (given.language, given.to, given.signed) == ("es", "person", False)
        words = str(queries.kept(given.sha256).content)
        assert "No conduzca hasta el día siguiente" in words
        again = client.get(f"/people/{ada.pk}/papers/texts/{given.sha256}.pdf")
        assert again.content.startswith(b"%PDF")
        assert "Okonkwo" not in again["Content-Disposition"]

    def test_the_discharge_sheet_names_the_session_and_the_next_step(self, browser, cast, bed, ada):
        client = browser(cast.nora)
        url = f"/sessions/{bed.session.pk}/discharge-sheet/"
        assert client.post(url, {"next": "Thursday 10:00"}).content.startswith(b"%PDF")
        body = courses.facts_of(ada).last(facts.PaperGiven).body
        assert body.session == str(bed.session.pk)
        content = queries.kept(body.sha256).content
        assert content["subtitle"] == "Session on 22-Nov-2026"
        assert ["Thursday 10:00"] in [one["rows"] for one in content["sections"]]
        assert "You have not left yet." in str(content)

    def test_days_on_a_sheet_are_written_as_its_language_writes_them(
        self, browser, cast, bed, ada, now
    ):
        url = f"/sessions/{bed.session.pk}/discharge-sheet/"
        assert browser(cast.nora).post(url, {"language": "es"}).content.startswith(b"%PDF")
        body = courses.facts_of(ada).last(facts.PaperGiven).body
        assert queries.kept(body.sha256).content["subtitle"] == "Sesión del 22 nov 2026"
        head = {one: documents._head(one, ada, now) for one in ("en", "es")}
        assert head["en"]["who"]["born"] == clinic_date(ada.birth_date)
        assert head["es"]["who"]["born"] == "7 mar 1984"
        assert head["es"]["printed"].startswith("22 nov 2026")

    @pytest.mark.hazard("HZ-16")
    def test_a_hash_opens_nothing_of_another_person(self, browser, cast, ada, now):
        sign(ada, cast.nora, now)
        other = Bedside(cast, now).opened(mrn="MRN0002").session.person
        sha256 = courses.facts_of(ada).last(facts.ConsentGiven).body.sha256
        client = browser(cast.nora)
        assert (
            client.get(f"/people/{ada.pk}/papers/texts/{sha256}.pdf").status_code == HTTPStatus.OK
        )
        there = client.get(f"/people/{other.pk}/papers/texts/{sha256}.pdf")
        assert there.status_code == HTTPStatus.NOT_FOUND


LETTER = {
    "referrer": "Dr Ilse Brandt",
    "address": "Main Street 1",
    "stopped": "Nothing.",
    "next": "Weekly for four weeks. We hold the risk.",
    "ask": "Liver tests.",
}


class TestTheLetter:
    def content(self, ada, now):
        return course_letter(courses.state_of(ada), LETTER, now.date())

    def test_it_is_read_before_it_is_signed_and_bound_to_its_hash(self, browser, cast, ada):
        client, url = browser(cast.priya), f"/people/{ada.pk}/papers/letter/"
        read = client.post(url, {**LETTER, "do": "read"})
        assert "Weekly for four weeks" in read.content.decode()
        said = {**LETTER, "do": "sign", "read": field(read, "read"), "password": PASSWORD}
        assert client.post(url, said | {"password": "guess"}).status_code == HTTPStatus.BAD_REQUEST
        assert queries.given_papers(ada) == []
        assert client.post(url, said).status_code == HTTPStatus.FOUND
        (given,) = queries.given_papers(ada)
        assert (given.to, given.signed, given.by) == ("referrer", True, "Dr Priya Raman")
        assert queries.signature_of(ada, given.sha256)["role"] == "Prescriber"

    def test_a_letter_that_changed_since_it_was_read_is_not_signed(self, cast, ada, now):
        content = self.content(ada, now)
        read = sha256_of(content)
        outcomes.record(ada, facts.EventRecorded("hospitalised", "two days"), cast.nora, now)
        with pytest.raises(BadInput, match="read it again"):
            commands.sign_letter(
                ada,
                self.content(ada, now),
                read,
                Proof(cast.priya, now, "password"),
                now,
                meaning="I have read it.",
            )

    def test_an_old_proof_signs_nothing(self, cast, ada, now):
        content = self.content(ada, now)
        old = Proof(cast.priya, now - timedelta(minutes=3), "password")
        with pytest.raises(BadInput, match="proof"):
            commands.sign_letter(ada, content, sha256_of(content), old, now, meaning="Read.")

    def test_what_is_missing_stands_in_it(self, ada, now):
        words = str(self.content(ada, now))
        assert "No session in which drug was given." in words
        assert "No C-SSRS was recorded." in words

    def test_a_nurse_signs_no_letter(self, browser, cast, ada):
        answer = browser(cast.nora).get(f"/people/{ada.pk}/papers/letter/")
        assert answer.status_code == HTTPStatus.FORBIDDEN

    def test_the_session_stands_in_it_with_dose_and_pressure(self, cast, now):
        bed = Bedside(cast, now).opened(mrn="MRN0088").infusing()
        (row,) = next(
            one["rows"]
            for one in self.content(bed.session.person, now)["sections"]
            if one["section"] == "sessions"
        )
        assert row["drug"] == "ketamine iv"
        assert row["on"] == "22-Nov-2026"


class TestWishes:
    def test_only_what_changed_is_written_and_an_empty_one_is_gone(self, ada, cast, now):
        person = outcomes.the_person(ada)
        assert commands.write_wishes(ada, {"music": "Bach", "touch": "None"}, person, now) == 2
        assert commands.write_wishes(ada, {"music": "Bach", "touch": ""}, cast.nora, now) == 1
        assert [(one.topic, one.text, one.by) for one in queries.wishes(ada)] == [
            ("music", "Bach", "the person")
        ]


@pytest.mark.hazard("HZ-16")
class TestTheTherapist:
    TASK = facts.TaskOpened(
        task_id="t1",
        kind="suicide_answer",
        summary="PHQ-9 item 9: 3, said at home",
        due_at=None,
        roles=("prescriber", "medical_director"),
    )

    def state(self, ada, cast, now):
        due = now + timedelta(hours=1)
        mine = replace(self.TASK, task_id="t2", kind="referral", summary="Call her", due_at=due)
        outcomes.record(ada, replace(self.TASK, due_at=due), cast.priya, now)
        outcomes.record(ada, replace(mine, roles=("therapist",)), cast.priya, now)
        return courses.facts_of(ada)

    def test_a_task_of_others_is_open_and_no_more(self, ada, cast, now):
        lines = {one.what: one for one in task_lines(self.state(ada, cast, now), "therapist", now)}
        assert lines["An answer about suicide"].summary == ""
        assert not lines["An answer about suicide"].mine
        assert lines["A referral"].summary == "Call her"
        assert lines["A referral"].mine

    def test_the_page_has_wishes_days_and_check_ins_but_no_dose_score_or_answer(
        self, browser, ada, cast, now, bed
    ):
        self.state(ada, cast, now)
        commands.write_wishes(ada, {"company": "My sister"}, cast.nora, now)
        outcomes.record(ada, facts.ScoreTaken("phq-9", "2 weeks", (3,) * 9, 27), cast.nora, now)
        asked = facts.CheckInInvited("c1", "iv", "next_morning", now, now, "email", 1, ("phq-9",))
        outcomes.record(ada, asked, cast.nora, now)
        outcomes.record(ada, facts.ReplyGiven("c1", "phq-9", "9", 3), cast.nora, now)
        words = browser(cast.theo).get(f"/people/{ada.pk}/therapy/").content.decode()
        assert "My sister" in words
        assert "next morning" in words
        for hidden in ("PHQ-9", "phq-9", "said at home", "mg/kg"):
            assert hidden not in words
        (line,) = check_in_lines(courses.facts_of(ada))
        assert line.state == "Waits"

    def test_the_course_itself_is_closed_and_the_list_of_tasks_has_no_words_of_others(
        self, browser, ada, cast, now
    ):
        self.state(ada, cast, now)
        client = browser(cast.theo)
        course = reverse("course", args=[ada.pk])
        assert client.get(course).status_code == HTTPStatus.FORBIDDEN
        assert course not in client.get(f"/people/{ada.pk}/").content.decode()
        listed = client.get(reverse("tasks")).content.decode()
        assert "said at home" not in listed

    def test_they_send_a_link_to_the_own_papers(self, browser, ada, cast):
        made = browser(cast.theo).post(f"/people/{ada.pk}/papers/link/", follow=True)
        (token,) = re.findall(r"/c/([\w-]+)/", made.content.decode())
        home = Client()
        page = home.get(home.post(f"/c/{token}/").url).content.decode()
        assert "What you hope for" in page
        assert "Okonkwo" not in page

    def test_consents_papers_and_letters_are_closed_to_them(self, browser, ada, cast):
        client = browser(cast.theo)
        for path in ("", "letter/", "consents/ketamine/iv-depression/read/"):
            answer = client.get(f"/people/{ada.pk}/papers/{path}")
            assert answer.status_code == HTTPStatus.FORBIDDEN, path

    def test_the_front_desk_sees_neither(self, browser, ada, cast):
        client = browser(cast.fran)
        for path in ("papers", "therapy"):
            assert client.get(f"/people/{ada.pk}/{path}/").status_code == HTTPStatus.FORBIDDEN

    def test_a_note_begins_with_headings_and_is_sealed_like_any_other(
        self, browser, ada, cast, settings
    ):
        settings.OPENKETAMINE_NOTE_KEYS = ("a-key-of-thirty-two-signs-or-some-more",)
        client = browser(cast.theo)
        page = client.get(f"/people/{ada.pk}/notes/?begin=integration").content.decode()
        assert "What they lived through, in their own words:" in page
        assert "Grounding that was practised" not in page
        plain = client.get(f"/people/{ada.pk}/notes/?begin=nothing").content.decode()
        assert "What they lived through" not in plain


class TestTheConsole:
    def test_the_wishes_stand_in_the_page_of_the_session(self, browser, bed, ada, cast, now):
        commands.write_wishes(ada, {"music": "Bach, quietly"}, outcomes.the_person(ada), now)
        page = browser(cast.nora).get(f"/sessions/{bed.session.pk}/").content.decode()
        assert "Bach, quietly" in page
        assert 'id="wishes"' in page
