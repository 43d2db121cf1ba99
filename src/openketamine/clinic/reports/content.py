"""The content of a session report as plain JSON: every section, as screen and paper print it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from openketamine.clinic.reports.observations import extremes
from openketamine.clinic.reports.plan_and_delivery import plan_and_delivery, segments
from openketamine.clinic.reports.times import Clock
from openketamine.core.monitoring import Sample

_ANSWERS = {"yes": "Yes", "no": "No", "not_known": "Not known", "not_applicable": "Not applicable"}


@dataclass(frozen=True)
class Subject:
    """Who and what the report is about, in the words of the patient banner."""

    identity: Mapping[str, str]
    protocol: str
    knowledge: str


def report_content(
    subject: Subject, state: Mapping[str, Any], samples: Sequence[Sample], zone: tzinfo
) -> dict[str, Any]:
    """All sections of the report, times as the clinic's clock shows them."""
    clock = Clock(zone)
    return {
        "identity": dict(subject.identity),
        "protocol": subject.protocol,
        "session_number": state["session_number"],
        "day": clock.day(_began(state)),
        "chair": state.get("chair", ""),
        "plan": plan_and_delivery(state, clock),
        "segments": segments(state, clock),
        "observations": extremes(samples, clock),
        "interventions": _interventions(state, clock),
        "findings": _findings(state, clock),
        "ratings": _ratings(state, clock),
        "drug": reconciliation(state["drug"]),
        "custody": _told(state, clock, ("drug_withdrawn", "dose_verified", "drug_wasted")),
        "checklists": _checklists(state, clock),
        "recovery": _recovery(state, clock),
        "discharge": _discharge(state, clock),
        "notes": _told(state, clock, ("note_charted",)),
        "overrides": [
            {"rule": one.get("rule", ""), "reason": one.get("reason", ""), "by": one.get("by", "")}
            for one in state.get("overrides", ())
        ],
        "offline": _offline(state, clock),
        "corrections": sum(1 for event in state["events"] if event.get("corrected")),
        "contradictions": list(state.get("contradictions", ())),
        "knowledge": subject.knowledge,
    }


def _began(state: Mapping[str, Any]) -> str | None:
    given = state.get("infusion") or state.get("doses") or {}
    events = state.get("events") or ()
    return given.get("started_at") or (str(events[0]["at"]) if events else None)


def _told(state: Mapping[str, Any], clock: Clock, kinds: Sequence[str]) -> list[dict[str, str]]:
    return [
        {
            "at": clock.time(event["at"]),
            "text": event["text"],
            "by": event["by"],
            "offline": "recorded offline" if event.get("offline") else "",
        }
        for event in state["events"]
        if event["kind"] in kinds and not event.get("corrected")
    ]


def _offline(state: Mapping[str, Any], clock: Clock) -> list[dict[str, str]]:
    """What was charted without a link, whatever it was: by the clinic's clock, by the tablet's own,
    and when the server had it."""
    return [
        {
            "at": clock.time(event["at"]),
            "text": event["text"],
            "by": event["by"],
            "device_at": clock.time(event["offline"]["device_at"]),
            "recorded_at": clock.time(event["offline"]["recorded_at"]),
        }
        for event in state["events"]
        if event.get("offline")
    ]


def _interventions(state: Mapping[str, Any], clock: Clock) -> list[dict[str, str]]:
    kinds = ("medicine_given", "adverse_event_charted", "rate_changed", "infusion_paused")
    return _told(state, clock, (*kinds, "infusion_resumed", "infusion_stopped", "dose_stopped"))


def _findings(state: Mapping[str, Any], clock: Clock) -> list[dict[str, str]]:
    return [
        {
            "at": clock.time(found["raised_at"]),
            "priority": found["priority"],
            "nature": found["nature"],
            "kind": _kind(found),
            "summary": found["summary"],
            "cleared": clock.time(found.get("cleared_at")),
            "seen_by": found.get("acknowledged_by") or "",
        }
        for found in state.get("findings", ())
    ]


def _kind(found: Mapping[str, Any]) -> str:
    """The machine asked, or the person: never mixed."""
    technical = found["nature"] == "technical"
    return f"Technical, {found['priority']}" if technical else str(found["priority"]).capitalize()


def _ratings(state: Mapping[str, Any], clock: Clock) -> list[dict[str, str]]:
    return [
        {
            "instrument": str(score["instrument"]).upper(),
            "total": "Not scored" if score["total"] is None else str(score["total"]),
            "band": score.get("band") or "",
            "at": clock.time(score["at"]),
            "flags": ", ".join(_flag(flag) for flag in score.get("flags", ())),
            "note": str(score.get("note") or ""),
        }
        for score in state.get("scores", ())
    ]


def _flag(flag: Any) -> str:
    return str(flag["says"]) if isinstance(flag, Mapping) else str(flag)


def reconciliation(drug: Mapping[str, int]) -> dict[str, Any]:
    """Drawn = given + wasted + what is still on the tray, and by how much that fails."""
    drawn, given, wasted = drug["withdrawn_ug"], drug["given_ug"], drug["wasted_ug"]
    left = drawn - given - wasted
    return {
        "drawn": milligrams(drawn),
        "given": milligrams(given),
        "wasted": milligrams(wasted),
        "left": milligrams(left),
        "balances": left == 0,
    }


def milligrams(micrograms: int) -> str:
    """`35 mg`, to the microgram, without trailing zeros."""
    text = f"{micrograms / 1000:,.3f}".rstrip("0").rstrip(".")
    return f"{text} mg"


def _checklists(state: Mapping[str, Any], clock: Clock) -> list[dict[str, Any]]:
    return [
        {
            "name": name.replace("-", " "),
            "items": [
                {
                    "question": item.get("question") or item["item"],
                    "answer": _ANSWERS.get(item.get("answer") or "", "Not answered"),
                    "by": item.get("by") or "",
                    "at": clock.time(item.get("at")),
                    "note": item.get("note") or "",
                }
                for item in items
            ],
        }
        for name, items in state.get("checklists", {}).items()
        # The closing questions are asked only where the book does not balance.
        if name != "closing" or any(item.get("answer") for item in items)
    ]


def _recovery(state: Mapping[str, Any], clock: Clock) -> list[dict[str, str]]:
    return [
        {
            "at": clock.time(score.get("at")),
            "scale": str(score.get("scale", "")).replace("-", " "),
            "total": str(score.get("total", "")),
        }
        for score in state.get("recovery", ())
    ]


def _discharge(state: Mapping[str, Any], clock: Clock) -> dict[str, str] | None:
    left = state.get("discharge")
    if not left:
        return None
    return {
        "at": clock.time(left.get("at")),
        "by": left.get("by", ""),
        "escort": " ".join(filter(None, (left.get("escort_name"), left.get("escort_phone")))),
        "instructions": "Given" if left.get("instructions_given") else "Not given",
    }
