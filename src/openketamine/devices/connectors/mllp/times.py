"""HL7 times: `20260501100500.25+0200`, of which the offset is what devices forget."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_TIME = re.compile(
    r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:\.(\d{1,6}))?(?:([+-])(\d{2})(\d{2}))?"
)


@dataclass(frozen=True)
class DeviceTime:
    """A time that a device gave; `naive` where it named no zone and ours was applied."""

    at: datetime
    naive: bool


@lru_cache(maxsize=1024)  # the rows of one message, and of one second, carry the same few times
def read_time(text: str, zone: tzinfo) -> DeviceTime | None:
    """A time with at least minutes, or None where the text is not one: a day is not a moment."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    *whole, fraction, sign, hours, minutes = found.groups()
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in whole)
        micros = int((fraction or "0").ljust(6, "0"))
        given = _offset(sign, hours, minutes) if sign else zone
        at = datetime(year, month, day, hour, minute, second, micros, tzinfo=given)
        # Near the first and last year no other zone can show it, so it is no usable time.
        return DeviceTime(at.astimezone(UTC), naive=not sign)
    except (ValueError, OverflowError):
        return None


def write_time(at: datetime) -> str:
    """A moment as HL7 wants it, seconds and offset."""
    return at.strftime("%Y%m%d%H%M%S%z")


def _offset(sign: str, hours: str, minutes: str) -> timezone:
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(span if sign == "+" else -span)
