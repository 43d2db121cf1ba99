"""Check-ins end to end in one process: due, sent over a real socket, answered, told, missing."""

import json
import re
import threading
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.clinic.post_office import PostOffice
from tests.clinic.test_patients import bundle, patient, weight

from openketamine.clinic.checkins import bounces, links, listing, planning, post, words
from openketamine.clinic.checkins.models import Link, Message
from openketamine.clinic.journal import clock
from openketamine.clinic.journal.models import Access
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.outcomes.commands import CLOCK, record
from openketamine.clinic.outcomes.queries import facts_of
from openketamine.clinic.patients.commands import import_bundle
from openketamine.core.course import facts, tasks
from openketamine.core.course.check_ins import check_ins, telephone_of
from openketamine.core.findings import BadInput

pytestmark = pytest.mark.django_db
ADDRESS = "maren@example.org"
# In place of an answer: the gateway hears the whole request and hangs up.
CUT = 0


class Time:
    """The clinic's clock, moved by hand."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now

    def goes_on(self, **span):
        self.now += timedelta(**span)


@pytest.fixture
def time(monkeypatch, now):
    made = Time(now)
    monkeypatch.setattr(clock, "now", made)
    return made


@pytest.fixture
def office(settings):
    made = PostOffice().open()
    settings.OPENKETAMINE_MAIL = "smtp+plain://127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 10
    settings.OPENKETAMINE_PUBLIC_URL = "http://testserver"
    yield made
    made.close()


class Gateway(BaseHTTPRequestHandler):
    """A text gateway that answers what it is told to, and remembers what it heard."""

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append((self.headers["Authorization"], said))
        self._heard()

    def do_GET(self):
        self._heard()

    def _heard(self):
        self.server.paths.append(self.path)
        code = self.server.answers.pop(0)
        if code == CUT:
            self.close_connection = True
            return
        self.send_response(code)
        if code == HTTPStatus.FOUND:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def gateway():
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    server.heard, server.paths, server.answers = [], [], []
    server.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def person(cast, time, settings):
    settings.TIME_ZONE = "America/Phoenix"
    return import_bundle(bundle(patient(), weight(70)), cast.fran, time.now).person


def opens(person, by, now, indication="depression", contact=ADDRESS, channel="email"):
    body = facts.CourseOpened("c-1", "iv-depression", indication, "phq-9", 6)
    record(person, body, by, now)
    if contact:
        said = facts.ContactSet(channel, contact, zone="America/Phoenix", quiet_from="00:00",
                                quiet_until="00:00")  # fmt: skip
        record(person, said, by, now)


@pytest.fixture
def course(person, cast, time):
    opens(person, cast.priya, time.now)
    return person


def work(time):
    """What the worker does, without its process: plan, then every message that waits."""
    planning.plan(time.now)
    waiting = Message.objects.filter(state="waiting", not_before__lte=time.now)
    return [post.send(str(one.pk)) for one in waiting.order_by("attempt")]


def address_in(letter):
    text = letter.get_content() if not isinstance(letter, str) else letter
    return re.search(r"http://testserver(/c/[^/\s]+/)", text).group(1)


def state(person):
    return facts_of(person)


def the_check_in(person):
    return next(iter(check_ins(state(person)).values()))


class Phone(Client):
    """A browser at home, going from one screen to the next."""

    taps = 0
    here = ""

    def begin(self, link):
        self.taps += 1
        self.here = self.post(link).headers["Location"]
        return self

    def page(self):
        return self.get(self.here).content.decode()

    def asks(self):
        page = self.page()
        return {
            name: re.search(rf'name="{name}" value="([^"]*)"', page).group(1)
            for name in ("form", "item")
        }

    def tap(self, said):
        self.taps += 1
        answer = self.post(self.here, {**self.asks(), "answer": said})
        assert answer.status_code == HTTPStatus.FOUND, answer.content.decode()
        return self

    def goes_on(self):
        answer = self.get(self.here)
        if answer.status_code == HTTPStatus.FOUND:
            self.here = answer.headers["Location"]
        return answer


def answer_all(phone, choose=lambda asks: "0"):
    while phone.goes_on().status_code == HTTPStatus.OK and "/c/i/" in phone.here:
        phone.tap(choose(phone.asks()))
    return phone


def send_phq_only(person, cast, time, office):
    """The baseline of a person, and the link in its letter."""
    opens(person, cast.priya, time.now)
    work(time)
    return address_in(office.letters[0])


class TestTheLetter:
    @pytest.mark.hazard("HZ-21")
    def test_it_leaves_once_with_a_link_and_nothing_about_anybody(self, course, office, time):
        assert work(time) == ["sent"]
        for _ in range(3):
            time.goes_on(minutes=1)
            work(time)
        (letter,) = office.letters
        said = letter.as_string()
        for word in (course.family, course.given, course.mrn, "PHQ", "depress", "etamine"):
            assert word not in said
        assert letter["To"] == ADDRESS
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        token = address_in(letter).strip("/").split("/")[1]
        assert token not in repr(list(Link.objects.values())) + repr(list(Message.objects.values()))
        (invited,) = state(course).all(facts.CheckInInvited)
        assert invited.body.instruments == ("phq-9", "gad-7", "audit-c")
        assert invited.body.attempt == 1

    def test_reminders_come_and_stop(self, course, office, time):
        for _ in range(15):
            work(time)
            time.goes_on(days=1)
        work(time)
        assert [one["Subject"] for one in office.letters] == [
            "A few questions from your clinic",
            "Your clinic still has a few questions",
            "Your clinic still has a few questions",
        ]
        (missed,) = state(course).all(facts.CheckInMissed)
        assert missed.body.cause == "not_opened"

    def test_nothing_more_is_sent_to_who_has_finished(self, course, office, time):
        work(time)
        answer_all(Phone().begin(address_in(office.letters[0])))
        for _ in range(10):
            time.goes_on(days=1)
            work(time)
        assert len(office.letters) == 1

    def test_who_has_no_address_gets_nothing_and_the_cause_is_written(
        self, person, cast, office, time
    ):
        opens(person, cast.priya, time.now, contact="")
        work(time)
        time.goes_on(days=15)
        work(time)
        assert office.letters == []
        assert [one.body.cause for one in state(person).all(facts.CheckInMissed)] == ["no_address"]

    def test_one_persons_trouble_keeps_nobody_else_waiting(
        self, course, cast, office, time, monkeypatch
    ):
        second = [{"type": {"coding": [{"code": "MR"}]}, "value": "T-0002"}]
        other = import_bundle(bundle(patient(identifier=second), weight(60)), cast.fran, time.now)
        opens(other.person, cast.priya, time.now, contact="other@example.org")
        real = planning.plan_person

        def trouble(person, now):
            if person.pk == course.pk:
                raise RuntimeError("no")
            real(person, now)

        monkeypatch.setattr(planning, "plan_person", trouble)
        work(time)
        assert [one["To"] for one in office.letters] == ["other@example.org"]


@pytest.mark.hazard("HZ-21")
class TestTheWorkerDies:
    def test_before_it_took_the_message_nothing_is_lost(self, course, office, time):
        planning.plan(time.now)
        assert office.letters == []
        time.goes_on(minutes=5)
        assert work(time) == ["sent"]

    def test_with_the_message_in_hand_it_is_not_sent_again_and_the_record_says_so(
        self, course, office, time, monkeypatch
    ):
        planning.plan(time.now)
        monkeypatch.setattr(post, "carry", lambda ready: (_ for _ in ()).throw(SystemExit))
        (message,) = Message.objects.all()
        with pytest.raises(SystemExit):
            post.send(str(message.pk))
        monkeypatch.undo()
        monkeypatch.setattr(clock, "now", time)
        time.goes_on(minutes=4)
        assert work(time) == []
        assert office.letters == []
        (back,) = state(course).all(facts.CheckInUndelivered)
        assert (back.body.cause, back.body.attempt) == ("not_known", 1)
        time.goes_on(days=2)
        assert work(time) == ["sent"]
        assert [one.body.attempt for one in state(course).all(facts.CheckInInvited)] == [2]

    def test_after_the_server_took_it_and_before_it_said_so_it_is_unknown(
        self, course, office, time
    ):
        office.cut_after = True
        assert work(time) == ["unknown"]
        office.cut_after = False
        for _ in range(4):
            time.goes_on(minutes=10)
            work(time)
        assert len(office.letters) == 1
        (back,) = state(course).all(facts.CheckInUndelivered)
        assert back.body.cause == "not_known"

    def test_who_speaks_too_late_writes_nothing(self, course, office, time, monkeypatch):
        """A worker that was asleep for so long that its message was given up as lost."""
        planning.plan(time.now)
        real = post.carry

        def slow(ready):
            time.goes_on(minutes=4)
            planning.settle_lost(time.now)
            return real(ready)

        monkeypatch.setattr(post, "carry", slow)
        assert post.send(str(Message.objects.get().pk)) == "unknown"
        assert state(course).all(facts.CheckInInvited) == ()
        assert len(state(course).all(facts.CheckInUndelivered)) == 1

    def test_two_workers_send_one_letter(self, course, office, time):
        planning.plan(time.now)
        name = str(Message.objects.get().pk)
        assert [post.send(name), post.send(name)] == ["sent", "nothing to do"]
        assert len(office.letters) == 1


def returned(office, action="failed", status="5.1.1", quoted="text/rfc822-headers"):
    """The first letter as a mail server reports it back."""
    said = office.letters[0]["Message-ID"]
    text = RETURNED.format(action=action, status=status, quoted=quoted, message_id=said)
    return text.encode()


def locks(queries):
    """What was locked, in order, a list for each transaction."""
    found = [[]]
    for one in queries:
        if one["sql"].startswith("SAVEPOINT"):
            found.append([])
        elif one["sql"].endswith("FOR UPDATE") or "FOR UPDATE OF" in one["sql"]:
            found[-1].append("message" if 'FROM "checkins_message"' in one["sql"] else "course")
    return [one for one in found if "message" in one]


class TestWhoWaitsForWhom:
    def test_the_course_is_locked_before_its_message_wherever_both_are(self, course, office, time):
        planning.plan(time.now)
        row = Message.objects.get()
        with CaptureQueriesContext(connection) as sent:
            assert post.send(str(row.pk)) == "sent"
        assert [one[:2] for one in locks(sent)] == [["course", "message"]] * 2
        with CaptureQueriesContext(connection) as back:
            assert bounces.take_back(returned(office), time.now) == "bounced"
        assert [one[:2] for one in locks(back)] == [["course", "message"]]
        Message.objects.update(state="taken", attempt=2)
        with CaptureQueriesContext(connection) as lost:
            post.lost(row.pk, time.now)
        assert [one[:2] for one in locks(lost)] == [["course", "message"]]
        Message.objects.update(state="waiting", attempt=3)
        time.goes_on(days=30)
        with CaptureQueriesContext(connection) as closed:
            planning.plan(time.now)
        assert [one[:2] for one in locks(closed)] == [["course", "message"]]


class TestThePost:
    def test_a_server_that_is_down_is_asked_again_until_it_is_back(self, course, office, time):
        office.silent = True
        for _ in range(5):
            work(time)
            time.goes_on(minutes=11)
        assert state(course).all(facts.CheckInUndelivered) == ()
        office.silent = False
        time.goes_on(minutes=11)
        work(time)
        assert len(office.letters) == 1

    def test_after_a_long_time_down_only_one_letter_leaves(self, course, office, time):
        office.silent = True
        for _ in range(6):
            work(time)
            time.goes_on(days=1)
        office.silent = False
        time.goes_on(hours=1)
        work(time)
        work(time)
        assert len(office.letters) == 1
        assert [one.body.attempt for one in state(course).all(facts.CheckInInvited)] == [3]

    def test_an_address_that_is_refused_is_written_to_no_more(self, course, cast, office, time):
        office.refuse[ADDRESS] = "550 no such person"
        assert work(time) == ["failed"]
        for _ in range(16):
            time.goes_on(days=1)
            work(time)
        assert office.letters == []
        (back,) = state(course).all(facts.CheckInUndelivered)
        assert back.body.cause == "bounced"
        (missed,) = state(course).all(facts.CheckInMissed)
        assert missed.body.cause == "bounced"

    @pytest.mark.parametrize("word", ["EHLO", "MAIL", "RCPT", "DATA"])
    def test_cut_off_before_the_letter_was_read_out_it_leaves_later(
        self, course, office, time, word
    ):
        office.cut_at = word
        assert work(time) == ["waiting"]
        office.cut_at = ""
        time.goes_on(minutes=1)
        assert work(time) == ["sent"]
        assert len(office.letters) == 1

    @pytest.mark.parametrize(
        ("said", "state_of_it", "cause"),
        [
            ("550 5.1.1 no such person", "failed", "bounced"),
            ("554 5.7.1 relay access denied", "waiting", None),
            ("450 4.2.1 come back later", "waiting", None),
        ],
    )
    def test_only_an_address_that_is_wrong_is_given_up(
        self, course, office, time, said, state_of_it, cause
    ):
        office.refuse[ADDRESS] = said
        assert work(time) == [state_of_it]
        assert [one.body.cause for one in state(course).all(facts.CheckInUndelivered)] == (
            [cause] if cause else []
        )

    def test_nothing_leaves_in_quiet_hours_whoever_was_late(self, person, cast, office, time):
        """19:30 in Phoenix: the mail server is down until 21:00, and the night has begun."""
        record(person, facts.CourseOpened("c-1", "iv-depression", "depression", "phq-9", 6),
               cast.priya, time.now)  # fmt: skip
        record(person, facts.ContactSet("email", ADDRESS, zone="America/Phoenix",
               quiet_from="20:00", quiet_until="08:00"), cast.fran, time.now)  # fmt: skip
        time.now = time.now.replace(hour=2, minute=30) + timedelta(days=1)
        office.silent = True
        assert work(time) == ["waiting"]
        time.goes_on(minutes=90)
        office.silent = False
        assert work(time) == ["nothing to do"]
        for _ in range(10):
            time.goes_on(hours=1)
            work(time)
            assert office.letters == []
        time.goes_on(hours=1)
        work(time)
        assert len(office.letters) == 1

    def test_a_new_address_is_written_to_again(self, course, cast, office, time):
        office.refuse[ADDRESS] = "550 no such person"
        work(time)
        time.goes_on(hours=1)
        record(course, facts.ContactSet("email", "new@example.org"), cast.fran, time.now)
        time.goes_on(days=2, hours=6)
        work(time)
        assert [one["To"] for one in office.letters] == ["new@example.org"]

    def test_text_goes_through_a_gateway_and_an_id_makes_it_once(
        self, person, cast, time, settings, gateway
    ):
        gateway.answers = [503, 202]
        settings.OPENKETAMINE_TEXT_GATEWAY = f"{gateway.address}/send"
        settings.OPENKETAMINE_TEXT_TOKEN = "a-token"
        settings.OPENKETAMINE_PUBLIC_URL = "http://testserver"
        opens(person, cast.priya, time.now, contact="+15205550123", channel="text")
        assert work(time) == ["waiting"]
        time.goes_on(minutes=1)
        assert work(time) == ["sent"]
        first, second = gateway.heard
        assert first[1]["id"] == second[1]["id"]
        assert first[0] == "Bearer a-token"
        assert first[1]["to"] == "+15205550123"
        assert "http://testserver/c/" in first[1]["text"]

    @pytest.mark.parametrize("code", [401, 403, 404, 429])
    def test_a_gateway_that_refuses_the_clinic_is_asked_again(
        self, person, cast, time, settings, gateway, code
    ):
        gateway.answers = [code, 202]
        settings.OPENKETAMINE_TEXT_GATEWAY = f"{gateway.address}/send"
        opens(person, cast.priya, time.now, contact="+15205550123", channel="text")
        assert work(time) == ["waiting"]
        time.goes_on(minutes=1)
        assert work(time) == ["sent"]

    def test_a_text_in_the_hand_of_a_worker_that_died_is_asked_for_again_by_its_id(
        self, person, cast, time, settings, gateway, monkeypatch
    ):
        gateway.answers = [202]
        settings.OPENKETAMINE_TEXT_GATEWAY = f"{gateway.address}/send"
        opens(person, cast.priya, time.now, contact="+15205550123", channel="text")
        planning.plan(time.now)
        with monkeypatch.context() as killed:
            killed.setattr(post, "carry", lambda ready: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                post.send(str(Message.objects.get().pk))
        for _ in range(2):
            time.goes_on(minutes=5)
            work(time)
        (heard,) = gateway.heard
        assert heard[1]["id"] == str(Message.objects.get().pk)
        assert len(state(person).all(facts.CheckInInvited)) == 1

    @pytest.fixture
    def heard_and_cut(self, person, cast, time, settings, gateway):
        """A text was heard by the gateway once, unanswered; nobody answers it since."""
        gateway.answers = [CUT]
        settings.OPENKETAMINE_TEXT_GATEWAY = f"{gateway.address}/send"
        opens(person, cast.priya, time.now, contact="+15205550123", channel="text")
        assert work(time) == ["waiting"]
        settings.OPENKETAMINE_TEXT_GATEWAY = "http://127.0.0.1:9/nobody"
        return person

    def end_of(self, person):
        """What the record says of the first message: row, causes, why the check-in was missed."""
        (row,) = Message.objects.filter(attempt=1)
        causes = [
            one.body.cause
            for one in state(person).all(facts.CheckInUndelivered)
            if one.body.attempt == 1
        ]
        return row.state, causes

    def test_of_a_text_that_may_have_left_nobody_knows_when_its_reason_goes_away(
        self, heard_and_cut, time
    ):
        record(heard_and_cut, facts.EventRecorded("died"), CLOCK, time.now)
        time.goes_on(minutes=11)
        work(time)
        assert self.end_of(heard_and_cut) == ("unknown", ["not_known"])

    def test_of_a_text_that_may_have_left_nobody_knows_when_its_reminder_takes_its_place(
        self, heard_and_cut, time
    ):
        time.goes_on(days=3)
        planning.plan(time.now)
        assert self.end_of(heard_and_cut) == ("unknown", ["not_known"])

    def test_of_a_text_that_may_have_left_nobody_knows_when_its_time_is_over(
        self, heard_and_cut, time
    ):
        time.goes_on(days=30)
        work(time)
        assert self.end_of(heard_and_cut) == ("unknown", ["not_known"])
        missed = state(heard_and_cut).all(facts.CheckInMissed)[0]
        assert missed.body.cause == "not_known"

    def test_a_text_that_never_reached_the_gateway_was_kept_by_it(
        self, person, cast, time, settings
    ):
        settings.OPENKETAMINE_TEXT_GATEWAY = "http://127.0.0.1:9/nobody"
        opens(person, cast.priya, time.now, contact="+15205550123", channel="text")
        assert work(time) == ["waiting"]
        time.goes_on(days=30)
        work(time)
        assert self.end_of(person) == ("failed", ["post_down"])
        missed = state(person).all(facts.CheckInMissed)[0]
        assert missed.body.cause == "post_down"

    def test_a_check_in_closes_when_it_is_known_what_became_of_its_message(
        self, course, office, time, monkeypatch
    ):
        """A worker has the letter in hand at the moment at which the check-in is over."""
        planning.plan(time.now)
        (row,) = Message.objects.all()
        time.now = row.give_up_at - timedelta(seconds=5)
        planning.plan(time.now)
        last = Message.objects.order_by("-attempt")[0]
        with monkeypatch.context() as killed:
            killed.setattr(post, "carry", lambda ready: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                post.send(str(last.pk))
        time.goes_on(seconds=10)
        planning.plan(time.now)
        assert state(course).all(facts.CheckInMissed) == ()
        for _ in range(2):
            time.goes_on(minutes=4)
            planning.plan(time.now)
        missed = state(course).all(facts.CheckInMissed)[0]
        assert missed.body.cause == "not_known"

    def test_text_and_token_go_nowhere_but_to_the_gateway_that_is_set(
        self, person, cast, time, settings, gateway
    ):
        gateway.answers = [302, 302]
        settings.OPENKETAMINE_TEXT_GATEWAY = f"{gateway.address}/send"
        settings.OPENKETAMINE_TEXT_TOKEN = "a-token"
        opens(person, cast.priya, time.now, contact="+15205550123", channel="text")
        assert work(time) == ["waiting"]
        assert gateway.paths == ["/send"]

    def test_in_a_demonstration_texts_lie_in_the_data_folder(
        self, person, cast, time, settings, tmp_path
    ):
        settings.OPENKETAMINE_DATA = tmp_path
        settings.OPENKETAMINE_TEXT_GATEWAY = "file:"
        opens(person, cast.priya, time.now, contact="+15205550123", channel="text")
        assert work(time) == ["sent"]
        (kept,) = (tmp_path / "texts").glob("*.json")
        assert "/c/" in json.loads(kept.read_text())["text"]


class TestOnAPhone:
    @pytest.fixture
    def phone(self, course, office, time):
        work(time)
        return Phone().begin(address_in(office.letters[0]))

    def test_a_phq_9_is_nine_taps_and_becomes_a_score(self, course, phone, time):
        before = phone.taps
        for number in range(1, 10):
            assert phone.asks() == {"form": "phq-9", "item": str(number)}
            phone.tap("2" if number < 9 else "0")
        assert phone.taps - before == 9
        assert phone.asks()["form"] == "gad-7"
        answer_all(phone)
        scores = {one.body.instrument: one.body for one in state(course).all(facts.ScoreTaken)}
        assert scores["phq-9"].total == 16
        assert scores["phq-9"].source == "patient"
        assert scores["gad-7"].total == 0
        assert the_check_in(course).finished_at == time.now

    def test_no_page_before_the_date_of_birth_says_who_it_is(self, course, phone):
        pages = []
        while phone.goes_on().status_code == HTTPStatus.OK and "/c/i/" in phone.here:
            pages.append(phone.page())
            phone.tap("1" if phone.asks()["form"] == "phq-9" else "0")
        pages.append(phone.page())
        assert len(pages) > 10
        for page in pages:
            for word in (course.family, course.given, course.mrn, str(course.pk), "iv-depression"):
                assert word not in page

    def test_it_stops_and_goes_on_where_it_was_on_the_same_device_only(self, course, phone, office):
        phone.tap("1").tap("1").tap("1")
        link = address_in(office.letters[0])
        assert phone.get(link).headers["Location"] == phone.here
        assert phone.asks()["item"] == "4"
        assert Phone().get(link).status_code == HTTPStatus.NOT_FOUND
        assert Phone().get(phone.here).status_code == HTTPStatus.NOT_FOUND
        assert "kept" in phone.get(f"{phone.here}pause/").content.decode()

    def test_back_shows_what_was_said_and_a_new_answer_counts(self, course, phone):
        phone.tap("1").tap("2")
        page = phone.get(f"{phone.here}?at=1").content.decode()
        assert re.search(r'value="1" aria-pressed="true"', page)
        phone.post(phone.here, {"form": "phq-9", "item": "1", "answer": "3"})
        assert the_check_in(course).answer("phq-9", "1") == 3
        assert phone.asks()["item"] == "3"
        # Nobody skips ahead by the address.
        assert phone.get(f"{phone.here}?at=9").content == phone.get(phone.here).content or (
            "Question 3" in phone.get(f"{phone.here}?at=9").content.decode()
        )

    def test_back_of_the_phone_leads_to_the_question_before(self, course, phone):
        said = {"form": "phq-9", "item": "1", "answer": "1"}
        second = phone.post(phone.here, said).headers["Location"]
        assert second == f"{phone.here}?at=2"
        third = phone.post(second, {**said, "item": "2"}).headers["Location"]
        assert third != second
        assert 'value="1" aria-pressed="true"' in phone.get(second).content.decode()

    def test_a_finger_that_taps_twice_answers_once(self, course, phone):
        said = {"form": "phq-9", "item": "1", "answer": "1"}
        phone.post(phone.here, said)
        phone.post(phone.here, said)
        assert len(state(course).all(facts.ReplyGiven)) == 1
        assert phone.asks()["item"] == "2"

    def test_an_answer_that_is_not_one_is_asked_again(self, course, phone):
        for wrong in (
            {"answer": "7"},
            {"answer": "x"},
            {"item": "99", "answer": "1"},
            {"form": "madrs", "answer": "1"},
        ):
            said = {"form": "phq-9", "item": "1", **wrong}
            assert phone.post(phone.here, said).status_code == HTTPStatus.BAD_REQUEST
        assert state(course).all(facts.ReplyGiven) == ()

    def test_not_wanting_to_answer_is_kept_as_that_and_is_no_zero(self, course, phone):
        answer_all(phone, lambda asks: "" if asks == {"form": "phq-9", "item": "9"} else "0")
        score = next(
            s.body for s in state(course).all(facts.ScoreTaken) if s.body.instrument == "phq-9"
        )
        assert score.answers[8] is None

    def test_a_finished_link_is_dead_and_leads_to_ones_own_page_for_a_while(
        self, course, phone, office, time
    ):
        link, question = address_in(office.letters[0]), phone.here
        answer_all(phone, lambda asks: "2" if asks == {"form": "phq-9", "item": "1"} else "0")
        assert "/c/o/" in phone.here
        for dead in (link, question):
            assert phone.get(dead).status_code == HTTPStatus.NOT_FOUND
            # Who has just finished has not guessed, and nothing went wrong.
            assert "This is finished" in phone.get(dead).content.decode()
            assert "This link does not open" in Phone().get(dead).content.decode()
        assert Access.objects.filter(what=links.REFUSED).count() == 2
        wrong = phone.post(phone.here, {"day": "1", "month": "1", "year": "1901"})
        assert wrong.status_code == HTTPStatus.BAD_REQUEST
        assert "That was all" in wrong.content.decode()
        assert "4 tries left" in wrong.content.decode()
        # What is no day at all is a slip of a finger, and no guess.
        slip = phone.post(phone.here, {"day": "31", "month": "2", "year": "1980"})
        assert "4 tries left" in slip.content.decode()
        # What was typed stands there to be put right, and the fault is named to the field.
        assert re.search(r'id="year"[^>]* value="1901"[^>]*aria-invalid', wrong.content.decode())
        born = course.birth_date
        right = {"day": born.day, "month": born.month, "year": born.year}
        assert phone.post(phone.here, right).status_code == HTTPStatus.FOUND
        page = phone.page()
        assert "Mood" in page
        assert "Your next step" in page
        assert Phone().get(phone.here).status_code == HTTPStatus.NOT_FOUND
        time.goes_on(minutes=16)
        assert phone.get(phone.here).status_code == HTTPStatus.NOT_FOUND

    def test_five_wrong_dates_close_the_page(self, course, phone):
        answer_all(phone)
        for _ in range(5):
            last = phone.post(phone.here, {"day": "1", "month": "1", "year": "1901"})
        assert last.status_code == HTTPStatus.NOT_FOUND
        born = course.birth_date
        right = {"day": born.day, "month": born.month, "year": born.year}
        assert phone.post(phone.here, right).status_code == HTTPStatus.NOT_FOUND

    def test_no_more_messages_from_the_page_or_by_one_click_of_the_mail_program(
        self, course, phone, office, time
    ):
        stop = office.letters[0]["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
        assert "No more messages?" in Client().get(stop).content.decode()
        assert state(course).all(facts.OptedOut) == ()
        Client(enforce_csrf_checks=True).post(stop, {"List-Unsubscribe": "One-Click"})
        (out,) = state(course).all(facts.OptedOut)
        assert out.body.channel == "email"
        for _ in range(8):
            time.goes_on(days=1)
            work(time)
        assert len(office.letters) == 1
        # The check-in that is open may still be answered.
        assert phone.asks()["item"] == "1"

    def test_in_another_language_without_words_it_says_so(self, person, cast, office, time):
        opens(person, cast.priya, time.now)
        record(person, facts.ContactSet("email", ADDRESS, language="de", quiet_from="00:00",
                                        quiet_until="00:00"), cast.fran, time.now)  # fmt: skip
        work(time)
        phone = Phone().begin(address_in(office.letters[0]))
        assert "no text of this question in de that we may use" in phone.page()


@pytest.mark.hazard("HZ-20")
class TestSuicideAnswers:
    @pytest.fixture(autouse=True)
    def addresses(self, cast):
        for name in ("nora", "wes", "priya", "miriam"):
            cast.people[name].email = f"{name}@clinic.example"
            cast.people[name].save()

    @pytest.fixture
    def phone(self, course, office, time):
        work(time)
        return Phone().begin(address_in(office.letters.pop()))

    def to_nine(self, phone, answer):
        for _ in range(8):
            phone.tap("0")
        return phone.tap(answer)

    def open_tasks(self, person):
        return [one for one in tasks(state(person)) if one.is_open]

    def test_it_is_told_the_moment_it_is_given(self, course, phone, time, office):
        self.to_nine(phone, "1")
        (task,) = self.open_tasks(course)
        assert task.body.kind == "suicide_answer"
        assert task.body.due_at == time.now + timedelta(minutes=30)
        (told,) = task.told
        assert set(told.body.names) == {"Nora Lindqvist", "Wes Okafor"}
        work(time)
        assert {one["To"] for one in office.letters} == {
            "nora@clinic.example",
            "wes@clinic.example",
        }
        assert all(course.family not in one.as_string() for one in office.letters)

    def test_whoever_is_to_ask_finds_how_the_person_is_reached(self, course, phone, cast):
        self.to_nine(phone, "1")
        nora = Client()
        nora.force_login(cast.nora)
        page = nora.get("/tasks/").content.decode()
        assert f'href="/people/{course.pk}/check-ins/#contact"' in page

    def test_whom_to_call_stands_beside_the_task_and_on_no_page_of_the_person(
        self, course, phone, cast, time, office
    ):
        self.to_nine(phone, "1")
        nora, number, other = Client(), "+15205550123", "+15205550124"
        nora.force_login(cast.nora)
        pages = ("/tasks/", f"/people/{course.pk}/course/", f"/people/{course.pk}/check-ins/")
        for page in pages:
            said = nora.get(page).content.decode()
            assert "No telephone number is on record" in said
            assert f'href="/people/{course.pk}/check-ins/#contact"' in said
        contact = facts.ContactSet(
            "email", ADDRESS, telephone=number, other_name="Ada", other_telephone=other
        )
        record(course, contact, cast.fran, time.now)
        time.goes_on(seconds=1)
        record(course, facts.OptedOut("email", "link"), cast.fran, time.now)
        for page in pages:
            said = nora.get(page).content.decode()
            assert f'<a class="nowrap" href="tel:{number}">Call {number}</a>' in said
            assert "No telephone number is on record" not in said
        assert f'href="tel:{other}"' in nora.get(pages[-1]).content.decode()
        work(time)
        theirs = [phone.page(), *(one.as_string() for one in office.letters)]
        assert not any(one in page for one in (number, other, "Ada") for page in theirs)

    def test_it_goes_to_the_next_while_nobody_takes_it_and_stops_when_somebody_does(
        self, course, phone, cast, time, office
    ):
        self.to_nine(phone, "3")
        time.goes_on(minutes=31)
        work(time)
        (task,) = self.open_tasks(course)
        assert {one.body.step for one in task.told} == {0, 1}
        record(course, facts.TaskTaken(task.task_id), cast.priya, time.now)
        time.goes_on(minutes=59)
        work(time)
        (task,) = self.open_tasks(course)
        assert {one.body.step for one in task.told} == {0, 1}
        assert outcomes.tasks_on_the_bar(cast.nora, time.now) == []

    def test_who_took_it_and_did_not_close_it_has_the_next_told(
        self, course, phone, cast, time, office
    ):
        self.to_nine(phone, "3")
        (task,) = self.open_tasks(course)
        record(course, facts.TaskTaken(task.task_id), cast.nora, time.now)
        taken = time.now
        time.goes_on(minutes=60)
        work(time)
        (task,) = self.open_tasks(course)
        (again,) = [one for one in task.told if one.body.step == 1]
        assert again.at == taken + timedelta(hours=1)
        assert again.body.names == ("Dr Priya Raman",)
        assert "priya@clinic.example" in {one["To"] for one in office.letters}
        for one in (cast.nora, cast.wes, cast.priya):
            assert len(outcomes.tasks_on_the_bar(one, time.now)) == 1
        assert outcomes.tasks_on_the_bar(cast.miriam, time.now) == []

    def test_with_the_mail_server_down_everybody_is_told_all_the_same(
        self, course, phone, time, office
    ):
        office.silent = True
        self.to_nine(phone, "2")
        for _ in range(9):
            time.goes_on(minutes=10)
            work(time)
        (task,) = self.open_tasks(course)
        assert {one.body.step for one in task.told} == {0, 1, 2}
        assert office.letters == []
        office.silent = False
        time.goes_on(minutes=11)
        work(time)
        assert "nora@clinic.example" in {one["To"] for one in office.letters}

    def test_the_page_says_who_helps_and_that_nobody_reads_it_now(self, phone, settings):
        settings.OPENKETAMINE_LOCALE, settings.OPENKETAMINE_CLINIC_PHONE = "us", "+15205550100"
        assert "Nobody reads this page" not in phone.page()
        for _ in range(8):
            phone.tap("0")
        page = phone.page()
        assert "Nobody reads this page while you write" in page
        for number in ("tel:988", "tel:911", "tel:+15205550100"):
            assert number in page

    def test_with_the_words_of_the_screener_it_follows_at_once_and_a_graver_answer_takes_over(
        self, course, phone, time, monkeypatch, tmp_path, settings
    ):
        items = "\n".join(f"  {n}: Screener question {n}?" for n in range(1, 8))
        (tmp_path / "c-ssrs.yaml").write_text(
            "instrument: c-ssrs-screen\nversion: screener, recent\nlanguage: en\n"
            f"permission: a test\nitems:\n{items}\n"
        )
        settings.OPENKETAMINE_INSTRUMENT_PACK = str(tmp_path)
        self.to_nine(phone, "1")
        assert phone.asks() == {"form": "c-ssrs-screen", "item": "1"}
        phone.tap("1").tap("1").tap("0").tap("1")  # 1 yes, 2 yes, 3 no, 4 intent
        (task,) = self.open_tasks(course)
        assert "HIGH" in task.body.summary
        assert task.body.due_at == time.now + timedelta(minutes=5)
        answer_all(phone)
        scores = {one.body.instrument: one.body for one in state(course).all(facts.ScoreTaken)}
        assert scores["c-ssrs-screen"].band == "high"

    def test_without_them_the_task_says_that_a_person_asks_it(self, course, phone):
        self.to_nine(phone, "1")
        assert phone.asks()["form"] == "gad-7"
        assert "by telephone" in self.open_tasks(course)[0].body.summary

    @pytest.mark.parametrize("again", ["1", "3"])
    def test_who_says_it_again_after_the_task_was_closed_is_heard_again(
        self, course, phone, cast, time, office, again
    ):
        self.to_nine(phone, "1")
        nine = {"form": "phq-9", "item": "9", "answer": again}
        work(time)
        (first,) = self.open_tasks(course)
        record(course, facts.TaskTaken(first.task_id), cast.nora, time.now)
        phone.post(phone.here, nine)
        assert len(self.open_tasks(course)) == 1
        record(course, facts.TaskClosed(first.task_id, "Called."), cast.nora, time.now)
        office.letters.clear()
        time.goes_on(days=1)
        phone.post(phone.here, nine)
        (second,) = self.open_tasks(course)
        assert second.task_id != first.task_id
        assert second.body.due_at == time.now + timedelta(minutes=30)
        assert [one.body.step for one in second.told] == [0]
        work(time)
        assert len(office.letters) == 2
        # The page may be sent twice; the task is there once.
        phone.post(phone.here, nine)
        assert self.open_tasks(course) == [second]

    def test_taking_the_answer_back_closes_nothing(self, course, phone):
        self.to_nine(phone, "3")
        phone.post(phone.here, {"form": "phq-9", "item": "9", "answer": "0"})
        assert len(self.open_tasks(course)) == 1


class TestMissingScores:
    def test_each_is_listed_with_its_cause(self, course, cast, office, time, person):
        work(time)
        phone = Phone().begin(address_in(office.letters[0]))
        for _ in range(9):
            phone.tap("1" if phone.asks()["item"] != "9" else "0")
        time.goes_on(days=15)
        work(time)
        found, causes = listing.missing_scores()
        assert {one.cause for one in found} == {"not_finished"}
        assert causes["not_finished"] == 2
        assert (
            len([s for s in state(course).all(facts.ScoreTaken) if s.body.total is not None]) == 1
        )
        page = Client()
        page.force_login(cast.nora)
        text = page.get("/check-ins/missing/").content.decode()
        assert "Begun, not finished" in text
        assert course.family.upper() in text


class TestStaffPages:
    def nora(self, cast):
        made = Client()
        made.force_login(cast.nora)
        return made

    def test_a_contact_and_a_visit_are_kept(self, course, cast, time):
        nora, page = self.nora(cast), f"/people/{course.pk}/check-ins/"
        said = {"channel": "text", "address": "+1 520 555 0123", "zone": "America/Phoenix"}
        said |= {"language": "en", "quiet_from": "20:00", "quiet_until": "09:00"}
        assert nora.post(f"{page}contact/", said).status_code == HTTPStatus.FOUND
        assert state(course).last(facts.ContactSet).body.address == "+15205550123"
        wrong = nora.post(f"{page}contact/", {**said, "zone": "Mars/Base", "address": "12"})
        assert wrong.status_code == HTTPStatus.BAD_REQUEST
        starts = (time.now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
        said = {"starts_at": starts, "place": "Main clinic", "cost": "$ 400"}
        assert nora.post(f"{page}visit/", said).status_code == HTTPStatus.FOUND
        assert state(course).last(facts.VisitArranged).body.cost == "$ 400"
        past = nora.post(f"{page}visit/", {"starts_at": "2020-01-01T10:00"})
        assert past.status_code == HTTPStatus.BAD_REQUEST
        assert "Before your session" in nora.get(page).content.decode()

    def test_the_telephone_is_kept_and_a_wrong_one_is_refused(self, course, cast):
        nora, page = self.nora(cast), f"/people/{course.pk}/check-ins/"
        said = {"channel": "email", "address": ADDRESS, "language": "en", "quiet_from": "20:00"}
        said |= {"quiet_until": "09:00", "telephone": "+1 520 555 0123"}
        said |= {"other_name": "Ada", "other_telephone": "+15205550124"}
        assert nora.post(f"{page}contact/", said).status_code == HTTPStatus.FOUND
        kept = state(course).last(facts.ContactSet).body
        assert (kept.telephone, kept.other_name) == ("+15205550123", "Ada")
        assert kept.other_telephone == "+15205550124"
        assert 'value="+15205550123"' in nora.get(page).content.decode()
        for wrong in ("5205550123", "+1520", "+1" + "5" * 15, "+1520555012x"):
            answer = nora.post(f"{page}contact/", said | {"telephone": wrong})
            assert answer.status_code == HTTPStatus.BAD_REQUEST
            assert "Expected a number with its country" in answer.content.decode()
        assert state(course).last(facts.ContactSet).body == kept

    def test_a_telephone_for_texts_follows_them_and_stays_when_texts_end(self, course, cast, time):
        nora, page = self.nora(cast), f"/people/{course.pk}/check-ins/"
        said = {"language": "en", "quiet_from": "20:00", "quiet_until": "09:00"}
        moves = [
            ("text", "+15205550123", "", "+15205550123"),
            ("text", "+15205550124", "+15205550123", "+15205550124"),
            ("text", "+15205550124", "+15205550125", "+15205550125"),
            ("text", "+15205550124", "+15205550124", "+15205550124"),
            ("email", ADDRESS, "+15205550124", "+15205550124"),
            ("none", "", "+15205550124", "+15205550124"),
            ("none", "", "", ""),
        ]
        for channel, address, telephone, called in moves:
            time.goes_on(seconds=1)
            now = said | {"channel": channel, "address": address, "telephone": telephone}
            assert nora.post(f"{page}contact/", now).status_code == HTTPStatus.FOUND
            assert telephone_of(state(course)) == called

    def test_send_now_sends_one_more_and_not_two(self, course, cast, office, time):
        work(time)
        name = the_check_in(course).id
        nora = self.nora(cast)
        for _ in range(2):
            nora.post(f"/people/{course.pk}/check-ins/send/", {"check_in": name})
        work(time)
        assert len(office.letters) == 2
        nora.post(f"/people/{course.pk}/check-ins/send/", {"check_in": str(uuid4())})
        assert len(office.letters) == 2

    def test_the_link_to_the_own_page_thanks_nobody_for_answers(self, course, cast, office, time):
        self.nora(cast).post(f"/people/{course.pk}/check-ins/send/", {"what": "own"})
        work(time)
        phones = (Phone().begin(address_in(one)) for one in office.letters)
        page = next(one for one in phones if "/c/o/" in one.here).page()
        assert "Your own page" in page
        assert "That was all" not in page

    def test_the_front_desk_sees_that_somebody_is_asked_and_not_what(
        self, course, cast, office, time
    ):
        work(time)
        fran = Client()
        fran.force_login(cast.fran)
        text = fran.get(f"/people/{course.pk}/check-ins/").content.decode()
        assert "Before you begin" in text
        assert "PHQ" not in text
        assert "Questionnaire" not in text
        assert fran.get("/check-ins/missing/").status_code == HTTPStatus.FORBIDDEN


class TestReadiness:
    def test_words_that_are_too_long_are_given_back_to_be_made_shorter(
        self, course, cast, office, time
    ):
        work(time)
        starts = time.now + timedelta(hours=20)
        record(course, facts.VisitArranged(starts, "iv-depression"), cast.nora, time.now)
        work(time)
        phone = Phone().begin(address_in(office.letters[-1]))
        while phone.asks()["item"] != "medicines-which":
            phone.tap("yes")
        said = {**phone.asks(), "answer": "x\r\n" * 2001}
        wrong = phone.post(phone.here, said)
        assert wrong.status_code == HTTPStatus.BAD_REQUEST
        assert "too long" in wrong.content.decode()
        assert re.search(r"<textarea[^>]*aria-invalid", wrong.content.decode())
        assert wrong.content.decode().count("x\r\n") == 2001
        # As many as the page lets somebody type: to a browser the end of a line is one letter.
        said["answer"] = "x\r\n" * 2000
        assert phone.post(phone.here, said).status_code == HTTPStatus.FOUND

    def test_answers_open_tasks_for_the_nurse_before_the_session(self, course, cast, office, time):
        work(time)
        starts = time.now + timedelta(hours=20)
        record(course, facts.VisitArranged(starts, "iv-depression"), cast.nora, time.now)
        work(time)
        letter = office.letters[-1]
        phone = Phone().begin(address_in(letter))
        assert "No light meal for 4 hours" in phone.page()
        given = {"fasting": "yes", "ride": "no", "medicines": "yes", "medicines-which": "Tramadol",
                 "alcohol": "yes", "bladder": "no", "pregnancy": "no", "unwell": "no"}  # fmt: skip
        answer_all(phone, lambda asks: given.get(asks["item"], "0"))
        found = {one.body.summary: one.body for one in tasks(state(course))}
        assert set(found) == {"Nobody to take them home", "Medicines changed"}
        assert found["Medicines changed"].due_at == time.now + timedelta(hours=4)
        assert "Tramadol" not in repr(found)
        for who, reads in (("nora", True), ("theo", False), ("fran", False)):
            client = Client()
            client.force_login(cast.people[who])
            text = client.get(f"/people/{course.pk}/check-ins/").content.decode()
            assert ("Tramadol" in text) is reads, who
        back = Phone()
        assert back.get(phone.here).status_code == HTTPStatus.NOT_FOUND

    def test_a_mis_tap_that_is_put_right_closes_its_task(self, course, cast, office, time):
        work(time)
        starts = time.now + timedelta(hours=20)
        record(course, facts.VisitArranged(starts, "iv-depression"), cast.nora, time.now)
        work(time)
        phone = Phone().begin(address_in(office.letters[-1]))
        phone.tap("no")
        phone.post(phone.here, {"form": "readiness", "item": "fasting", "answer": "yes"})
        assert [one.is_open for one in tasks(state(course))] == [False]


def test_words_of_the_clock_are_said_by_the_clock(course, office, time):
    work(time)
    (invited,) = state(course).all(facts.CheckInInvited)
    assert invited.by == CLOCK


def test_the_way_of_a_protocol_is_known():
    assert words.way_of("iv-depression") == "injection"
    assert words.way_of("spravato-trd") == "nasal"
    assert words.way_of("oral-pain") == "oral"
    assert words.way_of("no-such") == ""


RETURNED = """\
From: MAILER-DAEMON@example.org
To: clinic@localhost
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; example.org

