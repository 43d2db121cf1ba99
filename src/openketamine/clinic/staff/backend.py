"""Who may sign in: a person who works here, and whose account has not ended."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from openketamine.clinic.journal import clock


class ClinicBackend(AuthenticationBackend):  # type: ignore[misc]
    """As allauth has it; an account that was opened for a time ends with it, and so does a first
    password."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Not who left, and not whose time is over."""
        return bool(super().user_can_authenticate(user)) and not user.is_shut_out(clock.now())

    @classmethod
    def _stash_user(cls, user: Any) -> None:
        """The library keeps a right password of a shut account aside and signs in all the same,
        where only `is_active` stops it. Here it is as good as a wrong one, in the same words."""
