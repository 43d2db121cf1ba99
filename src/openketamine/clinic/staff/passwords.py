"""What a password may not be, besides short and common: a word of this clinic, or one that leaked.

The house asks nobody outside whether a password leaked. Whoever runs it may leave a file beside it
(`OPENKETAMINE_BREACHED_PASSWORDS`): SHA-1 in capitals, one a line, in order, as the list of Have I
Been Pwned comes; what stands behind a colon is not read.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError

from openketamine.clinic.staff.models import Site
from openketamine.clinic.staff.roles import ROLES

_WORDS = (
    "openketamine", "ketamine", "esketamine", "spravato", "ketalar", "ketanest", "infusion",
    "clinic", "nurse", "doctor", "password",
)  # fmt: skip
_SHORTEST = 5
_REST = 8


class NoWordOfTheClinic:
    """Not the drug, the house or its sites with a few signs around it."""

    def validate(self, password: str, user: object | None = None) -> None:
        """Raise ValidationError where nothing much is left without such words."""
        if settings.OPENKETAMINE_DEMO:
            return  # its password is printed on the page on which one signs in
        rest = password.casefold()
        for word in sorted(self._words(user), key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != password.casefold() and len(rest) < _REST:
            raise ValidationError(self.get_help_text(), code="password_of_the_clinic")

    def get_help_text(self) -> str:
        """For the page on which a password is chosen."""
        return "Not a word of this clinic with a few signs around it."

    def _words(self, user: object | None) -> Iterator[str]:
        named = [*_WORDS, *ROLES.values(), *Site.objects.values_list("name", flat=True)]
        named += [getattr(user, "display_name", ""), getattr(user, "username", "")]
        for one in named:
            yield from (word for word in one.casefold().split() if len(word) >= _SHORTEST)


class NotInABreach:
    """Not one of a file of passwords that leaked somewhere, where there is such a file."""

    def validate(self, password: str, user: object | None = None) -> None:  # noqa: ARG002
        """Raise ValidationError for one that stands in it."""
        named = settings.OPENKETAMINE_BREACHED_PASSWORDS
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        if named and _stands_in(Path(named), digest.encode()):
            raise ValidationError(self.get_help_text(), code="password_leaked")

    def get_help_text(self) -> str:
        """For the page on which a password is chosen."""
        return "Not one that is known to have leaked somewhere."


def _stands_in(path: Path, digest: bytes) -> bool:
    """By halves, as the file is long: forty gigabytes are thirty-six looks."""
    low, high = 0, path.stat().st_size
    with path.open("rb") as file:
        while low < high:
            middle = (low + high) // 2
            line = _line_after(file, middle)
            if not line or line[: len(digest)].upper() >= digest:
                high = middle
            else:
                low = middle + 1
        return _line_after(file, low)[: len(digest)].upper() == digest


def _line_after(file: IO[bytes], place: int) -> bytes:
    """The line that begins at or after this byte."""
    file.seek(max(0, place - 1))
    if place > 0:
        file.readline()
    return file.readline().rstrip()
