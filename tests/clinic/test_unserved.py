"""Somebody at home whose request was not served reads why in their language, and whom to call."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from tests.clinic.test_check_ins import (  # noqa: F401  (fixtures)
    address_in,
    course,
    office,
    person,
    time,
    work,
)

from openketamine.clinic.checkins import link_views

pytestmark = pytest.mark.django_db
SPANISH = {"Accept-Language": "es-US,es;q=0.9"}


@pytest.fixture(autouse=True)
def in_america(settings):
    settings.OPENKETAMINE_LOCALE = "us"


def lang_of(page):
    return re.search(r'<html lang="([^"]+)"', page).group(1)


def test_a_phone_that_keeps_no_cookies_is_told_what_to_do(course, office, time):  # noqa: F811
    work(time)
    link = address_in(office.letters[0])
    phone = Client(enforce_csrf_checks=True, headers=SPANISH)
    phone.get(link)
    phone.cookies.clear()
    answer = phone.post(link)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert lang_of(page) == "es"
    assert "Permita las cookies en esta página" in page
    assert "tel:988" in page
    assert "CSRF" not in page


def test_an_address_that_was_cut_short_is_a_link_that_does_not_open():
    answer = Client(headers=SPANISH).get("/c/i/1234/")
    page = answer.content.decode()
    assert (answer.status_code, lang_of(page)) == (HTTPStatus.NOT_FOUND, "es")
    assert "Este enlace no se abre" in page
    assert "first page" not in page


@pytest.mark.parametrize(("headers", "language"), [(SPANISH, "es"), ({}, "en")])
def test_a_fault_of_ours_is_said_without_the_database(monkeypatch, headers, language):
    def breaks(*_args):
        raise RuntimeError("on purpose")

    monkeypatch.setattr(link_views.links, "waits", breaks)
    answer = Client(raise_request_exception=False, headers=headers).get("/c/whatever/")
    page = answer.content.decode()
    assert (answer.status_code, lang_of(page)) == (HTTPStatus.INTERNAL_SERVER_ERROR, language)
    assert "tel:988" in page
    assert "To the board" not in page


def test_pages_of_the_clinic_keep_their_own(client, cast):
    client.force_login(cast.nora)
    missing = client.get("/nothing/here/", headers=SPANISH)
    assert missing.status_code == HTTPStatus.NOT_FOUND
    assert "Back to your first page" in missing.content.decode()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.nora)
    assert strict.post("/people/").status_code == HTTPStatus.FORBIDDEN
