"""Recovery codes: shown once, kept as hashes, each good once."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

from openketamine.clinic.staff import recovery_codes

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-12")]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(recovery_codes, "ROUNDS", 10)


def again(made):
    """The same codes, as another request finds them."""
    return Authenticator.objects.get(pk=made.instance.pk).wrap()


@pytest.fixture
def made(cast):
    return RecoveryCodes.activate(cast.nora)


@pytest.fixture
def shown(made):
    """What the page shows, once."""
    here = again(made)
    here.mark_as_viewed()
    return here.get_unused_codes()


def test_the_database_keeps_a_salted_hash_of_each_and_no_seed(made, shown):
    kept = Authenticator.objects.get(pk=made.instance.pk).data
    assert (len(shown), len(kept["hashes"])) == (10, 10)
    assert {len(code) for code in shown} == {12}
    assert "seed" not in kept
    assert len(bytes.fromhex(kept["salt"])) == 16
    assert not [code for code in shown if code in str(kept)]


def test_each_opens_once(made, shown):
    assert again(made).validate_code(shown[3])
    assert not again(made).validate_code(shown[3])
    assert again(made).validate_code(f" {shown[4]} ")
    assert len(again(made).get_unused_codes()) == 8
    assert len(again(made).generate_codes()) == 10


def test_what_is_none_opens_nothing(made, shown):
    for wrong in ("", "000000000000", "äöü", shown[0][:-1]):
        assert not again(made).validate_code(wrong)
    assert len(again(made).get_unused_codes()) == 10


def test_they_are_shown_once(made, shown):
    assert set(again(made).get_unused_codes()) == {""}
    there = again(made)
    there.mark_as_viewed()
    assert set(there.get_unused_codes()) == {""}


def test_a_code_that_nobody_was_shown_opens_nothing(made):
    """A seed in the database is worth nothing to who reads it there."""
    assert not again(made).validate_code(again(made).generate_codes()[0])


def test_codes_of_an_older_house_still_open_and_are_hashed_at_the_first_use(made):
    old = again(made)
    codes = old.generate_codes()
    old.instance.data |= {"viewed_at": 1.0, "used_mask": 1}
    old.instance.save()
    assert not again(made).validate_code(codes[0])
    assert again(made).validate_code(codes[1])
    assert "seed" not in again(made).instance.data
