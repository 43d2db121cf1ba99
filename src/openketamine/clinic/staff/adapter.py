"""How allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClinicAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody makes an account for themselves: the clinic hires people."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Closed."""
        return False
