"""The readings of a stream that has come to rest, moved from rows into chunks."""

from collections.abc import Iterator, Sequence

from django.db import connection, transaction

from openketamine.clinic.journal import _reading_rows
from openketamine.clinic.journal._chunks import packed, unpacked
from openketamine.clinic.journal._group import take
from openketamine.clinic.journal._reading_rows import Marked
from openketamine.clinic.journal.models import Chunk

# Half an hour at one a second: little enough to read a part, enough to deflate well.
_READINGS = 1800
_REMOVE = """
DELETE FROM journal_reading r USING journal_voice v
WHERE v.id = r.voice AND v.stream = %s AND r.number BETWEEN %s AND %s
"""


def pack(stream: str) -> int:
    """Pack every reading that is a row; how many. Nothing that anybody reads changes.

    The rows are removed only after what was packed has been unpacked and found the same, in the
    transaction that writes the chunks, and the database lets no other row go.
    """
    with transaction.atomic():
        take([stream], wait=True)
        rows = _reading_rows.unpacked_rows(stream)
        Chunk.objects.bulk_create([_chunk(stream, part) for part in _parts(rows)])
        for part in _parts(rows):
            _remove(stream, part)
        return len(rows)


def _chunk(stream: str, part: Sequence[Marked]) -> Chunk:
    made = packed(part)
    if unpacked(made) != [tuple(one) for one in part]:
        raise ValueError(f"{stream}: what was packed does not come back")
    first, last = part[0].reading.number, part[-1].reading.number
    return Chunk(stream=stream, first=first, last=last, readings=len(part), packed=made)


def _parts(rows: Sequence[Marked]) -> Iterator[Sequence[Marked]]:
    for start in range(0, len(rows), _READINGS):
        yield rows[start : start + _READINGS]


def _remove(stream: str, part: Sequence[Marked]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE, [stream, part[0].reading.number, part[-1].reading.number])
