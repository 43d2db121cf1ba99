"""Telling the next person of a finding, when its time has come. The clock is in the database.

Nothing but facts decides who was told and who is next (core/treatment/_calls.py): what this process
remembers only spares it a look. Of several processes that look at once, one writes: under the lock
of the stream the others find the step written.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.commands import Entry, append_many, take
from openketamine.clinic.sessions import _watchers
from openketamine.clinic.sessions._board import initials
from openketamine.clinic.sessions._lately import newest_of_calls
from openketamine.clinic.sessions._writing import RULES, derived_id, entry
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

# So many sessions are told about in one transaction.
_TOGETHER = 200
_TREAT = ("prescriber", "medical_director", "nurse")
# Stream → its last number of these kinds, and when the next step is due as far as was known then.
_looked_at: dict[str, tuple[int, datetime | None]] = {}
# Stream → that number, and its open calls: the people who were told, and what they are shown.
_said: dict[str, tuple[int, list[tuple[frozenset[str], dict[str, Any]]]]] = {}
Rota = dict[str, list[Staff]]
"""What a step is to → whom that names now. Of one site, for one transaction."""


def note_calls(now: datetime) -> int:
    """Tell whoever is to be told now. Returns facts written. Called once a second."""
    numbers = newest_of_calls(now)
    for gone in _looked_at.keys() - numbers.keys():
        del _looked_at[gone]
    fresh = [one for one, number in numbers.items() if _is_news(one, number, now)]
    due = []
    for stream, state in _states(fresh, now).items():
        waiting = [one.next_at for one in calls(state) if one.next_at is not None]
        _looked_at[stream] = (numbers[stream], min(waiting, default=None))
        if waiting and min(waiting) <= now:
            due.append(stream)
    parts = (due[start : start + _TOGETHER] for start in range(0, len(due), _TOGETHER))
    return sum(_tell(part, now) for part in parts)


def _is_news(stream: str, number: int, now: datetime) -> bool:
    known, due = _looked_at.get(stream, (0, None))
    return known != number or (due is not None and due <= now)


def calls_for(person: Staff, now: datetime) -> list[dict[str, Any]]:
    """The calls that this person was told of and that are still open, the most urgent first.

    Initials and chair only: a call is shown on any page, beside any other person's record.
    """
    mine = str(person.pk)
    found = [said for told in _open_calls(now).values() for people, said in told if mine in people]
    # Where somebody sits now, whatever was remembered: whoever comes must come to the right chair.
    ids = {one["session"] for one in found}
    chairs = {str(pk): chair for pk, chair in _chairs(ids)} if ids else {}
    found = [{**one, "chair": chairs[one["session"]]} for one in found if one["session"] in chairs]
    order = ("high", "medium", "low")
    return sorted(found, key=lambda one: (order.index(one["priority"]), one["raised_at"]))


def _chairs(ids: Iterable[str]) -> Iterable[tuple[UUID, str]]:
    rows = Session.objects.filter(pk__in=ids, closed_at__isnull=True)
    return rows.values_list("pk", "chair")


def _open_calls(now: datetime) -> dict[str, list[tuple[frozenset[str], dict[str, Any]]]]:
    """Stream → whom and what. Every page asks every few seconds, so a stream is looked at again
    only when something was written to it that a call depends on."""
    numbers = newest_of_calls(now)
    fresh = [one for one, number in numbers.items() if _said.get(one, (0, []))[0] != number]
    ids = [Session.id_of(stream) for stream in fresh]
    # What is remembered is for everybody, whoever asks first: of the whole house.
    with sites.only(None):
        called = list(Session.objects.select_related("person").filter(pk__in=ids))
    states = _states([session.stream for session in called], now)
    for session in called:
        every = calls(states[session.stream])
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


def _states(streams: Sequence[str], now: datetime) -> dict[str, State]:
    """These sessions without their readings: kept in memory for the alarm rules anyway."""
    watchers = _watchers.at_numbers(journal.heads(streams), now)
    _watchers.keep(watchers)
    return {stream: one.state for stream, one in watchers.items()}


def _tell(streams: Sequence[str], now: datetime) -> int:
    """When many fall ill at once, or one gateway dies, they are told of together. A session that
    somebody else writes to now is looked at again in a second."""
    with transaction.atomic():
        places = take(streams)
        numbers = {stream: place.number for stream, place in places.items()}
        watchers = _watchers.at_numbers(numbers, now)
        said: dict[str, list[Entry]] = {}
        for site, mine in _by_site(list(places)).items():
            with sites.only(sites.apart(site)):
                rota: Rota = {}
                found = {one: list(_entries(one, watchers[one].state, now, rota)) for one in mine}
            said |= {stream: entries for stream, entries in found.items() if entries}
        if said:
            append_many(said, now)
        return sum(map(len, said.values()))


def _by_site(streams: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with sites.only(None):
        rows = Session.objects.filter(pk__in=[Session.id_of(one) for one in streams])
        for pk, site in rows.values_list("pk", "site_id"):
            found.setdefault(site, []).append(f"session:{pk}")
    return found


def _entries(stream: str, state: State, now: datetime, rota: Rota) -> Iterator[Entry]:
    for call in due_calls(state, now):
        steps = steps_of(state, call.alarm)
        for place in range(call.next_step or 0, len(steps)):
            people = _people(steps[place].to, state, now, call, rota)
            # A step with nobody in it costs no time; the last one is written even so.
            if people or place == len(steps) - 1:
                yield _told(stream, call, (place, steps[place].to, steps[place].wait), people, now)
                break


def _told(
    stream: str,
    call: Call,
    step: tuple[int, str, timedelta | None],
    people: Sequence[Staff],
    now: datetime,
) -> Entry:
    place, to, wait = step
    body = facts.PersonCalled(
        finding_id=call.alarm.finding.finding_id,
        step=place,
        to=to,
        people=tuple(str(one.pk) for one in people),
        names=tuple(one.display_name for one in people),
        answer_by=None if wait is None else now + wait,
    )
    name = derived_id(stream, "told", body.finding_id, str(place))
    return entry(body, now, RULES, name, origin="rules")


def _people(
    to: str, state: State, now: datetime, call: Call, rota: Rota | None = None
) -> Sequence[Staff]:
    """Whom a step tells, without those who were told already."""
    if to == "ordering_prescriber":
        ordered = Staff.colleagues.filter(is_active=True, pk=state.plan.by.id) if state.plan else ()
        return [one for one in ordered if not call.tells(str(one.pk))]
    rota = {} if rota is None else rota
    if to not in rota:
        rota[to] = _named(to, now)
    everybody = to not in _SOMEBODY
    return [one for one in rota[to] if everybody or not call.tells(str(one.pk))]


_SOMEBODY = ("duty_prescribers", "medical_director", "charge_nurse")


def _named(to: str, now: datetime) -> list[Staff]:
    """Everybody whom a step names, whatever the session. The last step names all who treat."""
    everybody = Staff.colleagues.filter(is_active=True).order_by("display_name")
    if to == "duty_prescribers":
        return _on("prescriber", now) or list(everybody.filter(role="prescriber"))
    if to == "medical_director":
        return list(everybody.filter(role="medical_director"))
    if to == "charge_nurse":
        return _on("charge_nurse", now) or list(everybody.filter(role="nurse"))
    return list(everybody.filter(role__in=_TREAT))


def _on(duty: str, now: datetime) -> list[Staff]:
    return [person for person, until in on_duty(now)[duty] if until > now]
