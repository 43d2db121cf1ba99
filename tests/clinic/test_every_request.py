"""Every address, with every method that it takes, as every role, with whatever a program makes up:
no 5xx, and no answer that the OpenAPI document does not name. By schemathesis, out of it."""

import json
import re
from http import HTTPStatus
from pathlib import Path

import pytest
import schemathesis
from django import forms
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.clinic.conftest import CAST
from tests.clinic.test_access import GUARDED, PUBLIC, places  # noqa: F401  (a fixture)

import openketamine.clinic
from openketamine.clinic.site.openapi import addresses, document, methods
from openketamine.clinic.staff.roles import ROLES, TASKS, can

pytestmark = pytest.mark.hazard("HZ-16")
EXAMPLES = 2
TOKEN = "x" * 32
# One person of each role.
ONE_OF_EACH = {role: name for name, (role, _) in reversed(CAST.items())}.values()
# What is seldom right and never harmless: it is tried where a program would make up a word.
WORDS = ("", "0", "-1", "2026-13-45", "NaN", "\x00", "\u202e", "' OR '1'='1", "9" * 40, "on")


def field_names():
    """Every name that a form or a command of this clinic looks for in what it is sent."""
    root = Path(openketamine.clinic.__file__).parent
    read = "".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py"))
    asked = re.findall(r"(?:asked|raw|body|POST)(?:\.get\(|\[|, )\"([a-z_]+)\"", read)
    classes, names = [forms.BaseForm], set(asked)
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        if one.__module__.startswith("openketamine."):
            names |= set(getattr(one, "base_fields", {}))
    return sorted(names)


NAMES = field_names()
VALUES = st.one_of(
    st.sampled_from(WORDS), st.none(), st.booleans(), st.integers(), st.lists(st.text(), max_size=2)
)
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=12)


@pytest.fixture(scope="module")
def operations():
    """Every operation that schemathesis reads out of the document; behind it the real application;
    and what is made up for each. Made up once: every role is asked the same, which is fair, and
    the making costs as much as the asking."""
    read = schemathesis.openapi.from_dict(json.loads(json.dumps(document())))
    read.app = get_wsgi_application()
    found = [one.ok() for one in read.get_all_operations()]
    return [(one, made_up(one)) for one in found]


def made_up(operation):
    """A few requests of this operation: the case, its path, a body, and whether the things that it
    names are there."""
    drawn = []

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(), BODIES, st.sampled_from((True, True, False)))
    def draw(case, body, there):
        drawn.append((case, dict(case.path_parameters), body, there))

    draw()
    assert len(drawn) == EXAMPLES
    return drawn


@pytest.fixture
def one_connection():
    """Requests share the connection of the test, as with Django's own client."""
    signals = (request_started, request_finished)
    for one in signals:
        one.disconnect(close_old_connections)
    yield
    for one in signals:
        one.connect(close_old_connections)


def signed_in(who):
    """Cookies and headers of a browser in which this person works."""
    client = Client()
    if who is not None:
        client.force_login(who)
    cookies = {name: one.value for name, one in client.cookies.items()}
    return {
        "cookies": cookies | {"openketamine_csrf": TOKEN},
        "headers": {"X-CSRFToken": TOKEN, "Host": "localhost"},
    }


def wrong_answers(operation, drawn, real, asked):
    """The answers to these requests that are a 5xx, or that the document does not name."""
    known, found = set(operation.definition.raw["responses"]), []
    for case, path, body, there in drawn:
        given = {name: real[name] for name in path if name in real} if there else {}
        case.path_parameters = {**path, **given}
        if operation.method == "post":
            case.body = body
        status = case.call(**asked).status_code
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or str(status) not in known:
            found.append((status, case.path_parameters, case.body))
    return found


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("who", [*ONE_OF_EACH, "stranger"])
def test_no_request_of_anybody_breaks_the_server(cast, places, operations, who):  # noqa: F811
    assert {CAST[one][0] for one in ONE_OF_EACH} == set(ROLES)
    asked, wrong = signed_in(cast.people.get(who)), {}
    for operation, drawn in operations:
        found = wrong_answers(operation, drawn, places, asked)
        if found:
            wrong[operation.label] = found[0]
    assert wrong == {}


class TestTheDocument:
    def test_has_every_address_with_the_methods_that_its_view_takes(self):
        said = document()["paths"]
        assert len(said) == len({path for _, path in addresses()})
        for pattern, path in addresses():
            kinds = {one.lower() for one in methods(pattern.callback)} - {"head"}
            assert set(said[path]) >= kinds

    def test_says_of_each_whom_the_table_lets_in(self, cast):
        for pattern, path in addresses():
            for operation in document()["paths"][path].values():
                if pattern.name not in PUBLIC and "x-task" in operation:
                    assert set(operation["x-roles"]) == set(TASKS[operation["x-task"]])

    def test_knows_the_methods_of_a_view_that_says_them(self):
        views = {name: view for _, name, view in GUARDED}
        assert methods(views["session-facts"]) == ("POST",)
        assert methods(views["person"]) == ("GET",)
        assert set(methods(views["duty"])) == {"GET", "HEAD", "POST"}
        assert methods(views["evaluation"]) in (("GET",), ("GET", "POST"))

    @pytest.mark.django_db
    def test_is_served_to_who_works_here(self, cast):
        client = Client()
        assert client.get("/openapi.json").status_code == HTTPStatus.FOUND
        client.force_login(cast.sam)
        assert client.get("/openapi.json").json()["openapi"] == "3.1.0"
        assert can(cast.sam, "knowledge.read")
        assert set(ROLES)
