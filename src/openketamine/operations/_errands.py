"""Short errands over an existing clinic, with Django set up already."""

import argparse
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from openketamine.clinic.dossier.fhir import bundle
from openketamine.clinic.dossier.whole import as_json, dossier
from openketamine.clinic.journal import clock
from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.commands import record_access, record_accesses
from openketamine.clinic.patients.commands import import_bundle
from openketamine.clinic.patients.models import Person
from openketamine.clinic.pharmacy import queries as pharmacy
from openketamine.clinic.pharmacy.packet import Packet
from openketamine.clinic.pharmacy.packet_files import as_pdf, write_json, write_zip
from openketamine.clinic.reports.paper import paper
from openketamine.clinic.results.commands import FORMS, Wanted, export_by
from openketamine.clinic.results.numbers import Asked
from openketamine.clinic.staff.commands import system_account
from openketamine.clinic.staff.proofs import prove
from openketamine.core.findings import BadInput


def import_all(contents: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Import these bundles; one that cannot be read leaves none behind, and is named."""
    now, answer = clock.now(), []
    with transaction.atomic():
        by = system_account(now)
        for path, raw in contents:
            try:
                imported = import_bundle(raw, by, now)
            except BadInput as error:
                raise BadInput(f"{path}: {error.field}", error.expected, error.got) from None
            report = imported.report
            answer.append(
                {
                    "file": path,
                    "person": str(imported.person.pk),
                    "new": imported.is_new,
                    "understood": report.understood,
                    "irrelevant": report.irrelevant,
                    "not_understood": [list(one) for one in report.not_understood],
                }
            )
    return {"imported": answer}


def proven() -> dict[str, Any]:
    """Every chain is as it was written, and every account of drug as the book adds up."""
    report, off = journal.verify(), pharmacy.accounts_off()
    return report.as_json() | {"ok": report.ok and not off, "accounts_off": off}


def write_packet(since: date, until: date, out: Path) -> dict[str, Any]:
    """The inspection packet, by the end of the file's name. Who is named in it is recorded.

    Raises BadInput for a range that goes backward and for another kind of file; nothing is written.
    """
    if since > until:
        raise BadInput("TO", f"a day not before {since.isoformat()}", until.isoformat())
    write = _WRITERS.get(out.suffix)
    if write is None:
        raise BadInput("--out", f"a file that ends in {', '.join(_WRITERS)}", out.name)
    now = clock.now()
    by = system_account(now)
    made = Packet(since, until, now, by.display_name)
    write(made, out)
    record_access(by, None, _PACKET, now)
    record_accesses(by, map(UUID, sorted(made.people.ids)), _PACKET, now)
    chain, accounts = made.head["chain"], made.head["accounts"]
    return {
        "file": str(out), "since": since.isoformat(), "until": until.isoformat(),
        "whole": chain["whole"] and accounts["as_the_book_adds_up"], "chain": chain,
        "accounts": accounts, "people_named": len(made.people.ids),
    }  # fmt: skip


_PACKET = "packet.read · command line"


def _zip(made: Packet, out: Path) -> None:
    with out.open("xb") as file:
        write_zip(made, file)


def _pdf(made: Packet, out: Path) -> None:
    out.write_bytes(as_pdf(made, paper=paper(), demo=settings.OPENKETAMINE_DEMO))


def _json(made: Packet, out: Path) -> None:
    with out.open("x", encoding="utf-8") as file:
        write_json(made, file)


_WRITERS = {".zip": _zip, ".pdf": _pdf, ".json": _json}


def export_person(named: str, *, fhir: bool, reader: tuple[str, str] | None) -> dict[str, Any]:
    """Everything of one person, by record number or id; put on record as a read.

    `reader`: name and secret of who wants their own notes to go along. Raises BadInput where nobody
    is meant, and where the secret is not that of somebody who works here.
    """
    now = clock.now()
    person = _person(named)
    by = system_account(now)
    proof = prove(reader[0], reader[1], source="command line", now=now) if reader else None
    one = dossier(person, now, proof.staff if proof else None)
    record_access(proof.staff if proof else by, person.pk, _EXPORT, now)
    return bundle(one) if fhir else as_json(one)


def _person(named: str) -> Person:
    """Raises BadInput where there is none, or several sites each gave somebody this number."""
    found = list(Person.objects.filter(mrn=named))
    with suppress(ValueError):
        found = found or list(Person.objects.filter(pk=UUID(named)))
    if not found:
        raise BadInput(
            "PATIENT", "the record number or the id of a person who is known here", named
        )
    if len(found) > 1:
        ids = ", ".join(str(one.pk) for one in found)
        raise BadInput("PATIENT", f"one person; this number is at several sites: {ids}", named)
    return found[0]


_EXPORT = "record.export · command line"


def export_for_research(
    options: argparse.Namespace,
) -> tuple[Mapping[str, bytes], dict[str, Any]]:
    """The files, and what is said of them. Raises BadInput where nobody is in it."""
    now = clock.now()
    asked = Asked(protocol=options.protocol, since=options.since, until=options.until)
    forms = FORMS if options.form == "both" else (options.form,)
    wanted = Wanted(asked, forms, options.dates, options.purpose)
    made = export_by(wanted, system_account(now), now)
    told = {name: made.manifest[name] for name in ("people", "sessions", "scores", "safe_harbour")}
    small = len(made.manifest["small_cells"])
    return made.files, told | {"small_cells": small, "sha256": made.sha256}
