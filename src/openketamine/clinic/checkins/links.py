"""Links that open without a password: for one person, one purpose, one device, for some days.

The token has 192 random bits and stands in the message alone: kept is its hash. Looking at a link
changes nothing (scanners of mail open every link); pressing "Begin" binds it to that browser, which
gets a key in a cookie. From then on the token opens nothing anywhere else, and when the purpose is
finished it opens nothing at all. A link that is unknown, too old, used or of another device gets
the same answer; only the device that used it is told that it is finished, and guesses nothing.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from openketamine.clinic.checkins import speech
from openketamine.clinic.checkins.models import Link
from openketamine.clinic.journal import clock
from openketamine.clinic.journal.commands import record_access
from openketamine.clinic.patients.models import Person
from openketamine.clinic.staff import attempts, sites

GOOD_FOR = timedelta(days=7)
KNOWN_FOR = timedelta(minutes=15)
WRONG_ANSWERS = 5
REFUSED = "link refused"
# A page that a link to any place opens.
ANY = "any"
# Only over TLS where the clinic speaks it; its path keeps it from every other page.
COOKIE = ("__Secure-" if settings.OPENKETAMINE_HTTPS else "") + "openketamine_my_device"
_COOKIE_LASTS = timedelta(days=180)
_TOKEN_BYTES = 24


@dataclass(frozen=True)
class Opened:
    """A link that is bound to this device now; `key` goes into the device's cookie."""

    link: Link
    key: str


def issue(person: Person, purpose: str, now: datetime, *, good_for: timedelta = GOOD_FOR) -> str:
    """A new link: the whole address, to be put into one message and kept nowhere else.

    `purpose` is `<place>:<what>`, such as `check-in:<id>`; the place names the page that opens.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    Link.objects.create(
        token_sha256=_hash(token),
        person=person,
        purpose=purpose,
        issued_at=now,
        until=now + good_for,
    )
    return f"{settings.OPENKETAMINE_PUBLIC_URL}/c/{token}/"


def hand_on(
    link: Link,
    purpose: str,
    now: datetime,
    *,
    good_for: timedelta,
    known_until: datetime | None = None,
) -> Link:
    """A link of another purpose for the device that holds this one, without a message.

    `known_until`: until when whoever holds it need not say their date of birth again.
    """
    return Link.objects.create(
        token_sha256=_hash(secrets.token_urlsafe(_TOKEN_BYTES)),
        person=link.person,
        purpose=purpose,
        issued_at=now,
        until=now + good_for,
        device_sha256=link.device_sha256,
        opened_at=now,
        known_until=known_until,
    )


def look(token: str, key: str, now: datetime) -> Link | None:
    """The link of this token, if it may be opened on the device with this key. Changes nothing."""
    link = Link.objects.select_related("person").filter(token_sha256=_hash(token)).first()
    return link if link is not None and _is_good(link, key, now) else None


def redeem(token: str, key: str, now: datetime) -> Opened | None:
    """Bind the link to this device (`key` from its cookie, empty for a new one).

    None where it may not be opened here: unknown, too old, finished, or bound to another device.
    """
    with transaction.atomic():
        rows = Link.objects.select_for_update(of=("self",)).select_related("person")
        link = rows.filter(token_sha256=_hash(token)).first()
        if link is None or not _is_good(link, key, now):
            return None
        if not link.opened_at:
            key = key or secrets.token_urlsafe(_TOKEN_BYTES)
            link.device_sha256, link.opened_at = _hash(key), now
            link.save(update_fields=["device_sha256", "opened_at"])
    return Opened(link, key)


def link_of(link_id: UUID, key: str, now: datetime) -> Link | None:
    """An opened link by its id, for the device that holds its key; None for everybody else."""
    link = Link.objects.select_related("person").filter(pk=link_id, opened_at__lte=now).first()
    return link if link is not None and _is_good(link, key, now) else None


def finish(purpose: str, now: datetime) -> None:
    """Every link of this purpose is dead from now on."""
    Link.objects.filter(purpose=purpose, finished_at=None).update(finished_at=now)


def knows(link: Link, born: date | None, now: datetime) -> bool:
    """Whether this is the person's date of birth, the second thing that they know. Wrong answers
    are counted; after the fifth the link is dead."""
    with transaction.atomic():
        held = Link.objects.select_for_update(of=("self",)).select_related("person")
        link = held.get(pk=link.pk)
        right = born is not None and link.person.birth_date == born
        if link.finished_at or link.wrong_answers >= WRONG_ANSWERS:
            return False
        if right:
            link.known_until = now + KNOWN_FOR
        else:
            link.wrong_answers += 1
            if link.wrong_answers >= WRONG_ANSWERS:
                link.finished_at = now
        link.save(update_fields=["known_until", "wrong_answers", "finished_at"])
    return right


def is_known(link: Link, now: datetime) -> bool:
    """Whether the second thing was said a short while ago."""
    return link.known_until is not None and now < link.known_until


def by_link(place: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let the view answer only the device that holds the link in its address, for this place.

    The view gets the `Link` instead of its id, and speaks the person's language. Whoever else comes
    gets the one answer of all links that are not good.
    """

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, link_id: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
            now = clock.now()
            link = link_of(link_id, key_of(request), now)
            if link is None:
                return over(request, Link.objects.filter(pk=link_id).first(), now)
            if place not in (ANY, link.purpose.partition(":")[0]):
                return refused(request, now)
            with for_whom(link):
                return view(request, link, *args, **kwargs)

        guarded.openketamine_link = place  # type: ignore[attr-defined]  # read by the access test
        return guarded

    return guard


