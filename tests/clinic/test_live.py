"""The live front in a real server: ingest by token, streams that lose and double nothing."""

import json
import threading
import time
import uuid

import httpx
import pytest
import uvicorn
from django.db import connections, transaction
from django.test import Client
from tests.clinic.bedside import MONITOR, Bedside

from openketamine.clinic.journal import clock, commands
from openketamine.clinic.journal.queries import verify
from openketamine.clinic.sessions import queries

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = {"Authorization": "Bearer the-gateways-token"}


@pytest.fixture
def front(settings, transactional_db):
    from openketamine.clinic.live.app import live_front

    settings.OPENKETAMINE_GATEWAY_TOKEN = "the-gateways-token"
    config = uvicorn.Config(
        live_front(_no_pages), port=0, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


async def _no_pages(scope, receive, send):
    raise AssertionError(f"no page is asked for here: {scope['path']}")


@pytest.fixture
def bed(cast):
    connections.close_all()
    return Bedside(cast, clock.now()).opened().attached().later(milliseconds=1)


def cookie(user):
    client = Client()
    client.force_login(user)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def post(front, *messages, headers=TOKEN):
    posted = {"gateway": "gw-1", "messages": list(messages)}
    return httpx.post(f"{front}/live/gateway/readings", json=posted, headers=headers)


def events(response):
    """Server-sent events as (name, id, data), for as long as somebody asks."""
    event = {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif event:
            yield event["event"], int(event.get("id", 0)), json.loads(event["data"])
            event = {}


class Reader:
    """An open stream of one session."""

    def __init__(self, front, session, user, headers=None, after=0):
        self.address = f"{front}/live/sessions/{session.id}/events?after={after}"
        self.headers = headers or {}
        self.cookies = cookie(user)

    def read(self, wanted, meanwhile=lambda: None):
        """The first facts, as many as wanted, while something else happens."""
        facts = []
        with (
            httpx.Client(cookies=self.cookies, timeout=10) as client,
            client.stream("GET", self.address, headers=self.headers) as response,
        ):
            assert response.status_code == 200
            for name, number, data in events(response):
                if name == "heartbeat":
                    meanwhile()
                    meanwhile = list
                if name == "fact":
                    facts.append((number, data))
                if len(facts) >= wanted:
                    return facts
        raise AssertionError("the stream ended")


class TestTheGatewaysDoor:
    @pytest.mark.hazard("HZ-16")
    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guess"}])
    def test_without_the_token_nothing_is_taken(self, front, bed, headers):
        said = post(front, bed.message("m-1"), headers=headers)
        assert said.status_code == 401
        assert "ReadingTaken" not in bed.kinds()

    def test_what_was_acknowledged_is_in_the_journal(self, front, bed):
        said = post(front, bed.message("m-1"), "rubbish").json()["accepted"]
        assert [one["outcome"] for one in said] == ["charted", "quarantined"]
        assert bed.kinds().count("ReadingTaken") == 1

    @pytest.mark.parametrize("content", [b"{", b"[]", b'{"messages": 3}'])
    def test_a_post_that_cannot_be_read_is_one_sentence(self, front, content):
        said = httpx.post(f"{front}/live/gateway/readings", content=content, headers=TOKEN)
        assert said.status_code == 400
        assert ": expected " in said.json()["error"]

    def test_a_heartbeat_is_answered_with_who_each_device_speaks_for(self, front, bed):
        said = httpx.post(
            f"{front}/live/gateway/heartbeat", json={"gateway": "gw-1"}, headers=TOKEN
        )
        assert said.json()["associations"][MONITOR]["session"] == str(bed.session.id)

    @pytest.mark.hazard("HZ-15")
    def test_the_virtual_patients_exist_only_in_the_demonstration(self, front, bed, settings):
        address = f"{front}/live/demo/patients"
        assert httpx.get(address, headers=TOKEN).status_code == 404
        settings.OPENKETAMINE_DEMO = True
        (patient,) = httpx.get(address, headers=TOKEN).json()["patients"]
        assert (patient["mrn"], patient["weight_kg"], patient["phase"]) == (
            "MRN0001",
            70,
            "expected",
        )


class TestTheStream:
    @pytest.mark.hazard("HZ-05")
    def test_every_fact_comes_once_and_in_order(self, front, bed):
        def meanwhile():
            for n in range(5):
                post(front, bed.message(f"m-{n}"))

        facts = Reader(front, bed.session, bed.cast.nora).read(7, meanwhile)
        assert [number for number, _ in facts] == [1, 2, 3, 4, 5, 6, 7]

    @pytest.mark.hazard("HZ-05")
    def test_who_was_away_gets_exactly_what_they_missed(self, front, bed):
        for n in range(4):
            post(front, bed.message(f"m-{n}"))
        away = Reader(front, bed.session, bed.cast.nora, {"Last-Event-ID": "4"})
        assert [number for number, _ in away.read(2)] == [5, 6]

    def test_a_reading_is_on_the_stream_in_well_under_a_second(self, front, bed):
        sent = {}

        def meanwhile():
            sent["at"] = time.monotonic()
            post(front, bed.message("m-1"))

        Reader(front, bed.session, bed.cast.nora, after=2).read(1, meanwhile)
        assert time.monotonic() - sent["at"] < 0.9

    @pytest.mark.hazard("HZ-01")
    def test_it_beats_while_nothing_happens(self, front, bed):
        beats = []
        with (
            httpx.Client(cookies=cookie(bed.cast.nora), timeout=10) as client,
            client.stream("GET", f"{front}/live/sessions/{bed.session.id}/events") as response,
        ):
            for name, _, _ in events(response):
                beats += [time.monotonic()] if name == "heartbeat" else []
                if len(beats) == 2:
                    break
        assert beats[1] - beats[0] < 3

    @pytest.mark.hazard("HZ-16")
    @pytest.mark.parametrize(
        ("who", "status"), [(None, 401), ("fran", 403), ("ines", 403), ("sam", 403)]
    )
    def test_who_may_not_read_the_chart_gets_no_stream(self, front, bed, who, status):
        cookies = cookie(getattr(bed.cast, who)) if who else {}
        address = f"{front}/live/sessions/{bed.session.id}/events"
        assert httpx.get(address, cookies=cookies).status_code == status

    def test_a_session_that_does_not_exist_is_said_to(self, front, cast):
        address = f"{front}/live/sessions/{uuid.uuid4()}/events"
        assert httpx.get(address, cookies=cookie(cast.nora)).status_code == 404


class TestTheBoard:
    def first(self, front, user):
        with (
            httpx.Client(cookies=cookie(user), timeout=10) as client,
            client.stream("GET", f"{front}/live/board/events") as response,
        ):
            return next(data for name, _, data in events(response) if name == "board")

    def test_the_front_desk_sees_initials_and_no_names(self, front, bed):
        said = self.first(front, bed.cast.fran)
        assert [tile["initials"] for tile in said["tiles"]] == ["AO"]
        assert "Okonkwo" not in json.dumps(said)

    def test_what_rings_comes_first(self, front, bed, cast):
        other = Bedside(cast, bed.now).opened(mrn="MRN0002", family="Berg", given="Eva")
        other.infusing().tell("observation_charted", {"values": {"systolic": 205, "diastolic": 99}})
        tiles = self.first(front, cast.nora)["tiles"]
        assert [tile["initials"] for tile in tiles] == ["EB", "AO"]
        assert tiles[0]["alarm"]["priority"] == "high"


class TestManyAtOnce:
    """Group commit, and one look into the journal for all who follow."""

    @pytest.mark.hazard("HZ-05")
    def test_gateways_that_post_at_once_are_all_answered_and_every_number_is_given_once(
        self, front, bed
    ):
        def deliver(gateway):
            for n in range(10):
                answer = post(front, bed.message(f"{gateway}|{n}"), bed.message(f"same|{n}"))
                said[gateway] += [one["outcome"] for one in answer.json()["accepted"]]

        said = {f"gw-{n}": [] for n in range(6)}
        threads = [threading.Thread(target=deliver, args=(name,)) for name in said]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        outcomes = [one for answers in said.values() for one in answers]
        assert (outcomes.count("charted"), outcomes.count("duplicate")) == (70, 50)
        numbers = [fact.number for fact in queries.facts(bed.session)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert verify().ok

    @pytest.mark.hazard("HZ-05")
    def test_many_readers_of_one_bed_each_hear_everything_once(self, front, bed):
        heard = []

        def read(reader, after):
            heard.append((after, [number for number, _ in reader.read(32 - after)]))

        readers = []
        for after in (0, 2, 0, 2, 0, 2):
            reader = Reader(front, bed.session, bed.cast.nora, after=after)
            readers.append(threading.Thread(target=read, args=(reader, after)))
            readers[-1].start()
        for n in range(30):
            post(front, bed.message(f"m|{n}"))
        for one in readers:
            one.join()
        assert len(heard) == 6
        assert all(numbers == list(range(after + 1, 33)) for after, numbers in heard)

    def test_a_reader_who_claims_to_be_far_ahead_holds_up_nobody(self, front, bed):
        def meanwhile():
            post(front, bed.message("m|1"))

        far = Reader(front, bed.session, bed.cast.nora, after=10**6)
        assert [number for number, _ in far.read(1, meanwhile)] == [3]

    @pytest.mark.hazard("HZ-05")
    def test_a_bed_that_somebody_else_writes_to_holds_up_no_other_bed(self, front, bed, cast):
        other = Bedside(cast, bed.now).opened(mrn="MRN0002").attached("OTHER").later(milliseconds=1)
        with transaction.atomic():
            commands.lock(other.session.stream)
            assert post(front, bed.message("m|1")).json()["accepted"][0]["outcome"] == "charted"
        late = post(front, other.message("m|2", device_id="OTHER")).json()
        assert late["accepted"][0]["outcome"] == "charted"
