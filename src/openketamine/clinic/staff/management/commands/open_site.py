"""`python -m openketamine.clinic.site open_site northside --name Northside --with miriam sam`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from openketamine.clinic.journal import clock
from openketamine.clinic.staff.commands import system_account
from openketamine.clinic.staff.places import open_site
from openketamine.core.findings import BadInput


class Command(BaseCommand):
    """Open another site; from then on sites are kept apart."""

    help = "Open another site in this house, with its own people, stock, chairs and devices."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words."""
        parser.add_argument("site", help="small letters, digits and dashes, such as northside")
        parser.add_argument("--name", required=True, help="as it stands on the pages")
        parser.add_argument(
            "--with", dest="people", nargs="+", default=[], help="user names of who works there"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Open it; the token of its gateways is printed once."""
        now = clock.now()
        asked = (options["site"], options["name"], options["people"])
        try:
            opened, token = open_site(*asked, system_account(now), now)
        except BadInput as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{opened.name} is open. The token of its device gateways: {token}")
