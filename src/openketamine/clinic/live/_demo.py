"""What the virtual monitor must know to play its people: who they are and what drug they get."""

from datetime import date, datetime
from typing import Any

from openketamine.clinic.patients import queries as patients
from openketamine.clinic.sessions import queries
from openketamine.clinic.sessions.models import Attachment
from openketamine.core.history import PersonRecord, age, latest

# The monitors that stand at the chairs of the demonstration. Any other device speaks for itself:
# a recording that is replayed, or a real monitor that somebody connects, must not be talked over.
_OURS = "080019FFFE"


def demo_patients(now: datetime) -> list[dict[str, Any]]:
    """One entry for each of the demonstration's own monitors that is attached."""
    joined = [
        one
        for one in queries.attachments()
        if one.device_kind == "monitor" and one.device_id.startswith(_OURS)
    ]
    return [_patient(one, now) for one in joined]


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
