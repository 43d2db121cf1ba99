"""Who may sign in: a person who works here, and whose account has not ended."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from openketamine.clinic.journal import clock


class ClinicBackend(AuthenticationBackend):  # type: ignore[misc]
    """As allauth has it, and an account that was opened for a time ends with it."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Not who left, and not whose time is over."""
        return bool(super().user_can_authenticate(user)) and not user.has_ended(clock.now())
