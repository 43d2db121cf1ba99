"""A report of SDC metrics to readings. Pure; codes and units are those of the PCD-01 table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from openketamine.devices.connector import DeviceKind, Reading, Unmapped, doubt_the_future
from openketamine.devices.connectors.mllp.table import Metric as Known
from openketamine.devices.connectors.mllp.table import Table, pcd01

# ISO/IEEE 11073-10101; a code without a system is one of these (BICEPS, CodedValue).
MDC_SYSTEMS = frozenset({"", "urn:oid:1.2.840.10004.1.1.1.0.0.1"})
_BELIEVED = frozenset({"Vld", "Vldated"})
_DOUBTS: Mapping[str, str] = {
    "Ong": "the device is still measuring",
    "Qst": "the device calls it questionable",
    "Calib": "the device is being calibrated",
    "Inv": "the device calls it invalid",
    "Oflw": "the device cannot measure so much",
    "Uflw": "the device cannot measure so little",
}
_LARGEST = 10**9


@dataclass(frozen=True)
class Metric:
    """One metric state. `at`: when it was determined; `on`: the metric is switched on."""

    code: str
    system: str
    unit: str
    value: Decimal | str | None
    validity: str
    at: datetime | None
    on: bool = True


@dataclass(frozen=True)
class Update:
    """One report of a provider; `key` is the same for the same report."""

    key: str
    device_id: str
    mds_code: str
    mrn: str | None
    metrics: tuple[Metric, ...]


def decode(update: Update, *, received_at: datetime) -> list[Reading]:
    """The readings of one report, the newest first; one for each moment of which it speaks."""
    table = pcd01()
    groups: dict[datetime, list[Metric]] = {}
    for metric in update.metrics:
        groups.setdefault(metric.at or received_at, []).append(metric)
    readings = []
    for place, at in enumerate(sorted(groups, reverse=True), 1):
        key = update.key if place == 1 else f"{update.key}|{place}"
        readings.append(_reading(key, update, at, groups[at], received_at, table))
    return readings


def _reading(
    key: str,
    update: Update,
    at: datetime,
    metrics: Sequence[Metric],
    received_at: datetime,
    table: Table,
) -> Reading:
    values: dict[str, Decimal | None] = {}
    doubts: dict[str, str] = {}
    texts: dict[str, str] = {}
    unmapped, remarks = [], []
    for metric, known in _ranked(metrics, table):
        value = _value(metric, known)
        if known is None or isinstance(value, Unmapped):
            unmapped.append(_raw(metric))
        elif known.is_text:
            texts.setdefault(known.signal, str(metric.value or ""))
        elif known.signal in values:
            remarks.append(f"{known.signal} came more than once; took the first")
        else:
            values[known.signal] = value
            if value is not None and metric.validity not in _BELIEVED:
                doubts[known.signal] = _DOUBTS.get(metric.validity, "its validity is not known")
    return Reading(
        key=key,
        device_id=update.device_id,
        device_kind=_kind(update, table),
        mrn=update.mrn,
        measured_at=at,
        received_at=received_at,
        values=values,
        doubts={**doubts, **doubt_the_future(values, at, received_at)},
        texts=texts,
        unmapped=tuple(unmapped),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _ranked(metrics: Sequence[Metric], table: Table) -> list[tuple[Metric, Known | None]]:
    """The preferred code of a signal first; a number before none."""
    found = [(metric, _known(metric, table)) for metric in metrics]
    return sorted(found, key=lambda one: (one[0].value is None, one[1].rank if one[1] else 0))


def _known(metric: Metric, table: Table) -> Known | None:
    return table.by_code.get(metric.code) if metric.system in MDC_SYSTEMS else None


def _value(metric: Metric, known: Known | None) -> Decimal | Unmapped | None:
    if known is None or known.is_text:
        return None
    if metric.value is None or metric.validity == "NA" or not metric.on:
        return None
    factor = known.units.get(metric.unit)
    if factor is None or not isinstance(metric.value, Decimal) or not _usable(metric.value):
        return _raw(metric)
    return metric.value if factor == 1 else metric.value * factor


def _usable(value: Decimal) -> bool:
    return value.is_finite() and abs(value) < _LARGEST


def _raw(metric: Metric) -> Unmapped:
    value = "" if metric.value is None else str(metric.value)
    return Unmapped(metric.code[:40], metric.system[:80], value[:200], metric.unit[:40])


def _kind(update: Update, table: Table) -> DeviceKind:
    return "pump" if table.kinds.get(update.mds_code) == "pump" else "monitor"
