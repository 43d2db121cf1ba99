"""Sites are opened, renamed and closed; people begin and end to work there. The only writer of the
list of sites; each change is a fact of the stream `staff`.

Who opens a site says who works there from its first day: there is nothing yet that they could see.
Later a site is given by two (`accounts`) and taken by one.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction

from openketamine.clinic.staff.commands import STREAM
from openketamine.clinic.staff.models import Site, Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.permission import can
from openketamine.clinic.staff.proofs import Proof
from openketamine.clinic.staff.sites import MAIN, only
from openketamine.core.findings import BadInput

_SITE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])")
_STATE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
# Two letters (or a letter and 9) and seven digits, as the registration is printed.
_DEA = re.compile(r"[A-Z][A-Z9][0-9]{7}")
# Why a site cannot be closed yet, as apps above this one know it: drug on a shelf, an open session.
_hindrances: list[Callable[[], str]] = []


@dataclass(frozen=True)
class Details:
    """What is on record of a place. Empty: not told; papers then show the house's own."""

    name: str
    address: str = ""
    dea_number: str = ""
    state: str = ""
    time_zone: str = ""


def add_hindrance(why: Callable[[], str]) -> None:
    """Let an app say why the site that is seen cannot be closed yet; nothing where it can."""
    if why not in _hindrances:
        _hindrances.append(why)


def details_of(site: Site) -> Details:
    """As it is on record."""
    return Details(site.name, site.address, site.dea_number, site.state, site.time_zone)


def open_site(
    site: str,
    name: str,
    people: Sequence[str],
    by: Staff,
    now: datetime,
    details: Details | None = None,
) -> tuple[Site, str]:
    """A second site, kept apart from now on, with those who work there by their user names; and the
    token of its device gateways, which is shown this once.

    Whoever worked nowhere by name works at the main site. Raises BadInput for a name in use, a word
    that is none, or a user name that nobody has.
    """
    if not _SITE.fullmatch(site) or Site.objects.filter(pk=site).exists():
        raise BadInput("site", "2 to 20 small letters, digits and dashes that no site has", site)
    said = _checked(replace(details or Details(""), name=name))
    there = list(Staff.objects.filter(username__in=people))
    if len(there) != len(set(people)):
        raise BadInput("with", "user names of people who work here", ", ".join(people))
    token, digest = _token()
    with transaction.atomic():
        main, _ = Site.objects.get_or_create(pk=MAIN, defaults={"name": "Main site"})
        main.people.add(*Staff.objects.filter(sites=None))
        opened = Site.objects.create(pk=site, gateway_sha256=digest, **asdict(said))
        opened.people.set(there)
        body = {"site": site, **asdict(said), "people": [one.username for one in there]}
        put_on_record(STREAM, "site_opened", body, by, now, origin="staff")
    return opened, token


def open_with_proof(
    site: str, details: Details, people: Sequence[Staff], proof: Proof, now: datetime
) -> tuple[Site, str]:
    """As `open_site`, by the person responsible for staff, who works there too."""
    by = _responsible(proof, now)
    names = dict.fromkeys(one.username for one in (by, *people))
    return open_site(site, details.name, list(names), by, now, details)


def change(site: str, details: Details, proof: Proof, now: datetime) -> Site:
    """Another name, address, registration, state or clock from now on. Raises BadInput."""
    by, said = _responsible(proof, now), _checked(details)
    with transaction.atomic():
        one = _locked(site, by)
        before = details_of(one)
        if said != before:
            Site.objects.filter(pk=site).update(**asdict(said))
            body = {"site": site, "before": asdict(before), **asdict(said)}
            _signed("site_changed", body, proof, now)
    return Site.objects.get(pk=site)


def close(site: str, reason: str, proof: Proof, now: datetime) -> None:
    """Nothing new is made there from now on, and its gateways are not heard; its records stay and
    are read as before. Raises BadInput while drug is on its shelf or somebody is treated there."""
    by, words = _responsible(proof, now), _reason(reason)
    with transaction.atomic():
        one = _locked(site, by)
        if one.closed_at is not None:
            raise BadInput("site", "a site that is open", site)
        if not Site.objects.filter(closed_at=None).exclude(pk=site).exists():
            raise BadInput("site", "not the last open one: a house is somewhere")
        with only({site}):
            why = " ".join(filter(None, (said() for said in _hindrances)))
        if why:
            raise BadInput("site", f"a site where nothing is left to do. {why}")
        Site.objects.filter(pk=site).update(closed_at=now)
        body = {"site": site, "reason": words}
        _signed("site_closed", body, proof, now)


