"""A person's earlier sessions, as the next dose needs them.

The thousands of readings of a past session are not folded again for it: the database is asked for
the few extremes that count.
"""

from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from openketamine.clinic.sessions._fold import folded
from openketamine.clinic.sessions.models import Session
from openketamine.core.course import Visit, past_sessions
from openketamine.core.dosing import PastSession
from openketamine.core.treatment import last_score

# A number counts where the device gave one and nobody doubts it.
_EXTREMES = """
SELECT min((body->'values'->>'spo2')::numeric) FILTER (WHERE NOT body->'doubts' ? 'spo2'),
       max((body->'values'->>'systolic')::numeric) FILTER (WHERE NOT body->'doubts' ? 'systolic'),
       max((body->'values'->>'diastolic')::numeric) FILTER (WHERE NOT body->'doubts' ? 'diastolic')
FROM journal_fact WHERE stream = %s AND kind = 'reading_taken' AND at >= %s
"""


def history(session: Session) -> tuple[PastSession, ...]:
    """What came before this session, of the same protocol, oldest first."""
    before = Session.objects.filter(
        person_id=session.person_id, protocol_id=session.protocol_id, created__lt=session.created
    )
    visits = [visit for one in before.order_by("created") if (visit := _visit(one)) is not None]
    mood = last_score(folded(session.stream).state, ("phq-9",))
    return past_sessions(visits, None if mood is None else mood.body.total)


def _visit(one: Session) -> Visit | None:
    state = folded(one.stream).state
    start = state.started_at
    if start is None:
        return None
    spo2, systolic, diastolic = _extremes(one.stream, start)
    return Visit(_day(start), state, spo2, systolic, diastolic)


def _extremes(stream: str, start: datetime) -> tuple[Decimal | None, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_EXTREMES, [stream, start])
        found: tuple[Decimal | None, ...] = cursor.fetchone()
    return found


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()