Final-Recipient: rfc822; maren@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such person

--b
Content-Type: {quoted}

Message-ID: {message_id}
Subject: A few questions from your clinic

--b--
"""


class TestALetterThatComesBack:
    @pytest.mark.parametrize("quoted", ["text/rfc822-headers", "message/rfc822"])
    def test_ends_messages_to_that_address(self, course, office, time, quoted):
        work(time)
        assert bounces.take_back(returned(office, quoted=quoted), time.now) == "bounced"
        assert bounces.take_back(returned(office, quoted=quoted), time.now) == "known"
        for _ in range(16):
            time.goes_on(days=1)
            work(time)
        assert len(office.letters) == 1
        assert [one.body.cause for one in state(course).all(facts.CheckInMissed)] == ["bounced"]

    def test_a_delay_changes_nothing(self, course, office, time):
        work(time)
        assert bounces.take_back(returned(office, "delayed", "4.4.1"), time.now) == "delayed"
        assert state(course).all(facts.CheckInUndelivered) == ()

    def test_what_is_no_report_or_of_no_message_of_ours_is_refused(self, course, office, time):
        work(time)
        known = returned(office)
        other = known.replace(office.letters[0]["Message-ID"].encode(), f"<{uuid4()}@x>".encode())
        for raw in (b"", b"Subject: hello\n\nhello", other, b"\xff\x00", known[:200]):
            with pytest.raises(BadInput):
                bounces.take_back(raw, time.now)
        assert state(course).all(facts.CheckInUndelivered) == ()


def test_a_clinic_whose_zone_has_no_place_asks_too(person, cast, office, time, settings):
    """The name of such a zone is not what a clock there prints."""
    settings.TIME_ZONE = "Etc/GMT+2"
    record(
        person,
        facts.CourseOpened("c-1", "iv-depression", "depression", "phq-9"),
        cast.priya,
        time.now,
    )
    record(person, facts.ContactSet("email", ADDRESS), cast.fran, time.now)
    assert work(time) == ["sent"]
