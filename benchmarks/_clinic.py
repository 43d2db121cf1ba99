"""A clinic of its own for a benchmark: a private database and the settings, gone afterwards."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
