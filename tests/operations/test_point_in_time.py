"""The steps of docs/how-to/back-up-and-restore.md, "Between two backups", as they stand there: a
clinic goes back to a moment before a mistake, and proves itself."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from openketamine.operations import _postgres

_ERRAND = """
import sys, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from openketamine.clinic.journal import clock
from openketamine.clinic.journal.commands import Entry, append
from openketamine.core.treatment import Author
import uuid
now = clock.now()
for said in sys.argv[1:]:
    one = Entry(str(uuid.uuid4()), "told", {"said": said}, now, Author("1", "Nora", "nurse"))
    append("house", [one], now)
"""
_PROOF = """
import django, json
django.setup()
from openketamine.clinic.journal.models import Fact
from openketamine.operations._errands import proven
said = [one.body["said"] for one in Fact.objects.filter(stream="house").order_by("number")]
print(json.dumps({"said": said, "ok": proven()["ok"]}))
"""


def run(code, url, data, *words):
    environment = {
        "DATABASE_URL": url, "OPENKETAMINE_DATA": str(data), "OPENKETAMINE_SECRET_KEY": "x" * 50,
        "DJANGO_SETTINGS_MODULE": "openketamine.clinic.site.settings",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def own(folder):
    """A folder that the server's user may write to."""
    folder.mkdir()
    _postgres._hand_over(folder)
    return folder


@pytest.fixture
def apart():
    """A folder that the server's user can reach. Another run of pytest shuts its own folders for
    everybody when it starts, this one's among them."""
    folder = Path(tempfile.mkdtemp(prefix="openketamine-tests-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.hazard("HZ-16")
def test_a_clinic_goes_back_to_a_moment_and_proves_itself(apart):
    first, copy, archive = apart / "first", apart / "copy", own(apart / "archive")
    server = _postgres.start(first)
    try:
        # 1. Archiving is switched on.
        with psycopg.connect(server.url, autocommit=True) as db:
            db.execute("ALTER SYSTEM SET archive_mode = on")
            db.execute(
                f"ALTER SYSTEM SET archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'"
            )
        _postgres.stop(first)
        server = _postgres.start(first)
        run(_ERRAND, server.url, apart, "before the copy")
        # 2. A base backup.
        own(copy)
        _postgres._pg(
            "pg_basebackup", f"--pgdata={copy}", f"--dbname={server.url}", "--checkpoint=fast"
        )
        run(_ERRAND, server.url, apart, "after the copy")
        with psycopg.connect(server.url, autocommit=True) as db:
            db.execute("SELECT pg_create_restore_point('before the mistake')")
        run(_ERRAND, server.url, apart, "the mistake")
        with psycopg.connect(server.url, autocommit=True) as db:
            db.execute("SELECT pg_switch_wal()")
    finally:
        _postgres.stop(first)  # it hands over the last of its log before it ends
    # 3. The copy is told how far to go, and started.
    with (copy / "postgresql.auto.conf").open("a") as settings:
        settings.write(
            f"restore_command = 'cp {archive}/%f %p'\n"
            "recovery_target_name = 'before the mistake'\n"
            "recovery_target_action = 'promote'\narchive_mode = off\n"
        )
    (copy / "recovery.signal").touch()
    # The lock of our private server's socket, which lies in its folder, was copied with it.
    (copy / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    os.chown(copy / "recovery.signal", copy.stat().st_uid, copy.stat().st_gid)
    try:
        back = _postgres.start(copy)
        # 4. What came back is what was there, and proven.
        said = run(_PROOF, back.url, apart)
        assert said.strip().endswith('{"said": ["before the copy", "after the copy"], "ok": true}')
    finally:
        _postgres.stop(copy)
