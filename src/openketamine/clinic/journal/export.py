"""The journal as files that an auditor takes home, with a program that verifies them there."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.db import connection

from openketamine.clinic.journal._chain import canonical, moment
from openketamine.clinic.journal._fact_rows import AS_MOMENT, FactRow, hash_at, said
from openketamine.clinic.journal._readings import chained, hashed
from openketamine.clinic.journal._verify import in_order
from openketamine.clinic.journal.models import Head, Voice

_VERIFIER = Path(__file__).parent / "offline_verify.py"
# Streams about people are taken with their session only; the rest is the clinic's own book.
_OF_PEOPLE = ("session:", "person:", "notes:")
_AT_ONCE = 5000
_AS_LINES = f"""
    SELECT number, hash, json_build_object('fact', json_build_object(
               'stream', stream, 'number', number, 'id', id, 'kind', kind,
               'at', {AS_MOMENT.format("at")}, 'recorded_at', {AS_MOMENT.format("recorded_at")},
               'by', json_build_object('id', by_id, 'name', by_name, 'role', by_role),
               'origin', origin, 'body', body), 'hash', hash)::text
      FROM journal_fact WHERE stream = %(stream)s AND number > %(after)s
       AND number <= %(until)s
     ORDER BY number LIMIT %(most)s
"""  # noqa: S608  (nothing in it comes from outside)
README = """\
What this is: a part of the journal of a clinic, taken on {at}.
journal.jsonl   every fact of these streams, one a line, in order
heads.json      the last number and hash of each stream; keep it for your next visit
verify.py       python3 verify.py            is all of it as it was written?
                python3 verify.py . --since OLD/heads.json   and since your last visit?
"""


@dataclass(frozen=True)
class Part:
    """Of a stream, what lies behind one number up to another."""

    after: int = 0
    until: int = 2**31 - 1


WHOLE = Part()


def streams_of_the_house() -> list[str]:
    """Every stream that is about the clinic and not about one person."""
    names = Head.objects.order_by("stream").values_list("stream", flat=True)
    return [name for name in names if not name.startswith(_OF_PEOPLE)]


def write_export(to: IO[bytes], streams: Iterable[str], now: datetime) -> str:
    """A zip of these streams; the SHA-256 of its heads comes back, to be noted on paper."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as folder:
        said = add_export(folder, streams, now)
        folder.writestr("README.txt", README.format(at=now.isoformat(timespec="seconds")))
    return said


def add_export(
    folder: zipfile.ZipFile, streams: Iterable[str], now: datetime,
    parts: Mapping[str, Part] | None = None,
) -> str:  # fmt: skip
    """These streams, their heads and the program that verifies both, into a zip that holds more;
    the SHA-256 of the heads. `parts`: of which streams (without readings) only a part is meant."""
    heads: dict[str, Any] = {}
    parts = parts or {}
    with folder.open("journal.jsonl", "w", force_zip64=True) as raw:
        lines = io.TextIOWrapper(raw, encoding="utf-8", newline="\n")
        for stream in streams:
            heads[stream] = _write(lines, stream, parts.get(stream, WHOLE))
        lines.flush()
    begins = {stream: _mark(stream, part.after) for stream, part in parts.items() if part.after}
    whole = {"at": moment(now), "streams": heads} | ({"begins": begins} if begins else {})
    said = canonical(whole)
    folder.writestr("heads.json", said)
    folder.writestr("verify.py", _VERIFIER.read_text(encoding="utf-8"))
    return hashlib.sha256(said.encode()).hexdigest()


def with_chain(streams: Iterable[str], now: datetime) -> dict[str, Any]:
    """The lines of these streams and their heads, as a value: what `verify` of the offline program
    reads."""
    heads: dict[str, Any] = {}
    lines = io.StringIO()
    for stream in streams:
        heads[stream] = _write(lines, stream, WHOLE)
    return {
        "lines": lines.getvalue().splitlines(),
        "heads": {"at": moment(now), "streams": heads},
    }


def _mark(stream: str, number: int) -> dict[str, Any]:
    return {"number": number, "hash": hash_at(stream, number)}


def _write(lines: IO[str], stream: str, part: Part) -> dict[str, Any]:
    if not Voice.objects.filter(stream=stream).exists():
        return _copy(lines, stream, part)
    number, last = 0, ""
    for number, last, line in _lines(stream):  # noqa: B007  (the last of them is the head)
        lines.write(json.dumps(line, sort_keys=True) + "\n")
    return {"number": number, "hash": last}


def _copy(lines: IO[str], stream: str, part: Part) -> dict[str, Any]:
    """A stream in which no device speaks, as the database itself writes it: the book of three years
    is several hundred thousand lines."""
    asked: dict[str, Any] = {"stream": stream, "until": part.until, "most": _AT_ONCE}
    head = _mark(stream, part.after)
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_AS_LINES, asked | {"after": head["number"]})
            rows = cursor.fetchall()
            if not rows:
                return head
            lines.writelines(one_line(row[2]) for row in rows)
            head = {"number": rows[-1][0], "hash": rows[-1][1]}


def one_line(text: str) -> str:
    """JSON of the database as one line for every reader: some break at more than a line feed."""
    return f"{text if text.isascii() else json.dumps(json.loads(text))}\n"


def _lines(stream: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    before = ""
    for one in in_order(stream):
        if isinstance(one, FactRow):
            before = one.hash
            yield one.number, before, {"fact": said(one), "hash": before}
        else:
            text = hashed(stream, one.reading)
            before = chained(stream, one.reading, before)
            yield one.reading.number, before, {"reading": text, "hash": before}
