"""The only writer of what left the house for research: each export is recorded before it leaves."""

import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Any

from django.utils import timezone

from openketamine import __version__
from openketamine.clinic.journal import commands as journal
from openketamine.clinic.patients.models import Person
from openketamine.clinic.results import fhir, parquet
from openketamine.clinic.results.deidentified import (
    DATES,
    SHIFTED,
    Known,
    Nobody,
    deidentified,
    small_cells,
)
from openketamine.clinic.results.kept import results
from openketamine.clinic.results.numbers import Asked, chosen
from openketamine.clinic.results.reading import states
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.clinic.staff.roles import can
from openketamine.core.findings import BadInput
from openketamine.knowledge import digest

STREAM, KIND = "research", "research_exported"
FORMS = ("parquet", "fhir")
_SAYS = {
    "years": "Safe harbour: the year of the first session only, everything else as days since it."
    " Nobody began later than their last day before this file was made: for who began shortly after"
    " New Year that leaves few days.",
    "shifted": "Each person's days were moved by a number of their own. This is not safe harbour.",
}


@dataclass(frozen=True)
class Wanted:
    """What is to leave the house. `purpose`: to whom it goes, and what for."""

    asked: Asked
    forms: tuple[str, ...]
    dates: str
    purpose: str


@dataclass(frozen=True)
class Export:
    """What leaves: file name → content. `sha256` is that of the manifest, which names the rest."""

    files: Mapping[str, bytes]
    manifest: Mapping[str, Any]
    sha256: str

    def zipped(self) -> bytes:
        """All files in one."""
        to = io.BytesIO()
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as folder:
            for name, content in self.files.items():
                folder.writestr(name, content)
        return to.getvalue()


def export(wanted: Wanted, proof: Proof, now: datetime) -> Export:
    """A de-identified export by a medical director who proved who they are just now.

    Raises BadInput where somebody else asks, where the proof is old, or where nobody is in it.
    """
    may = can(proof.staff, "results.export")
    if not may or not proof.is_fresh(now):
        raise BadInput("password", may.why or "a proof of identity given just now")
    return export_by(wanted, proof.staff, now)


def export_by(wanted: Wanted, by: Staff, now: datetime) -> Export:
    """The same for whoever sits at the machine itself, as the command line does it."""
    _checked(wanted)
    people = nobodies(wanted, now)
    if not people:
        raise BadInput("protocol", "a choice in which somebody had a session")
    export_id = str(uuid.uuid4())
    manifest = _manifest(wanted, people, export_id, now)
    files = _files(wanted.forms, people)
    manifest["files"] = {name: _sha256(content) for name, content in files.items()}
    said = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
    made = Export({**files, "manifest.json": said}, manifest, _sha256(said))
    _record(wanted, made, export_id, by, now)
    return made


def nobodies(wanted: Wanted, now: datetime) -> list[Nobody]:
    """Those who were asked for, as they would leave the house; drawn anew each time."""
    today = timezone.localdate(now)
    ids = [one.person for one in chosen(results(today), wanted.asked)]
    rows = Person.objects.in_bulk([uuid.UUID(one) for one in ids])
    folded = states(rows)
    known = [Known(one.birth_date, one.sex, folded[pk]) for pk, one in rows.items()]
    return deidentified(known, wanted.dates, SystemRandom())


def _checked(wanted: Wanted) -> None:
    if not wanted.forms or set(wanted.forms) - set(FORMS):
        raise BadInput("forms", f"at least one of {', '.join(FORMS)}", ", ".join(wanted.forms))
    if wanted.dates not in DATES:
        raise BadInput("dates", f"one of {', '.join(DATES)}", wanted.dates)
    if not wanted.purpose.strip():
        raise BadInput("purpose", "to whom it goes, and what for")


def _manifest(
    wanted: Wanted, people: Sequence[Nobody], export_id: str, now: datetime
) -> dict[str, Any]:
    cells = small_cells(people)
    return {
        "export": export_id,
        "made": now.date().isoformat(),
        "by": f"OpenKetamine {__version__}",
        "knowledge": digest(),
        "asked": _years(wanted.asked),
        "dates": wanted.dates,
        "dates_say": _SAYS[wanted.dates],
        "safe_harbour": wanted.dates != SHIFTED,
        "people": len(people),
        "sessions": sum(len(one.doses) for one in people),
        "scores": sum(len(one.scores) for one in people),
        "small_cells": [{"group": name, "people": count} for name, count in cells],
        "columns": parquet.COLUMNS,
    }


def _asked(asked: Asked) -> dict[str, Any]:
    return {
        "protocol": asked.protocol,
        "since": asked.since.isoformat() if asked.since else "",
        "until": asked.until.isoformat() if asked.until else "",
    }


def _years(asked: Asked) -> dict[str, Any]:
    """What was asked for, as it may leave: a choice of one day would be everybody's first day."""
    return {name: said if name == "protocol" else said[:4] for name, said in _asked(asked).items()}


def _files(forms: Sequence[str], people: Sequence[Nobody]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    if "parquet" in forms:
        found |= parquet.files(people)
    if "fhir" in forms:
        found["bundles.ndjson"] = fhir.file(people)
        found["extensions.ndjson"] = fhir.definitions()
    return found


def _record(wanted: Wanted, made: Export, export_id: str, by: Staff, now: datetime) -> None:
    told = {name: made.manifest[name] for name in ("dates", "people", "sessions", "scores")}
    body = {
        "asked": _asked(wanted.asked),
        **told,
        "purpose": wanted.purpose.strip(),
        "forms": list(wanted.forms),
        "small_cells": len(made.manifest["small_cells"]),
        "sha256": made.sha256,
    }
    entry = journal.Entry(export_id, KIND, body, now, author_of(by), origin="results")
    journal.append(STREAM, [entry], now)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
