"""What every device connector hands over, whatever its device speaks.

A connector is one pure function, `decode`, from the bytes of one message to readings. It knows no
socket, no clock and no clinic; its dialect is a data table beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Literal, Protocol

DeviceKind = Literal["monitor", "pump"]

FUTURE_TOLERANCE = timedelta(minutes=2)
"""A device clock may run a little ahead; past this the time itself is in doubt."""

FUTURE_DOUBT = "measured in the future"


@dataclass(frozen=True)
class Unmapped:
    """Something the device said that has no place in the record; kept raw, never guessed."""

    code: str
    text: str
    value: str
    unit: str

    def as_json(self) -> dict[str, str]:
        """The form in which the clinic is told."""
        return {"code": self.code, "text": self.text, "value": self.value, "unit": self.unit}


@dataclass(frozen=True)
class Reading:
    """What one device said of one person at one moment.

    `values`: signal → number, None where the device said that it has none; numbers stay as the
    device said them. `doubts`: signal → why it is not believed. `texts`: what has no number, such
    as the state of a pump. `mrn` is who the device thinks it measures, None where it does not say.
    """

    key: str
    device_id: str
    device_kind: DeviceKind
    mrn: str | None
    measured_at: datetime
    received_at: datetime
    values: Mapping[str, Decimal | None]
    doubts: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    unmapped: tuple[Unmapped, ...] = ()
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form in which the clinic is told; numbers are plain JSON numbers."""
        return {
            "key": self.key,
            "device_id": self.device_id,
            "device_kind": self.device_kind,
            "mrn": self.mrn,
            "received_at": self.received_at.isoformat(),
            "measured_at": self.measured_at.isoformat(),
            "values": {signal: _number(value) for signal, value in self.values.items()},
            "doubts": dict(self.doubts),
            "texts": dict(self.texts),
            "unmapped": [item.as_json() for item in self.unmapped],
            "remarks": list(self.remarks),
        }


class Decode(Protocol):
    """The one function that a connector must have."""

    def __call__(self, raw: bytes, *, received_at: datetime, zone: tzinfo) -> list[Reading]:
        """Read one message. `zone` is applied to times that name none. Raises BadInput."""


def doubt_the_future(
    values: Mapping[str, Decimal | None], measured_at: datetime, received_at: datetime
) -> dict[str, str]:
    """A doubt for every number of a reading whose time lies ahead of ours; the numbers are kept."""
    if measured_at - received_at <= FUTURE_TOLERANCE:
        return {}
    return {signal: FUTURE_DOUBT for signal, value in values.items() if value is not None}


def _number(value: Decimal | None) -> int | float | None:
    """128 stays 128 on the wire and 36.6 stays 36.6, so that nobody reads a precision into it."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
