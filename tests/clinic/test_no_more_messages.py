"""No more messages, said on a page: "back" and a reload find a page, and say nothing twice."""

import pytest
from django.test import Client
from tests.clinic.test_check_ins import (  # noqa: F401  (fixtures)
    Phone,
    address_in,
    course,
    office,
    person,
    state,
    time,
    work,
)

from openketamine.core.course import facts

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter(course, office, time):  # noqa: F811  (the fixtures)
    work(time)
    return office.letters[0]


def test_on_an_open_check_in_it_leads_to_a_page_of_its_own(letter, course):  # noqa: F811
    phone = Phone()
    phone.begin(address_in(letter))
    stop = f"{phone.here}stop/"
    assert "No more messages?" in phone.get(stop).content.decode()
    assert phone.post(stop).url == stop
    done = phone.get(stop).content.decode()
    assert "You get no more messages" in done
    assert phone.here in done
    assert len(state(course).all(facts.OptedOut)) == 1
    assert phone.asks()["item"] == "1"


def test_out_of_a_message_too_and_a_mail_program_is_sent_nowhere(letter, course):  # noqa: F811
    stop = letter["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
    somebody = Client()
    assert somebody.post(stop).url == stop
    assert "You get no more messages" in somebody.get(stop).content.decode()
    clicked = somebody.post(stop, {"List-Unsubscribe": "One-Click"})
    assert clicked.status_code == 200
    assert len(state(course).all(facts.OptedOut)) == 1
