"""The inspection packet as files: JSON, a ZIP that proves itself, and paper."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import typst
from django.db import connection

from openketamine.clinic.journal.export import add_export, one_line
from openketamine.clinic.pharmacy._entries import BOOK_KINDS, STREAM
from openketamine.clinic.pharmacy.packet import Packet
from openketamine.clinic.staff.sites import seen

_TEMPLATE = Path(__file__).parent / "packet.typ"
# Rows that are still read on paper: some 300 pages. What is more stands in the ZIP, and says so.
_ON_PAPER = 10_000
_AT_ONCE = 5000
# A third larger than the usual level, in a third of its time.
_QUICK = 1
_ENTRIES = """
    SELECT number, (body -> 'entry' || jsonb_build_object('recorded_at',
               to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00')))::text
      FROM journal_fact
     WHERE stream = %(stream)s AND kind = ANY(%(kinds)s) AND number > %(after)s
       AND number <= %(last)s
     ORDER BY number LIMIT %(most)s
"""


def write_json(packet: Packet, to: IO[str]) -> None:
    """The whole packet as one JSON document, row by row."""
    to.write(f'{{"packet": {_json(packet.head)},\n"tables": {{')
    for place, (name, rows) in enumerate(packet.tables().items()):
        to.write(f"{',' * (place > 0)}\n{_json(name)}: [")
        for number, row in enumerate(rows()):
            to.write(f"{',' * (number > 0)}\n{_json(row)}")
        to.write("]")
    to.write("}}\n")


def write_zip(packet: Packet, to: IO[bytes]) -> None:
    """Tables as CSV, the packet as JSON, and what proves it without us: `book.jsonl` for `ledger
    check`; `journal.jsonl`, `heads.json` and `verify.py`, which needs nothing but Python. Both
    begin with the first entry of the book."""
    with (
        zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as folder,
        tempfile.TemporaryFile("w+", encoding="utf-8") as whole,
    ):
        whole.write(f'{{"packet": {_json(packet.head)},\n"tables": {{')
        for place, (name, rows) in enumerate(packet.tables().items()):
            whole.write(f"{',' * (place > 0)}\n{_json(name)}: [")
            with _text(folder, file_name(name)) as table:
                _both(rows(), table, whole)
            whole.write("]")
        whole.write("}}\n")
        whole.seek(0)
        with _text(folder, "packet.json") as copy:
            while piece := whole.read(1 << 20):
                copy.write(piece)
        if seen() is not None:
            folder.writestr("README.txt", _OF_SOME_SITES)
            return
        with _text(folder, "book.jsonl") as book:
            book.writelines(_book(packet.last))
        add_export(folder, [STREAM], packet.now)
        folder.writestr("README.txt", _README)


_OF_SOME_SITES = """Inspection packet of some of the sites of this house.

packet.json and csv/ hold the tables of the range that was asked for, of these sites.
The book and its chain are of the whole house and are not in it: ask somebody who works at each of
its sites, or the keeper of the machine (openketamine packet FROM TO --out FILE).
"""


_README = """Inspection packet.

packet.json and csv/ hold the tables of the range that was asked for.
book.jsonl is the drug book from its first entry: openketamine ledger check book.jsonl
journal.jsonl is the same book with its chain of hashes, heads.json its last hash:
    python3 verify.py
needs nothing but Python and these files: no database, no network, no account.
Keep heads.json; at the next visit: python3 verify.py . --since OLD/heads.json
Drug on the tray of a session that is still under way shows as a difference: it is neither given
nor wasted yet.
"""


def as_pdf(packet: Packet, *, paper: str, demo: bool) -> bytes:
    """The packet on paper. A table without rows says so; one too long for paper says how many rows
    it has and which file of the ZIP holds them."""
    data = {"head": packet.head, "paper": paper, "demo": demo, "tables": list(_printed(packet))}
    made = typst.compile(str(_TEMPLATE), sys_inputs={"data": json.dumps(data)})
    assert isinstance(made, bytes)  # noqa: S101  (one file was asked for)
    return made


def _printed(packet: Packet) -> Iterator[dict[str, Any]]:
    room = _ON_PAPER
    for name, read in packet.tables().items():
        rows, counted = [], 0
        for counted, row in enumerate(read(), 1):
            if counted <= room:
                rows.append(row)
        fits = counted <= room
        room -= counted if fits else 0
        yield {
            "name": name,
            "columns": list(rows[0]) if rows and fits else [],
            "rows": [list(row.values()) for row in rows] if fits else [],
            "elsewhere": "" if fits else f"{counted} rows: {file_name(name)} in the ZIP.",
        }


def file_name(table: str) -> str:
    """`losses and surplus` → `csv/losses-and-surplus.csv`."""
    return f"csv/{table.split(' (')[0].replace(' ', '-')}.csv"


def _text(folder: zipfile.ZipFile, name: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(folder.open(name, "w", force_zip64=True), encoding="utf-8", newline="")


def _both(rows: Iterator[Mapping[str, str]], table: IO[str], whole: IO[str]) -> None:
    """Each row once into the CSV and once into the JSON."""
    writer: csv.DictWriter[str] | None = None
    for number, row in enumerate(rows):
        if writer is None:
            writer = csv.DictWriter(table, list(row))
            writer.writeheader()
        writer.writerow({key: _cell(value) for key, value in row.items()})
        whole.write(f"{',' * (number > 0)}\n{_json(row)}")


def _book(last: int) -> Iterator[str]:
    after = 0
    asked: dict[str, Any] = {
        "stream": STREAM, "kinds": list(BOOK_KINDS), "last": last, "most": _AT_ONCE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_ENTRIES, asked | {"after": after})
            rows = cursor.fetchall()
            if not rows:
                return
            yield from (one_line(text) for _, text in rows)
            after = rows[-1][0]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cell(value: str) -> str:
    """A spreadsheet must read words as words, whatever sign they begin with."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
