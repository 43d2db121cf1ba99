"""Opening the board on a wall. Nobody signs in there: a charge nurse reads a code to it.

The code is good once and for ten minutes; what the browser gets for it is good for twelve hours at
most, for this one browser, and may be ended at any time. A wall sees initials, chairs and findings,
no names, and can do nothing.
"""

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from openketamine.clinic.calls.models import Wall
from openketamine.clinic.journal import commands as journal
from openketamine.clinic.sessions import queries
from openketamine.clinic.staff import sites
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.findings import BadInput

STREAM = "walls"
CODE_GOOD_FOR = timedelta(minutes=10)
HOURS = (4, 8, 12)
# Letters and digits that nobody reads as each other across a room: eight of them are 40 bits.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# No ids, no addresses: a wall leads nowhere.
_SHOWN = (
    "initials", "chair", "nurse", "phase", "infusion", "doses", "due", "pressure", "alarm",
    "sound", "call", "at",
)  # fmt: skip


def open_wall(place: str, hours: int, by: Staff, now: datetime) -> tuple[Wall, str]:
    """A new permission and the code for it, which is shown once. Raises BadInput."""
    if not place.strip():
        raise BadInput("place", "where the screen hangs", place)
    if hours not in HOURS:
        raise BadInput("hours", f"one of {', '.join(map(str, HOURS))}", hours)
    code = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    with transaction.atomic():
        wall = Wall.objects.create(
            place=place.strip()[:60],
            code_sha256=_hash(code),
            code_until=now + CODE_GOOD_FOR,
            opened_by=by,
            opened_at=now,
            until=now + timedelta(hours=hours),
            site_id=sites.here(),
        )
        said = {"wall": str(wall.pk), "place": wall.place, "until": wall.until.isoformat()}
        _append("wall_opened", said, by, now)
    return wall, code


def redeem(code: str, now: datetime) -> tuple[Wall, str] | None:
    """The wall of this code, and the key for its browser. None: not good, or not any more."""
    typed = "".join(code.upper().replace("-", "").split())
    with transaction.atomic():
        good = Wall.objects.select_for_update().filter(
            code_sha256=_hash(typed), code_until__gt=now, ended_at=None
        )
        wall = good.first()
        if wall is None:
            return None
        key = secrets.token_urlsafe(32)
        wall.code_sha256, wall.key_sha256 = "", _hash(key)
        wall.save(update_fields=["code_sha256", "key_sha256"])
    return wall, key


def wall_of(key: str, now: datetime) -> Wall | None:
    """The wall that this key belongs to, while it is allowed to show anything."""
    if not key:
        return None
    return Wall.objects.filter(key_sha256=_hash(key), until__gt=now, ended_at=None).first()


def end_wall(wall_id: uuid.UUID, by: Staff, now: datetime) -> None:
    """It shows nothing from now on."""
    with transaction.atomic():
        wall = Wall.objects.select_for_update().filter(pk=wall_id, ended_at=None).first()
        if wall is not None:
            wall.ended_at = now
            wall.save(update_fields=["ended_at"])
            _append("wall_ended", {"wall": str(wall.pk), "place": wall.place}, by, now)


def standing(now: datetime) -> list[Wall]:
    """Walls that may show the board now."""
    rows = Wall.seen.filter(until__gt=now, ended_at=None).select_related("opened_by")
    return list(rows.order_by("-opened_at"))


def tiles(wall: Wall, now: datetime) -> list[dict[str, Any]]:
    """The board of its site as a wall may have it."""
    with sites.only([wall.site_id or sites.MAIN]):
        return [{name: one[name] for name in _SHOWN} for one in queries.board(now)]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _append(kind: str, body: Mapping[str, str], by: Staff, now: datetime) -> None:
    entry = journal.Entry(str(uuid.uuid4()), kind, body, now, author_of(by), origin="walls")
    journal.append(STREAM, [entry], now)
