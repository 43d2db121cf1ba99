"""The second person who stands beside the one at the screen."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from openketamine.clinic.staff.proofs import Proof, prove
from openketamine.clinic.staff.screen import source_of
from openketamine.core.findings import BadInput


def second_needed(request: HttpRequest, form: Any, now: datetime) -> Proof:
    """The proof of the second person, without whom this is not done. Raises BadInput."""
    second = second_of(request, form, now)
    if second is None:
        raise BadInput("witness", "a second person, with their own password")
    return second


def second_of(request: HttpRequest, form: Any, now: datetime) -> Proof | None:
    """The proof of the second person named in the form; None where none is. Raises BadInput."""
    said = form.cleaned_data
    if not said.get("witness"):
        return None
    return prove(said["witness"], said["witness_password"], source=source_of(request), now=now)
