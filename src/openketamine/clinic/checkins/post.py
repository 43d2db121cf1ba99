"""Handing a message over, once.

waiting → taken, committed → handed over → sent, with its fact, committed. A worker that dies before
the first commit has done nothing; one that dies between the two leaves a message of which nobody
knows whether it left: it is not sent again, and the record says so. Mail to staff about a task is
the exception: rather twice than not at all, with one Message-ID.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from openketamine.clinic.checkins import answering, letters, links, queueing, telling
from openketamine.clinic.checkins.carriers import Outcome, Ready, carry
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.checkins.planning import KIND
from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes.commands import CLOCK, in_line, record
from openketamine.clinic.outcomes.queries import facts_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.course import facts
from openketamine.core.course.check_ins import check_ins, contact_of, derived_id

OWN = "own"
# A link to any other page that an app asks for; `detail`: its `purpose`, good for so many `days`.
PAGE = "page"
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=10)


@dataclass(frozen=True)
class _Taken:
    """A message in hand, and all that it needs."""

    message: Message
    ready: Ready


def send(message_id: str) -> str:
    """Hand one message over, unless it was, or need not be. Its state is returned."""
    taken = _take(message_id, clock.now())
    if taken is None:
        return "nothing to do"
    outcome = carry(taken.ready)
    return _write_down(taken.message, outcome, clock.now())


def lost(message_id: UUID, now: datetime) -> None:
    """A worker took this message and died with it in hand."""
    with transaction.atomic():
        row = Message.objects.select_for_update().filter(pk=message_id, state="taken").first()
        if row is not None:
            _end(row, Outcome("unknown", "the worker ended with it in hand"), now)


def _take(message_id: str, now: datetime) -> _Taken | None:
    with transaction.atomic():
        rows = Message.objects.select_for_update(of=("self",)).select_related("person")
        row = rows.filter(pk=message_id, state="waiting", not_before__lte=now).first()
        if row is None:
            return None
        ready = None if now >= row.give_up_at else _ready(row, now)
        if ready is None:
            row.state, row.ended_at = "dropped", now
        else:
            row.state, row.taken_at, row.tries = "taken", now, row.tries + 1
        row.save()
    return _Taken(row, ready) if ready else None


def _write_down(message: Message, outcome: Outcome, now: datetime) -> str:
    with transaction.atomic():
        row = Message.objects.select_for_update().filter(pk=message.pk, state="taken").first()
        if row is None:  # it was given up as lost meanwhile, and that is on record
            return "unknown"
        _end(row, outcome, now)
    return row.state


def _end(row: Message, outcome: Outcome, now: datetime) -> None:
    """What became of it, in the row and in the person's course."""
    again = outcome.state == "retry" or (outcome.state == "unknown" and row.kind == telling.KIND)
    wait = min(_FIRST_PAUSE * 2 ** min(row.tries, 8), _LONGEST_PAUSE)
    row.why = outcome.why[:300]
    if again and now + wait < row.give_up_at:
        row.state, row.not_before = "waiting", now + wait
        row.save()
        queueing.enqueue([row.pk], at=row.not_before)
        return
    row.state = "failed" if outcome.state == "retry" else outcome.state
    row.ended_at = now
    row.save()
    if row.kind == KIND:
        _fact(row, outcome, now)


def _fact(row: Message, outcome: Outcome, now: datetime) -> None:
    in_line(row.person)
    name = derived_id(row.about, "attempt", str(row.attempt))
    if row.state == "sent":
        contact = facts_of(row.person).last(facts.ContactSet)
        record(row.person, _invited(row, contact), CLOCK, now, id=name)
        return
    causes = {"unknown": "not_known", "failed": outcome.cause or "post_down"}
    body = facts.CheckInUndelivered(row.about, causes[row.state], outcome.why[:200], row.attempt)
    record(row.person, body, CLOCK, now, id=name)


def _invited(row: Message, contact: Any) -> facts.CheckInInvited:
    detail = row.detail
    return facts.CheckInInvited(
        check_in=row.about,
        schedule=detail["schedule"],
        step=detail["step"],
        due_at=datetime.fromisoformat(detail["due_at"]),
        closes_at=datetime.fromisoformat(detail["closes_at"]),
        channel=contact.body.channel if contact else "",
        attempt=row.attempt,
        instruments=tuple(detail["forms"]),
        language=contact.body.language if contact else "en",
    )


def _ready(row: Message, now: datetime) -> Ready | None:
    """The message as it leaves; None where it need not leave any more."""
    if row.kind == telling.KIND:
        return _to_staff(row)
    state = facts_of(row.person)
    contact = contact_of(state)
    if contact is None:
        return None
    if row.kind == OWN:
        address = links.issue(row.person, "own:", now, good_for=timedelta(days=1))
        return letters.own_page(str(row.pk), contact, address)
    if row.kind == PAGE:
        days = timedelta(days=int(row.detail["days"]))
        address = links.issue(row.person, row.detail["purpose"], now, good_for=days)
        return letters.page(str(row.pk), contact, address, row.detail["subject"], now + days)
    one = check_ins(state).get(row.about)
    if one is not None and (one.over or one.last_attempt >= row.attempt):
        return None
    address = links.issue(
        row.person, f"{answering.PLACE}:{row.about}", now, good_for=row.give_up_at - now
    )
    return letters.invitation(str(row.pk), contact, address, row)


def _to_staff(row: Message) -> Ready | None:
    who = Staff.objects.filter(pk=row.detail["to"], is_active=True).first()
    if who is None or not who.email:
        return None
    return letters.task(str(row.pk), who.email, datetime.fromisoformat(row.detail["due_at"]))
