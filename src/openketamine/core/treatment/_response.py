"""How long it took: from a finding being raised to its being told, shown, seen, acted on and over.

An act is a fact that changes what is done or measures again: the rate, a pause, a stop, a medicine,
a step of an emergency card, a measurement by hand, a device attached. The first one that was
written after a finding was raised, and before it was over, counts for it; where several findings
stood, it counts for each. The measurement that raised a finding is no answer to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from openketamine.core.treatment import _facts as f
from openketamine.core.treatment._alarms import Alarm, alarms
from openketamine.core.treatment._state import State

ACTS: tuple[type[Any], ...] = (
    f.RateChanged,
    f.InfusionPaused,
    f.InfusionStopped,
    f.DoseStopped,
    f.MedicineGiven,
    f.EmergencyBegun,
    f.EmergencyStepDone,
    f.ObservationCharted,
    f.DeviceAttached,
)
MOMENTS = ("told", "shown", "seen", "answered", "acted", "cleared")


@dataclass(frozen=True)
class Response:
    """One finding and the first moment of each kind after it; None where that did not happen."""

    alarm: Alarm
    told: datetime | None
    shown: datetime | None
    seen: datetime | None
    answered: datetime | None
    acted: datetime | None

    @property
    def cleared(self) -> datetime | None:
        """When the condition was over."""
        return self.alarm.cleared_at

    def after(self, moment: str) -> timedelta | None:
        """How long after it was raised; never less than nothing, whatever the clocks said."""
        at: datetime | None = getattr(self, moment)
        return None if at is None else max(at - self.alarm.raised_at, timedelta(0))


@dataclass(frozen=True)
class Times:
    """Of so many findings so many got there (`of`, `reached`), and how long that took, in seconds.

    `median` and `p90`: over those that got there, None where none did. The 90th percentile is the
    smallest time that nine in ten of them did not exceed.
    """

    of: int
    reached: int
    median: float | None
    p90: float | None

    @property
    def missing(self) -> int:
        """How many never got there."""
        return self.of - self.reached


def responses(state: State) -> tuple[Response, ...]:
    """Each finding of a session with the moments that followed it."""
    return tuple(_response(state, alarm) for alarm in alarms(state))


def times(found: Sequence[Response], moment: str) -> Times:
    """How long it took until this moment. For answers only those count that somebody was told of.

    Raises ValueError for a moment that is not one of `MOMENTS`.
    """
    if moment not in MOMENTS:
        raise ValueError(f"moment: expected one of {', '.join(MOMENTS)}, got {moment!r}")
    counted = [one for one in found if moment != "answered" or one.told is not None]
    taken = sorted(
        span.total_seconds() for one in counted if (span := one.after(moment)) is not None
    )
    return Times(len(counted), len(taken), percentile(taken, 50), percentile(taken, 90))


def percentile(in_order: Sequence[float], percent: int) -> float | None:
    """The smallest number that at least so many per cent do not exceed (nearest rank)."""
    if not in_order:
        return None
    rank = -(-percent * len(in_order) // 100)
    return in_order[max(0, rank - 1)]


def _response(state: State, alarm: Alarm) -> Response:
    identity = alarm.finding.finding_id

    def mine(kind: type[Any]) -> datetime | None:
        return _first(one.at for one in state.all(kind) if one.body.finding_id == identity)

    return Response(
        alarm=alarm,
        told=mine(f.PersonCalled),
        shown=mine(f.FindingShown),
        seen=alarm.acknowledged_at,
        answered=mine(f.CallAnswered),
        acted=_first(_acts(state, alarm)),
    )


def _acts(state: State, alarm: Alarm) -> Iterator[datetime]:
    number = next(
        one.fact.number or 0
        for one in state.all(f.FindingRaised)
        if one.body.finding_id == alarm.finding.finding_id
    )
    for one in (one for kind in ACTS for one in state.all(kind)):
        written_after = one.fact.number is None or one.fact.number > number
        before_the_end = alarm.cleared_at is None or one.at <= alarm.cleared_at
        if written_after and before_the_end and one.at >= alarm.raised_at:
            yield one.at


def _first(found: Iterable[datetime]) -> datetime | None:
    return min(found, default=None)
