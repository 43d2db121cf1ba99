"""Which finding the sound is for, and whether it is paused. Pure; the screens only play it.

The highest priority wins, and within it physiology before technique. What was seen is silent, until
it has stood for a while longer: then the sound comes back by itself. A pause ends with its time, by
hand, or when something as urgent as what was paused is raised anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from openketamine.core.log import Happened
from openketamine.core.monitoring import PRIORITIES, presentation
from openketamine.core.treatment._alarms import Alarm, alarms
from openketamine.core.treatment._facts import FindingAcknowledged, SoundPaused, SoundResumed
from openketamine.core.treatment._state import State


@dataclass(frozen=True)
class Sound:
    """What should be heard. `alarm`: the one that wins, None for silence; `paused_until`: until
    then nothing is heard, whatever wins."""

    alarm: Alarm | None
    paused_until: datetime | None

    def as_json(self) -> dict[str, Any]:
        """As the browser reads it."""
        finding = self.alarm.finding if self.alarm else None
        return {
            "priority": finding.priority if finding else None,
            "nature": finding.nature if finding else None,
            "finding_id": finding.finding_id if finding else None,
            "paused_until": self.paused_until.isoformat() if self.paused_until else None,
        }


def urgency(alarm: Alarm) -> tuple[int, bool, float]:
    """Sort key: the highest priority first, physiology before technique, the newest first."""
    finding = alarm.finding
    rank = PRIORITIES.index(finding.priority)
    return rank, finding.nature == "technical", -alarm.raised_at.timestamp()


def standing(state: State) -> tuple[Alarm, ...]:
    """Findings that ask for somebody, the most urgent first: active ones and latched ones."""
    return tuple(sorted((one for one in alarms(state) if one.stands), key=urgency))


def sound(state: State, now: datetime) -> Sound:
    """What should be heard of a session at this moment."""
    asking = [one for one in standing(state) if _asks(state, one, now)]
    return Sound(asking[0] if asking else None, paused_until(state, now))


def paused_until(state: State, now: datetime) -> datetime | None:
    """Until when the sound is paused; None where it is not."""
    pauses = [one for one in state.all(SoundPaused) if one.at <= now]
    if not pauses:
        return None
    last = pauses[-1]
    end = last.at + _length(last.body.seconds)
    ended = any(last.at <= one.at <= now for one in state.all(SoundResumed))
    if ended or now >= end or any(_breaks(state, last, now)):
        return None
    return end


def _length(seconds: int) -> timedelta:
    """No screen may pause for longer than the rules allow, whatever it sent."""
    return min(timedelta(seconds=max(0, seconds)), presentation("high").pause)


def _asks(state: State, alarm: Alarm, now: datetime) -> bool:
    seen = [
        one.at
        for one in state.all(FindingAcknowledged)
        if one.body.finding_id == alarm.finding.finding_id and one.at <= now
    ]
    if not seen:
        return True
    again = presentation(alarm.finding.priority).again_after
    return alarm.active and again is not None and now >= max(seen) + again


def _breaks(state: State, pause: Happened[SoundPaused], now: datetime) -> Iterator[bool]:
    """For each finding that was raised since the pause: whether it is as urgent as what stood."""
    everything = alarms(state)
    worst = _worst([one for one in everything if _stood(one, pause.at)])
    for one in everything:
        if pause.at < one.raised_at <= now:
            yield PRIORITIES.index(one.finding.priority) <= worst


def _stood(alarm: Alarm, at: datetime) -> bool:
    return alarm.raised_at <= at and (alarm.cleared_at is None or alarm.cleared_at > at)


def _worst(found: Sequence[Alarm]) -> int:
    lowest = len(PRIORITIES) - 1
    return min((PRIORITIES.index(one.finding.priority) for one in found), default=lowest)
