"""`python -m openketamine.clinic.site first_password miriam --reason "…"`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from openketamine.clinic.journal import clock
from openketamine.clinic.staff import recovery
from openketamine.clinic.staff.commands import system_account
from openketamine.clinic.staff.models import Staff
from openketamine.core.findings import BadInput


class Command(BaseCommand):
    """For the only director, whom nobody can approve; for all others there is the page Accounts."""

    help = "A new first password for somebody whom nobody else can let in again; on record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words."""
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="why by hand; how they were known")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make it, and say it once."""
        now = clock.now()
        whose = Staff.objects.filter(username=options["username"], is_active=True).first()
        if whose is None:
            raise CommandError("Nobody of that name works here.")
        try:
            password = recovery.by_hand(whose, options["reason"], system_account(now), now)
        except BadInput as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Good for a day, and only to choose an own one: {password}")
