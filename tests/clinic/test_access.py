"""The cast tries every address of the clinic, whoever wrote the page behind it."""

import uuid
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import get_resolver
from tests.clinic.conftest import CAST
from tests.clinic.test_patients import bundle, patient, weight
from tests.clinic.test_pharmacy import LABEL

from openketamine.clinic.calls.walls import open_wall
from openketamine.clinic.journal import clock
from openketamine.clinic.journal.models import Access
from openketamine.clinic.outcomes import commands as outcomes
from openketamine.clinic.outcomes.models import Task
from openketamine.clinic.patients import queries
from openketamine.clinic.patients.commands import import_bundle, record_evaluation
from openketamine.clinic.pharmacy.commands import begin_sheet, count, receive_vial
from openketamine.clinic.sessions.commands import open_session
from openketamine.clinic.staff.roles import TASKS, can
from openketamine.core.course import facts

# What a browser must get before anybody has signed in: nothing about a person is in it.
PUBLIC = {"claims", "link", "link-stop", "service-worker", "shell", "wall", "wall-tiles"}
PROTOCOL = "iv-depression"


def addresses(resolver=None, prefix=""):
    """Every address of our own, as (pattern, name, view)."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern, path)
        elif not path.startswith("account/"):
            yield path, pattern.name, pattern.callback


# What a person at home opens: guarded by a link that is bound to their device, and by no role.
BY_LINK = [one for one in addresses() if getattr(one[2], "openketamine_link", None)]
GUARDED = [one for one in addresses() if one[1] not in PUBLIC and one not in BY_LINK]
NAMES = [name for _, name, _ in GUARDED]


@pytest.mark.hazard("HZ-16")
@pytest.mark.parametrize(("path", "name", "view"), GUARDED, ids=NAMES)
def test_every_address_has_a_guard_with_a_task_of_the_table(path, name, view):
    assert getattr(view, "openketamine_task", None) in TASKS


@pytest.fixture
def places(cast, now):
    """One person, session and vial, so that every address leads somewhere."""
    maren = import_bundle(bundle(patient(), weight(70)), cast.fran, now).person
    vial = receive_vial(LABEL, cast.ines, now)
    sheet_id = begin_sheet([vial], {str(vial.pk): 10_000}, cast.ines, now)
    case_id = count(vial, 9_000, cast.ines, now)
    return {
        "person_id": str(maren.pk),
        "session_id": str(open_session(maren.pk, PROTOCOL, cast.fran, now).pk),
        # By the clock of the pages: a wall is good for some hours.
        "wall_id": str(open_wall("Nurses' room", 4, cast.nora, clock.now())[0].pk),
        "vial_id": str(vial.pk),
        "sheet_id": sheet_id,
        "case_id": case_id,
        "entry_id": case_id,
        "site_id": "main",
        "file_kind": "json",
        "fact_id": recorded(maren, cast.priya, now),
        "staff_id": str(cast.nora.pk),
        "credential_id": str(uuid.uuid4()),
        "asked_id": str(uuid.uuid4()),
        "grant_id": str(uuid.uuid4()),
        "task_id": asked_task(maren, now),
        "protocol_id": PROTOCOL,
        "consent": "ketamine",
        "sha256": "0" * 64,
        "rule_id": "BP-02",
        "limit": "defer.systolic.above",
        "kind": "protocols",
        "name": PROTOCOL,
    }


def recorded(person, by, now):
    """An evaluation in the journal."""
    found = queries.known(person).evaluated(PROTOCOL, now.date())
    return record_evaluation(person, found, by, now)


def asked_task(person, now):
    """A task of this person that is open."""
    body = facts.TaskOpened("t", "other", "Call her back", now + timedelta(hours=1), ("nurse",))
    outcomes.record(person, body, outcomes.CLOCK, now)
    return str(Task.objects.get(person=person, task_id="t").pk)


def address(pattern, places):
    """`people/<uuid:person_id>/` with a real person."""
    for key, value in places.items():
        for converter in ("uuid", "slug", "path", "str"):
            pattern = pattern.replace(f"<{converter}:{key}>", value)
    assert "<" not in pattern, pattern
    return f"/{pattern}"


def ask(client, path):
    """The answer to a visit, or to an empty form where the address takes nothing else."""
    answer = client.get(path)
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer = client.post(path, b"{}", content_type="application/json")
    return answer


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
@pytest.mark.parametrize("who", [*CAST, "stranger"])
def test_each_gets_in_where_the_table_says_so_and_nowhere_else(cast, places, who):
    client = Client()
    person = cast.people.get(who)
    if person:
        client.force_login(person)
    wrong = {}
    for pattern, name, view in GUARDED:
        path = address(pattern, places)
        status = ask(client, path).status_code
        if person is None:
            expected = status in (HTTPStatus.FOUND, HTTPStatus.UNAUTHORIZED)
        elif can(person, view.openketamine_task):
            expected = status not in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED)
            expected = expected and status < HTTPStatus.INTERNAL_SERVER_ERROR
        else:
            expected = status == HTTPStatus.FORBIDDEN
        if not expected:
            wrong[name] = status
    assert wrong == {}


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
@pytest.mark.parametrize("who", ["stranger", "nora", "miriam"])
def test_no_page_of_a_link_opens_without_the_device_that_holds_it(cast, places, who):
    client = Client()
    if who != "stranger":
        client.force_login(cast.people[who])
    for pattern, name, _ in BY_LINK:
        path = address(pattern, places | {"link_id": str(uuid.uuid4())})
        assert ask(client, path).status_code == HTTPStatus.NOT_FOUND, name


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
def test_each_refusal_is_recorded_with_who_and_what(cast, places):
    client = Client()
    client.force_login(cast.sam)
    for pattern, _, _ in GUARDED:
        ask(client, address(pattern, places))
    refused = Access.objects.filter(refused=True, by_name="Sam Iyer").values_list("what", flat=True)
    for _, name, view in GUARDED:
        task = view.openketamine_task
        if not can(cast.sam, task):
            assert any(what.startswith(task) and what.endswith(name) for what in refused), name


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
@pytest.mark.parametrize(
    "name",
    [
        "person",
        "evaluation",
        "evaluation-pdf",
        "plan",
        "session",
        "session-state",
        "session-readings",
    ],
)
def test_each_reading_of_a_persons_record_names_whose_it_was(cast, places, name):
    client = Client()
    client.force_login(cast.miriam)
    pattern = next(path for path, known, _ in GUARDED if known == name)
    assert ask(client, address(pattern, places)).status_code == HTTPStatus.OK
    read = Access.objects.filter(by_name="Dr Miriam Adeyemi", refused=False)
    assert str(read.get(person_id__isnull=False).person_id) == places["person_id"]
