"""`python -m openketamine.clinic.site rotate_note_keys`: every note under the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from openketamine.clinic.notes.commands import rotate
from openketamine.core.findings import BadInput


class Command(BaseCommand):
    """Seal every note that is kept apart with the newest key."""

    help = "Seal every note that is kept apart with the newest key; then the older may go."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """All of them or none."""
        try:
            done = rotate()
        except BadInput as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{done} notes are sealed with the newest key.")
