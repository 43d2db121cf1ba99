"""A person's earlier sessions, as the next dose needs them.

The thousands of readings of a past session are not folded again for it: they are gone through once
for the few extremes that count, and those are remembered.
"""

import uuid
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.sessions._fold import folded
from openketamine.clinic.sessions.models import Session
from openketamine.core.course import Fact as CourseFact
from openketamine.core.course import Visit, decode_fact, fold_course
from openketamine.core.course import history as past_sessions_of
from openketamine.core.dosing import PastSession

# A number counts where the device gave one and nobody doubts it.
_COUNTED = (("spo2", min), ("systolic", max), ("diastolic", max))
_OF_A_COURSE = ("score_taken", "course_opened", "course_ended", "corrected")
_KEPT = 2048
# (stream, its last number, start) → extremes. A past session hardly ever grows again.
_known: dict[tuple[str, int, datetime], tuple[Decimal | None, ...]] = {}


def history(session: Session) -> tuple[PastSession, ...]:
    """What came before this session, of the same protocol, oldest first, with what every score
    since said: those of sessions, this one's included, and those taken in between."""
    rows = Session.objects.filter(person_id=session.person_id, created__lte=session.created)
    own = folded(session.stream).state
    state = fold_course(_between(session.person_id), [_visit(one) for one in rows])
    before = past_sessions_of(state, session.protocol_id, _day(session.created))
    return before[:-1] if own.started_at is not None else before


def visits_of(person_id: uuid.UUID) -> list[Visit]:
    """Every session of this person, of whatever protocol, those with no dose yet included."""
    return [_visit(one) for one in Session.objects.filter(person_id=person_id).order_by("created")]


def _between(person_id: uuid.UUID) -> list[CourseFact]:
    """Scores between sessions and where a course begins and ends, with what corrects them."""
    stored = journal.facts(f"course:{person_id}", kinds=_OF_A_COURSE)
    return [decode_fact(one.as_json()) for one in stored]


def _visit(one: Session) -> Visit:
    """A session as a course sees it; one in which nothing was given yet has its scores."""
    state = folded(one.stream).state
    start = state.started_at
    if start is None:
        return Visit(_day(one.created), state, session=str(one.pk))
    spo2, systolic, diastolic = _extremes(one.stream, start)
    return Visit(_day(start), state, spo2, systolic, diastolic, str(one.pk))


def _extremes(stream: str, start: datetime) -> tuple[Decimal | None, ...]:
    place = (stream, journal.head(stream), start)
    if place not in _known:
        while len(_known) >= _KEPT:
            _known.pop(next(iter(_known)))
        _known[place] = _looked_up(stream, start)
    return _known[place]


def _looked_up(stream: str, start: datetime) -> tuple[Decimal | None, ...]:
    found: dict[str, list[Decimal]] = {signal: [] for signal, _ in _COUNTED}
    for body in journal.bodies_of_readings(stream):
        if body.measured_at < start:
            continue
        for signal, numbers in found.items():
            value = body.values.get(signal)
            if value is not None and signal not in body.doubts:
                numbers.append(value)
    return tuple(worst(found[signal], default=None) for signal, worst in _COUNTED)


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()
