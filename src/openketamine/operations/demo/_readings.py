"""The monitor's past: the same virtual patient, the same wire format, the same decoder as live."""

from collections.abc import Iterator
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

_EVERY = timedelta(seconds=5)
# Shorter than the silence after which a monitor counts as gone: each message is judged at the end
# of its batch.
_BATCH = timedelta(seconds=10)
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
        """Everything that the monitor says until then reaches the chart."""
        while self.said_until < moment:
            end = min(self.said_until + _BATCH, moment)
            infused = _infused(self.session, end)
            heard = [self._message(at, infused) for at in _moments(self.said_until, end)]
            if heard:
                commands.record_readings("gw-1", heard, end)
            self.said_until = end

    def _message(self, at: datetime, infused: tuple[Infused, ...]) -> dict[str, object]:
        plan = queries.state(self.session, at).plan
        weight = plan.body.weight_g / 1000 if plan else None
        driven = concentration_ng_per_ml(infused, weight, self._person.driven_by, at)
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


def _moments(start: datetime, end: datetime) -> Iterator[datetime]:
    at = start
    while at < end:
        yield at
        at += _EVERY


def _infused(session: Session, now: datetime) -> tuple[Infused, ...]:
    infusion = queries.state_json(session, now)["infusion"]
    return tuple(
        Infused(
            datetime.fromisoformat(one["start"]),
            datetime.fromisoformat(one["end"]) if one["end"] else None,
            one["rate_ug_per_h"] / 1000 / 60,
        )
        for one in (infusion or {}).get("segments", ())
    )
