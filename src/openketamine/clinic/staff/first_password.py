"""The first password of an account: made here at random, good for a day and for one thing, which is
to choose an own one. Nobody signs, witnesses or reads anything with it."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from openketamine.clinic.staff.models import Staff

LASTS = timedelta(hours=24)
# Signs that nobody takes for another when they read them out: 16 of 31 are 79 bits.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_WHERE = ("/account/password/change/", "/account/logout/")


def made_up() -> str:
    """Four groups of four signs, such as `k7mq-…`."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4))


def give(whose: Staff, now: datetime) -> str:
    """A new first password; the one from before, and every sign-in with it, ends. Shown once."""
    password = made_up()
    whose.set_password(password)
    whose.first_password_until = now + LASTS
    whose.save(update_fields=["password", "first_password_until"])
    return password


def ask_for_own_password(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: to the page that changes it, whoever signed in with a first password."""

    def answer(request: HttpRequest) -> HttpResponse:
        if getattr(request.user, "first_password_until", None) is None:
            return get_response(request)
        if request.path.startswith((*_WHERE, settings.STATIC_URL)):
            return get_response(request)
        if "application/json" in (request.content_type or ""):
            said = {"error": "First choose a password of your own."}
            return JsonResponse(said, status=HTTPStatus.FORBIDDEN)
        return redirect("account_change_password")

    return answer
