"""Several questions on one way to the database, prepared once a connection: for the live path.

An ordinary query of Django is one way there and back, is bound to its values in Python and planned
anew. A group of readings asks and writes the same few things twenty times a second; between two
ways the interpreter belongs to whoever else wants it. Inside `together` nothing but `ask` may be
used.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

_QUOTED = str.maketrans({"\\": "\\\\", '"': '\\"'})


@contextmanager
def together() -> Iterator[None]:
    """What is asked inside goes out at once; the answers are there when the block ends.

    Raises what the first of them that failed raised, as Django names it.
    """
    connection.ensure_connection()
    database = connection.connection
    # Django leaves it off, for poolers between it and the database; one that gives each transaction
    # another connection cannot be used here anyhow: `live` listens for notices.
    database.prepare_threshold = 0
    with connection.wrap_database_errors, database.pipeline():
        yield


def ask(statement: str, values: Sequence[Any]) -> psycopg.Cursor[Any]:
    """One statement. Its answer is read when `together` has ended: `fetchall()`."""
    cursor: psycopg.Cursor[Any] = psycopg.Cursor(connection.connection)
    return cursor.execute(statement, values, prepare=True)


def numbers(values: Iterable[int]) -> str:
    """Whole numbers as an array in PostgreSQL's words: some times quicker than psycopg's lists."""
    return f"{{{','.join(map(str, values))}}}"


def texts(values: Sequence[str]) -> str:
    """Texts as an array in PostgreSQL's words. No text may hold a NUL."""
    quoted = '","'.join([value.translate(_QUOTED) for value in values])
    return f'{{"{quoted}"}}' if values else "{}"
