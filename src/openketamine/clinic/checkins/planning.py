"""What is due by the clock: messages to people, check-ins that close, tasks that go to the next.

The planner looks at a person when their course has a new fact, when something is due, and every
quarter of an hour while a session of theirs is open and once after it was closed, because sessions
are written elsewhere. Nobody else costs anything: everybody is looked at once a day besides. Those
with an open task come first.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from openketamine.clinic.checkins import answering, links, post, queueing, telling, words
from openketamine.clinic.checkins.kinds import kind_of
from openketamine.clinic.checkins.models import Message, Watched
from openketamine.clinic.journal.models import Head
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.outcomes.commands import CLOCK, hold, record, tell
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions import queries as sessions
from openketamine.core.course import CourseState, facts, language_of, tasks
from openketamine.core.course.check_ins import (
    Closing,
    Invitation,
    closing_check_ins,
    contact_of,
    derived_id,
    due_check_ins,
    is_house_form,
    planned_check_ins,
)

KIND = "check-in"
_LOOK_AGAIN = timedelta(minutes=15)
# A session that was closed before that was seen by the look of every day.
_CLOSED_LATELY = timedelta(days=2)
# Longer than any hand-over may take: whoever has a message in hand so long has died.
LOST_AFTER = timedelta(minutes=3)
_log = logging.getLogger("openketamine.checkins")
_DUE = """
SELECT head.stream FROM journal_head head LEFT JOIN checkins_watched seen
    ON head.stream = 'course:' || seen.person_id
WHERE head.stream LIKE 'course:%%' AND head.number > 0
    AND (seen.person_id IS NULL OR seen.head <> head.number OR seen.next_at <= %s)
"""


def plan(now: datetime) -> int:
    """Look at everybody who must be looked at; how many people that were."""
    tell(now)
    looked = 0
    with queueing.alone(KIND) as first:
        for person_id in _to_look_at(now) if first else ():
            try:
                plan_person(Person.objects.get(pk=person_id), now)
            except Exception:  # one person's trouble must keep nobody else waiting
                _log.exception("a person's check-ins could not be planned")
            looked += 1
    settle_lost(now)
    waiting = Message.objects.filter(state="waiting", not_before__lte=now)
    for name, kind in queueing.not_queued(waiting.values_list("pk", "kind")):
        queueing.enqueue([name], urgency=kind_of(kind).urgency)
    return looked


def plan_person(person: Person, now: datetime) -> None:
    """Everything that is due for one person, in one transaction under the lock of their course."""
    with transaction.atomic():
        hold(person)
        zone = settings.TIME_ZONE
        state = _close_all(person, outcomes.state_of(person), now, zone)
        for invitation in due_check_ins(state, now, zone):
            invite(person, state, invitation, now)
        telling.mail_tasks(person, now, state)
        head = Head.objects.get(stream=outcomes.stream_of(person)).number
        seen = {"head": head, "looked_at": now, "next_at": _next_at(state, now, zone)}
        Watched.objects.update_or_create(person=person, defaults=seen)


def invite(
    person: Person, state: CourseState, invitation: Invitation, now: datetime
) -> Message | None:
    """Put the message of an attempt on its way; None where it cannot be: nobody to write to, or
    nothing that may be asked. An earlier attempt that still waits is withdrawn: no two at once."""
    contact, planned = contact_of(state), invitation.planned
    if contact is None:
        return None
    shown = words.shown(planned.forms, language_of(state))
    forms = [one for one in planned.forms if is_house_form(one) or one in shown]
    if not forms:
        return None
    others = Message.objects.filter(kind=KIND, about=planned.id)
    post.withdraw(others.exclude(attempt=invitation.attempt), now)
    made, _ = Message.objects.get_or_create(
        id=message_id(planned.id, invitation.attempt),
        defaults={
            "person": person,
            "kind": KIND,
            "about": planned.id,
            "attempt": invitation.attempt,
            "not_before": now,
            "give_up_at": planned.closes_at,
            "detail": {
                "schedule": planned.schedule,
                "step": planned.step.id,
                "due_at": planned.due_at.isoformat(),
                "closes_at": planned.closes_at.isoformat(),
                "forms": forms,
            },
        },
    )
    queueing.enqueue([made.pk])
    return made


def message_id(check_in: str, attempt: int) -> str:
    """One message an attempt, whoever makes it and however often."""
    return derived_id(check_in, "message", str(attempt))


def settle_lost(now: datetime) -> None:
    """Messages that a worker took and never spoke of again."""
    for one in Message.objects.filter(state="taken", taken_at__lt=now - LOST_AFTER):
        post.lost(one.pk, now)


def _to_look_at(now: datetime) -> list[UUID]:
    """Everybody with a course who must be looked at now, those with an open task first."""
    found = _due(now) | _in_session(now)
    with_task = outcomes.people_with_an_open_task() if found else set()
    return sorted(found, key=lambda one: (one not in with_task, one))


def _due(now: datetime) -> set[UUID]:
    """Who has a new fact or something due, in one question whatever the number of people."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [now])
        return {UUID(stream.removeprefix("course:")) for (stream,) in cursor.fetchall()}


def _in_session(now: datetime) -> set[UUID]:
    """Who has a session now, or had one since they were looked at."""
    lately = sessions.lately(now - _CLOSED_LATELY)
    seen = Watched.objects.filter(pk__in=list(lately), looked_at__lte=now - _LOOK_AGAIN)
    return {
        one.person_id
        for one in seen
        if (closed := lately[one.person_id]) is None or closed >= one.looked_at
    }


def _close_all(person: Person, state: CourseState, now: datetime, zone: str) -> CourseState:
    """Close what is over; the course as it is then. What a worker has in hand at this moment is
    closed at the look that its outcome asks for: why nothing came back is not known before."""
    over = [one.planned.id for one in closing_check_ins(state, now, zone)]
    if not over:
        return state
    theirs = Message.objects.filter(kind=KIND, about__in=over)
    if post.withdraw(theirs, now):
        state = outcomes.state_of(person)
    in_hand = set(theirs.filter(state="taken").values_list("about", flat=True))
    for closing in closing_check_ins(state, now, zone):
        if closing.planned.id not in in_hand:
            _close(person, state, closing, now)
    return outcomes.state_of(person)


def _close(person: Person, state: CourseState, closing: Closing, now: datetime) -> None:
    """It is over: what was answered is scored, and why the rest is missing is written down."""
    name = closing.planned.id
    now_asked = answering.asked(person, name, state)
    if now_asked is not None:
        answering.take_scores(person, now_asked, now)
    body = facts.CheckInMissed(name, closing.cause)
    record(person, body, CLOCK, now, id=derived_id(name, "missed"))
    links.finish(f"{answering.PLACE}:{name}", now)


def _next_at(state: CourseState, now: datetime, zone: str) -> datetime:
    moments = [now + timedelta(days=1)]
    for one in planned_check_ins(state, zone):
        moments += [moment for moment in (*one.sends, one.closes_at) if moment > now]
    moments += [moment for one in tasks(state) if (moment := one.next_at(now)) is not None]
    return min(moments)
