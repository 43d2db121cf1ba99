"""Who sits at the screen, and the second person who stands beside them."""

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest

from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof, prove
from openketamine.core.findings import BadInput


def who(request: HttpRequest) -> Staff:
    """Who is signed in; `allowed` lets nobody else in."""
    return cast("Staff", request.user)


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
    source = request.session.session_key or ""
    return prove(said["witness"], said["witness_password"], source=source, now=now)
