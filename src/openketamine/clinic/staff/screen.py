"""Who sits at the screen, and their proof that it is them, out of a request."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof, prove


def signed_in(request: HttpRequest) -> Staff:
    """Who is signed in; only called behind `allowed`, which lets nobody else in."""
    assert isinstance(request.user, Staff)  # noqa: S101
    return request.user


def own_proof(request: HttpRequest, said: Mapping[str, Any], now: datetime) -> Proof:
    """The person who is signed in says once more that it is them, with the `password` or the `otp`
    of a form. Raises BadInput."""
    return prove(
        signed_in(request).username,
        said["password"],
        said.get("otp") or None,
        source=source_of(request),
        now=now,
    )


def source_of(request: HttpRequest) -> str:
    """Where an attempt comes from: wrong ones hold up a name at this screen only."""
    return request.session.session_key or ""
