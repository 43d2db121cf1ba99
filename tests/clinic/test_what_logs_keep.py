"""What a person did at home stands in no log: not the key in a link, not an answer."""

import logging
import re
from http import HTTPStatus

import psycopg
import pytest
from django.test import Client
from tests.clinic.test_check_ins import (  # noqa: F401  (fixtures)
    Phone,
    address_in,
    course,
    office,
    person,
    time,
    work,
)
from tests.clinic.test_papers import IV, field, post, through

from openketamine.clinic.checkins import link_views, links
from openketamine.clinic.site._logging import WithoutPersonalData
from openketamine.operations import _postgres

SECRET = "Some nights I do not want to wake up"


@pytest.fixture
def log(tmp_path, monkeypatch):
    """The clinic's own handler with its own words, writing into a file instead of the web log."""
    path = tmp_path / "web.log"
    with path.open("w+") as file:
        for name in ("django", "openketamine"):
            (own,) = (one for one in logging.getLogger(name).handlers if _is_quiet(one))
            monkeypatch.setattr(own, "stream", file)
        yield path


def _is_quiet(handler):
    return isinstance(handler.formatter, WithoutPersonalData)


def refused_at_the_door(link):
    """What the web server complains about: without a cookie, on a second device, cut short."""
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link).status_code == HTTPStatus.FORBIDDEN
    assert Client().get(f"{link}more/").status_code == HTTPStatus.NOT_FOUND
    assert Client().get(link).status_code == HTTPStatus.NOT_FOUND
    assert Client().get(f"{link}?language=es").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
@pytest.mark.hazard("HZ-21")
class TestAWalk:
    def test_through_a_check_in(self, log, course, office, time):  # noqa: F811  (the fixtures)
        work(time)
        link = address_in(office.letters[0])
        phone = Phone()
        phone.begin(link)
        refused_at_the_door(link)
        page = phone.post(phone.here, {"form": "phq-9", "item": "1", "answer": SECRET})
        assert page.status_code == HTTPStatus.BAD_REQUEST
        assert phone.get(f"{phone.here}{SECRET}/").status_code == HTTPStatus.NOT_FOUND
        self.nothing_of(log, link, phone.here)

    def test_through_a_consent(self, log, person, time, now):  # noqa: F811  (the fixtures)
        link = links.issue(person, f"consent:ketamine:{IV}:abc", time.now)
        link, client = link.removeprefix("http://127.0.0.1:8700"), Client()
        url = client.post(link).url
        refused_at_the_door(link)
        page, _ = through(client, url, wrong=("driving",))
        named = {"do": "sign", "id": field(page, "id"), "signed_as": SECRET, "agrees": "on"}
        assert post(client, url, page, born="1900-01-01", **named).status_code == 400
        self.nothing_of(log, link, url, "same-day", "driving")

    def test_that_ends_in_a_fault_of_ours(self, log, monkeypatch):
        def breaks(*_args):
            raise RuntimeError(SECRET)

        monkeypatch.setattr(link_views.links, "waits", breaks)
        client = Client(raise_request_exception=False)
        assert client.get("/c/a-good-key/").status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        self.nothing_of(log, "/c/a-good-key/")

    def nothing_of(self, log, link, *more):
        said = log.read_text()
        assert "/c/…" in said, "the log heard of nothing: this test shows nothing"
        token = link.rstrip("/").rpartition("/")[2]
        for word in (token, SECRET, *(one.strip("/").rpartition("/")[2] for one in more)):
            assert word not in said


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("Not Found: /c/abc_-9/", "Not Found: /c/…"),
        ("Forbidden (no cookie): /c/i/7c1d/?at=3", "Forbidden (no cookie): /c/…"),
        ('"POST /c/abc/stop/ HTTP/1.1" 500', '"POST /c/… HTTP/1.1" 500'),
        ("http://clinic.example/c/abc/ and http://clinic.example/c/def/",
         "http://clinic.example/c/… and http://clinic.example/c/…"),
        ("Not Found: /calls/mine", "Not Found: /calls/mine"),
    ],
)  # fmt: skip
def test_of_an_address_at_home_only_the_beginning_is_written(line, written):
    record = logging.LogRecord("x", logging.WARNING, __file__, 1, "%s", (line,), None)
    assert WithoutPersonalData().format(record).endswith(f" x {written}")


def test_every_log_of_the_web_process_is_written_that_way(settings):
    said = settings.LOGGING
    assert {one["formatter"] for one in said["handlers"].values()} == {"quiet"}
    assert {"django", "openketamine", "uvicorn"} <= set(said["loggers"])
    for one in (said["root"], *said["loggers"].values()):
        assert set(one["handlers"]) <= set(said["handlers"])


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
def test_a_page_at_home_tells_nobody_its_address(person, time):  # noqa: F811  (the fixtures)
    link, client = links.issue(person, f"consent:ketamine:{IV}:abc", time.now), Client()
    link = link.removeprefix("http://127.0.0.1:8700")
    asked = [client.get(link), client.post(link), client.get("/c/nothing/")]
    asked += [client.get(asked[1].url), Client(enforce_csrf_checks=True).post(link)]
    for one in asked:
        assert one.headers["Referrer-Policy"] == "strict-origin"
        assert re.findall('name="referrer" content="(.*?)"', one.content.decode()) in (
            ["strict-origin"],
            [],
        )


@pytest.mark.hazard("HZ-16")
def test_the_database_writes_down_no_words_of_a_statement_that_failed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("discreet") / "database"
    server = _postgres.start(folder, durable=False)
    try:
        with psycopg.connect(server.url, autocommit=True) as opened:
            opened.execute("CREATE TABLE said (words text UNIQUE)")
            with psycopg.ClientCursor(opened) as cursor:
                cursor.execute("INSERT INTO said VALUES (%s)", [SECRET])
                with pytest.raises(psycopg.errors.UniqueViolation):
                    cursor.execute("INSERT INTO said VALUES (%s)", [SECRET])
    finally:
        _postgres.stop(folder)
    written = (folder / "server.log").read_text(encoding="utf-8")
    assert "duplicate key value" in written
    assert SECRET not in written
