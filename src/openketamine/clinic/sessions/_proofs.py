"""Who is really there: a fresh proof of identity, taken outside of any transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from openketamine.clinic.sessions._writing import text
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.permission import can
from openketamine.clinic.staff.proofs import Proof, prove
from openketamine.core.findings import BadInput


def own_proof(asked: Mapping[str, Any], by: Staff, now: datetime) -> Proof:
    """The person who is signed in says once more that it is them, with `password` or `otp`."""
    return prove(
        by.username,
        text(asked, "password", required=False),
        text(asked, "otp", required=False) or None,
        source=_source(asked, by),
        now=now,
    )


def witness_proof(asked: Mapping[str, Any], by: Staff, now: datetime) -> Proof:
    """A second person who may witness drug: `witness` and `witness_password` or `witness_otp`."""
    return second_person(asked, by, now, task="drug.witness", prefix="witness")


def second_person(
    asked: Mapping[str, Any], by: Staff, now: datetime, *, task: str, prefix: str
) -> Proof:
    """Somebody else than `by`, here now, whose role includes the task."""
    proof = prove(
        text(asked, prefix),
        text(asked, f"{prefix}_password", required=False),
        text(asked, f"{prefix}_otp", required=False) or None,
        source=_source(asked, by),
        now=now,
    )
    if proof.staff.pk == by.pk:
        raise BadInput(
            prefix, "a second person, not the one who is signed in", proof.staff.username
        )
    answer = can(proof.staff, task, at=now)
    if not answer:
        raise BadInput(prefix, f"somebody who may do this: {answer.why}", proof.staff.username)
    return proof


def _source(asked: Mapping[str, Any], by: Staff) -> str:
    # Wrong attempts lock a name for the person at this screen only, never for the whole clinic.
    return str(asked.get("source") or by.pk)
