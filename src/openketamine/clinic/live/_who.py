"""Who asks: the person behind the session cookie, or the gateway behind the token."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare
from starlette.requests import Request

from openketamine.clinic.journal.commands import record_access
from openketamine.clinic.staff.models import Site, Staff
from openketamine.clinic.staff.presence import is_idle
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.sites import MAIN, chosen, sites_of

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Guest:
    """A person with an open sign-in, the key of it, and the sites that they see; None for all."""

    staff: Staff
    session_key: str
    sites: frozenset[str] | None = None

    def sees(self, site: str | None) -> bool:
        """Whether what is at this site is shown to them; None is no place at all."""
        return self.sites is None or site is None or site in self.sites


def is_gateway(request: Request) -> bool:
    """Whether the bearer token is the house's gateway token, compared in constant time."""
    expected = settings.OPENKETAMINE_GATEWAY_TOKEN.encode()
    return secrets.compare_digest(_bearer(request).encode(), expected)


def gateway_site(request: Request) -> str | None:
    """Where the gateway of this token stands; None for a token that is nobody's.

    The token of another site is looked up by its hash, and a database is asked: not on the loop.
    """
    if is_gateway(request):
        return MAIN
    token = _bearer(request)
    digest = hashlib.sha256(token.encode()).hexdigest()
    known = Site.objects.filter(gateway_sha256=digest, closed_at=None)
    found = known.first() if token else None
    return found.pk if found else None


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def session_key(request: Request) -> str:
    """The key out of Django's cookie, or nothing."""
    return request.cookies.get(settings.SESSION_COOKIE_NAME, "")


def guest(key: str, now: datetime) -> Guest | None:
    """The person who is signed in under this key and was not away too long."""
    if not key:
        return None
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    session = store(key)
    staff = Staff.objects.filter(pk=str(session.get("_auth_user_id") or NOBODY)).first()
    if staff is None or not staff.is_active or staff.has_ended(now) or is_idle(session, now):
        return None
    if staff.first_password_until is not None:
        return None
    # As Django does it: a changed password ends every sign-in that was made with the old one.
    if not constant_time_compare(session.get("_auth_user_hash", ""), staff.get_session_auth_hash()):
        return None
    return Guest(staff, key, chosen(sites_of(staff), session))


_KNOWN_FOR = timedelta(seconds=5)
_seen: dict[str, tuple[datetime, Guest | None]] = {}


def still_a_guest(key: str, now: datetime) -> Guest | None:
    """Whoever is signed in under this key, asked once in a few seconds for all the screens that
    one person has open."""
    at, here = _seen.get(key, (now - 2 * _KNOWN_FOR, None))
    if now - at >= _KNOWN_FOR or now < at:
        here = guest(key, now)
        if len(_seen) > 10_000:
            _seen.clear()
        _seen[key] = (now, here)
    return here


def admitted(
    key: str, task: str, person_id: UUID | None, now: datetime, site: str | None = None
) -> Guest | int:
    """The person, if their role includes the task and they work at the site; else 401 or 403.
    Either way it is recorded."""
    who = guest(key, now)
    if who is None:
        return 401
    may, here = can(who.staff, task).ok, who.sees(site)
    said = f"{task} · stream" + ("" if here else " · another site")
    record_access(who.staff, person_id, said, now, refused=not (may and here))
    return who if may and here else 403
