"""Facts as they lie in the database, many at a time, with the two hashes that each must carry.

A book of three years is several hundred thousand rows. Here no row becomes a model, its body is
spelled once for both of its hashes, and the database writes its times.
"""

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from openketamine.clinic.journal.models import Fact

_AT_ONCE = 5000
# The spelling of `_chain.moment`, made by the database.
AS_MOMENT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00')"
_READ = f"""
    SELECT stream, number, id::text, kind, {AS_MOMENT.format("at")},
           {AS_MOMENT.format("recorded_at")}, by_id, by_name, by_role, origin, content_hash,
           prev_hash, hash, body::text
      FROM journal_fact
     WHERE {{where}} ORDER BY stream, number LIMIT {_AT_ONCE}
"""  # noqa: S608  (nothing in it comes from outside)
_OF_ALL = _READ.format(where="(stream, number) > (%(stream)s, %(number)s)")
_OF_ONE = _READ.format(where="stream = %(stream)s AND number > %(number)s")
# `_chain.canonical`, made once.
_spelled = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_again = lru_cache(maxsize=4096)(_spelled)


class FactRow(NamedTuple):
    """One row; times and body as text."""

    stream: str
    number: int
    id: str
    kind: str
    at: str
    recorded_at: str
    by_id: str
    by_name: str
    by_role: str
    origin: str
    content_hash: str
    prev_hash: str
    hash: str
    body: str


def rows_of(stream: str, after: int = 0) -> Iterator[FactRow]:
    """The rows of one stream after a number, in order."""
    return _rows(_OF_ONE, stream, after)


def all_rows() -> Iterator[FactRow]:
    """Every row of every stream, stream by stream, each in order."""
    return _rows(_OF_ALL, "", 0)


def hash_at(stream: str, number: int) -> str:
    """The hash that stands at this place; empty where nothing does, as before the first fact."""
    found = Fact.objects.filter(stream=stream, number=number).values_list("hash", flat=True)
    return found.first() or ""


def _rows(sql: str, stream: str, number: int) -> Iterator[FactRow]:
    with connection.cursor() as cursor:
        while True:
            cursor.execute(sql, {"stream": stream, "number": number})
            found = cursor.fetchall()
            yield from map(FactRow._make, found)
            if len(found) < _AT_ONCE:
                return
            stream, number = found[-1][:2]


def hashes(row: FactRow) -> tuple[str, str]:
    """What `content_hash` and `hash` of this row must be: the same as `_chain.content_hash` and
    `_stored.row_hash` say, with the body spelled once."""
    body = _spelled(json.loads(row.body))
    stream, kind, by = _again(row.stream), _again(row.kind), _again(row.by_id)
    content = f'[{stream},{kind},"{row.at}",{by},{body}]'
    author = f'{{"id":{by},"name":{_again(row.by_name)},"role":{_again(row.by_role)}}}'
    whole = (
        f'{{"at":"{row.at}","body":{body},"by":{author},"id":"{row.id}","kind":{kind},'
        f'"number":{row.number},"origin":{_again(row.origin)},"recorded_at":"{row.recorded_at}",'
        f'"stream":{stream}}}{row.prev_hash}'
    )
    return _sha256(content), _sha256(whole)


def said(row: FactRow) -> dict[str, Any]:
    """What of a row is hashed: the same as `_stored.content` says."""
    return {
        "stream": row.stream, "number": row.number, "id": row.id, "kind": row.kind, "at": row.at,
        "recorded_at": row.recorded_at, "origin": row.origin, "body": json.loads(row.body),
        "by": {"id": row.by_id, "name": row.by_name, "role": row.by_role},
    }  # fmt: skip


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
