"""How allauth behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from openketamine.clinic.journal import clock
from openketamine.clinic.journal.commands import record_access
from openketamine.clinic.staff import attempts

_PAUSE = "Too many wrong attempts from here. Wait until {until:%H:%M:%S}, then try again."


class ClinicAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody makes an account for themselves; wrong attempts hold up nobody but who makes them."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Closed: the clinic hires people."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raise ValidationError while this name waits at this source, whether it exists or not."""
        now, name = clock.now(), str(credentials.get("username") or "")
        source = attempts.source_of(request, name)
        until = attempts.waits_until(attempts.SIGN_IN_FAILED, source.key(name), now)
        if until is None and not source.known:
            until = attempts.waits_until(
                attempts.SIGN_IN_FAILED,
                source.name,
                now,
                free=attempts.FREE_OF_AN_ADDRESS,
            )
        if until is not None:
            raise ValidationError(
                _PAUSE.format(until=timezone.localtime(until)), code="too_many_login_attempts"
            )
        # Not allauth's own count: it goes by name alone, so that anybody could lock anybody out.
        self._login_failed_rl_usage = None

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """On record, under the name at its source, and under the address of an unknown browser."""
        now, name = clock.now(), str(credentials.get("username") or "")
        source = attempts.source_of(request, name)
        for key in {source.key(name), *(() if source.known else (source.name,))}:
            record_access(None, None, attempts.SIGN_IN_FAILED, now, refused=True, source=key)

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """By whatever way, passkey included: not into an account that has ended."""
        if user.is_shut_out(clock.now()):
            ended: HttpResponse = self.respond_user_inactive(request, user)
            return ended
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def clean_password(self, password: str, user: Any = None) -> str:
        """As allauth has it; and never the one from before, nor the first one for good."""
        cleaned: str = super().clean_password(password, user)
        if user is not None and user.pk and user.check_password(password):
            raise ValidationError("Another one than until now.")
        return cleaned

    def set_password(self, user: Any, password: str) -> None:
        """An own one: the first one is over."""
        user.first_password_until = None
        super().set_password(user, password)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """On record; and this browser is known from now on."""
        record_access(user, None, "signed in", clock.now())
        response: HttpResponse = super().post_login(request, user, **kwargs)
        attempts.remember(request, response, user.username)
        return response
