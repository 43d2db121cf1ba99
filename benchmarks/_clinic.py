"""A clinic of its own for a benchmark: a private database and the settings, gone afterwards."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from openketamine.operations import _postgres


@contextmanager
def own_database() -> Iterator[Path]:
    """The folder of the database; Django may be set up inside."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "database"
        os.environ |= {
            "OPENKETAMINE_DATA": folder, "DATABASE_URL": _postgres.start(database).url,
            "OPENKETAMINE_SECRET_KEY": uuid.uuid4().hex, "OPENKETAMINE_HOSTS": "testserver",
            "DJANGO_SETTINGS_MODULE": "openketamine.clinic.site.settings",
        }  # fmt: skip
        try:
            yield database
        finally:
            _postgres.stop(database)


def computed(database: Path) -> float:
    """Seconds of CPU that this process and its database used so far."""
    server = psutil.Process(int((database / "postmaster.pid").read_text().split()[0]))
    every = [psutil.Process(), server, *server.children(recursive=True)]
    return sum(one.cpu_times().user + one.cpu_times().system for one in every if one.is_running())
