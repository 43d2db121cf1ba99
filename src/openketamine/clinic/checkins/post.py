"""Handing a message over, once.

waiting → taken, committed → handed over → sent, with its fact, committed. A worker that dies before
the first commit has done nothing; one that dies between the two leaves a message of which nobody
knows whether it left: it is not sent again, and the record says so. Messages to staff (a task, a
call) are the exception: rather twice than not at all, with one Message-ID. So are texts: a gateway
that hears the same id again sends nothing twice. What may have left once and is not tried again is
never said to have failed or to have been dropped: nobody knows.

Whether a message may leave is asked at the moment at which it would: the planner was late, a server
was down, somebody moved: none of it sends a message into somebody's night.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from openketamine.clinic.checkins import queueing
from openketamine.clinic.checkins.carriers import Outcome, Ready, carry
from openketamine.clinic.checkins.kinds import kind_of
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.journal import clock


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
        row = held(message_id, state="taken")
        if row is not None:
            _end(row, Outcome("unknown", "the worker ended with it in hand"), now)


def withdraw(waiting: QuerySet[Message], now: datetime) -> int:
    """These messages leave no more: their time is over. How many were; call it in a transaction."""
    rows = list(waiting.select_for_update().filter(state="waiting"))
    for row in rows:
        _too_late(row, now)
        row.save()
    return len(rows)


def held(message_id: UUID | str, **as_it_is: object) -> Message | None:
    """The row, locked until the transaction ends, after what its kind holds first; None where it
    is not, or is not as it should be."""
    rows = Message.objects.select_related("person").filter(pk=message_id, **as_it_is)
    row = rows.first()
    if row is not None:
        kind_of(row.kind).hold(row)
        row = rows.select_for_update(of=("self",)).first()
    return row


def _take(message_id: str, now: datetime) -> _Taken | None:
    with transaction.atomic():
        row = held(message_id, state="waiting", not_before__lte=now)
        if row is None:
            return None
        ready = _ready(row, now)
        row.save()
    return _Taken(row, ready) if ready else None


def _ready(row: Message, now: datetime) -> Ready | None:
    """The message, taken in hand; None where it waits for the morning or is over."""
    kind = kind_of(row.kind)
    opens = kind.not_before(row, now)
    if now < opens < row.give_up_at:
        row.not_before = opens
        queueing.enqueue([row.pk], at=opens, urgency=kind.urgency)
        return None
    if opens >= row.give_up_at:
        _too_late(row, now)
        return None
    ready = kind.ready(row, now)
    if ready is None:
        _give_up(row, "dropped", now)
        return None
    row.state, row.taken_at, row.tries = "taken", now, row.tries + 1
    row.detail |= {"channel": ready.channel}
    return ready


def _too_late(row: Message, now: datetime) -> None:
    """It can leave no more. Where it was tried, the record says by what it was kept."""
    _give_up(row, "failed" if row.tries else "dropped", now)


def _give_up(row: Message, state: str, now: datetime) -> None:
    """It is over without an answer. Of what may have left at an earlier try, nobody knows."""
    row.state, row.ended_at = "unknown" if row.may_have_left else state, now
    if row.state != "dropped":
        kind_of(row.kind).noted(row, Outcome(row.state, row.why), now)


def _write_down(message: Message, outcome: Outcome, now: datetime) -> str:
    with transaction.atomic():
        row = held(message.pk, state="taken")
        if row is None:  # it was given up as lost meanwhile, and that is on record
            return "unknown"
        _end(row, outcome, now)
    return row.state


def _end(row: Message, outcome: Outcome, now: datetime) -> None:
    """What became of it, in the row and wherever else its kind writes it down."""
    kind = kind_of(row.kind)
    harmless = kind.rather_twice or row.detail.get("channel") == "text"
    again = outcome.state == "retry" or (outcome.state == "unknown" and harmless)
    wait = kind.pause_after(row.tries)
    row.why = outcome.why[:300]
    row.may_have_left |= outcome.state == "unknown"
    if again and now + wait < row.give_up_at:
        row.state, row.not_before = "waiting", now + wait
        queueing.enqueue([row.pk], at=row.not_before, urgency=kind.urgency)
    else:
        row.state, row.ended_at = _last(row, outcome), now
    row.save()
    kind.noted(row, outcome, now)


def _last(row: Message, outcome: Outcome) -> str:
    """The state of a message that is not tried again."""
    if outcome.state != "retry":
        return outcome.state
    return "unknown" if row.may_have_left else "failed"
