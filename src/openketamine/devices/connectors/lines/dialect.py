"""The table of a line dialect: which column is what, in which unit, with which checksum."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import reduce
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from openketamine.core.findings import BadInput
from openketamine.devices.connector import DeviceKind

FOLDER = Path(__file__).parent
_PLACES = ("word", "device", "number", "time", "person", "nothing")
_CHECKS: Mapping[str, Callable[[bytes], int]] = {
    "xor": lambda body: reduce(lambda a, b: a ^ b, body, 0),
    "sum": lambda body: sum(body) & 0xFF,
}
# What a signal is charted in; a table says with `times` and `plus` how its column gets there.
_SIGNALS = frozenset(
    {
        "heart_rate", "pulse_rate", "systolic", "diastolic", "mean_pressure", "spo2",
        "respiratory_rate", "etco2", "temperature", "pump_rate_ml_per_h",
        "pump_volume_delivered_ml", "pump_volume_left_ml", "pump_concentration_mg_per_ml",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column: `place` of the line's frame, or a `signal`, or a `text`; the rest is empty."""

    place: str = ""
    word: str = ""
    signal: str = ""
    text: str = ""
    unit: str = ""
    plus: Decimal = Decimal(0)
    times: Decimal = Decimal(1)
    digits: int | None = None


@dataclass(frozen=True)
class Checksum:
    """Two hexadecimal digits after `sign`, over all that stands before it."""

    sign: str
    how: str

    def of(self, body: bytes) -> int:
        """The checksum of these bytes."""
        return _CHECKS[self.how](body)


@dataclass(frozen=True)
class Dialect:
    """One way of writing lines."""

    name: str
    kind: DeviceKind
    encoding: str
    start: str
    separator: str
    checksum: Checksum | None
    blank: frozenset[str]
    columns: tuple[Column, ...]


def read_dialect(name: str) -> Dialect:
    """A dialect by name (a table in this folder) or by the path of its file. Raises BadInput."""
    path = FOLDER / f"{name}.yaml" if "/" not in name and "." not in name else Path(name)
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = False
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise BadInput(
            "dialect", f"a table that can be read ({type(error).__name__})", name
        ) from None
    if not isinstance(raw, dict):
        raise BadInput("dialect", "a table with columns", name)
    return as_dialect(raw)


def as_dialect(raw: Mapping[str, Any]) -> Dialect:
    """A dialect from its table. Raises BadInput that names the place."""
    kind, checksum = raw.get("kind"), raw.get("checksum")
    if kind not in ("monitor", "pump"):
        raise BadInput("kind", "monitor or pump", kind)
    if checksum is not None and checksum.get("how") not in _CHECKS:
        raise BadInput("checksum.how", " or ".join(_CHECKS), checksum.get("how"))
    columns = tuple(_column(one, n) for n, one in enumerate(raw.get("columns") or (), 1))
    if not any(one.signal for one in columns):
        raise BadInput("columns", "at least one signal")
    signals = [one.signal for one in columns if one.signal]
    if len(set(signals)) < len(signals):
        raise BadInput("columns", "each signal once")
    return Dialect(
        name=str(raw.get("name") or ""),
        kind=kind,
        encoding=str(raw.get("encoding") or "ascii"),
        start=str(raw.get("start") or ""),
        separator=str(raw.get("separator") or ","),
        checksum=Checksum(str(checksum["sign"]), checksum["how"]) if checksum else None,
        blank=frozenset(str(one) for one in raw.get("blank") or [""]),
        columns=columns,
    )


def _column(raw: Mapping[str, Any], number: int) -> Column:
    place, signal = str(raw.get("is") or ""), str(raw.get("signal") or "")
    if place and place not in _PLACES:
        raise BadInput(f"column {number}: is", ", ".join(_PLACES), place)
    if signal and signal not in _SIGNALS:
        raise BadInput(f"column {number}: signal", ", ".join(sorted(_SIGNALS)), signal)
    if signal and not raw.get("unit"):
        raise BadInput(f"column {number}: unit", "the unit in which the device says it")
    if sum(bool(one) for one in (place, signal, raw.get("text"))) != 1:
        raise BadInput(f"column {number}", "one of: is, signal, text")
    try:
        plus, times = Decimal(str(raw.get("plus", 0))), Decimal(str(raw.get("times", 1)))
    except InvalidOperation:
        raise BadInput(f"column {number}: plus, times", "numbers") from None
    return Column(
        place, str(raw.get("word") or ""), signal, str(raw.get("text") or ""),
        str(raw.get("unit") or ""), plus, times, raw.get("digits"),
    )  # fmt: skip
