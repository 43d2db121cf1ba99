"""The inspection packet as files: JSON, a ZIP that proves itself, and paper."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import typst
from django.db import connection

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.export import add_export, one_line
from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._entries import BOOK_KINDS, books, says_one_of, site_of_book
from openketamine.clinic.pharmacy.packet import Packet
from openketamine.clinic.staff import sites
from openketamine.core.findings import BadInput

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
    """Tables as CSV, the packet as JSON, and what proves these days without us: `journal.jsonl`,
    `heads.json` and `verify.py`, which needs nothing but Python."""
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
        _add_proof(folder, packet)


def _add_proof(folder: zipfile.ZipFile, packet: Packet) -> None:
    """The part of each book in which these days are, with what proves it; all of it where these are
    all its days. A book in which another site stands too is for who works at all of them."""
    shared = [one for one in packet.parts if of_others(one)]
    if shared:
        folder.writestr("README.txt", _OF_SOME_SITES.format(", ".join(shared)))
        return
    if packet.is_whole:
        _add_books(folder, list(packet.parts))
    add_export(folder, list(packet.parts), packet.now, packet.parts)
    folder.writestr(
        "README.txt", _README + _PROVES + (_WITH_BOOK if packet.is_whole else _OF_A_PART)
    )


def write_whole(to: IO[bytes], now: datetime) -> None:
    """The books of these sites from their first entry, with what proves them without us. Raises
    BadInput where another site stands in one of them."""
    whole = list(journal.heads(books()))
    if shared := [one for one in whole if of_others(one)]:
        raise BadInput("site", f"somebody who works at every site that stands in {shared[0]}")
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as folder:
        _add_books(folder, whole)
        add_export(folder, whole, now)
        folder.writestr("README.txt", _WHOLE + _PROVES + _WITH_BOOK)


def of_others(book: str) -> bool:
    """Whether a site that is not seen now stands in this book: as in a main book of the days before
    each site had its own."""
    seen = sites.seen()
    if seen is None:
        return False
    return Fact.objects.filter(stream=book).exclude(says_one_of(seen)).exists()


def _add_books(folder: zipfile.ZipFile, streams: list[str]) -> None:
    """`book.jsonl`, and one for each site where there are several."""
    for stream in streams:
        name = "book.jsonl" if len(streams) == 1 else f"book-{site_of_book(stream)}.jsonl"
        with _text(folder, name) as book:
            book.writelines(_book(stream))


_OF_SOME_SITES = """Inspection packet of some of the sites of this house.

packet.json and csv/ hold the tables of the range that was asked for, of these sites.
In {} stand entries of other sites, from before each site had a book of its own. That book and its
chain are not in this file: ask somebody who works at each of its sites, or the keeper of the
machine (openketamine packet FROM TO --out FILE).
"""


_PROVES = """    python3 verify.py
needs nothing but Python and these files: no database, no network, no account.
Keep heads.json; at the next visit: python3 verify.py . --since OLD/heads.json
"""
_README = """Inspection packet.

packet.json and csv/ hold the tables of the range that was asked for.
journal.jsonl is the part of the book in which these days are, with its chain of hashes; heads.json
says behind which hash it begins and with which it ends:
"""
_OF_A_PART = """What lies before these days is not in it. The whole book with its chain is a
file of its own, beside the packet.
"""
_WHOLE = """The drug book from its first entry.

journal.jsonl is the book with its chain of hashes, heads.json its last hash:
"""
_WITH_BOOK = """book.jsonl is the drug book from its first entry:
    openketamine ledger check book.jsonl
Drug on the tray of a session that is still under way shows as a difference: it is neither given
nor wasted yet. So does what was sent to another site: its arrival stands in that site's book.
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


def _book(stream: str) -> Iterator[str]:
    after = 0
    asked: dict[str, Any] = {"stream": stream, "kinds": list(BOOK_KINDS), "most": _AT_ONCE}
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
