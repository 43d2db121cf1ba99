"""Telling the next person of a finding, when its time has come. The clock is in the database.

Nothing but facts decides who was told and who is next (core/treatment/_calls.py): what this process
remembers only spares it a look. Of several processes that look at once, one writes: under the lock
of the stream the others find the step written.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from openketamine.clinic.journal.commands import Entry
from openketamine.clinic.sessions import _watchers
from openketamine.clinic.sessions._board import initials
from openketamine.clinic.sessions._writing import RULES, append, derived_id, entry, in_line
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff import sites
from openketamine.clinic.staff.duty import on_duty
from openketamine.clinic.staff.models import Staff
from openketamine.core.treatment import (
    Call,
    State,
    call_as_json,
    calls,
    due_calls,
    facts,
    steps_of,
)

# A finding that is older than this is no call any more; it is in the report.
_LOOK_BACK = timedelta(hours=12)
# In the words of the index `journal_calls`: PostgreSQL must see that it answers this.
_LATELY = """
SELECT f.stream, max(f.number) FROM journal_fact f
JOIN treatments_session s ON f.stream = 'session:' || s.id AND s.closed_at IS NULL
WHERE f.recorded_at > %s AND f.kind IN ('finding_raised', 'finding_cleared',
    'finding_acknowledged', 'person_called', 'call_answered')
GROUP BY f.stream
"""
_TREAT = ("prescriber", "medical_director", "nurse")
# Stream → its last number of these kinds, and when the next step is due as far as was known then.
_looked_at: dict[str, tuple[int, datetime | None]] = {}
# Stream → that number, and its open calls: the people who were told, and what they are shown.
_said: dict[str, tuple[int, list[tuple[frozenset[str], dict[str, Any]]]]] = {}


def note_calls(now: datetime) -> int:
    """Tell whoever is to be told now. Returns facts written. Called once a second."""
    told = 0
    numbers = _lately(now)
    for stream, number in numbers.items():
        known, due = _looked_at.get(stream, (0, None))
        if known == number and (due is None or now < due):
            continue
        state = _state(stream, now)
        waiting = [one.next_at for one in calls(state) if one.next_at is not None]
        _looked_at[stream] = (number, min(waiting, default=None))
        if due_calls(state, now):
            told += _tell(stream, now)
    for gone in _looked_at.keys() - numbers.keys():
        del _looked_at[gone]
    return told


def calls_for(person: Staff, now: datetime) -> list[dict[str, Any]]:
    """The calls that this person was told of and that are still open, the most urgent first.

    Initials and chair only: a call is shown on any page, beside any other person's record.
    """
    mine = str(person.pk)
    found = [said for told in _open_calls(now).values() for people, said in told if mine in people]
    # Where somebody sits now, whatever was remembered: whoever comes must come to the right chair.
    ids = {one["session"] for one in found}
    chairs = {str(pk): chair for pk, chair in _chairs(ids)} if ids else {}
    found = [{**one, "chair": chairs.get(one["session"], "")} for one in found]
    order = ("high", "medium", "low")
    return sorted(found, key=lambda one: (order.index(one["priority"]), one["raised_at"]))


def _chairs(ids: Iterable[str]) -> Iterable[tuple[UUID, str]]:
    return Session.objects.filter(pk__in=ids).values_list("pk", "chair")


def _open_calls(now: datetime) -> dict[str, list[tuple[frozenset[str], dict[str, Any]]]]:
    """Stream → whom and what. Every page asks every few seconds, so a stream is looked at again
    only when something was written to it that a call depends on."""
    numbers = _lately(now)
    fresh = [one for one, number in numbers.items() if _said.get(one, (0, []))[0] != number]
    ids = [Session.id_of(stream) for stream in fresh]
    # What is remembered is for everybody, whoever asks first: of the whole house.
    with sites.only(None):
        called = list(Session.objects.select_related("person").filter(pk__in=ids))
    for session in called:
        every = calls(_state(session.stream, now))
        said = [(_people_of(one), _as_json(session, one)) for one in every if one.open and one.told]
        _said[session.stream] = (numbers[session.stream], said)
    for gone in _said.keys() - numbers.keys():
        _said.pop(gone, None)
    return {stream: _said[stream][1] for stream in numbers if stream in _said}


def _people_of(call: Call) -> frozenset[str]:
    return frozenset(person for one in call.told for person in one.body.people)


def _as_json(session: Session, call: Call) -> dict[str, Any]:
    finding = call.alarm.finding
    over = call.alarm.cleared_at
    return call_as_json(call) | {
        "session": str(session.pk),
        "path": f"/sessions/{session.pk}/",
        "initials": initials(session),
        "chair": session.chair,
        "priority": finding.priority,
        "nature": finding.nature,
        "summary": finding.summary,
        "raised_at": call.alarm.raised_at.isoformat(),
        "cleared_at": over.isoformat() if over else None,
    }


def _lately(now: datetime) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_LATELY, [now - _LOOK_BACK])
        return dict(cursor.fetchall())


def _state(stream: str, now: datetime) -> State:
    """The session without its readings: kept in memory for the alarm rules anyway."""
    watcher = _watchers.at_head(stream, now)
    _watchers.keep({stream: watcher})
    return watcher.state


def _tell(stream: str, now: datetime) -> int:
    with transaction.atomic():
        session = in_line(Session.id_of(stream))
        with sites.only(sites.apart(session.site_id)):
            entries = list(_entries(stream, _state(stream, now), now))
        if entries:
            append(session, entries, now)
        return len(entries)


def _entries(stream: str, state: State, now: datetime) -> Iterator[Entry]:
    for call in due_calls(state, now):
        steps = steps_of(state, call.alarm)
        for place in range(call.next_step or 0, len(steps)):
            people = _people(steps[place].to, state, now, call)
            # A step with nobody in it costs no time; the last one is written even so.
            if people or place == len(steps) - 1:
                wait = steps[place].wait
                body = facts.PersonCalled(
                    finding_id=call.alarm.finding.finding_id,
                    step=place,
                    to=steps[place].to,
                    people=tuple(str(one.pk) for one in people),
                    names=tuple(one.display_name for one in people),
                    answer_by=None if wait is None else now + wait,
                )
                name = derived_id(stream, "told", body.finding_id, str(place))
                yield entry(body, now, RULES, name, origin="rules")
                break


def _people(to: str, state: State, now: datetime, call: Call) -> Sequence[Staff]:
    """Whom a step tells, without those who were told already."""
    everybody = Staff.colleagues.filter(is_active=True).order_by("display_name")
    if to == "ordering_prescriber":
        found = list(everybody.filter(pk=state.plan.by.id)) if state.plan else []
    elif to == "duty_prescribers":
        found = _on("prescriber", now) or list(everybody.filter(role="prescriber"))
    elif to == "medical_director":
        found = list(everybody.filter(role="medical_director"))
    elif to == "charge_nurse":
        found = _on("charge_nurse", now) or list(everybody.filter(role="nurse"))
    else:
        return list(everybody.filter(role__in=_TREAT))
    return [one for one in found if not call.tells(str(one.pk))]


def _on(duty: str, now: datetime) -> list[Staff]:
    return [person for person, until in on_duty(now)[duty] if until > now]
