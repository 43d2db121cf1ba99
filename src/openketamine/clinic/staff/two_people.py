"""What one person asks and a second one approves: both stand in one stream, `accounts`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.permission import must
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput

STREAM = "accounts"


@dataclass(frozen=True)
class Matter:
    """What needs two people. `name`: of its facts, such as `change_asked`, `change_approved` and
    `change_declined`; `waits`: what may be answered, in words."""

    name: str
    waits: str

    def waiting(self) -> list[StoredFact]:
        """What was asked and neither approved nor declined, the oldest first."""
        found: dict[str, StoredFact] = {}
        for fact in queries.facts(STREAM):
            if fact.kind == f"{self.name}_asked":
                found[fact.id] = fact
            elif fact.kind in (f"{self.name}_approved", f"{self.name}_declined"):
                found.pop(fact.body["asked"], None)
        return list(found.values())

    @contextmanager
    def approving(self, asked_id: str, proof: Proof, now: datetime) -> Iterator[StoredFact]:
        """What was asked, for the second person: what is done inside, and that they approved it,
        is on record together or not at all. Raises BadInput."""
        with self._answering("approved", asked_id, proof, now) as asked:
            _must_be_another(proof.staff, asked)
            yield asked

    def decline(self, asked_id: str, proof: Proof, now: datetime) -> None:
        """It stays as it is. Raises BadInput."""
        with self._answering("declined", asked_id, proof, now):
            pass

    @contextmanager
    def _answering(
        self, answer: str, asked_id: str, proof: Proof, now: datetime
    ) -> Iterator[StoredFact]:
        must(proof.staff, "account.approve", at=now)
        proof.must_be_fresh(now)
        with transaction.atomic():
            # Locked before it is looked at, or two people could answer the same question.
            journal.lock(STREAM)
            yield self._asked(asked_id)
            kind, body = f"{self.name}_{answer}", {"asked": asked_id}
            put_on_record(STREAM, kind, body, proof.staff, now, origin=proof.origin)

    def _asked(self, asked_id: str) -> StoredFact:
        for one in self.waiting():
            if one.id == asked_id:
                return one
        raise BadInput("asked", self.waits, asked_id)


def _must_be_another(by: Staff, asked: StoredFact) -> None:
    if str(by.pk) in (asked.by.id, asked.body["staff"]):
        raise BadInput("by", "a second person, neither who asked nor who it is about")
