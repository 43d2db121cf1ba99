"""Who asks: the person behind the session cookie, or the gateway behind the token."""

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
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.presence import is_idle
from openketamine.clinic.staff.roles import can

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Guest:
    """A person with an open sign-in, and the key of it."""

    staff: Staff
    session_key: str


def is_gateway(request: Request) -> bool:
    """Whether the bearer token is the gateway's, compared in constant time."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected = settings.OPENKETAMINE_GATEWAY_TOKEN.encode()
    return scheme.lower() == "bearer" and secrets.compare_digest(token.encode(), expected)


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
    # As Django does it: a changed password ends every sign-in that was made with the old one.
    if not constant_time_compare(session.get("_auth_user_hash", ""), staff.get_session_auth_hash()):
        return None
    return Guest(staff, key)


_KNOWN_FOR = timedelta(seconds=5)
_seen: dict[str, tuple[datetime, bool]] = {}


def still_a_guest(key: str, now: datetime) -> bool:
    """Whether somebody is signed in under this key, asked once in a few seconds for all the screens
    that one person has open."""
    at, here = _seen.get(key, (now - 2 * _KNOWN_FOR, False))
    if now - at >= _KNOWN_FOR or now < at:
        here = guest(key, now) is not None
        if len(_seen) > 10_000:
            _seen.clear()
        _seen[key] = (now, here)
    return here


def admitted(key: str, task: str, person_id: UUID | None, now: datetime) -> Guest | int:
    """The person, if their role includes the task; else 401 or 403. Either way it is recorded."""
    who = guest(key, now)
    if who is None:
        return 401
    may = can(who.staff, task)
    record_access(who.staff, person_id, f"{task} · stream", now, refused=not may)
    return who if may else 403
