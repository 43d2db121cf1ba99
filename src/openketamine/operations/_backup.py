"""A clinic in one folder, and back: what was written is there again, proven after.

The backup is one moment of a running clinic: the dump and the heads of all chains are read in one
snapshot. What it holds is as secret as the clinic itself, so only its owner can read it.
"""

import hashlib
import json
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from openketamine import __version__
from openketamine.core.findings import BadInput
from openketamine.operations._folder import DataFolder
from openketamine.operations._postgres import DatabaseFailed, programs

_DUMP, _MANIFEST, _SPOOLS = "database.dump", "manifest.json", "gateway"
# What the clinic signs and ciphers with. A clinic restored without these is another clinic.
_SECRETS = ("secret-key", "gateway-token", "note-keys")
_FORM = 1
_PIECE = 1 << 20


def back_up(folder: DataFolder, url: str, to: Path) -> dict[str, Any]:
    """Everything of a clinic into a new folder; the manifest. The clinic may be running.

    Raises BadInput where the folder holds something already.
    """
    if to.exists() and any(to.iterdir()):
        raise BadInput("DIR", "an empty or a new folder", str(to))
    to.mkdir(parents=True, exist_ok=True)
    to.chmod(0o700)
    state = _dump(url, to / _DUMP)
    for name in _SECRETS:
        if (folder.path / name).exists():
            _private(to / name, (folder.path / name).read_bytes())
    held = _copy_spools(folder.spool, to / _SPOOLS)
    manifest = {
        "form": _FORM,
        "made": datetime.now(UTC).isoformat(),
        "version": __version__,
        "demo": folder.is_demo,
        "gateway_in_use": held,
        **state,
        "files": {path: _sha256(to / path) for path in _files(to)},
    }
    _private(to / _MANIFEST, json.dumps(manifest, indent=1).encode())
    return manifest


def check_backup(of: Path) -> dict[str, Any]:
    """The manifest of a backup whose files are all as they were written. Raises BadInput."""
    try:
        manifest = json.loads((of / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadInput(
            "DIR", "the folder of a finished backup, with its manifest", str(of)
        ) from None
    if not isinstance(manifest, dict) or manifest.get("form") != _FORM:
        raise BadInput("DIR", f"a backup of form {_FORM}", str(of))
    for path, sha256 in manifest["files"].items():
        if not (of / path).is_file() or _sha256(of / path) != sha256:
            raise BadInput(
                "DIR", f"{path} as it was written; it is missing or was changed", str(of)
            )
    return manifest


def bring_back(folder: DataFolder, url: str, of: Path, manifest: Mapping[str, Any]) -> None:
    """Put a checked backup into an empty database. Raises BadInput where it is not empty, or where
    what came back is not what was there."""
    with psycopg.connect(url) as there:
        if _tables(there):
            raise BadInput(
                "--data", "a clinic that has never been opened: its database is not empty"
            )
    _run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", "-d", url,
         str(of / _DUMP))  # fmt: skip
    for name in _SECRETS:
        if (of / name).exists():
            folder.write_private(name, (of / name).read_text(encoding="utf-8"))
    _copy_spools(of / _SPOOLS, folder.spool)
    with psycopg.connect(url) as back:
        state = _state(back)
    for what in ("rows", "heads"):
        if state[what] != manifest[what]:
            raise BadInput("DIR", f"the {what} that were backed up; others came back")


def _dump(url: str, to: Path) -> dict[str, Any]:
    """One snapshot for the dump and for what is said of it."""
    with psycopg.connect(url) as there:
        there.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = there.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None  # noqa: S101  (a SELECT of one value has one row)
        state = _state(there)
        _private(to, b"")
        _run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={row[0]}", f"--file={to}",
             "-d", url)  # fmt: skip
    return state


def _state(there: psycopg.Connection[Any]) -> dict[str, Any]:
    """How many rows each table has, and one hash over the heads of all chains."""
    rows = {}
    for name in _tables(there):
        query = psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(name))
        counted = there.execute(query).fetchone()
        rows[name] = int(counted[0]) if counted else 0
    heads = hashlib.sha256()
    if "journal_head" in rows:
        for one in there.execute("SELECT stream, number, hash FROM journal_head ORDER BY stream"):
            heads.update(json.dumps(list(one)).encode() + b"\n")
    return {"rows": rows, "heads": heads.hexdigest()}


def _tables(there: psycopg.Connection[Any]) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    return [str(one[0]) for one in there.execute(query)]


def _copy_spools(source: Path, to: Path) -> list[str]:
    """What the gateway has not handed on, from its own disk; the names of those that a running
    gateway holds for itself. What waits there reaches the clinic when it goes on, and is not lost:
    it is in the next backup, or in this one if the clinic is closed first."""
    if not source.is_dir():
        return []
    held = []
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if not path.is_file() or path.name.endswith(("-wal", "-shm")):
            continue
        if not path.read_bytes().startswith(b"SQLite format 3"):
            _private(to / path.name, path.read_bytes())
        elif not _copy_spool(path, to / path.name):
            held.append(path.name)
    return held


def _copy_spool(path: Path, to: Path) -> bool:
    """SQLite's own copy; False where another process holds the file for itself alone."""
    with closing(sqlite3.connect(path, timeout=0.5)) as there:
        try:
            # Asked for first: the copy itself would wait for ever.
            there.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            return False
        _private(to, b"")
        with closing(sqlite3.connect(to)) as here:
            there.backup(here)
    return True


def _run(program: str, *arguments: str) -> None:
    words = [str(programs() / program), *arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise DatabaseFailed(f"{program}: {done.stderr.strip()[-600:]}")


def _files(folder: Path) -> list[str]:
    found = [one for one in folder.rglob("*") if one.is_file() and one.name != _MANIFEST]
    return sorted(one.relative_to(folder).as_posix() for one in found)


def _sha256(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            total.update(piece)
    return total.hexdigest()


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)
