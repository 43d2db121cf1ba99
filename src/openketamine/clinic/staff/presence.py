"""Automatic sign-off, which never hides a running session.

After `OPENKETAMINE_IDLE_SECONDS` without an action of the person, the next request signs them off.
Requests that a page sends by itself carry `X-OpenKetamine-Background` and are no action. While a
dose runs, and until the person has gone home, the console that shows it counts as presence
(`still_watching`): a screen that goes dark at 15 minutes of a 40-minute infusion, or beside
somebody who sleeps it off, would be the greater harm. What that leaves open is bounded:
an order, a report, a withdrawal, a verification and a waste each ask for a fresh proof of identity.
Charting, start and discharge do not: they are written under the name that the screen shows.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from openketamine.clinic.journal import clock

BACKGROUND_HEADER = "X-OpenKetamine-Background"
_SEEN, _BEGAN, _WATCHED = "seen_at", "began_at", "watched_at"
# No sign-in outlives a long day, however busy: the age of the cookie moves with each use. A dose
# that runs then is watched to its end.
LONGEST = timedelta(hours=12)
_JUST_NOW = timedelta(minutes=2)
# The time is stored at most once in this many seconds: a write for each request would be waste.
_COARSENESS = timedelta(seconds=30)


def sign_off_when_idle(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: sign off who was away too long; note who is here."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = clock.now()
            if is_idle(request.session, now) or request.user.has_ended(now):
                logout(request)
            elif BACKGROUND_HEADER not in request.headers:
                _note(request.session, now)
        return get_response(request)

    return answer


def is_idle(session: SessionBase, now: datetime) -> bool:
    """Whether the last action is longer ago than the clinic allows, or the sign-in than a day is
    long."""
    seen = session.get(_SEEN)
    if seen is None:
        return False
    began = datetime.fromisoformat(session.get(_BEGAN, seen))
    if now - began > LONGEST and not _watched(session, now):
        return True
    return now - datetime.fromisoformat(seen) > timedelta(
        seconds=settings.OPENKETAMINE_IDLE_SECONDS
    )


def still_watching(session_key: str, now: datetime, *, dose_runs: bool = True) -> None:
    """The console of somebody who is treated is open before this person: they are here.

    The live front calls this now and then, from the start of a dose to the discharge. Only while
    the dose runs (or stands paused) does that outlast the longest day of a sign-in: a session that
    nobody discharged must not keep a screen open for ever.
    """
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    session = store(session_key)
    if session.get("_auth_user_id") and not is_idle(session, now) and _note(session, now):
        if dose_runs:
            session[_WATCHED] = now.isoformat()
        session.save()


def _watched(session: SessionBase, now: datetime) -> bool:
    at = session.get(_WATCHED)
    return at is not None and now - datetime.fromisoformat(at) <= _JUST_NOW


def _note(session: SessionBase, now: datetime) -> bool:
    seen = session.get(_SEEN)
    if seen is not None and now - datetime.fromisoformat(seen) < _COARSENESS:
        return False
    session[_SEEN] = now.isoformat()
    session.setdefault(_BEGAN, now.isoformat())
    return True
