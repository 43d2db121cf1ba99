"""What was ordered beside what was given, each deviation with the reason that was charted."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from openketamine.clinic.plans.pump import ROUTES
from openketamine.clinic.reports.times import Clock, moment
from openketamine.core.quantities import format_number


def plan_and_delivery(state: Mapping[str, Any], clock: Clock) -> dict[str, Any] | None:
    """Rows of (what, planned, delivered), the reasons, and who signed; None without a plan."""
    plan = state.get("plan")
    if not plan:
        return None
    return {
        "drug": plan["drug"],
        "route": ROUTES.get(plan["route"], plan["route"]),
        "weight": _weight(plan),
        "concentration": _concentration(plan["concentration_ug_per_ml"]),
        "signed_by": plan.get("signed_by", ""),
        "signed_at": clock.time(plan.get("signed_at")),
        "rows": [row for row in _rows(state, clock) if row["planned"] or row["delivered"]],
        "reasons": _reasons(state, clock),
    }


def _weight(plan: Mapping[str, Any]) -> str:
    """Devices go by no weight."""
    return (
        f"{_number(plan['weight_g'], 1000)} kg, {plan['weight_basis']}" if plan["weight_g"] else ""
    )


def _concentration(ug_per_ml: int) -> str:
    return f"{_number(ug_per_ml, 1000)} mg in 1 mL" if ug_per_ml else ""


def _rows(state: Mapping[str, Any], clock: Clock) -> list[dict[str, str]]:
    """A line each; what a form of dose does not have (a rate, a volume) is empty on both sides."""
    plan, infusion = state["plan"], state.get("infusion") or {}
    by_hand = state.get("doses") or {}
    begun = infusion or by_hand
    started, ended = begun.get("started_at"), by_hand.get("ended_at") or _ended(infusion)
    over = timedelta(seconds=plan["over_s"])
    given = state["drug"]["given_ug"]
    return [
        _row("Dose", _mg(plan["dose_ug"]), _mg(given) if begun else "Not started"),
        _row("Dose by weight", _per_kg(plan["dose_ug"], plan), _per_kg(given, plan)),
        _row("Volume", _ml(plan["volume_ul"]), _volume(infusion, by_hand)),
        _row("Rate", _rate(plan["rate_ul_per_h"]), _rates(infusion)),
        _row("Given", "", _acts(by_hand, clock)),
        _row("Time", _minutes(over) if over else "", _lasted(started, ended) if over else ""),
        _row("Start and end", "", f"{clock.time(started)} to {clock.time(ended)}" if ended else ""),
    ]


def _volume(infusion: Mapping[str, Any], by_hand: Mapping[str, Any]) -> str:
    if infusion:
        return f"{infusion['volume_given_ml']:,.4g} mL"
    return _ml(sum(one["volume_ul"] for one in by_hand.get("given", ())))


def _acts(by_hand: Mapping[str, Any], clock: Clock) -> str:
    """`28 mg at 09:15, right and left; 28 mg at 09:20, right and left`."""
    acts = (
        ", ".join(
            part
            for part in (
                f"{_mg(one['dose_ug'])} at {clock.time(one['at'])}",
                one["place"],
                one["lot"] and f"lot {one['lot']}",
            )
            if part
        )
        for one in by_hand.get("given", ())
    )
    return "; ".join(acts)


def _rate(rate_ul_per_h: int) -> str:
    return f"{_number(rate_ul_per_h, 1000)} mL/h" if rate_ul_per_h else ""


def _row(what: str, planned: str, delivered: str) -> dict[str, str]:
    return {"what": what, "planned": planned, "delivered": delivered}


def _ended(infusion: Mapping[str, Any]) -> str | None:
    done = [segment["end"] for segment in infusion.get("segments", ()) if segment.get("end")]
    return max(done) if done and not infusion.get("running") else None


def _rates(infusion: Mapping[str, Any]) -> str:
    rates = [s["rate_ul_per_h"] for s in infusion.get("segments", ()) if s["rate_ul_per_h"] > 0]
    changes = list(dict.fromkeys(rates))
    return ", then ".join(f"{_number(rate, 1000)} mL/h" for rate in changes)


def _lasted(started: str | None, ended: str | None) -> str:
    return _minutes(moment(ended) - moment(started)) if started and ended else ""


def _minutes(span: timedelta) -> str:
    return f"{round(span.total_seconds() / 60):,} min"


def _per_kg(mass_ug: int, plan: Mapping[str, Any]) -> str:
    if not plan["weight_g"]:
        return ""
    return f"{format_number(Decimal(mass_ug) / Decimal(plan['weight_g']), 3)} mg/kg"


def _mg(mass_ug: int) -> str:
    return f"{_number(mass_ug, 1000)} mg"


def _ml(volume_ul: int) -> str:
    return f"{_number(volume_ul, 1000)} mL" if volume_ul else ""


def _number(amount: int, divisor: int) -> str:
    return format_number(Decimal(amount) / divisor, 3)


def _reasons(state: Mapping[str, Any], clock: Clock) -> list[str]:
    kinds = ("rate_changed", "infusion_paused", "infusion_resumed")
    return [
        f"{clock.time(event['at'])} {event['text']}"
        for event in state["events"]
        if event["kind"] in kinds and not event.get("corrected")
    ]


def segments(state: Mapping[str, Any], clock: Clock) -> list[dict[str, str]]:
    """The pump's segments of constant rate, with what each one gave."""
    plan, infusion = state.get("plan"), state.get("infusion") or {}
    return [_segment(segment, plan, clock) for segment in infusion.get("segments", ())]


def _segment(
    segment: Mapping[str, Any], plan: Mapping[str, Any] | None, clock: Clock
) -> dict[str, str]:
    hourly = Decimal(segment["rate_ug_per_h"])
    weight = Decimal(plan["weight_g"]) if plan and plan["weight_g"] else None
    return {
        "start": clock.time(segment["start"]),
        "end": clock.time(segment.get("end")) or "running",
        "ml_per_h": _number(segment["rate_ul_per_h"], 1000),
        "concentration": _number(segment["concentration_ug_per_ml"], 1000),
        "mg_per_h": format_number(hourly / 1000, 3),
        "mg_per_kg_per_h": format_number(hourly / weight, 3) if weight else "",
        "given_mg": format_number(Decimal(str(segment["given_ug"])) / 1000, 3),
        "reason": segment.get("reason") or "",
    }
