"""Child processes: started, watched, started again when they die, stopped in order."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

_PATIENCE_S = 8.0
_SETTLED_S = 30.0
_LONGEST_PAUSE_S = 10.0
_LOG_MAX_BYTES = 5_000_000


@dataclass
class Child:
    """One process that must run. `arguments` follow the interpreter."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    restarts: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _started: float = 0.0
    _not_before: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C at the terminal is for the supervisor alone,
        which then stops everything in order."""
        if self.log.exists() and self.log.stat().st_size > _LOG_MAX_BYTES:
            self.log.replace(self.log.with_suffix(".old"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (arguments are ours)
                [sys.executable, *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self._started = time.monotonic()

    @property
    def runs(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    def look_after(self) -> str:
        """Start it again where it died; a word about it then, else nothing."""
        moment = time.monotonic()
        if self.runs:
            if moment - self._started > _SETTLED_S:
                self.restarts = 0
            return ""
        if moment < self._not_before:
            return ""
        status = self._process.returncode if self._process else None
        self.restarts += 1
        self._not_before = moment + min(0.5 * 2 ** (self.restarts - 1), _LONGEST_PAUSE_S)
        self.start()
        return f"{self.name} stopped (status {status}) and was started again; see {self.log}"

    def identity(self) -> dict[str, Any]:
        """Process id and time of creation: together they name one process for ever."""
        return identity(self.name, self._process.pid) if self._process else {}

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self.runs and self._process is not None:
            self._process.terminate()

    def wait_stopped(self) -> None:
        """Wait a little, then end it."""
        if self._process is None:
            return
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def identity(name: str, pid: int) -> dict[str, Any]:
    """A process by id and time of creation; empty where there is none."""
    try:
        return {"name": name, "pid": pid, "created": psutil.Process(pid).create_time()}
    except psutil.Error:
        return {}


def end_left_overs(noted: Iterable[Mapping[str, Any]]) -> list[str]:
    """End processes of a supervisor that was killed; names of those that were still there."""
    found = [process for one in noted if (process := _same_process(one)) is not None]
    names = [process.name() for process in found]
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(found, timeout=_PATIENCE_S)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=_PATIENCE_S)
    return names


def _same_process(one: Mapping[str, Any]) -> psutil.Process | None:
    """The process, unless its id belongs to another one by now."""
    try:
        process = psutil.Process(int(one["pid"]))
        return process if abs(process.create_time() - float(one["created"])) < 0.05 else None
    except (psutil.Error, KeyError, ValueError):
        return None
