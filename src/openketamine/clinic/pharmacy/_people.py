"""Who may move drug, and who may watch."""

from datetime import datetime

from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.permission import can, must
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput


def checked_actor(by: Staff, task: str) -> None:
    """The person's role includes the task. Raises BadInput."""
    must(by, task)


def checked_witness(witness: Proof, by: Staff, now: datetime, task: str = "drug.witness") -> Staff:
    """Another person, who may witness, and who proved who they are just now. Raises BadInput."""
    if witness.staff.pk == by.pk:
        raise BadInput("witness", "another person than the one who handles the drug")
    may = can(witness.staff, task, at=now)
    if not may:
        raise BadInput("witness", f"somebody who may witness. {may.why}")
    witness.must_be_fresh(now, "witness")
    return witness.staff
