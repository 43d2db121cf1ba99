"""What runs and where, and what is wrong."""

import os
import platform
import socket
from importlib.metadata import version
from typing import Any

import psutil
import psycopg

from openketamine import __version__
from openketamine.operations import _postgres
from openketamine.operations._folder import DataFolder
from openketamine.operations._supervisor import answers

_PACKAGES = ("django", "psycopg", "uvicorn", "starlette", "numpy")


def examine(folder: DataFolder) -> dict[str, Any]:
    """The answer of `openketamine doctor --json`. No secret is in it."""
    noted = folder.running() if folder.is_locked else {}
    web, mllp = noted.get("web"), noted.get("mllp")
    database = _database(folder)
    problems = [] if noted else ["nothing runs on this data folder"]
    if web and not answers(int(web.rpartition(":")[2])):
        problems.append(f"the web address {web} does not answer")
    if mllp and not _listens(mllp["host"], mllp["port"]):
        problems.append(f"no device listener at {mllp['host']}:{mllp['port']}")
    if not database["answers"]:
        problems.append("the database does not answer")
    problems += [f"{name} does not run" for name in _missing(noted)]
    return {
        "healthy": not problems,
        "problems": problems,
        "demo": folder.is_demo,
        "web": web,
        "database": database,
        "devices": {"mllp": mllp},
        "data_folder": str(folder.path),
        "versions": _versions(),
    }


def _database(folder: DataFolder) -> dict[str, Any]:
    url = os.environ.get("DATABASE_URL")
    kind = "external" if url else "embedded"
    url = url or (folder.read("database-url") if (folder.path / "database-url").exists() else "")
    known: dict[str, Any] = {"kind": kind, "answers": False, "version": None}
    if not url:
        return known
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            found = connection.execute("SHOW server_version").fetchone()
            where = f"postgresql://{connection.info.host}/{connection.info.dbname}"
    except psycopg.Error:
        return known
    return {**known, "answers": True, "version": found[0] if found else None, "address": where}


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def _missing(noted: dict[str, Any]) -> list[str]:
    return [
        str(child.get("name", "a process"))
        for child in noted.get("children", [])
        if not psutil.pid_exists(int(child.get("pid", -1)))
    ]


def _versions() -> dict[str, str]:
    return {
        "openketamine": __version__,
        "python": platform.python_version(),
        "postgresql (embedded)": _postgres.version(),
        **{name: version(name) for name in _PACKAGES},
    }