def open_again(site: str, reason: str, proof: Proof, now: datetime) -> None:
    """A site that was closed is at work again. Raises BadInput."""
    by, words = _responsible(proof, now), _reason(reason)
    with transaction.atomic():
        if _locked(site, by).closed_at is None:
            raise BadInput("site", "a site that was closed", site)
        Site.objects.filter(pk=site).update(closed_at=None)
        body = {"site": site, "reason": words}
        _signed("site_opened_again", body, proof, now)


def let_go(site: str, whose: Staff, reason: str, proof: Proof, now: datetime) -> None:
    """Somebody does not work there any more, at once: a right is taken by one. Raises BadInput for
    oneself and for who would work nowhere: their account is closed instead."""
    by, words = _responsible(proof, now), _reason(reason)
    with transaction.atomic():
        one = _locked(site, by)
        if whose.pk == by.pk:
            raise BadInput("person", "somebody else: nobody sends themselves away")
        if not one.people.filter(pk=whose.pk).exists():
            raise BadInput("person", "somebody who works at this site")
        if whose.sites.count() == 1:
            raise BadInput("person", "somebody who works elsewhere too; or close the account")
        one.people.remove(whose)
        body = {"site": site, "staff": str(whose.pk), "reason": words}
        _signed("site_left", body, proof, now)


def new_token(site: str, proof: Proof, now: datetime) -> str:
    """Another token for the device gateways of this site, shown this once; the old one ends now.
    Raises BadInput, also for the main site: its token is the house's own file."""
    by = _responsible(proof, now)
    if site == MAIN:
        raise BadInput("site", "a site besides the first: its token is the house's own", site)
    token, digest = _token()
    with transaction.atomic():
        _locked(site, by)
        Site.objects.filter(pk=site).update(gateway_sha256=digest)
        _signed("site_token_changed", {"site": site}, proof, now)
    return token


def _responsible(proof: Proof, now: datetime) -> Staff:
    may = can(proof.staff, "site.manage", at=now)
    if not may:
        raise BadInput("by", f"the person responsible for staff. {may.why}")
    proof.must_be_fresh(now, "password")
    return proof.staff


def _locked(site: str, by: Staff) -> Site:
    """The site, where this person works themselves. Raises BadInput."""
    found = Site.objects.select_for_update().filter(pk=site).first()
    alone = Site.objects.count() < 2
    if found is None or not (alone or found.people.filter(pk=by.pk).exists()):
        raise BadInput("site", "a site where you work yourself", site)
    return found


def _checked(details: Details) -> Details:
    said = Details(**{name: value.strip() for name, value in asdict(details).items()})
    said = replace(said, state=said.state.upper(), dea_number=said.dea_number.upper())
    if not said.name:
        raise BadInput("name", "the name of the site")
    if said.dea_number and not _DEA.fullmatch(said.dea_number):
        raise BadInput("dea_number", "two letters and seven digits", said.dea_number)
    if said.state and not _STATE.fullmatch(said.state):
        raise BadInput("state", "a code such as US-AZ, or nothing", said.state)
    if said.time_zone and said.time_zone not in available_timezones():
        raise BadInput("time_zone", "such as America/Phoenix, or nothing", said.time_zone)
    return said


def _reason(words: str) -> str:
    if len(words.strip()) < 5:
        raise BadInput("reason", "why, in words")
    return words.strip()


def _token() -> tuple[str, str]:
    token = secrets.token_urlsafe(32)
    return token, hashlib.sha256(token.encode()).hexdigest()


def _signed(kind: str, body: Mapping[str, Any], proof: Proof, now: datetime) -> None:
    put_on_record(STREAM, kind, body, proof.staff, now, origin=proof.origin)
