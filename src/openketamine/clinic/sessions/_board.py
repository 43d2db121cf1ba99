"""One tile of the board, out of a session's state."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from openketamine.clinic.sessions.models import Session

_PRIORITIES = ("high", "medium", "low")


def tile(session: Session, state: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Initials and room only: a board hangs where others can read it."""
    return {
        "session": str(session.id),
        "site": session.site_id,
        "path": f"/sessions/{session.id}/",
        "initials": initials(session),
        "chair": state["chair"] or session.chair,
        "nurse": session.nurse.display_name if session.nurse else "",
        "phase": state["phase"],
        "protocol": state["protocol"],
        "infusion": state["infusion"],
        "doses": state["doses"],
        "due": _next_due(state["due"]),
        "pressure": _pressure(state["latest"]),
        "alarm": _alarm(state["findings"]),
        "sound": state["sound"],
        "call": _call(state["calls"]),
        "left_at": _left_at(state),
        "at": now.isoformat(),
    }


def initials(session: Session) -> str:
    """`AO`."""
    return f"{session.person.given[:1]}{session.person.family[:1]}".upper()


def urgency(one: Mapping[str, Any]) -> tuple[int, int, str, str]:
    """Sort key: alarms first, then people in treatment by what is due next, then the rest."""
    alarm = one["alarm"]
    rank = _rank(alarm) if alarm else 2 * len(_PRIORITIES)
    treated = 0 if one["phase"] in ("infusing", "giving", "paused", "recovery") else 1
    due = one["due"]["at"] if one["due"] else "9999"
    return rank, treated, due, one["session"]


def _next_due(due: list[dict[str, Any]]) -> dict[str, Any] | None:
    return min(due, key=lambda one: one["at"], default=None)


def _pressure(latest: Mapping[str, Any]) -> dict[str, Any] | None:
    systolic, diastolic = latest.get("systolic"), latest.get("diastolic")
    if not systolic or not diastolic:
        return None
    return {
        "systolic": systolic["value"],
        "diastolic": diastolic["value"],
        "received_at": systolic["received_at"],
        "source": systolic["source"],
        "doubt": systolic["doubt"] or diastolic["doubt"] or _apart(systolic, diastolic),
    }


def _apart(systolic: Mapping[str, Any], diastolic: Mapping[str, Any]) -> str | None:
    """Never a systolic of one measurement over the diastolic of another."""
    return None if systolic["at"] == diastolic["at"] else "not measured together"


def _alarm(findings: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The worst finding that stands, or that is over and was seen by nobody. One that a person has
    seen still stands."""
    standing = [one for one in findings if one["cleared_at"] is None or one["latched"]]
    worst = min(standing, key=_rank, default=None)
    if worst is None:
        return None
    names = ("priority", "nature", "signal", "summary", "raised_at", "acknowledged_at", "latched")
    return {**{name: worst[name] for name in names}, "count": len(standing)}


def _rank(finding: Mapping[str, Any]) -> int:
    """The higher priority first; within one, physiology before technique."""
    technical = finding["nature"] == "technical"
    return 2 * _PRIORITIES.index(str(finding["priority"])) + int(technical)


def _call(calls: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Of the calls that wait: who was told last, or who answered."""
    waiting = [one for one in calls if one["open"] and one["told"]]
    if not waiting:
        return None
    last = waiting[-1]
    told = last["told"][-1]
    return {"names": told["names"], "told_at": told["at"], "answer": last["answer"]}


def _left_at(state: Mapping[str, Any]) -> str | None:
    discharge = state["discharge"]
    return discharge["at"] if discharge else None
