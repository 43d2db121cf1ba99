"""Reading notes that are kept apart: one's own, or through broken glass."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.notes import keys
from openketamine.clinic.notes.commands import KINDS, stream_of
from openketamine.clinic.notes.models import Sealed
from openketamine.clinic.patients.models import Person
from openketamine.clinic.staff.glass import Grant
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.roles import can
from openketamine.core.findings import BadInput


@dataclass(frozen=True)
class Note:
    """One note; `text` is None where this reader may not read it, `fault` where nobody can."""

    id: str
    title: str
    by: str
    at: datetime
    text: str | None
    fault: str = ""


def notes(person: Person, reader: Staff, grant: Grant | None) -> list[Note]:
    """Every note of this person, the newest first, open or closed to this reader."""
    facts = journal.facts(stream_of(person), kinds=["note_sealed"])
    found = Sealed.objects.in_bulk([fact.body["sealed"] for fact in facts])
    tokens = {str(key): row.token for key, row in found.items()}
    return [_note(fact, tokens, reader, grant) for fact in reversed(facts)]


def _note(
    fact: journal.StoredFact, tokens: Mapping[str, str], reader: Staff, grant: Grant | None
) -> Note:
    kind = fact.body["kind"]
    own = fact.by.id == str(reader.pk)
    through = grant is not None and can(reader, f"{kind}-note.emergency").ok
    text, fault = None, ""
    if own or through:
        try:
            text = keys.open_seal(tokens.get(fact.body["sealed"], ""), fact.body["fingerprint"])
        except BadInput as error:
            fault = f"It cannot be opened. {error}"
    return Note(fact.id, KINDS[kind][0], fact.by.name, fact.at, text, fault)
