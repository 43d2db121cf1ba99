"""Where readings meet the rules: findings raised and cleared, as entries ready for the journal."""

from datetime import datetime

from django.db import transaction

from openketamine.clinic.journal.commands import Entry
from openketamine.clinic.sessions._fold import Folded, folded
from openketamine.clinic.sessions._writing import RULES, append, derived_id, entry, in_line
from openketamine.clinic.sessions.models import Attachment, Session
from openketamine.core.treatment import facts, watch

# Nobody watches a person who has not sat down, or has left.
_WATCHED = frozenset({"expected", "planned", "prepared", "infusing", "paused", "recovery"})


def finding_entries(session: Session, now_known: Folded, now: datetime) -> list[Entry]:
    """What the rules say at this moment that they did not say before."""
    state = now_known.state
    if state.phase not in _WATCHED:
        return []
    changes = watch(state, now, now_known.recent)
    return [_entry(session, change, now_known.number, now) for change in changes]


def _entry(
    session: Session, change: facts.FindingRaised | facts.FindingCleared, number: int, now: datetime
) -> Entry:
    # Named by the number it follows: a second process that comes to the same conclusion at the
    # same place of the stream writes the same fact, not another one.
    verb = type(change).__name__
    fact_id = derived_id(session.stream, str(number), verb, change.finding_id)
    return entry(change, now, RULES, fact_id, origin="rules")


def note_silence(now: datetime) -> int:
    """Let time itself speak: a monitor fell silent, a delay ran out. Returns facts written.

    Called about once a second by the live front; a session whose rules have nothing new to say
    costs one look at a state that is kept.
    """
    joined = Attachment.objects.filter(until__isnull=True, device_kind="monitor")
    sessions = Session.objects.filter(closed_at__isnull=True, attachments__in=joined).distinct()
    return sum(_note(session, now) for session in sessions)


def _note(session: Session, now: datetime) -> int:
    if not finding_entries(session, folded(session.stream), now):
        return 0
    with transaction.atomic():
        session = in_line(session.id)
        entries = finding_entries(session, folded(session.stream), now)
        if entries:
            append(session, entries, now)
        return len(entries)
