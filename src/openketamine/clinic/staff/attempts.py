"""How long somebody waits after wrong attempts: longer each time, and nobody else with them.

Wrong attempts are counted for one name *at one source*. A browser in which a person has signed in
before carries a signed cookie and is a source of its own; every other is known by its address. So a
stranger who tries passwords of a nurse makes the stranger wait, and never the nurse at her tablet.
Somebody who tries many names is counted by address too; that holds up unknown browsers there, and
still none that is known.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from openketamine.clinic.journal.models import Access

FREE = 5
FREE_OF_AN_ADDRESS = 30
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
REMEMBERED = timedelta(hours=1)
SIGN_IN_FAILED = "sign-in failed"
COOKIE = f"{settings.COOKIES_BEGIN_WITH}openketamine_device"
_COOKIE_LASTS = timedelta(days=180)
_SALT = "openketamine.known-device"


@dataclass(frozen=True)
class Source:
    """Where an attempt comes from: `device:…` where the person signed in before, or an address."""

    name: str
    known: bool

    def key(self, username: str) -> str:
        """What wrong attempts of this name from here are counted under."""
        return f"{username[:80]}@{self.name}"[:200]


def wait(failures: int, *, free: int = FREE) -> timedelta:
    """30 s after the fifth, doubled with each further one, a quarter of an hour at most."""
    if failures < free:
        return timedelta(0)
    doubled: timedelta = FIRST_WAIT * 2 ** min(failures - free, 10)
    return min(doubled, LONGEST_WAIT)


def waits_until(what: str, key: str, now: datetime, *, free: int = FREE) -> datetime | None:
    """Until when attempts under this key are not even looked at; None where they are."""
    failed = Access.objects.filter(
        what=what, source=key, refused=True, at__gt=now - REMEMBERED, at__lte=now
    )
    times = list(failed.order_by("-at").values_list("at", flat=True)[: free + 12])
    until = times[0] + wait(len(times), free=free) if times else now
    return until if until > now else None


def source_of(request: HttpRequest, username: str) -> Source:
    """The browser that this person is known in, or the address."""
    known = _known(request)
    if known and username in known["names"]:
        return Source(f"device:{known['id']}", known=True)
    return Source(f"address:{request.META.get('REMOTE_ADDR', '')}", known=False)


def remember(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """This person has signed in at this browser. It proves nothing, and opens nothing."""
    known: dict[str, Any] = _known(request) or {"id": secrets.token_urlsafe(9), "names": []}
    names = [username, *(name for name in known["names"] if name != username)][:20]
    response.set_cookie(
        COOKIE,
        signing.dumps({"id": known["id"], "names": names}, salt=_SALT),
        max_age=int(_COOKIE_LASTS.total_seconds()),
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_COOKIE_LASTS
        )
    except signing.BadSignature:
        return None
    return found
