"""One OBX row: what it measures, what it says, and what must be kept raw instead."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from openketamine.devices.connector import Unmapped
from openketamine.devices.connectors.mllp.segments import NULL, Segment
from openketamine.devices.connectors.mllp.table import Metric, Table

# No exponent, no NaN, and no length that could only be an error or an attack.
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})")


@dataclass(frozen=True)
class Fault:
    """Why the answer is not AA. `code`, `text`: HL7 table 0357; `place` as `OBX^5^5`."""

    code: str
    text: str
    place: str
    says: str


@dataclass(frozen=True)
class Origin:
    """Where a row stands in its message: whose, when, and in which part of the device."""

    mrn: str | None
    at: datetime
    place: str

    @property
    def root(self) -> str:
        """The whole device (MDS) that the row belongs to."""
        return self.place.split(".")[0]

    @property
    def module(self) -> str:
        """The module (VMD) inside the device."""
        return ".".join(self.place.split(".")[:2])


@dataclass(frozen=True)
class Row:
    """What one OBX came to: a number, a text, or something kept raw. All empty for a container."""

    origin: Origin
    metric: Metric | None = None
    value: Decimal | None = None
    text: str = ""
    doubt: str = ""
    unmapped: Unmapped | None = None
    remark: str = ""
    fault: Fault | None = None


def read_row(obx: Segment, origin: Origin, table: Table) -> Row:
    """The row, with nothing guessed: an unknown code, unit or state is kept raw and said."""
    if _is_container(obx):
        return Row(origin)
    metric, trouble = _metric(obx, table)
    if metric is None:
        return Row(origin, unmapped=_raw(obx), remark=trouble)
    status = obx.part(11)
    if status in table.not_available:
        return _not_available(obx, origin, metric)
    if status not in table.readable:
        return _unread(obx, origin, metric, status)
    doubt = _validity(obx, table.validity)
    if metric.is_text:
        return Row(origin, metric, text=_words(obx), doubt=doubt)
    return _numeric(obx, origin, metric, doubt)


def _is_container(obx: Segment) -> bool:
    return not obx.field(2) and not obx.field(5)


def _metric(obx: Segment, table: Table) -> tuple[Metric | None, str]:
    """By MDC code, in the main or the alternate triplet; where code and name clash, neither."""
    for first in (1, 4):
        code, refid, system = (obx.part(3, first + step) for step in range(3))
        by_code, by_refid = table.by_code.get(code), table.by_refid.get(refid)
        if system != "MDC" or not (by_code or by_refid):
            continue
        if by_code and by_refid and by_code != by_refid:
            return None, f"code {code} and name {refid} contradict each other; kept raw"
        if by_code or not code:
            return by_code or by_refid, ""
    return None, ""


def _not_available(obx: Segment, origin: Origin, metric: Metric) -> Row:
    said = obx.field(5)
    remark = f"{metric.signal}: not available, yet a value was sent; not read" if said else ""
    return Row(origin, metric, unmapped=_raw(obx) if said else None, remark=remark)


def _unread(obx: Segment, origin: Origin, metric: Metric, status: str) -> Row:
    if status:
        remark = f"{metric.signal}: result status {status[:5]} is not read; kept raw"
        return Row(origin, unmapped=_raw(obx), remark=remark)
    says = f"{metric.signal} has no result status"
    fault = Fault("101", "Required field missing", _place(obx, 11), says)
    return Row(origin, unmapped=_raw(obx), remark=f"{says}; kept raw", fault=fault)


def _numeric(obx: Segment, origin: Origin, metric: Metric, doubt: str) -> Row:
    said = obx.field(5).strip()
    if said in {"", NULL}:
        return Row(origin, metric)
    if not _NUMBER.fullmatch(said):
        return _refused(obx, origin, "102", "Data type error", 5, f"{metric.signal} is no number")
    factor = _factor(obx, metric)
    if factor is None:
        says = f"{metric.signal} has a unit that is not accepted"
        return _refused(obx, origin, "103", "Table value not found", 6, says)
    number = Decimal(said)
    # A factor of one leaves the digits exactly as the device sent them.
    return Row(origin, metric, value=number if factor == 1 else number * factor, doubt=doubt)


def _refused(obx: Segment, origin: Origin, code: str, text: str, field: int, says: str) -> Row:
    fault = Fault(code, text, _place(obx, field), says)
    return Row(origin, unmapped=_raw(obx), remark=f"{says}; kept raw", fault=fault)


def _factor(obx: Segment, metric: Metric) -> Decimal | None:
    """The unit may stand in the main or the alternate triplet, by code, name or UCUM."""
    for component in (1, 2, 4, 5):
        factor = metric.units.get(obx.part(6, component))
        if factor is not None:
            return factor
    return None


def _words(obx: Segment) -> str:
    """Coded answers carry their word in the second component."""
    return obx.part(5, 2) or obx.part(5, 1)


def _validity(obx: Segment, validity: Mapping[str, str]) -> str:
    flags = [flag.strip() for flag in obx.repetitions(8)]
    return "; ".join(validity[flag] for flag in flags if flag in validity)


def _raw(obx: Segment) -> Unmapped:
    """Cut to what fits on a screen; the whole message stays in the spool until it was accepted."""
    unit = obx.part(6, 2) or obx.part(6, 1)
    return Unmapped(obx.part(3, 1)[:40], obx.part(3, 2)[:80], obx.field(5)[:200], unit[:40])


def _place(obx: Segment, field: int) -> str:
    row = obx.part(1)
    return f"OBX^{row if row.isdigit() and len(row) < 5 else 1}^{field}"
