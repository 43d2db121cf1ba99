"""Closed sessions are packed: their readings take a third of the room and say the same."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from openketamine.clinic.journal import commands as journal

# A gateway may still bring what it held back; after that a session hardly ever grows again.
_REST = timedelta(hours=1)
_AT_ONCE = 20
_LOCK = 0x6F6B7061636B  # "okpack": one process packs at a time
_RESTING = """
SELECT 'session:' || s.id FROM treatments_session s
WHERE s.closed_at BETWEEN %s AND %s AND EXISTS (
    SELECT 1 FROM journal_voice v JOIN journal_reading r ON r.voice = v.id
    WHERE v.stream = 'session:' || s.id)
ORDER BY s.closed_at LIMIT %s
"""


def pack_closed(now: datetime, since: datetime) -> int:
    """Pack sessions that were closed between `since` and an hour ago, a few at a time.

    Returns how many were packed; 0 where nothing is left, or another process is at it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RESTING, [since, now - _REST, _AT_ONCE])
        streams = [stream for (stream,) in cursor.fetchall()]
    return sum(_pack(stream) for stream in streams)


def _pack(stream: str) -> bool:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            (ours,) = cursor.fetchone()
        if ours:
            journal.pack(stream)
        return bool(ours)
