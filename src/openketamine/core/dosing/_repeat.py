"""Another course for pain: only where the last one helped enough and for long enough (A1.6)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from openketamine.core.dosing._exposure import current_course
from openketamine.core.dosing._past import PastSession
from openketamine.core.dosing._protocol import Protocol
from openketamine.core.findings import Action, Because, Finding, Source

_ASRA = Source("ASRA18", "follow-on therapy and response")


def repeat_gate(protocol: Protocol, past: Sequence[PastSession], on: date) -> Iterator[Finding]:
    """Asked where a new course begins after another. What nobody wrote down is not "it helped"."""
    if not past or protocol.repeat is None or current_course(protocol, past, on):
        return
    last = past[-1]
    open_end = (*past[:-1], replace(last, last_of_course=False))
    sessions = current_course(protocol, open_end, last.on)
    days = protocol.repeat["course_days" if len(sessions) > 1 else "single_days"]
    helped = last.function_gain is True or (
        last.improvement_percent is not None
        and protocol.repeat["response"].met_by(last.improvement_percent)
    )
    lasted = last.relief_days is not None and days.met_by(last.relief_days)
    if not (helped and lasted):
        yield _not_shown(last, helped=helped, lasted=lasted, days=str(days.value))
    if protocol.repeat["courses"].met_by(_courses(protocol, past, on)):
        yield _recurrent()


def _courses(protocol: Protocol, past: Sequence[PastSession], on: date) -> int:
    """Courses begun within a year, the planned one included."""
    year = [session for session in past if session.on > on - timedelta(days=365)]
    begun = 1
    for place, session in enumerate(year):
        before = year[place - 1].on if place else None
        pause = protocol.new_course_after
        if before is None or (pause is not None and pause.met_by((session.on - before).days)):
            begun += 1
    return begun


def _not_shown(last: PastSession, *, helped: bool, lasted: bool, days: str) -> Finding:
    better, relief = last.improvement_percent, last.relief_days
    said = f"{better} % better" if better is not None else "the response was not written down"
    held = f"for {relief} days" if relief is not None else "for how long was not written down"
    missing = (("enough relief", helped), (f"more than {days} days of it", lasted))
    wanting = " and ".join(words for words, shown in missing if not shown)
    return Finding(
        rule="DOSE-REPEAT",
        kind="precaution",
        action=Action.OVERRIDE,
        summary=f"Another course, and the last one has not shown {wanting}",
        advice=(
            "Write down why it is repeated.",
            "In those who respond oral ketamine, dextromethorphan or a nasal spray may be tried.",
        ),
        because=(Because(f"session on {last.on}: {said}, {held}"),),
        sources=(_ASRA, Source("HOUSE", "repeat gate")),
        evidence="B",
        overridable=True,
    )


def _recurrent() -> Finding:
    return Finding(
        rule="WU-RECURRENT",
        kind="readiness",
        action=Action.CAUTION,
        summary="Three courses or more within a year",
        advice=("Liver tests, urinary symptoms and cognition every 3 months.",),
        because=(Because("courses within the last 365 days, this one included"),),
        sources=(_ASRA, Source("HOUSE", "work-up of recurrent treatment")),
    )
