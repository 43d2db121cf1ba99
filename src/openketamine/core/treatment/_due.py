"""What is to be observed next, and what is late."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from openketamine.core.treatment._protocol import protocol_of
from openketamine.core.treatment._state import State
from openketamine.core.treatment._vitals import believed
from openketamine.knowledge import document

# A paused dose is watched as closely as a running one.
_COLUMN = {
    "infusing": "infusing",
    "paused": "infusing",
    "giving": "infusing",
    "recovery": "recovery",
}


@dataclass(frozen=True)
class Due:
    """One thing to do, at a time; `signal` is empty where nothing is measured.

    `every_s`: how long after it was done it is due again, in seconds; 0 where it is not.
    """

    what: str
    signal: str
    at: datetime
    overdue: bool
    every_s: int = 0


def due(state: State, now: datetime) -> tuple[Due, ...]:
    """Everything that is due in this phase, soonest first."""
    found = [*_observations(state, now), *_dose(state, now)]
    return tuple(sorted(found, key=lambda one: (one.at, one.what)))


def _observations(state: State, now: datetime) -> Iterator[Due]:
    column = _COLUMN.get(state.phase)
    if column is None or state.started_at is None:
        return
    own = _intervals_of_protocol(state, column)
    for node in document("checklists", "observations").body["intervals"]:
        # Only numbers that are believed count: a doubted one leaves the observation due.
        last = max((at for at, _ in believed(state, node["signal"])), default=None)
        since = max(last or state.started_at, state.started_at)
        seconds = own.get(node["signal"], int(node[column]["value"]))
        at = since + timedelta(seconds=seconds)
        yield Due(node["what"], node["signal"], at, overdue=now > at, every_s=seconds)


def next_dose_at(state: State) -> datetime | None:
    """When the next device may be used; None where nothing is to follow."""
    if state.doses is None or state.doses.ended_at is not None:
        return None
    protocol = protocol_of(state)
    rest = protocol.between_units_s if protocol else 0
    return state.doses.given[-1].at + timedelta(seconds=rest)


def _intervals_of_protocol(state: State, column: str) -> Mapping[str, int]:
    protocol = protocol_of(state)
    if protocol is None:
        return {}
    recovering = column == "recovery"
    return protocol.measure_every_s_in_recovery if recovering else protocol.measure_every_s


def _dose(state: State, now: datetime) -> Iterator[Due]:
    empty = state.infusion.empty_at() if state.infusion else None
    if empty is not None:
        yield Due("End of the infusion", "", empty, overdue=now > empty)
    following = next_dose_at(state)
    if following is not None and state.doses:
        what = f"Next {state.doses.given[-1].body.unit or 'part of the dose'}"
        yield Due(what, "", following, overdue=now > following)
