"""Which check-ins are due now: a pure function of the log and the moment.

Each check-in has an id made of the course, what it is anchored to and its step, never of a clock.
So nothing is asked twice: not after a restart, not when a clock is put back, not when the person
moves to another zone. `attempt` 1 is the invitation; of several messages that became due while
nobody was there to send them, only the latest is sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from openketamine.core.course._facts import (
    CheckInUndelivered,
    ContactSet,
    CourseEnded,
    CourseOpened,
    EventRecorded,
    OptedOut,
    ScoreTaken,
    VisitArranged,
)
from openketamine.core.course._state import CourseState
from openketamine.core.course.check_ins._kept import CheckIn, check_ins, derived_id
from openketamine.core.course.check_ins._schedule import Asked, Schedule, Step, schedule_for
from openketamine.core.log import Happened
from openketamine.core.treatment import SessionOpened

CHANNELS = ("email", "text")


@dataclass(frozen=True)
class Planned:
    """One check-in of the plan. `sends`: the moments of its messages, outside of quiet hours."""

    id: str
    schedule: str
    step: Step
    due_at: datetime
    closes_at: datetime
    sends: tuple[datetime, ...]
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Invitation:
    """A message that must leave now: attempt 1 invites, the others remind."""

    planned: Planned
    attempt: int


@dataclass(frozen=True)
class Closing:
    """A check-in that is over without an end; `cause` is that of CheckInMissed."""

    planned: Planned
    cause: str


def contact_of(state: CourseState) -> ContactSet | None:
    """How the person wants to be reached; None where nobody said, or where they opted out of that
    channel since."""
    said = state.last(ContactSet)
    if said is None or said.body.channel not in CHANNELS or not said.body.address:
        return None
    return None if opted_out(state) or bounced(state) else said.body


def telephone_of(state: CourseState) -> str:
    """The number by which the clinic calls this person: the last that was said, or the one that
    texts go to; "" where nobody said. Wanting no more messages takes no number away."""
    said = state.last(ContactSet)
    if said is None:
        return ""
    return said.body.telephone or (said.body.address if said.body.channel == "text" else "")


def bounced(state: CourseState) -> bool:
    """Whether the address that counts gave a message back for good."""
    said = state.last(ContactSet)
    return said is not None and any(
        one.body.cause == "bounced" and one.at >= said.at for one in state.all(CheckInUndelivered)
    )


def opted_out(state: CourseState) -> bool:
    """Whether the person wants no more messages on the channel that they once named."""
    said = state.last(ContactSet)
    return said is not None and any(
        one.body.channel == said.body.channel and one.at >= said.at for one in state.all(OptedOut)
    )


def planned_check_ins(state: CourseState, clinic_zone: str) -> tuple[Planned, ...]:
    """Every check-in of the course that was opened last, in time, those of the past included. Of a
    course that was taken over, those that were over before this house knew of it are not its own.
    """
    course = state.last(CourseOpened)
    if course is None or _died(state):
        return ()
    known = course.fact.recorded_at or course.at
    plan = _plan(state, course, zone_of(state, clinic_zone))
    ours = (one for one in plan if one.forms and one.closes_at > known)
    return tuple(sorted(ours, key=lambda one: (one.due_at, one.id)))


def due_check_ins(state: CourseState, now: datetime, clinic_zone: str) -> tuple[Invitation, ...]:
    """Messages that must leave now, at most one of each check-in."""
    known = check_ins(state)
    found = []
    for planned in planned_check_ins(state, clinic_zone):
        one = known.get(planned.id) or CheckIn(planned.id)
        attempt = sum(1 for moment in planned.sends if moment <= now)
        if one.over or now >= planned.closes_at or attempt <= one.last_attempt:
            continue
        found.append(Invitation(planned, attempt))
    return tuple(found)


def closing_check_ins(state: CourseState, now: datetime, clinic_zone: str) -> tuple[Closing, ...]:
    """Check-ins that closed without having been finished, each with the cause."""
    known = check_ins(state)
    found = []
    for planned in planned_check_ins(state, clinic_zone):
        one = known.get(planned.id) or CheckIn(planned.id)
        if not one.over and now >= planned.closes_at:
            found.append(Closing(planned, _cause(state, one)))
    return tuple(found)


def _cause(state: CourseState, one: CheckIn) -> str:
    """Why nothing came back, the person's own part last."""
    if one.replies or one.opened_at is not None:
        return "not_finished"
    if one.undelivered and (not one.invited or one.undelivered[-1].at >= one.invited[-1].at):
        return one.undelivered[-1].body.cause
    if one.invited:
        return "not_opened"
    if opted_out(state):
        return "opted_out"
    if bounced(state):
        return "bounced"
    return "no_address" if contact_of(state) is None else "not_asked"


