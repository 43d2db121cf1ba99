"""One line to one reading. Pure; the dialect is a table."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation

from openketamine.core.findings import BadInput
from openketamine.devices.connector import Reading, Unmapped, doubt_the_future
from openketamine.devices.connectors.lines.dialect import Column, Dialect

_LONGEST = 40


@dataclass
class _Said:
    """What the columns read so far came to."""

    frame: dict[str, str] = field(default_factory=dict)
    values: dict[str, Decimal | None] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    unmapped: list[Unmapped] = field(default_factory=list)


def decode_line(
    raw: bytes, dialect: Dialect, *, received_at: datetime, zone: tzinfo, device: str = ""
) -> Reading:
    """The reading of a line. `device`: its id where the dialect has no column for it.

    Raises BadInput where the line is not of this dialect, or was damaged on its way.
    """
    said = _read(_body(raw, dialect), dialect)
    device_id = said.frame.get("device") or device
    if not device_id:
        raise BadInput("device", "an id, in the line or given to the connector")
    measured_at, remarks = _time(said.frame.get("time", ""), received_at, zone)
    return Reading(
        key=_key(device_id, said.frame.get("number", ""), raw, received_at, said.frame.get("time")),
        device_id=device_id[:80],
        device_kind=dialect.kind,
        mrn=said.frame.get("person") or None,
        measured_at=measured_at,
        received_at=received_at,
        values=said.values,
        doubts=doubt_the_future(said.values, measured_at, received_at),
        texts=said.texts,
        unmapped=tuple(said.unmapped),
        remarks=remarks,
    )


def _body(raw: bytes, dialect: Dialect) -> str:
    """What stands between start and checksum, once both are right."""
    start, check = dialect.start.encode(), dialect.checksum
    line = raw.strip(b"\r\n\x00 ")
    if not line.startswith(start):
        raise BadInput("line", f"{dialect.start!r} first")
    line = line[len(start) :]
    if check is not None:
        line, sign, said = line.rpartition(check.sign.encode())
        if not sign or said.upper() != f"{check.of(line):02X}".encode():
            raise BadInput("checksum", "the one that fits the line")
    try:
        return line.decode(dialect.encoding)
    except (UnicodeDecodeError, LookupError):
        raise BadInput("line", f"text in {dialect.encoding}") from None


def _read(body: str, dialect: Dialect) -> _Said:
    cells = [cell.strip() for cell in body.split(dialect.separator)]
    if len(cells) != len(dialect.columns):
        raise BadInput("columns", f"{len(dialect.columns)}", len(cells))
    said = _Said()
    for column, cell in zip(dialect.columns, cells, strict=True):
        if column.place == "word" and cell != column.word:
            raise BadInput("line", f"the word {column.word}")
        if column.place:
            said.frame[column.place] = cell
        elif column.text:
            said.texts[column.text] = cell[:200]
        else:
            _measure(said, column, cell, dialect)
    return said


def _measure(said: _Said, column: Column, cell: str, dialect: Dialect) -> None:
    if cell in dialect.blank:
        said.values[column.signal] = None
        return
    number = _number(cell)
    if number is None:
        said.unmapped.append(Unmapped(column.signal, column.signal, cell[:200], column.unit))
        return
    changed = (number + column.plus) * column.times
    said.values[column.signal] = changed if column.digits is None else round(changed, column.digits)


def _number(cell: str) -> Decimal | None:
    """A plain number: no exponent, no word, nothing longer than a device writes."""
    plain = cell.isascii() and cell.lstrip("+-").replace(".", "", 1).isdecimal()
    if not plain or len(cell) > 12:
        return None
    try:
        return Decimal(cell)
    except InvalidOperation:
        return None


def _time(text: str, received_at: datetime, zone: tzinfo) -> tuple[datetime, tuple[str, ...]]:
    if not text:
        return received_at, ()
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            return at.replace(tzinfo=zone), (f"times without zone were read as {zone}",)
        at.astimezone(zone)  # near the first and last year no zone can show it
    except (ValueError, OverflowError):
        return received_at, (f"time {text[:30]!r} is not readable",)
    return at, ()


def _key(device_id: str, number: str, raw: bytes, received_at: datetime, time: str | None) -> str:
    """The same line again has the same key, where the device numbers or dates its lines."""
    digest = hashlib.sha256(raw.strip()).hexdigest()[:16]
    when = "" if number or time else received_at.isoformat()
    return f"line:{device_id[:80]}|{number[:_LONGEST]}{when}-{digest}"
