"""One set of numbers taken at one moment, and what of it is believed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal

from openketamine.core.monitoring._plausibility import clock_doubt


@dataclass(frozen=True)
class Sample:
    """Numbers from a device, or charted by hand (then measured and received at the same moment).

    `device`: which one said it; empty where the log does not tell, and by hand.
    """

    at: datetime
    received_at: datetime
    values: Mapping[str, Decimal | None]
    doubts: Mapping[str, str] = field(default_factory=dict)
    source: Literal["device", "manual"] = "device"
    device: str = ""

    @cached_property
    def moment(self) -> datetime:
        """When it was measured; when it was received, where the clock of the device is wrong.

        Never later than it was received: a clock that is a minute ahead must not hide a number from
        the rules for a minute.
        """
        if self.at > self.received_at or clock_doubt(self.at, self.received_at):
            return self.received_at
        return self.at

    def believed(self, signal: str) -> Decimal | None:
        """The number, unless there is none or it is doubted."""
        return None if signal in self.doubts else self.values.get(signal)