@contextmanager
def for_whom(link: Link) -> Iterator[None]:
    """Who opens a link is signed in nowhere: they are shown what the site has that treats them, in
    their own language."""
    person = link.person
    with (
        sites.only(sites.apart(str(person.site_id))),
        speech.speaking(speech.of_person(person)),
    ):
        yield


def waits(request: HttpRequest, now: datetime) -> datetime | None:
    """Until when links from this address are not looked at; None where they are."""
    return attempts.waits_until(REFUSED, _address(request), now, free=attempts.FREE_OF_AN_ADDRESS)


def refused(request: HttpRequest, now: datetime) -> HttpResponse:
    """The one answer for every link that is not good, whatever the reason; counted by address."""
    record_access(None, None, REFUSED, now, refused=True, source=_address(request))
    return not_good(request)


def over(request: HttpRequest, link: Link | None, now: datetime) -> HttpResponse:
    """A link that opens no more: its own device is told so, in the person's language. Whoever else
    comes gets the one answer. `link` is None where there never was one."""
    if link is None or not _is_of(link, key_of(request)):
        return refused(request, now)
    with for_whom(link):
        return render(request, "checkins/over.html", status=404)


def not_good(request: HttpRequest) -> HttpResponse:
    """The page itself. It knows nobody, so it speaks the language of the device."""
    with speech.speaking(speech.of_device(request)):
        return render(request, "checkins/not_good.html", status=404)


def key_of(request: HttpRequest) -> str:
    """The key of this device, or nothing."""
    return request.COOKIES.get(COOKIE, "")


def remember(response: HttpResponse, key: str) -> HttpResponse:
    """Give the device its key."""
    response.set_cookie(
        COOKIE,
        key,
        max_age=int(_COOKIE_LASTS.total_seconds()),
        path="/c/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        # Lax: the link is followed out of a mail program.
        samesite="Lax",
    )
    return response


def _is_good(link: Link, key: str, now: datetime) -> bool:
    if link.finished_at or now >= link.until:
        return False
    return not link.opened_at or _is_of(link, key)


def _is_of(link: Link, key: str) -> bool:
    """Whether it is bound to the device with this key."""
    return bool(link.opened_at and key) and secrets.compare_digest(link.device_sha256, _hash(key))


def _address(request: HttpRequest) -> str:
    return f"address:{request.META.get('REMOTE_ADDR', '')}"


def bound(token: str) -> Link | None:
    """The link of this token, whatever became of it; None where it never was."""
    return Link.objects.filter(token_sha256=_hash(token)).first()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def issued(token: str, now: datetime) -> Link | None:
    """The link of this token, used or not, on whatever device; None where it is too old or never
    was. Only for what cannot hurt, such as ending messages."""
    rows = Link.objects.select_related("person").filter(token_sha256=_hash(token), until__gt=now)
    return rows.first()
