"""The only writers of the list of staff."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.staff.accounts import AUDITORS_STAY, LONGEST_AUDIT
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Site, Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.roles import ROLES
from openketamine.clinic.staff.sites import MAIN
from openketamine.core.findings import BadInput
from openketamine.core.treatment import Author

STREAM = "staff"
_SYSTEM = "command-line"


def hire(
    username: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
    *,
    credentials: str = "",
    by: Author | None = None,
    until: datetime | None = None,
    sites: Sequence[str] = (MAIN,),
    first_until: datetime | None = None,
) -> Staff:
    """Open an account for one person at these sites, `until` a moment where it ends by itself; an
    auditor's always does. Raises BadInput for a taken name, an unknown role or site, a password
    that is too easy, or an auditor who would stay too long."""
    if role not in ROLES:
        raise BadInput("role", f"one of {', '.join(ROLES)}", role)
    if not username or Staff.objects.filter(username=username).exists():
        raise BadInput("username", "a user name that nobody has yet", username)
    known = list(Site.objects.filter(pk__in=sites))
    if {one.pk for one in known} | {MAIN} != {*sites, MAIN}:
        raise BadInput("sites", "sites that were opened here", ", ".join(sites))
    ends = _end(role, until, now)
    staff = Staff(
        username=username, display_name=name, role=role, credentials=credentials, ends_at=ends,
        first_password_until=first_until,
    )  # fmt: skip
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise BadInput("password", "a better password: " + " ".join(error.messages)) from None
    staff.set_password(password)
    with transaction.atomic():
        staff.save()
        staff.sites.set(known)
        body: dict[str, Any] = {
            "username": username,
            "name": name,
            "role": role,
            "credentials": credentials,
        }
        body |= {"sites": list(sites)} if list(sites) != [MAIN] else {}
        body |= {"ends": ends.isoformat()} if ends else {}
        entry = journal.Entry(
            str(uuid.uuid4()), "staff_hired", body, now, by or author_of(staff), origin="staff"
        )
        journal.append(STREAM, [entry], now)
    return staff


def _end(role: str, until: datetime | None, now: datetime) -> datetime | None:
    """When the account ends by itself. Raises BadInput."""
    if role == "auditor":
        until = until or now + AUDITORS_STAY
        if until > now + LONGEST_AUDIT:
            raise BadInput(
                "until", f"an end within {LONGEST_AUDIT.days} days: an auditor is a guest"
            )
    if until is not None and until <= now:
        raise BadInput("until", "a moment to come", until.isoformat())
    return until


def system_account(now: datetime) -> Staff:
    """Who stands in the record for what was done at the command line. Nobody can sign in as it."""
    known = Staff.objects.filter(username=_SYSTEM).first()
    if known is not None:
        return known
    with transaction.atomic():
        staff = Staff.objects.create(
            username=_SYSTEM,
            display_name="Command line",
            role="system_admin",
            is_active=False,
            password=make_password(None),
        )
        body = {"username": _SYSTEM, "name": staff.display_name, "role": staff.role}
        put_on_record(STREAM, "staff_hired", body, staff, now, origin="staff")
    return staff
