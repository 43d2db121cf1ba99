"""A virtual infusion pump at one chair: it runs as charted, set by a hand that is sometimes slow.

A rate that is changed in the chart is set on this pump a minute and a half later, so that a learner
sees what a pump that nobody set looks like, and that it clears when somebody does.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from openketamine.simulator.sender import MllpSender
from openketamine.simulator.wire import Bedside, escaped

_log = logging.getLogger("openketamine.simulator.pump")
EVERY_S = 10.0
SLOW_HAND = timedelta(seconds=90)
_PROFILE = "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"


@dataclass(frozen=True)
class Set:
    """The pump was set to a rate (mL/h) from `start` until `end`; None while it still runs."""

    start: datetime
    end: datetime | None
    ml_per_h: float


@dataclass(frozen=True)
class Loaded:
    """What is at the pump: whose, which drug, and how it was charted to run."""

    bedside: Bedside
    drug: str
    mg_per_ml: float | None
    bag_ml: float | None
    charted: tuple[Set, ...] = ()


def read_loaded(told: Mapping[str, Any]) -> Loaded:
    """One pump of the clinic's list of demo devices."""
    bedside = Bedside(
        told["device_id"], told["mrn"], told.get("family") or "", told.get("given") or "",
        told.get("chair") or "", "KETPUMP",
    )  # fmt: skip
    segments = told.get("segments") or ()
    return Loaded(
        bedside,
        told.get("drug") or "",
        told.get("mg_per_ml"),
        told.get("bag_ml"),
        tuple(_set(one) for one in segments),
    )


def as_set(charted: Sequence[Set], slow: timedelta = SLOW_HAND) -> tuple[Set, ...]:
    """How the pump really runs: a change of rate comes a while after it was charted."""
    if not charted:
        return ()
    late = [earlier.end == later.start for earlier, later in pairwise(charted)]
    starts = [
        one.start + slow if changed else one.start
        for one, changed in zip(charted, [False, *late], strict=True)
    ]
    ends = [
        one.end + slow if changed and one.end else one.end
        for one, changed in zip(charted, [*late, False], strict=True)
    ]
    runs = zip(charted, starts, ends, strict=True)
    return tuple(
        Set(start, end, one.ml_per_h) for one, start, end in runs if end is None or start < end
    )


def delivered_ml(runs: Sequence[Set], now: datetime) -> float:
    """What went through the pump until now."""
    spans = ((one, (one.end and min(one.end, now)) or now) for one in runs if one.start < now)
    return sum(one.ml_per_h * ((end - one.start) / timedelta(hours=1)) for one, end in spans)


def pump_values(loaded: Loaded, now: datetime) -> tuple[dict[str, str | None], dict[str, str]]:
    """Numbers and words that the pump sends at this moment."""
    runs = as_set(loaded.charted)
    ml_per_h = sum(
        one.ml_per_h for one in runs if one.start <= now and (one.end is None or now < one.end)
    )
    given = delivered_ml(runs, now)
    left = None if loaded.bag_ml is None else max(0.0, loaded.bag_ml - given)
    values = {
        "rate_ml_per_h": ml_per_h,
        "volume_delivered_ml": given,
        "concentration_mg_per_ml": loaded.mg_per_ml,
        "volume_to_infuse_ml": loaded.bag_ml,
        "volume_left_ml": left,
    }
    status = "pump-status-infusing" if ml_per_h > 0 else "pump-status-paused"
    return {name: _digits(value) for name, value in values.items()}, {
        "status": f"^{status}^MDC",
        "drug": escaped(loaded.drug),
    }


def pump_message(
    bedside: Bedside,
    values: Mapping[str, str | None],
    words: Mapping[str, str],
    *,
    at: datetime,
    control_id: str,
) -> bytes:
    """One ORU^R01 of a pump. `words` are written as they stand, so they come escaped."""
    when = at.strftime("%Y%m%d%H%M%S%z")
    safe = {name: escaped(text) for name, text in vars(bedside).items()}
    sender, mds = f"{safe['application']}^{safe['device_id']}^EUI-64", layout()["mds"]
    mds_code = f"{mds['code']}^{mds['refid']}^MDC"
    lines = [
        (
            f"MSH|^~\\&|{sender}|CLINIC|KETPLAT|CLINIC|{when}||ORU^R01^ORU_R01|{control_id}|P|2.6"
            f"|||NE|AL||UNICODE UTF-8|||{_PROFILE}"
        ),
        f"PID|||{safe['mrn']}^^^CLINIC^MR||{safe['family']}^{safe['given']}^^^^^L",
        f"PV1||O|INF^ROOM1^{safe['chair']}",
        f"OBR|1|{control_id}^KETPLAT|{control_id}^{safe['application']}|{mds_code}|||{when}",
        (
            f"OBX|1||{mds_code}|{mds['place']}|||||||X|||||||"
            f"{safe['device_id']}^{safe['application']}"
        ),
        *(_row(n, row, values, words, when) for n, row in enumerate(layout()["rows"], 2)),
    ]
    return ("\r".join(lines) + "\r").encode("utf-8")


@cache
def layout() -> Mapping[str, Any]:
    """The rows of the virtual pump, from pump.yaml."""
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = False
    loaded: Mapping[str, Any] = yaml.load(
        (Path(__file__).parent / "pump.yaml").read_text(encoding="utf-8")
    )
    return loaded


class VirtualPump:
    """Speaks for one pump until it is cancelled."""

    def __init__(
        self,
        loaded: Loaded,
        sender: MllpSender,
        clock: Callable[[], datetime],
        *,
        speed: float = 1.0,
    ) -> None:
        self.loaded = loaded
        self._sender = sender
        self._clock = clock
        self._speed = speed
        self._born = f"{int(clock().timestamp()):x}"
        self._numbers = count(1)

    async def run(self) -> None:
        """One message every ten seconds."""
        try:
            while True:
                await self._say()
                await asyncio.sleep(EVERY_S / self._speed)
        finally:
            await self._sender.close()

    async def _say(self) -> None:
        now, control_id = self._clock(), f"{self._born}{next(self._numbers):06d}"
        values, words = pump_values(self.loaded, now)
        message = pump_message(self.loaded.bedside, values, words, at=now, control_id=control_id)
        answer = await self._sender.send(message, control_id)
        if answer.code != "AA":
            device = self.loaded.bedside.device_id
            _log.warning("%s: %s %s %s", device, control_id, answer.code, answer.says)


def _row(
    number: int,
    row: Mapping[str, Any],
    values: Mapping[str, str | None],
    words: Mapping[str, str],
    when: str,
) -> str:
    if "container" in row:
        return f"OBX|{number}||{row['container']}^{row['refid']}^MDC|{row['place']}|||||||X"
    code = f"{row['code']}^{row['refid']}^MDC|{row['place']}"
    if "word" in row:
        return f"OBX|{number}|{row['type']}|{code}|{words[row['word']]}||||||R|||{when}"
    unit, value = layout()["units"][row["unit"]], values[row["signal"]]
    return (
        f"OBX|{number}|NM|{code}|{value or ''}|{unit['code']}^{unit['refid']}^MDC"
        f"|||||{'R' if value else 'X'}|||{when}"
    )


def _set(told: Mapping[str, Any]) -> Set:
    end = told.get("end")
    return Set(
        datetime.fromisoformat(told["start"]),
        datetime.fromisoformat(end) if end else None,
        float(told["ml_per_h"]),
    )


def _digits(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
