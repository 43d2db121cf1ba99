"""Who may move drug, and who may watch."""

from datetime import datetime

from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.permission import can
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput


def checked_actor(by: Staff, task: str) -> None:
    """The person's role includes the task. Raises BadInput."""
    may = can(by, task)
    if not may:
        raise BadInput("by", f"somebody who may do this. {may.why}")


def checked_witness(witness: Proof, by: Staff, now: datetime, task: str = "drug.witness") -> Staff:
    """Another person, who may witness, and who proved who they are just now. Raises BadInput."""
    if witness.staff.pk == by.pk:
        raise BadInput("witness", "another person than the one who handles the drug")
    may = can(witness.staff, task, at=now)
    if not may:
        raise BadInput("witness", f"somebody who may witness. {may.why}")
    if not witness.is_fresh(now):
        raise BadInput("witness", "a proof of identity given just now, not an earlier one")
    return witness.staff
