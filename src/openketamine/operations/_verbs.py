"""The verbs that run a clinic. Each reads its options and gives an exit status."""

import argparse
import getpass
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.operations._backup import back_up, bring_back, check_backup
from openketamine.operations._doctor import examine
from openketamine.operations._folder import DataFolder
from openketamine.operations._people import DEMO_PASSWORD, DEMO_PEOPLE
from openketamine.operations._ports import first_free
from openketamine.operations._postgres import DatabaseFailed
from openketamine.operations._supervisor import (
    HOST,
    House,
    StartFailed,
    borrowed_database,
    open_house,
)

DONE, FAILED, CLINICAL_NO = 0, 1, 3
_WEB_PORT, _MLLP_PORT = 8700, 2575
_MOST_SIMULATED = 100_000
_DEMO_FOLDER, _CLINIC_FOLDER = Path("var/demo"), Path("data/clinic")


def serve(options: argparse.Namespace) -> int:
    """Run the clinic until a signal."""
    folder = DataFolder((options.data or _own_folder()).absolute())
    folder.prepare(demo=False)
    house = House(folder, options.port or _own_port(), options.mllp_port or _MLLP_PORT)
    return _open(house, _say_open)


def demo(options: argparse.Namespace) -> int:
    """Run a demonstration until a signal, in a folder of its own."""
    folder = DataFolder((options.data or _DEMO_FOLDER).absolute())
    folder.prepare(demo=True)
    port = options.port or first_free(HOST, _WEB_PORT)
    mllp_port = options.mllp_port or first_free(HOST, _MLLP_PORT)
    return _open(House(folder, port, mllp_port, demo=True), _say_demo)


def doctor(options: argparse.Namespace) -> int:
    """What runs and where; 0 when all of it is well."""
    answer = examine(_existing(options.data))
    _print(answer, options)
    return DONE if answer["healthy"] else FAILED


def import_bundles(options: argparse.Namespace) -> int:
    """Import people from FHIR R4 Bundles, all of them or none."""
    contents = [(path, _bytes(Path(path))) for path in options.files]
    with _clinic(options.data):
        from openketamine.operations._errands import import_all

        answer = import_all(contents)
    _print(answer, options)
    return DONE


def populate(options: argparse.Namespace) -> int:
    """A year of people who do not exist, into a demonstration only."""
    folder = _existing(options.data or _DEMO_FOLDER)
    if not folder.is_demo:
        raise BadInput(
            "--data", "the folder of a demonstration; real people live here", folder.path
        )
    if not 1 <= options.people <= _MOST_SIMULATED:
        raise BadInput("--people", f"a number from 1 to {_MOST_SIMULATED}", options.people)
    with _clinic(folder.path):
        from openketamine.clinic.journal import clock
        from openketamine.clinic.results.kept import results
        from openketamine.operations._simulated_year import fill

        answer = fill(options.people, options.seed, clock.now(), _bar("people"))
        # Reckoned here once, or the first who opens the page would wait for it.
        results(clock.now().date(), _bar("results"))
    _print(answer, options)
    return DONE


