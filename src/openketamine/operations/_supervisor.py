"""One command holds the whole house: database, web, device gateway, the worker that sends what is
due and, in a demonstration, the virtual monitors."""

import contextlib
import http.client
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType

from openketamine.core.findings import BadInput
from openketamine.operations import _postgres
from openketamine.operations._folder import DataFolder
from openketamine.operations._ports import is_free
from openketamine.operations._processes import Child, end_left_overs, identity

HOST = "127.0.0.1"
_WEB_STARTS_WITHIN_S = 60.0
_log = logging.getLogger("openketamine.operations")


class StartFailed(RuntimeError):
    """The house could not be opened; the text says what failed and where to read more."""


@dataclass(frozen=True)
class House:
    """What to run and where."""

    folder: DataFolder
    port: int
    mllp_port: int
    demo: bool = False

    @property
    def address(self) -> str:
        """Where the browser goes."""
        return f"http://{HOST}:{self.port}"


def open_house(house: House, when_open: Callable[[House], None]) -> None:
    """Start everything, call `when_open` once the first page answers, and stay until a signal.

    Whatever was started is stopped again, in order, however this ends.
    """
    stop = threading.Event()
    with ExitStack() as doors:
        doors.enter_context(_signals(stop))
        doors.enter_context(house.folder.lock())
        _tidy_up(house)
        _ports_are_free(house)
        url = doors.enter_context(database(house.folder))
        environment = environment_of(house, url)
        _prepare(house, environment)
        children = _children(house, environment)
        doors.enter_context(_running(house, children))
        _wait_for_web(house, children[0], stop)
        if not stop.is_set():
            when_open(house)
        _watch(house, children, stop)


@contextmanager
def database(folder: DataFolder) -> Iterator[str]:
    """The address of the database: the one that `DATABASE_URL` names, or a private one that runs as
    long as this context. Only for who holds the folder's lock."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    try:
        embedded = _postgres.start(folder.database)
        folder.write_private("database-url", embedded.url)
        yield embedded.url
    finally:
        _postgres.stop(folder.database)


@contextmanager
def borrowed_database(folder: DataFolder) -> Iterator[str]:
    """The database of a clinic that may or may not be running, for a short errand."""
    if folder.is_locked:
        yield os.environ.get("DATABASE_URL") or folder.read("database-url")
        return
    with folder.lock(), database(folder) as url:
        yield url


def environment_of(house: House, database_url: str) -> dict[str, str]:
    """What every child is told. Secrets go by the environment, never by the command line."""
    return {
        "OPENKETAMINE_DATA": str(house.folder.path),
        "OPENKETAMINE_PORT": str(house.port),
        "OPENKETAMINE_DEMO": "1" if house.demo else "0",
        "OPENKETAMINE_GATEWAY_TOKEN": house.folder.secret("gateway-token"),
        "OPENKETAMINE_SECRET_KEY": house.folder.secret("secret-key"),
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "openketamine.clinic.site.settings",
        "PYTHONUNBUFFERED": "1",
    }


def _tidy_up(house: House) -> None:
    """After a kill -9 the children of the last supervisor may still run: they end first."""
    ended = end_left_overs(house.folder.running().get("children", []))
    if ended:
        _log.warning("the last run was cut off; %d processes of it were ended", len(ended))
    house.folder.forget_running()


def _ports_are_free(house: House) -> None:
    for word, port in (("--port", house.port), ("--mllp-port", house.mllp_port)):
        if not is_free(HOST, port):
            raise BadInput(word, "a port that nothing else uses", port)


def _prepare(house: House, environment: dict[str, str]) -> None:
    """Bring the tables up to date, and in a demonstration the scene, in a process of its own: the
    supervisor stays small and knows nothing of Django."""
    log = house.folder.logs / "prepare.log"
    arguments = [sys.executable, "-m", "openketamine.operations.prepare"]
    with log.open("ab") as file:
        done = subprocess.run(  # noqa: S603  (arguments are ours)
            [*arguments, *(["--demo"] if house.demo else [])],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        raise StartFailed(f"the database could not be prepared; {log} says why")


def _children(house: House, environment: dict[str, str]) -> list[Child]:
    gateway = ("--clinic", house.address, "--data", str(house.folder.spool))
    listener = ("--mllp-host", HOST, "--mllp-port", str(house.mllp_port))
    words = {
        "web": (
            *("-m", "uvicorn", "openketamine.clinic.site.asgi:application"),
            *("--host", HOST, "--port", str(house.port), "--no-access-log"),
            *("--log-level", "warning", "--timeout-graceful-shutdown", "2"),
        ),
        "gateway": ("-m", "openketamine.devices", *gateway, *listener),
        "worker": ("-m", "openketamine.clinic.checkins.worker"),
    }
    if house.demo:
        where = ("--clinic", house.address, "--mllp", f"{HOST}:{house.mllp_port}")
        words["simulator"] = ("-m", "openketamine.simulator", *where)
    logs = house.folder.logs
    return [Child(name, args, environment, logs / f"{name}.log") for name, args in words.items()]


@contextmanager
def _running(house: House, children: list[Child]) -> Iterator[None]:
    try:
        for child in children:
            child.start()
        _note(house, children)
        yield
    finally:
        for child in reversed(children):
            child.ask_to_stop()
        for child in reversed(children):
            child.wait_stopped()
        house.folder.forget_running()


def _note(house: House, children: list[Child]) -> None:
    house.folder.write_running(
        {
            "web": house.address,
            "demo": house.demo,
            "mllp": {"host": HOST, "port": house.mllp_port},
            "supervisor": identity("supervisor", os.getpid()),
            "children": [child.identity() for child in children],
        }
    )


def _wait_for_web(house: House, web: Child, stop: threading.Event) -> None:
    """Until the sign-in page answers. A web process that dies now will not do better later."""
    for _ in range(int(_WEB_STARTS_WITHIN_S / 0.1)):
        if stop.is_set() or answers(house.port):
            return
        if not web.runs:
            raise StartFailed(f"the web server stopped while starting; {web.log} says why")
        stop.wait(0.1)
    raise StartFailed(f"the web server did not answer within a minute; see {web.log}")


def answers(port: int) -> bool:
    """Whether the sign-in page of a clinic answers on this port."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/account/login/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _watch(house: House, children: list[Child], stop: threading.Event) -> None:
    """Once a second: is everything there? What is not is started again."""
    private = "DATABASE_URL" not in os.environ
    while not stop.wait(1.0):
        if private and not _postgres.is_alive(house.folder.database):
            _log.warning("the database stopped and is started again")
            with contextlib.suppress(_postgres.DatabaseFailed):
                _postgres.start(house.folder.database)
        words = [word for child in children if (word := child.look_after())]
        for word in words:
            _log.warning("%s", word)
        if words:
            _note(house, children)


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
