"""Too often, too much, too long: what the sessions before say about giving another at all."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from openketamine.core.dosing._counting import (
    flag_days,
    is_within,
    mean_interval,
    of_first_days,
)
from openketamine.core.dosing._past import PastSession
from openketamine.core.dosing._protocol import Protocol
from openketamine.core.findings import Action, Because, Finding, Source
from openketamine.core.quantities import format_number

_LENGTHEN = "Lengthen the interval, or say why not."


def week_of(past: Sequence[PastSession], on: date) -> int:
    """The week of the course, from 1; day 1 is the first session."""
    first = min((session.on for session in past), default=on)
    return (on - first).days // 7 + 1


def current_course(
    protocol: Protocol, past: Sequence[PastSession], on: date
) -> tuple[PastSession, ...]:
    """The sessions that the planned one goes on from; none where it begins a course of its own.

    A course is over where somebody ended it, and after a pause that the protocol calls its end.
    """
    pause, found, after = protocol.new_course_after, list[PastSession](), on
    for session in reversed(past):
        paused = pause is not None and pause.met_by((after - session.on).days)
        if paused or session.last_of_course:
            break
        found.insert(0, session)
        after = session.on
    return tuple(found)


def exposure(
    protocol: Protocol, past: Sequence[PastSession], on: date, weight_g: int = 0
) -> tuple[Finding, ...]:
    """Too often or too much, counting the session that is being planned."""
    course = current_course(protocol, past, on)
    return (
        *_counts(protocol, past, on, weight_g),
        *_first_days(protocol, course, on),
        *_spacing(protocol, past, course, on),
        *_unscored(course),
        *_course(protocol, course, on),
    )


def _counts(
    protocol: Protocol, past: Sequence[PastSession], on: date, weight_g: int
) -> Iterator[Finding]:
    """What is counted over the last days, whatever course a session belongs to."""
    days = flag_days()
    checks: tuple[tuple[str, str, int | Decimal, str, Action], ...] = (
        ("E1", "sessions_in_7_days", _within(past, on, days["E1"]),
         "sessions within 7 days", Action.OVERRIDE),
        ("E5", "mg_in_30_days", _mg(past, on, days["E5"], weight_g),
         "mg within 30 days", Action.OVERRIDE),
        ("E5", "mg_in_7_days", _mg(past, on, days["E5-SL"], weight_g),
         "mg within 7 days", Action.OVERRIDE),
        ("E4", "sessions_in_6_months", _within(past, on, days["E4"]),
         "sessions within 6 months", Action.CAUTION),
        ("E4", "sessions_in_a_year", _within(past, on, days["E4-ESK"]),
         "sessions within a year", Action.CAUTION),
    )  # fmt: skip
    for rule, key, value, of, action in checks:
        if key in protocol.exposure and protocol.exposure[key].met_by(value):
            words = f"{format_number(Decimal(value))} {of}"
            strict = action is Action.OVERRIDE
            advice = _LENGTHEN if strict else "Write down the need."
            yield _flag(rule, f"Exposure: {words}", words, advice, action)


def _first_days(protocol: Protocol, course: Sequence[PastSession], on: date) -> Iterator[Finding]:
    limit = protocol.exposure.get("sessions_in_first_28_days")
    days = of_first_days((*(one.on for one in course), on), flag_days()["E2"])
    # Only where the planned session is one of them: a month that is over asks nothing any more.
    if limit is not None and on in days and limit.met_by(len(days)):
        words = f"{len(days)} sessions within the first 28 days, this one included"
        yield _flag("E2", f"Exposure: {words}", words, _LENGTHEN)


def _mg(past: Sequence[PastSession], on: date, days: int, weight_g: int) -> Decimal:
    """What was given; of a session that only has a dose by weight by the weight of today."""
    recent = [session for session in past if is_within(session.on, on, days)]
    total = Decimal(0)
    for session in recent:
        by_weight = Decimal(session.dose_ug_per_kg or 0) * weight_g / 1000
        total += session.dose_ug if session.dose_ug is not None else by_weight
    return total / 1000


def _within(past: Sequence[PastSession], on: date, days: int) -> int:
    return 1 + sum(is_within(session.on, on, days) for session in past)


def _spacing(
    protocol: Protocol, past: Sequence[PastSession], course: Sequence[PastSession], on: date
) -> Iterator[Finding]:
    if not past:
        return
    since, soonest = (on - past[-1].on).days, protocol.exposure.get("days_since_last")
    if soonest is not None and soonest.met_by(since):
        words = (
            f"The last session was {since} days ago; the protocol waits {soonest.value} at least"
        )
        yield _flag("DOSE-TOO-SOON", words, words, "Wait, or say why not.")
    mean = mean_interval((*(one.on for one in course), on), flag_days()["E3"])
    limit = protocol.exposure.get("mean_days_after_month_2")
    if mean is not None and limit is not None and limit.met_by(mean):
        words = f"{format_number(mean, 1)} days between sessions since the end of month 2, "
        words += "this one included"
        advice = "Where weekly spacing is not reached in month 2, sources favour stopping."
        yield _flag("E3", f"Exposure: {words}", words, advice)


def _unscored(past: Sequence[PastSession]) -> Iterator[Finding]:
    """After month 1 every session is followed by a score; the last one may still wait for it."""
    late = [
        session
        for session in past[:-1]
        if session.improvement_percent is None and (session.on - past[0].on).days > 30
    ]
    if late:
        words = f"{len(late)} sessions after month 1 without a score after them"
        yield _flag("E8", words, words, "Score within 72 hours.", Action.INFO)


def _course(protocol: Protocol, past: Sequence[PastSession], on: date) -> Iterator[Finding]:
    number, week = len(past) + 1, week_of(past, on)
    phase = protocol.phase_of(number, week)
    sessions = _within(past, on, 7)
    if phase.most_in_7_days is not None and sessions > phase.most_in_7_days:
        words = f"{sessions} sessions within 7 days in week {week}; the schedule has at most "
        words += f"{phase.most_in_7_days} ({phase.name})"
        yield _flag("DOSE-SCHEDULE", words, words, f"Next in {phase.next_in_days} days.")
    ends = protocol.course_ends_after
    reached = week - 1 if ends is not None and ends.unit == "wk" else number - 1
    if ends is not None and ends.met_by(reached):
        words = (
            f"The course is complete after {reached} {'weeks' if ends.unit == 'wk' else 'sessions'}"
        )
        yield _flag("DOSE-COURSE-END", words, words, "Write down response and why it goes on.")


def _flag(
    rule: str, summary: str, words: str, advice: str, action: Action = Action.OVERRIDE
) -> Finding:
    return Finding(
        rule=rule,
        kind="precaution",
        action=action,
        summary=summary,
        advice=(advice,),
        because=(Because(words),),
        sources=(Source("HOUSE", f"exposure flag {rule}"),),
        overridable=action is Action.OVERRIDE,
    )
