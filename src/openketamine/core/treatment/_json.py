"""The state as JSON: the one form that console, replay and report read."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from openketamine.core.findings import Refusal
from openketamine.core.monitoring import freshness
from openketamine.core.screening import Tightened
from openketamine.core.treatment import _facts as f
from openketamine.core.treatment._alarms import Alarm, alarms, attached_devices
from openketamine.core.treatment._attention import sound
from openketamine.core.treatment._calls import call_as_json, calls
from openketamine.core.treatment._chart import answers, items, tray
from openketamine.core.treatment._codec import encode_body, kind_of
from openketamine.core.treatment._contradictions import contradictions
from openketamine.core.treatment._doses import Doses
from openketamine.core.treatment._due import due, next_dose_at
from openketamine.core.treatment._emergency import emergencies, offered
from openketamine.core.treatment._infusion import Infusion
from openketamine.core.treatment._may import gate, requests
from openketamine.core.treatment._state import State
from openketamine.core.treatment._vitals import baseline, latest
from openketamine.core.treatment._words import in_words

_CHECKLISTS = ("pre-dose", "discharge", "closing")


def state_as_json(state: State, now: datetime, site: tuple[Tightened, ...] = ()) -> dict[str, Any]:
    """Everything that can be said about a session at `now`, in a clinic with these thresholds."""
    return {
        **board_as_json(state, now),
        "plan": _plan(state),
        "gates": {request: _gate(request, state, now, site) for request in requests()},
        "emergencies": _emergencies(state, now),
        "events": _events(state),
        "baseline": {signal: _number(value) for signal, value in baseline(state).items()},
        "checklists": {name: _checklist(state, name) for name in _CHECKLISTS},
        "drug": _drug(state),
        "devices": _devices(state, now),
        "scores": _bodies(state, f.ScoreRecorded),
        "recovery": _bodies(state, f.RecoveryScored),
        "overrides": _bodies(state, f.OverrideSigned),
        "adverse_events": _bodies(state, f.AdverseEventCharted),
        "medicines": _bodies(state, f.MedicineGiven),
        "contradictions": list(contradictions(state)),
    }


def board_as_json(state: State, now: datetime) -> dict[str, Any]:
    """The part of it that a board of many sessions shows, each second of each of them."""
    return {
        **_header(state),
        "infusion": infusion_as_json(state.infusion, now) if state.infusion else None,
        "doses": _doses(state.doses, next_dose_at(state)) if state.doses else None,
        "findings": [_alarm(alarm) for alarm in alarms(state)],
        "sound": sound(state, now).as_json(),
        "calls": [call_as_json(call) for call in calls(state)],
        "latest": _latest(state, now),
        "due": _due(state, now),
        "discharge": next(iter(_bodies(state, f.Discharged)[-1:]), None),
    }


def _due(state: State, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "what": one.what,
            "signal": one.signal,
            "at": one.at.isoformat(),
            "overdue": one.overdue,
            "every_s": one.every_s,
        }
        for one in due(state, now)
    ]


def _header(state: State) -> dict[str, Any]:
    opened, chair = state.opened, state.last(f.ChairAssigned)
    return {
        "phase": state.phase,
        "person_id": opened.person_id if opened else "",
        "protocol": opened.protocol_id if opened else "",
        "session_number": opened.session_number if opened else None,
        "indication": opened.indication if opened else "",
        "chair": chair.body.chair if chair else "",
        "last_number": state.last_number,
    }


def _plan(state: State) -> dict[str, Any] | None:
    if state.plan is None:
        return None
    signed = {"signed_by": state.plan.by.name, "signed_at": state.plan.at.isoformat()}
    return encode_body(state.plan.body) | signed


def infusion_as_json(infusion: Infusion, now: datetime) -> dict[str, Any]:
    """An infusion with its segments; what is derived from exact fractions is rounded only here."""
    last = infusion.segments[-1]
    rate = last.rate_ul_per_h if infusion.running else 0
    per_hour = Fraction(rate * infusion.concentration_ug_per_ml, 1000 * 1000)
    given_ul = infusion.given_ul(now)
    end = infusion.stopped_at or now
    empty = infusion.empty_at()
    return {
        "running": infusion.running,
        "segments": _segments(infusion, now),
        "rate_ml_per_h": _rounded(Fraction(rate, 1000)),
        "mg_per_h": _rounded(per_hour),
        "mg_per_kg_per_h": _rounded(per_hour * 1000 / infusion.weight_g)
        if infusion.weight_g
        else None,
        "given_mg": _rounded(infusion.given_ug(now) / 1000),
        "volume_given_ml": _rounded(given_ul / 1000),
        "volume_left_ml": _rounded((infusion.bag_ul - given_ul) / 1000),
        "started_at": infusion.started_at.isoformat(),
        "stopped_at": infusion.stopped_at.isoformat() if infusion.stopped_at else None,
        "planned_end": empty.isoformat() if empty else None,
        "elapsed_s": max(0, int((end - infusion.started_at).total_seconds())),
    }


def _doses(doses: Doses, next_at: datetime | None) -> dict[str, Any]:
    """What was given without a pump, act by act, and what is still to come."""
    left = None if doses.ordered_ug is None else max(0, doses.ordered_ug - doses.given_ug)
    return {
        "given": [encode_body(one.body) | {"at": one.at.isoformat()} for one in doses.given],
        "given_mg": _rounded(Fraction(doses.given_ug, 1000)),
        "left_mg": None if left is None else _rounded(Fraction(left, 1000)),
        "started_at": doses.started_at.isoformat(),
        "ended_at": doses.ended_at.isoformat() if doses.ended_at else None,
        "next_at": next_at.isoformat() if next_at else None,
    }


def _segments(infusion: Infusion, now: datetime) -> list[dict[str, Any]]:
    concentration = infusion.concentration_ug_per_ml
    volumes = infusion.given_ul_by_segment(now)
    return [
        {
            "start": segment.start.isoformat(),
            "end": segment.end.isoformat() if segment.end else None,
            "rate_ul_per_h": segment.rate_ul_per_h,
            "concentration_ug_per_ml": concentration,
            "rate_ug_per_h": _rounded(Fraction(segment.rate_ul_per_h * concentration, 1000)),
            "given_ug": _rounded(volume * Fraction(concentration, 1000)),
            "reason": segment.reason,
        }
        for segment, volume in zip(infusion.segments, volumes, strict=True)
    ]


def _gate(request: str, state: State, now: datetime, site: tuple[Tightened, ...]) -> dict[str, Any]:
    answer = gate(request, state, now, site)
    if isinstance(answer, Refusal):
        waits = [finding.as_json() for finding in answer.findings]
        return {"open": False, "waits_for": waits, "cautions": []}
    return {"open": True, "waits_for": [], "cautions": [one.as_json() for one in answer.cautions]}


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return encode_body(alarm.finding) | {
        "raised_at": alarm.raised_at.isoformat(),
        "cleared_at": alarm.cleared_at.isoformat() if alarm.cleared_at else None,
        "acknowledged_at": alarm.acknowledged_at.isoformat() if alarm.acknowledged_at else None,
        "acknowledged_by": alarm.acknowledged_by.name if alarm.acknowledged_by else None,
        "latched": alarm.latched,
    }


def _emergencies(state: State, now: datetime) -> dict[str, Any]:
    """Cards that fit the moment, and those that were opened, with what was done and when."""
    opened = [
        {
            "card": one.card,
            "begun_at": one.begun.at.isoformat(),
            "done": [
                {"step": o.body.step, "note": o.body.note, "at": o.at.isoformat(), "by": o.by.name}
                for o in one.done
            ],
            "over_at": one.over.at.isoformat() if one.over else None,
            "outcome": one.over.body.outcome if one.over else None,
        }
        for one in emergencies(state)
    ]
    return {"offered": list(offered(state, now)), "opened": opened}


def _events(state: State) -> list[dict[str, Any]]:
    """Every fact but the readings, which are far too many. A corrected one keeps its own words."""
    return [
        {
            "n": entry.fact.number,
            "at": entry.fact.at.isoformat(),
            "kind": kind_of(entry.fact.body),
            "text": in_words(entry.fact.body),
            "by": entry.fact.by.name,
            "fact": entry.fact.id,
            "offline": _offline(entry.fact),
            "corrected": entry.corrected_by is not None,
            "now_reads": in_words(entry.body) if entry.corrected_by and entry.body else None,
        }
        for entry in state.entries
        if not isinstance(entry.fact.body, f.ReadingTaken)
    ]


def _offline(fact: f.Fact) -> dict[str, str] | None:
    """Both clocks of what was written down while the tablet was cut off."""
    if fact.device_at is None or fact.recorded_at is None:
        return None
    return {
        "device_at": fact.device_at.isoformat(),
        "recorded_at": fact.recorded_at.isoformat(),
    }


def _latest(state: State, now: datetime) -> dict[str, Any]:
    return {
        signal: {
            "value": _number(one.value),
            "at": one.at.isoformat(),
            "received_at": one.received_at.isoformat(),
            "source": one.source,
            "doubt": one.doubt,
            "beside": one.beside,
            "freshness": freshness(signal, one.received_at, now),
        }
        for signal, one in sorted(latest(state, now).items())
    }


def _checklist(state: State, checklist: str) -> list[dict[str, Any]]:
    given = answers(state, checklist)
    number = state.opened.session_number if state.opened else 1
    rows = []
    for item in items(checklist, number):
        answer = given.get(item["item"])
        rows.append(
            {
                "item": item["item"],
                "question": item["question"],
                "accept": list(item["accept"]),
                "answer": answer.body.answer if answer else None,
                "by": answer.by.name if answer else None,
                "at": answer.at.isoformat() if answer else None,
                "note": answer.body.note if answer else "",
            }
        )
    return rows


def _drug(state: State) -> dict[str, int]:
    drug = tray(state)
    return {
        "withdrawn_ug": drug.withdrawn_ug,
        "given_ug": drug.given_ug,
        "wasted_ug": drug.wasted_ug,
        "tray_ug": drug.left_ug,
    }


def _devices(state: State, now: datetime) -> list[dict[str, Any]]:
    return [
        {"device_id": device, "kind": one.body.device_kind, "since": one.at.isoformat()}
        for device, one in sorted(attached_devices(state, now).items())
    ]


def _bodies(state: State, kind: type[Any]) -> list[dict[str, Any]]:
    return [
        encode_body(one.body) | {"at": one.at.isoformat(), "by": one.by.name, "fact": one.fact.id}
        for one in state.all(kind)
    ]


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _rounded(value: Fraction) -> int | float:
    rounded = round(float(value), 4)
    return int(rounded) if rounded == int(rounded) else rounded
