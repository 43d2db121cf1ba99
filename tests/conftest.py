"""One private PostgreSQL for the tests that need a database; the others never start it, and those
of `core` and `knowledge` alone do without Django."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from tests import effort

HERE = Path(__file__).parent
PLAIN = (HERE / "core", HERE / "knowledge")


def pytest_addoption(parser):
    """How long the fault tests go on, and how many generated cases are tried."""
    parser.addoption("--year-people", type=int, default=0, help="of the year; 0: by the effort")
    parser.addoption("--year-seed", type=int, default=1, help="which year of check-ins")
    parser.addoption("--kill-rounds", type=int, default=4, help="rounds of SIGKILL in tests/faults")
    parser.addoption("--kill-seed", type=int, default=1, help="which moments and victims")
    parser.addoption("--effort", choices=["fifth", "whole"], default="fifth", help="see effort.py")


def pytest_configure(config):
    """Before the first test is read: decorators count their examples then."""
    effort.ask(config.getoption("--effort"))
    # Our matrices are small: a second thread of the algebra only takes a core from the next worker.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not all(_is_plain(config.invocation_params.dir, asked) for asked in config.args):
        _ask_for_django()


def _is_plain(where, asked):
    """Is `asked` (a path, or one test in it) of the two rooms without a framework?"""
    path = (where / asked.partition("::")[0]).resolve()
    return any(path.is_relative_to(room) for room in PLAIN)


def _ask_for_django():
    """Name the settings; pytest-django does the rest when we have returned. Half a second in each
    process, so not for tests of rooms that know no framework."""
    from django.conf import settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openketamine.clinic.site.settings")
    assert settings.DATABASES


@pytest.fixture(scope="session")
def database_url():
    """The address of a server that lives as long as this test run, as `DATABASE_URL` wants it."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    from openketamine.operations import _postgres

    folder = Path(tempfile.mkdtemp(prefix="openketamine-tests-"))
    try:
        yield _postgres.start(folder / "db", durable=False).url
    finally:
        _postgres.stop(folder / "db")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_url, django_db_modify_db_settings_parallel_suffix):
    """Point Django at that server, only now that a test asks for a database."""
    from django.db import connections

    from openketamine.clinic.site._database import database_from_url

    entry = {
        key: value for key, value in database_from_url(database_url).items() if key != "ENGINE"
    }
    connections["default"].settings_dict.update(entry, CONN_MAX_AGE=0)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Between tests with real transactions Django empties the tables, which ours refuse: lift that
    rule for the emptying, and only here."""
    from django.db import connection
    from django.test import TransactionTestCase

    original = TransactionTestCase._fixture_teardown

    def teardown(self):
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        try:
            original(self)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SET session_replication_role = origin")

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = original
