"""What this app sends: an invitation to a check-in, a link to a page, a letter about a task."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from openketamine.clinic.checkins import answering, letters, links, speech
from openketamine.clinic.checkins.carriers import Outcome, Ready
from openketamine.clinic.checkins.kinds import Kind
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.outcomes.commands import CLOCK, hold, record
from openketamine.clinic.outcomes.queries import facts_of, state_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.course import CourseState, facts, language_of
from openketamine.core.course.check_ins import (
    awake,
    check_ins,
    contact_of,
    derived_id,
    planned_check_ins,
    zone_of,
)

_Ready = Callable[[Message, datetime], Ready | None]


def _spoken(ready: _Ready) -> _Ready:
    """In the language of the person whom it goes to."""

    def in_their_language(row: Message, now: datetime) -> Ready | None:
        with speech.speaking(speech.of_person(row.person)):
            return ready(row, now)

    return in_their_language


def _own_page(row: Message, now: datetime) -> Ready | None:
    contact = contact_of(facts_of(row.person))
    if contact is None:
        return None
    address = links.issue(row.person, "own:", now, good_for=timedelta(days=1))
    return letters.own_page(str(row.pk), contact, address)


def _page(row: Message, now: datetime) -> Ready | None:
    contact = contact_of(facts_of(row.person))
    if contact is None:
        return None
    days = timedelta(days=int(row.detail["days"]))
    address = links.issue(row.person, row.detail["purpose"], now, good_for=days)
    return letters.page(str(row.pk), contact, address, row.detail["subject"], now + days)


def _course(row: Message) -> CourseState:
    """The course with every session, read once for a message that is taken in hand."""
    if not hasattr(row, "course"):
        row.course = state_of(row.person)  # type: ignore[attr-defined]
    return row.course  # type: ignore[attr-defined, no-any-return]


def _when_awake(row: Message, now: datetime) -> datetime:
    """Now, or the end of the person's quiet hours, on their own clock."""
    state = _course(row)
    return awake(now, contact_of(state), zone_of(state, settings.TIME_ZONE))


def _invitation(row: Message, now: datetime) -> Ready | None:
    state = _course(row)
    contact = contact_of(state)
    if contact is None:
        return None
    one = check_ins(state).get(row.about)
    if one is not None and (one.over or one.last_attempt >= row.attempt):
        return None
    # A death, an end of the course or a later session since the message was made counts.
    if row.about not in {one.id for one in planned_check_ins(state, settings.TIME_ZONE)}:
        return None
    purpose = f"{answering.PLACE}:{row.about}"
    address = links.issue(row.person, purpose, now, good_for=row.give_up_at - now)
    return letters.invitation(str(row.pk), contact, address, row)


def _note_invitation(row: Message, outcome: Outcome, now: datetime) -> None:
    if row.state == "waiting":
        return
    name = derived_id(row.about, "attempt", str(row.attempt))
    if row.state == "sent":
        record(row.person, _invited(row, facts_of(row.person)), CLOCK, now, id=name)
        return
    causes = {"unknown": "not_known", "failed": outcome.cause or "post_down"}
    body = facts.CheckInUndelivered(row.about, causes[row.state], outcome.why[:200], row.attempt)
    record(row.person, body, CLOCK, now, id=name)


def _invited(row: Message, state: CourseState) -> facts.CheckInInvited:
    detail, contact = row.detail, state.last(facts.ContactSet)
    return facts.CheckInInvited(
        check_in=row.about,
        schedule=detail["schedule"],
        step=detail["step"],
        due_at=datetime.fromisoformat(detail["due_at"]),
        closes_at=datetime.fromisoformat(detail["closes_at"]),
        channel=contact.body.channel if contact else "",
        attempt=row.attempt,
        instruments=tuple(detail["forms"]),
        language=language_of(state),
    )


def _to_staff(row: Message, _: datetime) -> Ready | None:
    who = Staff.objects.filter(pk=row.detail["to"], is_active=True).first()
    if who is None or not who.email:
        return None
    return letters.task(str(row.pk), who.email, datetime.fromisoformat(row.detail["due_at"]))


INVITATION = Kind(
    _spoken(_invitation), _note_invitation, _when_awake, hold=lambda row: hold(row.person)
)
# Somebody asked for their own page just now, and waits for it at whatever hour.
OWN_PAGE, PAGE = Kind(_spoken(_own_page)), Kind(_spoken(_page), not_before=_when_awake)
TASK = Kind(_to_staff, rather_twice=True)
