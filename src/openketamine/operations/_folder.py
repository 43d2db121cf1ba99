"""The data folder: one clinic, one server at a time, secrets that only its owner reads."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openketamine.core.findings import BadInput

_DEMO_MARK = "this-is-a-demonstration"


@dataclass(frozen=True)
class DataFolder:
    """Where one clinic keeps everything."""

    path: Path

    @property
    def database(self) -> Path:
        """The private PostgreSQL."""
        return self.path / "database"

    @property
    def logs(self) -> Path:
        """What each process has to say."""
        return self.path / "logs"

    @property
    def spool(self) -> Path:
        """The device gateway's own disk."""
        return self.path / "gateway"

    @property
    def is_demo(self) -> bool:
        """Whether a demonstration lives here."""
        return (self.path / _DEMO_MARK).exists()

    def prepare(self, *, demo: bool) -> None:
        """Make the folder with its secrets. A demonstration and a clinic never share one."""
        used = (self.path / "database").exists()
        if used and demo != self.is_demo:
            kind = "a demonstration" if self.is_demo else "a clinic"
            raise BadInput("--data", "another folder", f"{self.path}, which holds {kind}")
        # Others may pass through (the database may run as a user of its own), but list nothing.
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o711)
        for folder in (self.logs, self.spool):
            folder.mkdir(mode=0o700, exist_ok=True)
        if demo:
            (self.path / _DEMO_MARK).touch()
        self.secret("secret-key")
        self.secret("gateway-token")
        self.secret("note-keys")

    def secret(self, name: str) -> str:
        """A secret of this folder, made at its first use."""
        path = self.path / name
        if not path.exists():
            self.write_private(name, secrets.token_urlsafe(48))
        return self.read(name)

    def read(self, name: str) -> str:
        """One of the folder's small files."""
        return (self.path / name).read_text(encoding="utf-8").strip()

    def write_private(self, name: str, text: str) -> None:
        """A file that only the owner can read, there in full or not at all."""
        draft = self.path / f".{name}.new"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(self.path / name)

    def write_running(self, what: Mapping[str, Any]) -> None:
        """Note what runs, for `doctor` and for a start after a crash."""
        self.write_private("running.json", json.dumps(what, indent=1))

    def running(self) -> dict[str, Any]:
        """What was noted last; empty where nothing runs or the note is unreadable."""
        try:
            noted = json.loads((self.path / "running.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return noted if isinstance(noted, dict) else {}

    def forget_running(self) -> None:
        """Nothing runs any more."""
        (self.path / "running.json").unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder. Raises BadInput where another server does."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                where = self.running().get("web", "an unknown address")
                raise BadInput(
                    "--data", f"a folder that no other server uses; this one is open at {where}"
                ) from None
            yield

    @property
    def is_locked(self) -> bool:
        """Whether a server holds the folder now."""
        try:
            with self.lock():
                return False
        except BadInput:
            return True
