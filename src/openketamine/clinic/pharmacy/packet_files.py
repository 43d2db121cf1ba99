"""The inspection packet as files: JSON, a ZIP that proves itself, and paper."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import typst

from openketamine.clinic.pharmacy.packet import Packet
from openketamine.core.ledger import encode_entry

_TEMPLATE = Path(__file__).parent / "packet.typ"


def as_json(packet: Packet) -> bytes:
    """The whole packet as one JSON document."""
    body = {"packet": packet.head(), "tables": packet.tables()}
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def as_zip(packet: Packet) -> bytes:
    """Tables as CSV, the packet as JSON, and what proves it without us: `book.jsonl` for `ledger
    check`, `chain.jsonl` for `audit verify`, both from the first entry of the book."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("packet.json", as_json(packet))
        archive.writestr("book.jsonl", "".join(_lines(packet)))
        archive.writestr("chain.jsonl", "".join(_chain(packet)))
        archive.writestr("README.txt", _README)
        for name, rows in packet.tables().items():
            archive.writestr(f"csv/{name.split(' (')[0].replace(' ', '-')}.csv", _csv(rows))
    return made.getvalue()


_README = """Inspection packet.

packet.json and csv/ hold the tables of the range that was asked for.
book.jsonl is the drug book from its first entry: openketamine ledger check book.jsonl
chain.jsonl is the same book with its chain of hashes: openketamine audit verify chain.jsonl
Both commands need this file only: no database, no network, no account.
Drug on the tray of a session that is still under way shows as a difference: it is neither given
nor wasted yet.
"""


def as_pdf(packet: Packet, *, paper: str, demo: bool) -> bytes:
    """The packet on paper; a table without rows says so."""
    head, tables = packet.head(), packet.tables()
    data = {
        "head": head,
        "paper": paper,
        "demo": demo,
        "tables": [
            {"name": name, "columns": list(rows[0]) if rows else [],
             "rows": [list(row.values()) for row in rows]}
            for name, rows in tables.items()
        ],
    }  # fmt: skip
    made = typst.compile(str(_TEMPLATE), sys_inputs={"data": json.dumps(data)})
    assert isinstance(made, bytes)  # noqa: S101  (one file was asked for)
    return made


def _lines(packet: Packet) -> Iterable[str]:
    for one in packet.lines:
        yield json.dumps(encode_entry(one.entry), ensure_ascii=False) + "\n"


def _chain(packet: Packet) -> Iterable[str]:
    for fact in packet.facts:
        said = {
            "stream": fact.stream, "number": fact.number, "id": str(fact.id), "kind": fact.kind,
            "at": fact.at.isoformat(), "recorded_at": fact.recorded_at.isoformat(),
            "by": {"id": fact.by_id, "name": fact.by_name, "role": fact.by_role},
            "origin": fact.origin, "body": fact.body, "content_hash": fact.content_hash,
            "prev_hash": fact.prev_hash, "hash": fact.hash,
        }  # fmt: skip
        yield json.dumps(said, ensure_ascii=False) + "\n"


def _csv(rows: Sequence[Mapping[str, str]]) -> str:
    made = io.StringIO()
    if rows:
        writer = csv.DictWriter(made, list(rows[0]))
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return made.getvalue()


def _cell(value: str) -> str:
    """A spreadsheet must read words as words, whatever sign they begin with."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
