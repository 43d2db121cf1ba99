"""Everything of one person as one JSON document, with the chain that proves it.

Notes that are kept apart are none of it: their stream, their words and their number stay out,
unless their own author asks and proves who they are.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from openketamine import __version__
from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.export import with_chain
from openketamine.clinic.journal.models import Access
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.notes.queries import notes
from openketamine.clinic.papers.models import Text
from openketamine.clinic.patients.models import BundleImport, Person
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.models import Staff
from openketamine.core.treatment import ReadingTaken
from openketamine.knowledge import digest

_READING = "reading_taken"


@dataclass(frozen=True)
class Sitting:
    """One session as it goes along: its row, its facts but the readings, and the readings."""

    row: Session
    facts: tuple[StoredFact, ...]
    readings: tuple[ReadingTaken, ...]


@dataclass(frozen=True)
class Dossier:
    """What is here of one person, read once. `notes_of`: whose own notes go along, or nobody's."""

    person: Person
    now: datetime
    records: tuple[BundleImport, ...]
    facts: tuple[StoredFact, ...]
    course: tuple[StoredFact, ...]
    sessions: tuple[Sitting, ...]
    papers: tuple[Text, ...]
    reads: tuple[Access, ...]
    notes_of: Staff | None = None

    @property
    def streams(self) -> list[str]:
        """The streams of the journal that are about this person; not that of the notes."""
        own = [self.person.stream, f"course:{self.person.pk}"]
        return [*own, *(one.row.stream for one in self.sessions)]


def dossier(person: Person, now: datetime, notes_of: Staff | None = None) -> Dossier:
    """Read all of it."""
    course = tuple(journal.facts(f"course:{person.pk}"))
    rows = Session.objects.filter(person=person).order_by("created", "id")
    return Dossier(
        person=person,
        now=now,
        records=tuple(BundleImport.objects.filter(person=person).order_by("at", "pk")),
        facts=tuple(journal.facts(person.stream)),
        course=course,
        sessions=tuple(_sitting(row) for row in rows),
        papers=tuple(Text.objects.filter(sha256__in=_hashes(course)).order_by("sha256")),
        reads=tuple(reversed(journal.accesses(person.pk))),
        notes_of=notes_of,
    )


def as_json(one: Dossier) -> dict[str, Any]:
    """The whole document. `chain` is what `openketamine audit verify FILE` proves."""
    person = one.person
    return {
        "openketamine": __version__,
        "exported_at": one.now.isoformat(),
        "demonstration": bool(settings.OPENKETAMINE_DEMO),
        "knowledge": digest(),
        "person": {
            "id": str(person.pk), "mrn": person.mrn, "family": person.family,
            "given": person.given, "sex": person.sex, "site": str(person.site_id),
            "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        },
        "records": [
            {"at": record.at.isoformat(), "sha256": record.sha256,
             "bundle": json.loads(record.bundle)}
            for record in one.records
        ],
        "answers": _of(one.facts, "question_answered"),
        "overrides": _of(one.facts, "finding_overridden"),
        "evaluations": _of(one.facts, "evaluation_recorded"),
        "course": [fact.as_json() for fact in one.course],
        "sessions": [_session(sitting) for sitting in one.sessions],
        "papers": [
            {"sha256": text.sha256, "kind": text.kind, "kept_at": text.kept_at.isoformat(),
             "content": text.content}
            for text in one.papers
        ],
        "reads": [
            {"at": read.at.isoformat(), "by": read.by_name, "role": read.by_role,
             "what": read.what, "refused": read.refused}
            for read in one.reads
        ],
        **_notes(one),
        "chain": with_chain(one.streams, one.now),
    }  # fmt: skip


def _sitting(row: Session) -> Sitting:
    bodies = sorted(journal.bodies_of_readings(row.stream), key=lambda body: body.measured_at)
    return Sitting(row, tuple(journal.facts(row.stream, exclude=[_READING])), tuple(bodies))


def _session(one: Sitting) -> dict[str, Any]:
    closed = one.row.closed_at
    return {
        "id": str(one.row.pk),
        "protocol": one.row.protocol_id,
        "created": one.row.created.isoformat(),
        "closed": closed.isoformat() if closed else None,
        "plan": next((dict(f.body) for f in reversed(one.facts) if f.kind == "plan_signed"), None),
        "facts": [fact.as_json() for fact in one.facts],
        "series": _series(one.readings),
    }


def _series(readings: Iterable[ReadingTaken]) -> dict[str, list[dict[str, Any]]]:
    """Every number that a device sent, by signal; those that are not believed say why."""
    found: dict[str, list[dict[str, Any]]] = {}
    for body in readings:
        for signal, value in body.values.items():
            point: dict[str, Any] = {
                "at": body.measured_at.isoformat(),
                "value": None if value is None else float(value),
                "device": body.device_id,
            }
            if signal in body.doubts:
                point["doubt"] = body.doubts[signal]
            found.setdefault(signal, []).append(point)
    return found


def _notes(one: Dossier) -> dict[str, Any]:
    """One's own notes where they were asked for; nothing else, not even that there are any."""
    if one.notes_of is None:
        return {}
    own = [note for note in notes(one.person, one.notes_of, None) if note.text is not None]
    return {
        "notes": [
            {"at": note.at.isoformat(), "by": note.by, "title": note.title, "text": note.text}
            for note in own
        ]
    }


def _of(facts: Sequence[StoredFact], kind: str) -> list[dict[str, Any]]:
    return [fact.as_json() for fact in facts if fact.kind == kind]


def _hashes(course: Iterable[StoredFact]) -> set[str]:
    """The texts that a course names: whatever was read, signed or given."""
    return {str(sha256) for fact in course if (sha256 := fact.body.get("sha256"))}
