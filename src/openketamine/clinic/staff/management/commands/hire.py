"""`python -m openketamine.clinic.site hire nora --name "Nora Lindqvist" --role nurse`."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from openketamine.clinic.journal import clock
from openketamine.clinic.staff.commands import hire
from openketamine.clinic.staff.first_password import LASTS, made_up
from openketamine.clinic.staff.roles import ROLES
from openketamine.clinic.staff.sites import MAIN
from openketamine.core.findings import BadInput


class Command(BaseCommand):
    """Open an account for one person, with a first password that is made here and shown once."""

    help = "Open an account for one person who works here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words."""
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="as it stands in the chart")
        parser.add_argument("--role", required=True, choices=sorted(ROLES))
        parser.add_argument(
            "--until",
            type=datetime.fromisoformat,
            help="when the account ends by itself, such as 2026-12-31T18:00-07:00; an auditor's "
            "always does, after 30 days where nothing is said",
        )
        parser.add_argument(
            "--site",
            action="append",
            help="where they work, in a house with several sites; may be given several times",
        )
        parser.add_argument("--credentials", default="", help="such as RN")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Hire, and say the first password once."""
        password, now = made_up(), clock.now()
        try:
            hire(
                options["username"],
                options["name"],
                options["role"],
                password,
                now,
                first_until=now + LASTS,
                credentials=options["credentials"],
                until=_with_zone(options["until"]),
                sites=options["site"] or [MAIN],
            )
        except BadInput as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{options['name']} works here now. The first password, good for a day and only to "
            f"choose an own one: {password}"
        )


def _with_zone(at: datetime | None) -> datetime | None:
    """In the clinic's own time where no offset was given."""
    return timezone.make_aware(at) if at is not None and timezone.is_naive(at) else at
