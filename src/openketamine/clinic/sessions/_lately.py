"""In which sessions something was written lately that a call depends on.

Asked once a second, and by every page. So the findings of the last twelve hours are looked through
once in a while, and in between only those of the last two minutes: what a transaction wrote that
took longer than that is found by the next look through all.
"""

from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from django.db import connection

# A finding that is older than this is no call any more; it is in the report.
_LOOK_BACK = timedelta(hours=12)
_OVERLAP, _ALL_AGAIN = timedelta(minutes=2), timedelta(minutes=5)
# Whoever was away for longer, or whose clock was set back, looks through all.
_AWAY, _BACK = timedelta(seconds=30), timedelta(seconds=5)
# In the words of the index `journal_calls`: PostgreSQL must see that it answers this.
_KINDS = """f.kind IN ('finding_raised', 'finding_cleared',
    'finding_acknowledged', 'person_called', 'call_answered')"""
_ALL = f"""
SELECT f.stream, max(f.number) FROM journal_fact f
JOIN treatments_session s ON f.stream = 'session:' || s.id AND s.closed_at IS NULL
WHERE f.recorded_at > %s AND {_KINDS} GROUP BY f.stream
"""  # noqa: S608  (constants)
_NEWEST = f"""
SELECT f.stream, max(f.number) FROM journal_fact f
WHERE f.recorded_at > %s AND {_KINDS} GROUP BY f.stream
"""  # noqa: S608  (constants)


class _Known(NamedTuple):
    """Stream → its last number of these kinds; when all were looked through, and when lately."""

    numbers: dict[str, int]
    all_at: datetime
    at: datetime


_lock = Lock()
_known: _Known | None = None


def newest_of_calls(now: datetime) -> dict[str, int]:
    """Stream → the last number of a finding, an answer or a call of the last twelve hours.

    Sessions that were closed in the last minutes may be among them.
    """
    global _known  # noqa: PLW0603
    with _lock:
        known = _known
    if known is None or not _is_lately(known, now):
        found = _Known(_asked(_ALL, now - _LOOK_BACK), now, now)
    else:
        news = _asked(_NEWEST, min(now, known.at) - _OVERLAP)
        numbers = {one: max(number, known.numbers.get(one, 0)) for one, number in news.items()}
        found = _Known(known.numbers | numbers, known.all_at, max(now, known.at))
    with _lock:
        _known = found
    return found.numbers


def forget() -> None:
    """The next look is through all, as after a restart."""
    global _known  # noqa: PLW0603
    with _lock:
        _known = None


def _is_lately(known: _Known, now: datetime) -> bool:
    return -_BACK < now - known.at < _AWAY and now - known.all_at < _ALL_AGAIN


def _asked(query: str, since: datetime) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(query, [since])
        return dict(cursor.fetchall())
