"""Where readings meet the rules: findings raised and cleared, as entries ready for the journal."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal.commands import Entry
from openketamine.clinic.library.queries import alarm_site
from openketamine.clinic.sessions import _watchers
from openketamine.clinic.sessions._watchers import Changes
from openketamine.clinic.sessions._writing import RULES, derived_id, entry
from openketamine.clinic.sessions.models import Session
from openketamine.core.treatment import facts

# A session that grows is judged by who writes to it; time alone is asked about those that do not.
_QUIET = timedelta(seconds=5)
_TOGETHER = 200
_OPEN_AND_JOINED = """
SELECT h.stream, h.number FROM journal_head h WHERE h.stream IN (
    SELECT 'session:' || s.id FROM treatments_session s JOIN treatments_attachment a
    ON a.session_id = s.id WHERE s.closed_at IS NULL AND a.until IS NULL
    AND a.device_kind = 'monitor')
"""
# Stream → its last number, and since when that is the last as far as this process has looked.
_looked_at: dict[str, tuple[int, datetime]] = {}


def entries_of(stream: str, changes: Changes, number: int, now: datetime) -> list[Entry]:
    """What the rules said after the fact of this number."""
    return [_entry(stream, change, number, now) for change in changes]


def finding_entries(session: Session, now: datetime) -> list[Entry]:
    """What the rules say at this moment that they did not say before, in this transaction."""
    stream = session.stream
    watcher = _watchers.at_head(stream, now)
    _watchers.keep({stream: watcher})
    return entries_of(stream, _watchers.judged(watcher, now), watcher.number, now)


def _entry(
    stream: str, change: facts.FindingRaised | facts.FindingCleared, number: int, now: datetime
) -> Entry:
    # Named by the number it follows: a second process that comes to the same conclusion at the
    # same place of the stream writes the same fact, not another one.
    verb = type(change).__name__
    fact_id = derived_id(stream, str(number), verb, change.finding_id)
    return entry(change, now, RULES, fact_id, origin="rules")


def note_silence(now: datetime) -> int:
    """Let time itself speak: a monitor fell silent, a delay ran out. Returns facts written.

    Called about once a second by every live front. One look at the numbers of all open sessions
    that have a monitor; only those that have stood still for some seconds are judged.
    """
    _watchers.adopt(alarm_site())
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_AND_JOINED)
        numbers = dict(cursor.fetchall())
    for gone in _looked_at.keys() - numbers.keys():
        del _looked_at[gone]
    still = {}
    for stream, number in numbers.items():
        known, since = _looked_at.get(stream, (0, now))
        if known != number or since > now:
            _looked_at[stream] = (number, now)
        elif now - since >= _QUIET:
            still[stream] = number
    silent = _silent(still, now)
    parts = [silent[start : start + _TOGETHER] for start in range(0, len(silent), _TOGETHER)]
    return sum(_note(part, now) for part in parts)


def _silent(still: dict[str, int], now: datetime) -> list[str]:
    watchers = _watchers.at_numbers(still, now)
    _watchers.keep(watchers)
    return [stream for stream, one in watchers.items() if _watchers.judged(one, now)]


def _note(streams: Sequence[str], now: datetime) -> int:
    """When a gateway dies all its beds fall silent at once: they are written down together. A bed
    that somebody else writes to now is looked at again in a second."""
    with transaction.atomic():
        places = journal.take(streams)
        watchers = _watchers.at_numbers({one: at.number for one, at in places.items()}, now)
        said = {
            stream: entries_of(stream, changes, one.number, now)
            for stream, one in watchers.items()
            if (changes := _watchers.judged(one, now))
        }
        if said:
            journal.append_many(said, now)
        return sum(map(len, said.values()))
