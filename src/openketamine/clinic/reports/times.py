"""Times as the clinic's clock shows them."""

from dataclasses import dataclass
from datetime import datetime, tzinfo


def moment(at: str | datetime) -> datetime:
    """A time of the JSON as a time."""
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)


@dataclass(frozen=True)
class Clock:
    """The clock on the clinic's wall."""

    zone: tzinfo

    def time(self, at: str | datetime | None) -> str:
        """`14:03`, or nothing where there is no time."""
        return "" if at is None else f"{moment(at).astimezone(self.zone):%H:%M}"

    def day(self, at: str | datetime | None) -> str:
        """`22-Nov-2026`."""
        return "" if at is None else f"{moment(at).astimezone(self.zone):%d-%b-%Y}"

    def with_zone(self, at: str | datetime) -> str:
        """`22-Nov-2026 14:03 EST (UTC-05:00)`: what is printed may be read in another place."""
        local = moment(at).astimezone(self.zone)
        offset = f"UTC{local:%z}"
        shown = f"{offset[:-2]}:{offset[-2:]}"
        name = local.tzname() or ""
        named = f"{name} ({shown})" if name.isalpha() and name != "UTC" else shown
        return f"{self.day(local)} {self.time(local)} {named}"
