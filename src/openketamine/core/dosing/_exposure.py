"""Too often, too much, too long: what the sessions before say about giving another at all."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from openketamine.core.dosing._past import PastSession
from openketamine.core.dosing._protocol import Protocol
from openketamine.core.findings import Action, Because, Finding, Source
from openketamine.core.quantities import format_number


def week_of(past: Sequence[PastSession], on: date) -> int:
    """The week of the course, from 1; day 1 is the first session."""
    first = min((session.on for session in past), default=on)
    return (on - first).days // 7 + 1


def exposure(protocol: Protocol, past: Sequence[PastSession], on: date) -> tuple[Finding, ...]:
    """Too often or too much, counting the session that is being planned."""
    limits = protocol.exposure
    week = _within(past, on, 7)
    first = min((session.on for session in past), default=on)
    month = 1 + len(past) if on < first + timedelta(days=28) else 0
    recent = [s.dose_ug for s in past if s.on > on - timedelta(days=30) and s.dose_ug is not None]
    milligrams = Decimal(sum(recent)) / 1000
    checks = (
        ("E1", "sessions_in_7_days", week, f"{week} sessions within 7 days"),
        ("E2", "sessions_in_first_28_days", month, f"{month} sessions within the first 28 days"),
        ("E5", "mg_in_30_days", milligrams, f"{format_number(milligrams)} mg within 30 days"),
    )
    raised = [
        _flag(rule, f"Exposure: {words}", words, "Lengthen the interval, or say why not.")
        for rule, key, value, words in checks
        if key in limits and limits[key].met_by(value)
    ]
    return (*raised, *_course(protocol, past, on))


def _within(past: Sequence[PastSession], on: date, days: int) -> int:
    return 1 + sum(session.on > on - timedelta(days=days) for session in past)


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


def _flag(rule: str, summary: str, words: str, advice: str) -> Finding:
    return Finding(
        rule=rule,
        kind="precaution",
        action=Action.OVERRIDE,
        summary=summary,
        advice=(advice,),
        because=(Because(words),),
        sources=(Source("HOUSE", f"exposure flag {rule}"),),
        overridable=True,
    )
