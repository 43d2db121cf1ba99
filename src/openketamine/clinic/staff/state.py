"""What the clinic's state lets a role do: as we read it, or as the director confirmed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openketamine.clinic.journal import queries
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.permission import CONFIRMED, can
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.knowledge import document

MEANING = "I have read what this state lets a nurse do, and our practice keeps to it."


@dataclass(frozen=True)
class Confirmation:
    """What somebody confirmed, with where they read it."""

    says: str
    source: str
    at: datetime
    by: str


def rules_of(state: str) -> list[Mapping[str, Any]]:
    """The rules of this state that we read in its own words; none for a state that we did not."""
    return [one for one in document("credentials", "scope").body["rules"] if one["place"] == state]


def confirmations(state: str) -> list[Confirmation]:
    """Everything that was confirmed for this state, the last word first."""
    facts = reversed(queries.facts(f"{CONFIRMED}:{state}"))
    return [
        Confirmation(one.body["says"], one.body["source"], one.at, one.by.name) for one in facts
    ]


def confirm(state: str, says: str, source: str, proof: Proof, now: datetime) -> str:
    """The medical director confirms, with a fresh proof, what this state lets a nurse do; the id.

    Raises BadInput without a state, words and a source, for who may not, for an old proof.
    """
    may = can(proof.staff, "scope.confirm", at=now)
    if not may:
        raise BadInput("by", f"the medical director. {may.why}")
    proof.must_be_fresh(now, "password")
    if not state:
        raise BadInput("state", "a clinic whose state is set, such as US-WY")
    said = {"state": state, "says": says.strip(), "source": source.strip(), "meaning": MEANING}
    for name in ("says", "source"):
        if not said[name]:
            raise BadInput(name, "what the state says, and where it stands")
    stream = f"{CONFIRMED}:{state}"
    return put_on_record(stream, "scope_confirmed", said, proof.staff, now, origin="console")
