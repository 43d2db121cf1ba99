"""A clinic of its own for a benchmark: a private database and the settings, gone afterwards."""

import argparse
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
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


def people_asked(says: str | None) -> int:
    """`--people N`, 1,000 unless told."""
    parser = argparse.ArgumentParser(description=says)
    parser.add_argument("--people", type=int, default=1000)
    asked: int = parser.parse_args().people
    return asked


def set_up() -> None:
    """Django, and every table."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def fill(people: int, now: datetime) -> None:
    """So many people of the simulated year in all."""
    from openketamine.operations._simulated_year import fill as fill_year

    begun = time.perf_counter()
    fill_year(people, 2026, now)
    print(f"{people} people in {time.perf_counter() - begun:.0f} s", file=sys.stderr)


def tidy() -> None:
    """The database knows what it holds, as after a night."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def computed(database: Path) -> float:
    """Seconds of CPU that this process and its database used so far."""
    server = psutil.Process(int((database / "postmaster.pid").read_text().split()[0]))
    every = [psutil.Process(), server, *server.children(recursive=True)]
    return sum(one.cpu_times().user + one.cpu_times().system for one in every if one.is_running())
