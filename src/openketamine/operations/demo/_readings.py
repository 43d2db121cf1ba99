"""The monitor's past: the same virtual patient, the same wire format, the same decoder as live."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np

from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Session
from openketamine.devices.connectors.mllp import decode
from openketamine.simulator import scenario, vitals
from openketamine.simulator.patient import Infused, concentration_ng_per_ml
from openketamine.simulator.wire import Bedside, monitor_message

EVERY = timedelta(seconds=10)
_CUFF_INFUSING, _CUFF_OTHERWISE = timedelta(minutes=2.5), timedelta(minutes=5)
_CUFF = ("systolic", "diastolic", "mean_pressure")
_SHOWN = ("heart_rate", "spo2", "respiratory_rate")


@dataclass
class PastMonitor:
    """Plays one monitor through a stretch of the past, faster than time."""

    session: Session
    device_id: str
    said_until: datetime

    def __post_init__(self) -> None:
        self._person = scenario("usual-response")
        self._chance = np.random.default_rng(int(self.session.id) % 2**32)
        self._numbers = count(1)
        self._next_cuff = self.said_until

    def say_until(self, moment: datetime) -> None:
        """Everything that the monitor says until then reaches the chart, message by message: each
        is judged at its own moment, as a live one would be."""
        if self.said_until > moment:
            return
        weight_kg, infused = _drug(self.session, moment)
        while self.said_until <= moment:
            heard = self._message(self.said_until, weight_kg, infused)
            commands.record_readings("gw-1", [heard], self.said_until)
            self.said_until += EVERY

    def _message(
        self, at: datetime, weight_kg: float | None, infused: tuple[Infused, ...]
    ) -> dict[str, object]:
        driven = concentration_ng_per_ml(infused, weight_kg, self._person.driven_by, at)
        values = vitals(self._person, {}, driven, self._chance)
        cuff = at >= self._next_cuff
        if cuff:
            running = any(one.end is None for one in infused)
            self._next_cuff = at + (_CUFF_INFUSING if running else _CUFF_OTHERWISE)
        shown: dict[str, str | None] = {name: f"{values[name]:.0f}" for name in _SHOWN}
        shown |= {name: f"{values[name]:.0f}" if cuff else None for name in _CUFF}
        control_id = f"past{self.session.id.hex[:8]}{next(self._numbers):06d}"
        raw = monitor_message(self._bedside(), shown, at=at, control_id=control_id)
        (reading,) = decode(raw, received_at=at, zone=UTC)
        return reading.as_json()

    def _bedside(self) -> Bedside:
        person = self.session.person
        return Bedside(self.device_id, person.mrn, person.family, person.given, self.session.chair)


def _drug(session: Session, now: datetime) -> tuple[float | None, tuple[Infused, ...]]:
    """The weight that the plan used, and what ran until now."""
    state = queries.state_json(session, now)
    plan, infusion = state["plan"], state["infusion"]
    infused = tuple(
        Infused(
            datetime.fromisoformat(one["start"]),
            datetime.fromisoformat(one["end"]) if one["end"] else None,
            one["rate_ug_per_h"] / 1000 / 60,
        )
        for one in (infusion or {}).get("segments", ())
    )
    return plan["weight_g"] / 1000 if plan else None, infused
