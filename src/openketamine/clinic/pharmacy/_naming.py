"""Entries by what they name, many names at once.

Each name goes to the database as jsonb in one array: the planner sees how many there are and takes
the index of the key, and no expression is made for every one of a thousand.
"""

from collections.abc import Iterable

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from psycopg.types.json import Jsonb

_NAMED = {key: f"(body #> '{{entry,{key}}}')" for key in ("container", "session", "document")}
# The words of its index (migration 0008): what belongs to no document is not in it.
_ONLY = {"document": " AND (body #>> '{entry,document}') <> ''"}


def naming(key: str, names: Iterable[str], *, none_of: bool = False) -> RawSQL:
    """A condition on rows of the books: the entry names one of these under this key, or `none_of`
    them."""
    bound = [Jsonb(one) for one in sorted(names)]
    words = f"{_NAMED[key]} {'<> ALL' if none_of else '= ANY'} (%s){_ONLY.get(key, '')}"
    return RawSQL(words, [bound], output_field=BooleanField())  # noqa: S611  (ours, bound)