def sessions_began(state: CourseState) -> tuple[tuple[str, datetime, datetime], ...]:
    """Each session in which drug was given: a name that stays, its beginning, and its end as far as
    anybody said so."""
    began = [
        (opened[0].fact.id, visit.state.started_at, visit.state.ended_at or visit.state.started_at)
        for visit in state.visits
        if visit.state.started_at is not None and (opened := visit.state.all(SessionOpened))
    ]
    return tuple(sorted(began, key=lambda one: one[1]))


@dataclass(frozen=True)
class _Anchor:
    """What a step is counted from: a name that no clock changes, and the moment."""

    name: str
    at: datetime


def _plan(state: CourseState, course: Happened[CourseOpened], zone: ZoneInfo) -> Iterator[Planned]:
    schedule = schedule_for(course.body.protocol_id, course.body.indication)
    for step in schedule.steps:
        for anchor in _anchors(state, course, step, zone):
            for number in range(step.times):
                due = step.due(anchor.at, number, zone)
                if _still_wanted(state, course, step, anchor, due):
                    words = (course.body.course_id, anchor.name, step.id, str(number))
                    yield _planned(state, schedule, step, due, derived_id(*words), zone)


def _planned(
    state: CourseState, schedule: Schedule, step: Step, due: datetime, name: str, zone: ZoneInfo
) -> Planned:
    closes = due + step.closes
    return Planned(
        id=name,
        schedule=schedule.id,
        step=step,
        due_at=due,
        closes_at=closes,
        sends=tuple(_sends(state.last(ContactSet), step, due, zone)),
        forms=tuple(one.form for one in step.forms if _wanted(state, one, due, name)),
    )


def _anchors(
    state: CourseState, course: Happened[CourseOpened], step: Step, zone: ZoneInfo
) -> Iterator[_Anchor]:
    if step.anchor == "course":
        yield _Anchor("course", course.at)
    elif step.anchor == "visit":
        visit = state.last(VisitArranged)
        starts = visit.body.starts_at if visit else None
        if starts is not None and starts >= course.at:
            # One day, one readiness check: an hour's change of plan asks nobody again.
            yield _Anchor(f"visit {starts.astimezone(zone).date().isoformat()}", starts)
    else:
        for name, began, ended in sessions_began(state):
            if began >= course.at:
                yield _Anchor(name, ended)


def _still_wanted(
    state: CourseState, course: Happened[CourseOpened], step: Step, anchor: _Anchor, due: datetime
) -> bool:
    """A later session ends what was still to be asked after the one before it; the end of the
    course ends nearly everything."""
    end = state.end_of(course.body.course_id)
    if end is not None and due >= end.at and not step.after_end:
        return False
    if step.anchor == "course":
        return not any(course.at <= began < due for _, began, _ in sessions_began(state))
    if step.anchor == "visit":
        return True
    return not any(anchor.at < began <= due for _, began, _ in sessions_began(state))


def _wanted(state: CourseState, asked: Asked, due: datetime, name: str) -> bool:
    """Whether a form is not too soon after its last answer."""
    if asked.not_within is None:
        return True
    return not any(
        one.body.instrument == asked.form
        and one.body.check_in != name
        and due - asked.not_within < one.at <= due
        for one in state.all(ScoreTaken)
    )


def _sends(
    contact: Happened[ContactSet] | None, step: Step, due: datetime, zone: ZoneInfo
) -> Iterator[datetime]:
    """When messages leave: none in quiet hours, none at or after the end, no two at once."""
    last = None
    for wait in (timedelta(0), *step.reminders):
        moment = awake(due + wait, contact.body if contact else None, zone)
        if moment < due + step.closes and moment != last:
            yield moment
            last = moment


def awake(moment: datetime, contact: ContactSet | None, zone: ZoneInfo) -> datetime:
    """The moment itself, or the end of the quiet hours that it falls into, on the person's own
    clock. The same time for both ends: no quiet hours."""
    if contact is None:
        return moment
    start, end = time.fromisoformat(contact.quiet_from), time.fromisoformat(contact.quiet_until)
    local = moment.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    quiet = start <= clock < end if start <= end else (clock >= start or clock < end)
    if not quiet:
        return moment
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, zone).astimezone(UTC)


def zone_of(state: CourseState, clinic_zone: str) -> ZoneInfo:
    """The person's own zone; the clinic's where they named none."""
    said = state.last(ContactSet)
    return ZoneInfo((said.body.zone if said else "") or clinic_zone)


def _died(state: CourseState) -> bool:
    """Nobody writes to a family as if to the person."""
    ends = (one.body.reason for one in state.all(CourseEnded))
    return "died" in ends or any(one.body.kind == "died" for one in state.all(EventRecorded))
