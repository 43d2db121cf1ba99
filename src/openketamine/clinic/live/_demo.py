"""What the virtual monitor must know to play its people: who they are and what drug they get."""

from datetime import date, datetime
from typing import Any

from openketamine.clinic.patients import queries as patients
from openketamine.clinic.sessions import queries
from openketamine.clinic.sessions.models import Attachment
from openketamine.core.history import PersonRecord, age, latest

# The monitors and pumps that stand at the chairs of the demonstration. Any other device speaks for
# itself: a recording that is replayed, or a real device, must not be talked over.
_OURS = ("080019FFFE", "080019FFFD")


def demo_patients(now: datetime) -> list[dict[str, Any]]:
    """One entry for each of the demonstration's own monitors and pumps that is attached."""
    joined = [one for one in queries.attachments() if one.device_id.startswith(_OURS)]
    return [_pump(one, now) if one.device_kind == "pump" else _patient(one, now) for one in joined]


def _pump(joined: Attachment, now: datetime) -> dict[str, Any]:
    """What is at a pump: the bag as it was verified, and how it was charted to run."""
    person, state = joined.session.person, queries.state_json(joined.session, now)
    plan, infusion = state["plan"] or {}, state["infusion"] or {}
    strength, volume = plan.get("concentration_ug_per_ml"), plan.get("volume_ul")
    return {
        "device_id": joined.device_id,
        "device_kind": "pump",
        "mrn": person.mrn,
        "family": person.family,
        "given": person.given,
        "chair": state["chair"],
        "session": str(joined.session_id),
        "drug": plan.get("drug", ""),
        "mg_per_ml": strength / 1000 if strength else None,
        "bag_ml": volume / 1000 if volume else None,
        "segments": [
            {"start": one["start"], "end": one["end"], "ml_per_h": one["rate_ul_per_h"] / 1000}
            for one in infusion.get("segments", ())
        ],
    }


def _patient(joined: Attachment, now: datetime) -> dict[str, Any]:
    person = joined.session.person
    record = patients.record(person)
    state = queries.state_json(joined.session, now)
    plan, infusion = state["plan"], state["infusion"]
    return {
        "device_id": joined.device_id,
        "mrn": person.mrn,
        "family": person.family,
        "given": person.given,
        "chair": state["chair"],
        "session": str(joined.session_id),
        "phase": state["phase"],
        "age": age(record, now.date()),
        "sex": record.person.sex,
        "weight_kg": plan["weight_g"] / 1000 if plan else _weight_kg(record, now.date()),
        "baseline": {},
        "segments": [_segment(one) for one in (infusion or {}).get("segments", ())],
    }


def _segment(segment: dict[str, Any]) -> dict[str, Any]:
    rate = segment["rate_ug_per_h"] / 1000 / 60
    return {"start": segment["start"], "end": segment["end"], "rate_mg_per_min": rate}


def _weight_kg(record: PersonRecord, on: date) -> float | None:
    weight = latest(record, "weight", on)
    return None if weight is None else float(weight.value)
