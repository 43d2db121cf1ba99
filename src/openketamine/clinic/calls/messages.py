"""A call on a telephone or in a mailbox: a secondary means, for whoever no screen has found.

Who is told, and who next, is decided without it (core/treatment/_calls.py): a gateway that is down
delays messages and nothing else. A message holds no name, no number that was measured and no drug:
chair, urgency, and a link into the house, which asks for a sign-in. Each attempt and what it came
to is a fact beside the call. Whatever was answered meanwhile does not leave any more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from openketamine.clinic.calls.in_sight import in_sight
from openketamine.clinic.checkins import queueing
from openketamine.clinic.checkins.carriers import Outcome, Ready
from openketamine.clinic.checkins.kinds import Kind
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.contact import contact_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.course.check_ins import derived_id
from openketamine.core.monitoring import PRIORITIES, presentation
from openketamine.core.treatment import Away, facts

KIND = "call"
# After this long the list has come to its end: whoever is meant has been told in other ways.
_TRIED_FOR = timedelta(minutes=10)
_URGENCY = 100
_OUTCOMES = {"sent": "sent", "waiting": "again", "failed": "failed", "unknown": "unknown"}
# A telephone rings once for a chair, not once for each number that is beyond: whatever is no more
# urgent than what was sent to the same person lately waits so long.
_SAME_CHAIR = timedelta(minutes=2)
_ON_ITS_WAY = ("waiting", "taken", "sent", "unknown")
# Nobody has this channel: the person gave neither number nor address.
_NOWHERE = ""


def look(now: datetime) -> int:
    """Put on its way what is due; how many messages that were. Called every few seconds."""
    found = queries.away_from_screens(now)
    seen = in_sight(now) if found else frozenset()
    return sum(
        _put(
            session, [one for one in people if one.is_due(now, has_a_page=one.person in seen)], now
        )
        for session, people in found.items()
    )


def _put(session_id: UUID, due: Sequence[Away], now: datetime) -> int:
    """One message for each person, step and way; whoever looks again finds it there."""
    rows = {
        UUID(derived_id(one.finding_id, KIND, str(one.step), one.person, channel)): (one, channel)
        for one in due
        for channel in _channels(one.person)
    }
    known = set(Message.objects.filter(pk__in=list(rows)).values_list("pk", flat=True))
    new = {pk: row for pk, row in rows.items() if pk not in known}
    new = _one_for_a_chair(session_id, new, now) if new else new
    if new:
        _begin(session_id, new, now)
    return len(new)


def _one_for_a_chair(
    session_id: UUID, new: Mapping[UUID, tuple[Away, str]], now: datetime
) -> dict[UUID, tuple[Away, str]]:
    """Those that are more urgent than anything sent to this person about this chair just now."""
    lately = Message.objects.filter(
        kind=KIND,
        detail__session=str(session_id),
        state__in=_ON_ITS_WAY,
        not_before__gt=now - _SAME_CHAIR,
    )
    said = {
        (one["to"], one["channel"], one["priority"])
        for one in lately.values_list("detail", flat=True)
    }
    found = {}
    for pk, (one, channel) in sorted(new.items(), key=lambda row: _urgency(row[1][0])):
        as_urgent = PRIORITIES[: _urgency(one) + 1]
        if channel == _NOWHERE or not any(
            (one.person, channel, priority) in said for priority in as_urgent
        ):
            found[pk] = (one, channel)
            said.add((one.person, channel, one.priority))
    return found


def _urgency(one: Away) -> int:
    return PRIORITIES.index(one.priority)


def _channels(person: str) -> tuple[str, ...]:
    who = Staff.objects.filter(pk=person, is_active=True).first()
    ways = contact_of(who).ways if who else ()
    return tuple(channel for channel, _ in ways) or (_NOWHERE,)


def _begin(session_id: UUID, new: Mapping[UUID, tuple[Away, str]], now: datetime) -> None:
    """Rows, jobs and facts together or none. Of two workers at once, one does it."""
    with transaction.atomic():
        person = Session.objects.get(pk=session_id).person_id
        rows = [
            _row(pk, session_id, person, one, channel, now) for pk, (one, channel) in new.items()
        ]
        Message.objects.bulk_create(rows)
        queueing.enqueue((row.pk for row in rows if row.state == "waiting"), urgency=_URGENCY)
        for row in rows:
            if row.state == "failed":
                _note(row, "no_address", "", now)


def _row(
    pk: UUID, session_id: UUID, person: UUID, one: Away, channel: str, now: datetime
) -> Message:
    detail = {
        "session": str(session_id),
        "step": one.step,
        "to": one.person,
        "name": one.name,
        "channel": channel,
        "priority": one.priority,
    }
    return Message(
        id=pk,
        person_id=person,
        kind=KIND,
        about=one.finding_id,
        detail=detail,
        state="failed" if channel == _NOWHERE else "waiting",
        not_before=now,
        give_up_at=now + _TRIED_FOR,
    )


def _ready(row: Message, now: datetime) -> Ready | None:
    detail = row.detail
    session = Session.objects.get(pk=detail["session"])
    found = queries.still_away(session, row.about, detail["step"], detail["to"], now)
    who = Staff.objects.filter(pk=detail["to"], is_active=True).first()
    if found is None or who is None:
        return None
    address = dict(contact_of(who).ways).get(detail["channel"])
    if address is None:
        return None
    return letter(str(row.pk), detail["channel"], address, found, session)


def letter(identity: str, channel: str, address: str, one: Away, session: Session) -> Ready:
    """The message as it leaves."""
    look_of = presentation(one.priority)
    kind = "Technical, " if one.nature == "technical" else ""
    urgency = f"{look_of.marks} {kind}{one.priority} priority"
    where = session.chair or "no chair"
    link = f"{settings.OPENKETAMINE_PUBLIC_URL}/sessions/{session.pk}/"
    words = f"{urgency}, {where}. You are called; nobody has answered on a screen."
    subject = f"{urgency}, {where}"
    if channel == "text":
        return Ready(identity, channel, address, subject, f"{words} {link}")
    body = (
        f"{words}\n\n{link}\n\n"
        "Answer there, or go to the chair. Whoever is next on the list is told when nobody "
        "answers. This message comes beside the screens of the clinic and may be late: it "
        "replaces neither the monitor's alarm nor a telephone call.\n"
    )
    return Ready(identity, channel, address, subject, body)


def _noted(row: Message, outcome: Outcome, now: datetime) -> None:
    _note(row, _OUTCOMES[row.state], outcome.why[:200], now)


def _note(row: Message, outcome: str, why: str, now: datetime) -> None:
    detail = row.detail
    body = facts.PersonMessaged(
        finding_id=row.about,
        step=detail["step"],
        person=detail["to"],
        name=detail["name"],
        channel=detail["channel"],
        outcome=outcome,
        why=why,
        attempt=max(row.tries, 1),
    )
    name = derived_id(str(row.pk), "attempt", str(row.tries), outcome)
    commands.note_message(UUID(detail["session"]), body, name, now)


CALL = Kind(
    _ready,
    _noted,
    rather_twice=True,
    pause=timedelta(seconds=10),
    longest_pause=timedelta(minutes=2),
    urgency=_URGENCY,
)
