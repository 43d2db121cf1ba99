"""The only writers of notes that are kept apart."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from django.db import transaction

from openketamine.clinic.notes import keys
from openketamine.clinic.notes.models import Sealed
from openketamine.clinic.patients.models import Person
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.permission import must
from openketamine.core.findings import BadInput

KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "therapy": ("Therapy note", "therapy-note.write"),
        "counselling": ("Substance-use counselling note", "counselling-note.write"),
    }
)
"""Each kind in words, and the task of who writes it."""

LONGEST = 20_000


def stream_of(person: Person) -> str:
    """The facts about this person's notes; their texts are not in it."""
    return f"notes:{person.pk}"


def write(person: Person, kind: str, text: str, by: Staff, now: datetime) -> str:
    """Seal a note; the id of its fact comes back. Raises BadInput, NoKey."""
    if kind not in KINDS:
        raise BadInput("kind", " or ".join(KINDS), kind)
    must(by, KINDS[kind][1])
    if not text.strip() or len(text) > LONGEST:
        raise BadInput("text", f"a note of 1 to {LONGEST} signs")
    token, fingerprint = keys.seal(text.strip())
    with transaction.atomic():
        sealed = Sealed.objects.create(token=token)
        body = {"kind": kind, "sealed": str(sealed.pk), "fingerprint": fingerprint}
        return put_on_record(stream_of(person), "note_sealed", body, by, now, origin="notes")


def rotate() -> int:
    """Seal every note with the newest key; how many. All of them or none. Raises NoKey."""
    with transaction.atomic():
        rows = list(Sealed.objects.select_for_update().order_by("id"))
        for row in rows:
            row.token = keys.renewed(row.token)
        Sealed.objects.bulk_update(rows, ["token"], batch_size=500)
    return len(rows)
