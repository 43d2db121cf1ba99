"""Run: open a clinic, and everything that is done to one from outside."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from openketamine.cli._common import (
    CLINICAL_NO,
    DONE,
    Run,
    a_day,
    add_verb,
    plain_text,
    show,
)
from openketamine.core.findings import BadInput


def add_run(verbs: Any) -> None:
    """The verbs of this group."""
    _add_houses(verbs)
    _add_people(verbs)
    _add_export(verbs)
    _add_proofs(verbs)
    _add_bounce(verbs)
    _add_backups(verbs)
    _add_devices(verbs)


def _add_houses(verbs: Any) -> None:
    says = {
        "demo": "open a demonstration clinic with treatment in progress on a virtual monitor",
        "serve": "run the clinic: web, database, device gateway",
        "doctor": "what runs, and where",
    }
    for name, text in says.items():
        verb = add_verb(verbs, name, _operate(name), text, f"openketamine {name}")
        _add_data(verb)
        if name != "doctor":
            verb.add_argument("--port", type=int, help="web port, default 8700")
            verb.add_argument("--mllp-port", type=int, help="port for monitors, default 2575")


def _add_people(verbs: Any) -> None:
    says, example = "people from FHIR R4 Bundles", "openketamine import person.json"
    verb = add_verb(verbs, "import", _operate("import_bundles"), says, example)
    verb.add_argument("files", nargs="+", metavar="BUNDLE.json")
    _add_data(verb)
    says = "a simulated year of people who do not exist, into a demonstration only"
    example = "openketamine populate --people 1000 --seed 1"
    verb = add_verb(verbs, "populate", _operate("populate"), says, example)
    verb.add_argument("--people", type=int, default=1000, help="how many, default 1000")
    verb.add_argument("--seed", type=int, default=1, help="makes the year repeatable")
    _add_data(verb, "folder of a demonstration, default var/demo")


def _add_export(verbs: Any) -> None:
    says = (
        "everything of one person, as JSON with the proof of its chain or as FHIR R4; "
        "or de-identified people for research. Each export is put on record"
    )
    example = "openketamine export MRN-0042 --fhir --out person.json"
    verb = add_verb(verbs, "export", _operate("export"), says, example)
    verb.add_argument("patient", nargs="?", metavar="PATIENT", help="record number, or id")
    verb.add_argument("--fhir", action="store_true", help="a FHIR R4 Bundle, for `import`")
    verb.add_argument("--out", type=Path, metavar="FILE", help="a new file; else it is printed")
    verb.add_argument(
        "--notes-of",
        metavar="USER",
        help="let the notes go along that this person wrote and keeps apart; asks for their "
        "password, or reads it from what is piped in",
    )
    research = verb.add_argument_group("for research")
    research.add_argument("--research", type=Path, metavar="DIR", help="an empty or a new folder")
    research.add_argument("--purpose", default="", help="to whom it goes, and what for")
    research.add_argument("--form", choices=["parquet", "fhir", "both"], default="both")
    research.add_argument(
        "--dates",
        choices=["years", "shifted"],
        default="years",
        help="years: safe harbour; shifted: each person by a number of their own",
    )
    research.add_argument("--protocol", default="", help="only this protocol")
    research.add_argument("--since", type=a_day, help="first session on or after this day")
    research.add_argument("--until", type=a_day, help="first session on or before this day")
    _add_data(verb)


def _add_proofs(verbs: Any) -> None:
    says, example = "prove that the journal is whole", "openketamine audit verify"
    verb = add_verb(verbs, "audit", _audit_verify, says, example)
    verb.add_argument("what", choices=["verify"])
    verb.add_argument(
        "file",
        nargs="?",
        metavar="EXPORT",
        help="an export with its chain (a ZIP, a folder, journal.jsonl, the JSON of a person): "
        "proven without a clinic",
    )
    verb.add_argument("--since", metavar="HEADS.json", help="heads of an earlier export")
    _add_data(verb)
    says = "the inspection packet of the drug book, for any range of days"
    example = "openketamine packet 2026-01-01 2026-11-22 --out packet.zip"
    verb = add_verb(verbs, "packet", _operate("packet"), says, example)
    verb.add_argument("since", metavar="FROM", help="the first day")
    verb.add_argument("until", metavar="TO", help="the last day")
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help=".zip, .pdf or .json")
    _add_data(verb)


def _add_bounce(verbs: Any) -> None:
    says = "a letter that came back (RFC 3464): nothing more goes to that address"
    verb = add_verb(verbs, "bounce", _operate("bounce"), says, "openketamine bounce letter.eml")
    verb.add_argument("file", metavar="LETTER.eml", nargs="?", default="-")
    _add_data(verb)


def _add_backups(verbs: Any) -> None:
    for name, text in (
        ("backup", "everything of a clinic, running or not, into a new folder"),
        ("restore", "a backup into a clinic that was never opened, and proof that all is there"),
    ):
        verb = add_verb(verbs, name, _operate(name), text, f"openketamine {name} backup-2026-11-22")
        verb.add_argument("folder", type=Path, metavar="DIR")
        _add_data(verb)


def _add_devices(verbs: Any) -> None:
    says = "replay a recording as a monitor would send it"
    example = (
        "openketamine devices replay recording.csv --as mllp --mrn DEMO-0001 --device REPLAY-1"
    )
    verb = add_verb(verbs, "devices", _replay_recording, says, example)
    verb.add_argument("what", choices=["replay"])
    verb.add_argument("file", metavar="FILE.csv")
    verb.add_argument("--as", dest="protocol", choices=["mllp"], default="mllp")
    verb.add_argument("--to", default="127.0.0.1:2575", metavar="HOST:PORT")
    verb.add_argument("--mrn", help="the person whom the monitor believes it watches")
    verb.add_argument("--device", default="REPLAY-1", help="the device id that it calls itself")
    verb.add_argument("--speed", type=float, default=60.0, help="recorded seconds a second")


def _add_data(verb: argparse.ArgumentParser, says: str = "data folder") -> None:
    verb.add_argument("--data", type=Path, help=says)


def _audit_verify(options: argparse.Namespace) -> int:
    if not options.file:
        return _operate("audit_verify")(options)
    from openketamine.clinic.journal.offline_verify import NotAnExport, verify_export

    try:
        answer = verify_export(Path(options.file), Path(options.since) if options.since else None)
    except (NotAnExport, UnicodeDecodeError) as error:
        raise BadInput("FILE", "an export of the journal", f"{options.file}: {error}") from None
    show(options, answer, plain_text)
    return DONE if answer["ok"] else CLINICAL_NO


def _operate(verb: str) -> Run:
    """A verb of the operations room: `run(options) -> exit status`, loaded when it is needed."""

    def run(options: argparse.Namespace) -> int:
        from openketamine import operations

        chosen: Run = getattr(operations, verb)
        return chosen(options)

    return run


def _replay_recording(options: argparse.Namespace) -> int:
    from openketamine.simulator import replay_csv

    host, _, port = options.to.rpartition(":")
    if not port.isdigit():
        raise BadInput("--to", "HOST:PORT such as 127.0.0.1:2575", options.to)
    sent = replay_csv(
        Path(options.file),
        host=host,
        port=int(port),
        mrn=options.mrn,
        device_id=options.device,
        speed=options.speed,
    )
    show(options, dataclasses.asdict(sent), plain_text)
    return DONE
