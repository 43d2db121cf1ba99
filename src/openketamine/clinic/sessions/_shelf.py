"""What was kept aside long ago goes from the database into files, so that it cannot fill it.

A monitor that nobody joined says a message a second, and none of them is dropped. For two days they
stand in the database: a person may take over what is not older than one. Then they lie in a file,
which is on the disk before a row goes; whoever runs the clinic keeps it or removes it.
"""

import gzip
import hashlib
import json
import os
import socket
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from openketamine.clinic.sessions.models import QuarantinedMessage, QuarantineFile
from openketamine.clinic.staff import sites

STAYS = timedelta(days=2)
_AT_ONCE = 5000
_FIELDS = ("id", "key", "gateway", "site_id", "device_id", "mrn", "why", "recorded_at", "message")


def shelve_quarantined(now: datetime) -> int:
    """Move some of the oldest messages into a file; how many. 0: nothing is old enough.

    Of several processes each takes other rows. After a kill in between, the messages stand in the
    database and in a file that no row names: twice, and never nowhere.
    """
    with transaction.atomic(), sites.only(None):
        old = QuarantinedMessage.objects.filter(recorded_at__lt=now - STAYS).order_by("recorded_at")
        rows = list(old.select_for_update(skip_locked=True)[:_AT_ONCE])
        if not rows:
            return 0
        name, digest = _write(rows, now)
        QuarantineFile.objects.create(
            name=name,
            machine=socket.gethostname()[:200],
            messages=len(rows),
            first_at=rows[0].recorded_at,
            last_at=rows[-1].recorded_at,
            sha256=digest,
            moved_at=now,
        )
        QuarantinedMessage.objects.filter(pk__in=[row.pk for row in rows]).delete()
        return len(rows)


def _write(rows: Sequence[QuarantinedMessage], now: datetime) -> tuple[str, str]:
    """Name and SHA-256 of a file that is on the disk, readable by the clinic's own user only."""
    folder = Path(settings.OPENKETAMINE_DATA) / "quarantine"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = "".join(json.dumps(_as_json(row), sort_keys=True) + "\n" for row in rows)
    packed = gzip.compress(lines.encode(), mtime=0)
    name = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}.jsonl.gz"
    with open(folder / name, "xb", opener=_private) as file:
        file.write(packed)
        file.flush()
        os.fsync(file.fileno())
    _flush(folder)
    return name, hashlib.sha256(packed).hexdigest()


def _as_json(row: QuarantinedMessage) -> dict[str, object]:
    said = {name: getattr(row, name) for name in _FIELDS}
    return said | {"id": str(row.id), "recorded_at": row.recorded_at.isoformat()}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _flush(folder: Path) -> None:
    """The name of the file too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
