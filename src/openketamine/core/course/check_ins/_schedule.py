"""When a person is asked, as knowledge/schedules says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from openketamine.core.course._durations import duration
from openketamine.core.findings import BadInput
from openketamine.knowledge import Document, documents


@dataclass(frozen=True)
class Asked:
    """One form of a step. `not_within`: not so soon after its last answer; None: always."""

    form: str
    not_within: timedelta | None = None


@dataclass(frozen=True)
class Step:
    """One moment at which somebody is asked, counted from its anchor."""

    id: str
    says: str
    phase: str
    anchor: str
    after: timedelta
    at: time | None
    closes: timedelta
    reminders: tuple[timedelta, ...]
    forms: tuple[Asked, ...]
    every: timedelta = timedelta(0)
    times: int = 1
    after_end: bool = False

    def due(self, anchor: datetime, number: int, zone: ZoneInfo) -> datetime:
        """When the turn `number` (from 0) of this step is due. In days it falls at `at` on the
        person's own clock, whatever that clock does in between."""
        gone = self.after + number * self.every
        if self.at is None:
            return anchor.astimezone(UTC) + gone
        day = anchor.astimezone(zone).date() + gone
        return datetime.combine(day, self.at, zone).astimezone(UTC)


@dataclass(frozen=True)
class Schedule:
    """All steps for people of one indication, or under some protocols."""

    id: str
    indications: tuple[str, ...]
    protocols: tuple[str, ...]
    steps: tuple[Step, ...]


def schedule_for(protocol_id: str, indication: str) -> Schedule:
    """The schedule of this protocol; else that of the indication. Raises BadInput for neither."""
    every = schedules()
    own = next((one for one in every if protocol_id in one.protocols), None)
    found = own or next((one for one in every if indication in one.indications), None)
    if found is None:
        known = ", ".join(name for one in every for name in one.indications)
        raise BadInput("indication", f"one of {known}", indication)
    return found


@cache
def schedules() -> tuple[Schedule, ...]:
    """Every schedule of the house."""
    return tuple(_schedule(one) for one in documents("schedules"))


def _schedule(read: Document) -> Schedule:
    body = read.body
    steps = tuple(_step(one) for one in body["steps"])
    return Schedule(read.id, tuple(body["indications"]), tuple(body["protocols"]), steps)


def _step(node: Mapping[str, Any]) -> Step:
    repeat = node.get("repeat")
    return Step(
        id=str(node["id"]),
        says=str(node["says"]),
        phase=str(node["phase"]),
        anchor=str(node["anchor"]),
        after=duration(node["after"]),
        at=time.fromisoformat(node["at"]) if "at" in node else None,
        closes=duration(node["closes"]),
        reminders=tuple(duration(one) for one in node["reminders"]),
        forms=tuple(_asked(one) for one in node["forms"]),
        every=duration(repeat["every"]) if repeat else timedelta(0),
        times=int(repeat["times"]["value"]) if repeat else 1,
        after_end=bool(node.get("after_end", False)),
    )


def _asked(node: Mapping[str, Any]) -> Asked:
    limit = node.get("not_within")
    return Asked(str(node["form"]), duration(limit) if limit else None)