def _bar(name: str) -> Callable[[int, int], None]:
    """How far it is, drawn over itself on a terminal; nothing in a pipe."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            filled = 40 * done // total
            line = f"{name} [{'#' * filled}{'.' * (40 - filled)}] {done} of {total}"
            sys.stderr.write(f"\r{line}{chr(10) if done == total else ''}")
            sys.stderr.flush()

    return show


def bounce(options: argparse.Namespace) -> int:
    """Take in a letter that came back."""
    raw = sys.stdin.buffer.read() if options.file == "-" else _bytes(Path(options.file))
    with _clinic(options.data):
        from openketamine.clinic.checkins.bounces import take_back
        from openketamine.clinic.journal import clock

        answer = {"letter": take_back(raw, clock.now())}
    _print(answer, options)
    return DONE


def export(options: argparse.Namespace) -> int:
    """Everything of one person, or de-identified people for research; either is put on record."""
    if bool(options.patient) == bool(options.research):
        raise BadInput("PATIENT", "one person, or --research DIR for many without their names")
    return _export_people(options) if options.research else _export_person(options)


def _export_person(options: argparse.Namespace) -> int:
    """One person as JSON with its chain, or as FHIR; 3 where the chain does not hold."""
    out = _new_file(options.out) if options.out else None
    reader = (options.notes_of, _secret_of(options.notes_of)) if options.notes_of else None
    if reader and options.fhir:
        raise BadInput("--notes-of", "the JSON export; notes never leave as FHIR", "--fhir")
    with _clinic(options.data):
        from openketamine.operations._errands import export_person

        answer = export_person(options.patient, fhir=options.fhir, reader=reader)
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
    if out is None:
        _say(text)
    else:
        with os.fdopen(os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(text + "\n")
    return DONE if options.fhir or _holds(answer["chain"]) else CLINICAL_NO


def _holds(chain: Mapping[str, Any]) -> bool:
    from openketamine.clinic.journal.offline_verify import verify

    return bool(verify(chain["lines"], chain["heads"]["streams"])["ok"])


def _secret_of(username: str) -> str:
    """Asked for at a terminal and not shown; else the first line of what is piped in."""
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {username}: ")
    return sys.stdin.readline().rstrip("\n")


def _export_people(options: argparse.Namespace) -> int:
    """De-identified people into a new folder, for research; put on record."""
    if not options.purpose:
        raise BadInput("--purpose", "to whom it goes, and what for")
    to = options.research.absolute()
    if to.exists() and any(to.iterdir()):
        raise BadInput("--research", "an empty or a new folder", str(to))
    with _clinic(options.data):
        from openketamine.operations._errands import export_for_research

        files, told = export_for_research(options)
    to.mkdir(parents=True, exist_ok=True)
    to.chmod(0o700)
    for name, content in files.items():
        (to / name).write_bytes(content)
    _print(told | {"folder": str(to)}, options)
    return DONE


def audit_verify(options: argparse.Namespace) -> int:
    """Prove that the journal is as it was written; 3 where it is not."""
    with _clinic(options.data):
        from openketamine.operations._errands import proven

        answer = proven()
    _print(answer, options)
    return DONE if answer["ok"] else CLINICAL_NO


def packet(options: argparse.Namespace) -> int:
    """The inspection packet into a file that was not there; 3 where book and chain do not hold."""
    since, until = _day("FROM", options.since), _day("TO", options.until)
    out = _new_file(options.out)
    with _clinic(options.data):
        from openketamine.operations._errands import write_packet

        answer = write_packet(since, until, out)
    _print(answer, options)
    return DONE if answer["whole"] else CLINICAL_NO


def _day(name: str, said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise BadInput(name, "a day such as 2026-11-22", said) from None


def _new_file(path: Path) -> Path:
    """Where it will lie. Raises BadInput before anything is made that could not be written."""
    if path.absolute().exists() or not path.absolute().parent.is_dir():
        raise BadInput("--out", "a new file in a folder that exists", str(path))
    return path.absolute()


def backup(options: argparse.Namespace) -> int:
    """Everything of a clinic, running or not, into a new folder."""
    folder = _existing(options.data)
    with _a_no_is_one_line(), borrowed_database(folder) as url:
        manifest = back_up(folder, url, options.folder.absolute())
    _print(_told(manifest), options)
    return DONE


def restore(options: argparse.Namespace) -> int:
    """A backup into a clinic that has never been opened, and the proof that all of it is there."""
    source = options.folder.absolute()
    manifest = check_backup(source)
    folder = DataFolder((options.data or _own_folder()).absolute())
    if (folder.path / "database").exists():
        raise BadInput("--data", "a folder in which no clinic was ever opened", str(folder.path))
    folder.prepare(demo=bool(manifest["demo"]))
    with _a_no_is_one_line(), borrowed_database(folder) as url:
        bring_back(folder, url, source, manifest)
    with _clinic(folder.path):
        from openketamine.operations._errands import proven

        verified = proven()
    answer = _told(manifest) | {"data": str(folder.path), "verified": verified}
    _print(answer, options)
    return DONE if verified["ok"] else CLINICAL_NO


def _told(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "made": manifest["made"],
        "version": manifest["version"],
        "rows": sum(manifest["rows"].values()),
        "tables": len(manifest["rows"]),
        "files": len(manifest["files"]),
        "not_in_it": [f"{one}: held by the running gateway" for one in manifest["gateway_in_use"]],
    }


@contextmanager
def _a_no_is_one_line() -> Iterator[None]:
    try:
        yield
    except DatabaseFailed as error:
        raise BadInput("database", f"one that can be read and written ({error})") from None


def _open(house: House, when_open: Any) -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        open_house(house, when_open)
    except (StartFailed, DatabaseFailed) as error:
        sys.stderr.write(f"openketamine: {error}\n")
        return FAILED
    return DONE


@contextmanager
def _clinic(data: Path | None) -> Iterator[None]:
    """Django over the database of an existing clinic, running or not."""
    folder = _existing(data)
    with borrowed_database(folder) as url:
        os.environ.update(
            OPENKETAMINE_DATA=str(folder.path),
            DATABASE_URL=url,
            DJANGO_SETTINGS_MODULE="openketamine.clinic.site.settings",
        )
        import django

        django.setup()
        yield


def _existing(data: Path | None) -> DataFolder:
    """The folder that was named; else this clinic's own; else the demonstration beside it."""
    candidates = [_own_folder(), _DEMO_FOLDER] if data is None else [data]
    folders = [DataFolder(path.absolute()) for path in candidates]
    there = [folder for folder in folders if (folder.path / "secret-key").exists()]
    running = [folder for folder in there if folder.running()]
    if not there:
        looked = " or ".join(str(folder.path) for folder in folders)
        raise BadInput("--data", "the data folder of a clinic that was started once", looked)
    return (running or there)[0]


def _own_folder() -> Path:
    return Path(os.environ.get("OPENKETAMINE_DATA", _CLINIC_FOLDER))


def _own_port() -> int:
    return int(os.environ.get("OPENKETAMINE_PORT", _WEB_PORT))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(str(path), f"a file that can be read ({error.strerror})") from None


def _say_open(house: House) -> None:
    _say(f"The clinic is open at {house.address}  (Ctrl-C closes it)")
    _say(f"Monitors send HL7 v2 over MLLP to {HOST}:{house.mllp_port}")
    _say("Nobody works here yet? `openketamine doctor` and docs/how-to say how to hire.")


def _say_demo(house: House) -> None:
    _say(f"\n  A demonstration clinic is open at  {house.address}")
    _say("  No real people. Nothing here is treatment.\n")
    _say(f"  Sign in as one of these, with the password  {DEMO_PASSWORD}\n")
    for person in DEMO_PEOPLE:
        _say(f"    {person.username:<8} {person.name:<22} {person.does}")
    _say(f"\n  Virtual monitors send HL7 v2 over MLLP to {HOST}:{house.mllp_port}.")
    _say("  Ctrl-C closes everything; the next start finds it again.\n")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _print(answer: dict[str, Any], options: argparse.Namespace) -> None:
    if getattr(options, "json", False):
        _say(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    for key, value in answer.items():
        _say(f"{key}: {json.dumps(value, ensure_ascii=False) if value != '' else ''}")
