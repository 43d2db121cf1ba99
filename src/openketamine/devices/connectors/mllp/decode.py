"""PCD-01 (HL7 v2 ORU^R01) to readings. Pure: bytes in, readings out; the dialect is pcd01.yaml."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal

from openketamine.devices.connector import DeviceKind, Reading, doubt_the_future
from openketamine.devices.connectors.mllp.header import Header, open_message
from openketamine.devices.connectors.mllp.rows import Fault, Origin, Row, read_row
from openketamine.devices.connectors.mllp.segments import NULL, Segment, component_of
from openketamine.devices.connectors.mllp.table import Table, pcd01
from openketamine.devices.connectors.mllp.times import DeviceTime, read_time

_SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")


@dataclass(frozen=True)
class Decoded:
    """One message: its header, at least one reading, and what the sender must be told."""

    header: Header
    readings: tuple[Reading, ...]
    faults: tuple[Fault, ...]

    @property
    def sender(self) -> str:
        """The device that speaks, as the readings name it."""
        return self.readings[0].device_id


@dataclass
class _Walk:
    """What the segments read so far mean for the rows that follow."""

    received_at: datetime
    zone: tzinfo
    sent_at: str
    ordered_at: str = ""
    mrn: str | None = None
    remarks: dict[str, None] = field(default_factory=dict)

    def moment(self, own: str) -> datetime:
        """OBX-14, else OBR-7, else MSH-7, else the moment at which it came."""
        for text in (own, self.ordered_at, self.sent_at):
            read = self._try(text)
            if read:
                return read.at
        self.remarks["no readable time; the time of receipt was taken"] = None
        return self.received_at

    def _try(self, text: str) -> DeviceTime | None:
        read = read_time(text, self.zone) if text else None
        if text and not read:
            self.remarks[f"time {text[:30]!r} is not readable"] = None
        if read and read.naive:
            self.remarks[f"times without zone were read as {self.zone}"] = None
        return read


def decode(raw: bytes, *, received_at: datetime, zone: tzinfo) -> list[Reading]:
    """The readings of one message. Raises BadInput where it is no HL7 message."""
    return list(read_message(raw, received_at=received_at, zone=zone).readings)


def read_message(
    payload: bytes, *, received_at: datetime, zone: tzinfo, table: Table | None = None
) -> Decoded:
    """Everything one message says. Raises BadInput where it is no HL7 message at all."""
    table = table or pcd01()
    header, segments, remarks = open_message(payload, table)
    remarks = (*remarks, *_unread(segments, table))
    walk = _Walk(received_at, zone, header.sent_at, remarks=dict.fromkeys(remarks))
    rows = _rows(segments, walk, table)
    readings = _readings(header, segments, rows, walk, table)
    faults = tuple(row.fault for row in rows if row.fault)
    if not any(segment.name == "OBX" for segment in segments):
        faults = (Fault("101", "Required field missing", "OBX^1", "the message holds no OBX"),)
    return Decoded(header, readings, faults)


def _unread(segments: Iterable[Segment], table: Table) -> list[str]:
    """Segments of a site's or maker's own (Z…) hold nothing that we know to read; that is said."""
    names = {segment.name for segment in segments} - table.segments
    known = sorted(name for name in names if _SEGMENT_NAME.fullmatch(name))
    said = [f"segments that are not read: {', '.join(known[:8])}"] if known else []
    return said + ["lines that are no segment"] * (len(known) < len(names))


def _rows(segments: Iterable[Segment], walk: _Walk, table: Table) -> list[Row]:
    rows = []
    for segment in segments:
        if segment.name == "PID":
            walk.mrn = _mrn(segment)
        elif segment.name == "OBR":
            walk.ordered_at = segment.part(7)
        elif segment.name == "OBX":
            origin = Origin(walk.mrn, walk.moment(segment.part(14)), segment.part(4))
            rows.append(read_row(segment, origin, table))
    return rows


def _mrn(pid: Segment) -> str | None:
    """PID-3: the repetition typed MR, else the first one; None where nobody is named."""
    identifiers = [
        (component_of(raw, 5, pid.signs), component_of(raw, 1, pid.signs))
        for raw in pid.repetitions(3)
    ]
    named = [(kind, value) for kind, value in identifiers if value not in {"", NULL}]
    named.sort(key=lambda one: one[0] != "MR")
    return named[0][1] if named else None


def _readings(
    header: Header, segments: Sequence[Segment], rows: Sequence[Row], walk: _Walk, table: Table
) -> tuple[Reading, ...]:
    """One reading for each device, person and moment that the message speaks of.

    A monitor repeats its last cuff pressure with the time at which it was taken: split by time,
    an old number is never charted as if it were new.
    """
    devices, kind = _devices(header, segments), _kind(segments, table)
    groups: dict[tuple[str, str | None, datetime], list[Row]] = {}
    for row in rows:
        if row.metric or row.unmapped:
            who = devices.get(row.origin.root, devices[""])
            groups.setdefault((who, row.origin.mrn, row.origin.at), []).append(row)
    groups = groups or {(devices[""], walk.mrn, walk.moment("")): []}
    modules = _modules(segments)
    newest_first = sorted(groups, key=lambda key: (key[2], key[0], key[1] or ""), reverse=True)
    readings = []
    for place, key in enumerate(newest_first, start=1):
        name = header.key if place == 1 else f"{header.key}|{place}"
        readings.append(_reading(name, key, kind, groups[key], walk, modules, table))
    return tuple(readings)


def _reading(
    name: str,
    group: tuple[str, str | None, datetime],
    kind: DeviceKind,
    rows: Sequence[Row],
    walk: _Walk,
    modules: dict[str, str],
    table: Table,
) -> Reading:
    device_id, mrn, at = group
    taken, remarks = _choose(rows, modules, table)
    values = {signal: row.value for signal, row in taken.items() if not _is_text(row)}
    texts = {signal: row.text for signal, row in taken.items() if _is_text(row)}
    values |= _meant(texts, table)
    doubts = {signal: row.doubt for signal, row in taken.items() if row.doubt}
    return Reading(
        key=name,
        device_id=device_id,
        device_kind=kind,
        mrn=mrn,
        measured_at=at,
        received_at=walk.received_at,
        values=values,
        doubts={**doubts, **doubt_the_future(values, at, walk.received_at)},
        texts=texts,
        unmapped=tuple(row.unmapped for row in rows if row.unmapped),
        remarks=(*walk.remarks, *(row.remark for row in rows if row.remark), *remarks),
    )


def _meant(texts: Mapping[str, str], table: Table) -> dict[str, Decimal]:
    """Numbers that words stand for, such as that a pump runs; only those in the table."""
    meant = {}
    for name, text in texts.items():
        signal, words = table.meanings.get(name, ("", {}))
        if text in words:
            meant[signal] = words[text]
    return meant


def _choose(
    rows: Sequence[Row], modules: dict[str, str], table: Table
) -> tuple[dict[str, Row], list[str]]:
    """One row a signal. Two modules that measure the same are never summed or averaged."""
    offered: dict[str, list[Row]] = {}
    for row in rows:
        if row.metric:
            offered.setdefault(row.metric.signal, []).append(row)
    taken, remarks = {}, []
    for signal, candidates in offered.items():
        best = min(candidates, key=lambda row: _standing(row, modules, table))
        taken[signal] = best
        numbers = [row for row in candidates if row.value is not None]
        if len(numbers) > 1:
            said = ", ".join(f"{row.origin.place} says {row.value}" for row in numbers)
            remarks.append(f"{signal} came more than once ({said}); took {best.origin.place}")
    return taken, remarks


def _standing(row: Row, modules: dict[str, str], table: Table) -> tuple[bool, int, int]:
    """A number before none, then the preferred module, then the preferred code, then the first."""
    if row.metric is None:
        raise ValueError("only rows that measure something can be compared")
    preferred = table.prefer.get(row.metric.signal, ())
    module = modules.get(row.origin.module, "")
    rank = preferred.index(module) if module in preferred else len(preferred)
    return (row.value is None and not row.text, rank, row.metric.rank)


def _is_text(row: Row) -> bool:
    return row.metric is not None and row.metric.is_text


def _devices(header: Header, segments: Sequence[Segment]) -> dict[str, str]:
    """Device id by MDS number: OBX-18 of its top row, else of any row, else the sender itself."""
    component = header.signs[1]
    sender = header.sender.split(component)
    own = (sender[1] if len(sender) > 1 and sender[1] else sender[0]).strip()
    found: dict[str, str] = {}
    rows = [segment for segment in segments if segment.name == "OBX" and segment.part(18)]
    for obx in sorted(rows, key=lambda obx: not obx.part(4).endswith(".0.0.0")):
        found.setdefault(obx.part(4).split(".")[0], obx.part(18))
    return {"": next(iter(found.values()), own), **found}


def _modules(segments: Sequence[Segment]) -> dict[str, str]:
    """MDC code of each module, by its place such as `1.20`."""
    return {
        ".".join(obx.part(4).split(".")[:2]): obx.part(3)
        for obx in segments
        if obx.name == "OBX" and obx.part(4).endswith(".0.0")
    }


def _kind(segments: Sequence[Segment], table: Table) -> DeviceKind:
    """A pump says so in its object codes or in what it measures; everything else is a monitor."""
    codes = {s.part(3 if s.name == "OBX" else 4) for s in segments if s.name in {"OBR", "OBX"}}
    kinds = {table.kinds[code] for code in codes if code in table.kinds}
    if kinds:
        return "monitor" if "monitor" in kinds else "pump"
    measured = {table.by_code[code].signal for code in codes if code in table.by_code}
    pumped = any(signal.startswith("pump_") for signal in measured)
    return "pump" if pumped and all(s.startswith("pump_") for s in measured) else "monitor"
