"""One virtual monitor at one chair: a message a second, a cuff pressure every few minutes."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import numpy as np

from openketamine.simulator.patient import (
    Infused,
    Scenario,
    concentration_ng_per_ml,
    scenario,
    vitals,
)
from openketamine.simulator.sender import MllpSender
from openketamine.simulator.wire import Bedside, monitor_message

_log = logging.getLogger("openketamine.simulator.monitor")
EVERY_S = 1.0
CUFF_INFUSING = timedelta(minutes=2.5)
CUFF_OTHERWISE = timedelta(minutes=5)
_CUFF = ("systolic", "diastolic", "mean_pressure")
_CONTINUOUS = ("heart_rate", "spo2", "respiratory_rate")
USUAL = "usual-response"


@dataclass(frozen=True)
class Seated:
    """Who sits at a monitor, as the clinic's demo says it."""

    bedside: Bedside
    weight_kg: float | None
    baseline: Mapping[str, float] = field(default_factory=dict)
    infused: tuple[Infused, ...] = ()
    scenario: str = USUAL

    @property
    def infusing(self) -> bool:
        """Whether drug runs now."""
        return any(one.end is None and one.rate_mg_per_min > 0 for one in self.infused)


def read_seated(told: Mapping[str, Any]) -> Seated:
    """One entry of the clinic's list of demo patients."""
    bedside = Bedside(
        device_id=told["device_id"],
        mrn=told["mrn"],
        family=told.get("family") or "",
        given=told.get("given") or "",
        chair=told.get("chair") or "",
    )
    known = {k: float(v) for k, v in (told.get("baseline") or {}).items() if v is not None}
    infused = tuple(_infused(segment) for segment in told.get("segments") or ())
    weight = told.get("weight_kg")
    return Seated(
        bedside,
        None if weight is None else float(weight),
        known,
        infused,
        told.get("scenario") or USUAL,
    )


class VirtualMonitor:
    """Speaks for one device until it is cancelled."""

    def __init__(
        self,
        seated: Seated,
        sender: MllpSender,
        clock: Callable[[], datetime],
        *,
        seed: int,
        speed: float = 1.0,
    ) -> None:
        self.seated = seated
        self._sender = sender
        self._clock = clock
        self._chance = np.random.default_rng(seed)
        self._speed = speed
        self._next_cuff = clock()
        self._born = f"{int(clock().timestamp()):x}"
        self._numbers = count(1)

    async def run(self) -> None:
        """One message each second; a second that was missed is not made up for."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                await self._say()
                due = max(due + EVERY_S / self._speed, loop.time())
                await asyncio.sleep(due - loop.time())
        finally:
            await self._sender.close()

    async def _say(self) -> None:
        now = self._clock()
        control_id = f"{self._born}{next(self._numbers):06d}"
        values = self._values(now)
        payload = monitor_message(self.seated.bedside, values, at=now, control_id=control_id)
        answer = await self._sender.send(payload, control_id)
        if answer.code != "AA":
            device = self.seated.bedside.device_id
            _log.warning("%s: %s %s %s", device, control_id, answer.code, answer.says)

    def _values(self, now: datetime) -> dict[str, str | None]:
        person: Scenario = scenario(self.seated.scenario)
        driven = concentration_ng_per_ml(
            self.seated.infused, self.seated.weight_kg, person.driven_by, now
        )
        shown = vitals(person, self.seated.baseline, driven, self._chance)
        digits: dict[str, str | None] = {name: f"{shown[name]:.0f}" for name in _CONTINUOUS}
        measured = self._cuff_is_due(now)
        return {**digits, **{name: f"{shown[name]:.0f}" if measured else None for name in _CUFF}}

    def _cuff_is_due(self, now: datetime) -> bool:
        every = (CUFF_INFUSING if self.seated.infusing else CUFF_OTHERWISE) / self._speed
        # A start in mid-interval brings the next cuff forward, never back.
        self._next_cuff = min(self._next_cuff, now + every)
        if now < self._next_cuff:
            return False
        self._next_cuff = now + every
        return True


def _infused(told: Mapping[str, Any]) -> Infused:
    end = told.get("end")
    return Infused(
        datetime.fromisoformat(told["start"]),
        datetime.fromisoformat(end) if end else None,
        float(told["rate_mg_per_min"]),
    )
