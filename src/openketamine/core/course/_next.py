"""The next session: its dose by the protocol's rules, when, and whether there should be one.

The dose is the one that `dosing.propose` reckons; here stand the interval, as a range with its
evidence, and the stop rules with what is missing to judge them. No curve leads from a level of drug
to a mood, and none is used.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.course._courses import Course
from openketamine.core.course._history import history
from openketamine.core.course._state import CourseState
from openketamine.core.dosing import (
    DoseProposal,
    PastSession,
    Protocol,
    current_sessions,
    propose,
    protocol,
    protocols,
)
from openketamine.core.findings import (
    Action,
    BadInput,
    Because,
    Finding,
    Refusal,
    Source,
    sources_of,
)
from openketamine.core.history import PersonRecord
from openketamine.core.quantities import format_number
from openketamine.core.screening import Evaluation
from openketamine.knowledge import Threshold, document

REACHED, NOT_REACHED, NOT_KNOWN = "reached", "not reached", "not known"


@dataclass(frozen=True)
class Interval:
    """From when until when the next session is proposed, in days since the last; and why.

    `rule` is the rule of the knowledge that decided. `soonest`: what the protocol never goes below.
    """

    phase: str
    least_days: int
    most_days: int
    rule: str
    says: str
    sources: tuple[Source, ...]
    evidence: str
    soonest: int | None = None


@dataclass(frozen=True)
class StopRule:
    """One rule by which a course is reviewed or stopped. `verdict`: reached, not reached, or not
    known, where enough sessions were given and no score says whether they helped."""

    rule: str
    says: str
    verdict: str
    sessions: int
    after: Threshold
    improvement: Decimal | None
    sources: tuple[Source, ...]
    evidence: str


@dataclass(frozen=True)
class Next:
    """What is proposed for the next session; `dose` None where there is no protocol or no course.

    `on`: the day for which the dose was reckoned.
    """

    protocol_id: str
    on: date
    dose: DoseProposal | Refusal | None
    interval: Interval | None
    earliest: date | None
    latest: date | None
    findings: tuple[Finding, ...]
    past: tuple[PastSession, ...]
    why: str = ""


Evaluates = Callable[[str, date], Evaluation]


def propose_next(
    record: PersonRecord,
    state: CourseState,
    course: Course,
    today: date,
    *,
    level: str,
    responds: bool | None,
    stop: Sequence[StopRule],
    evaluates: Evaluates,
) -> Next:
    """The next session of this course.

    `level`: of the relapse warning. `responds`: whether a response is seen, None where nobody can
    say. `stop`: the stop rules as they stand. `evaluates`: what the rules say of the person under
    a protocol on a day.
    """
    if course.protocol_id not in protocols():
        return _none(course, today, "Nobody opened a course, and there was no session.")
    if course.ended is not None:
        return _none(course, today, f"The course was ended: {course.ended.body.reason}.")
    plan = protocol(course.protocol_id)
    past = history(state, plan.id, today)
    here = current_sessions(plan, past, today)
    if not here:
        dose = _dose(record, plan, today, past, evaluates)
        return Next(plan.id, today, dose, None, today, None, (), past)
    interval = next_interval(plan, here, level=level, responds=responds)
    last = here[-1].on
    earliest = last + timedelta(days=interval.least_days)
    latest = last + timedelta(days=interval.most_days)
    on = max(today, earliest)
    dose = _dose(record, plan, on, past, evaluates)
    return Next(plan.id, on, dose, interval, earliest, latest, _unknown(stop), past)


def next_interval(
    plan: Protocol, past: Sequence[PastSession], *, level: str, responds: bool | None
) -> Interval:
    """How long until the next session, after these of one course."""
    place = _phase(plan, past)
    phases, known = plan.course, document("protocols", plan.id).body["course"]
    now = phases[place].next_in_days
    shorter = phases[place - 1].next_in_days if place else now
    longer = phases[place + 1].next_in_days if place + 1 < len(phases) else now
    least, most, rule = now, now, "INTERVAL-KEEP"
    if level in ("warning", "relapse") and place:
        least, rule = min(now, shorter), "INTERVAL-SHORTEN"
    elif place == 0 and len(past) < phases[0].sessions:
        rule = "INTERVAL-INDUCTION"
    elif responds:
        most, rule = max(now, longer), "INTERVAL-EXTEND"
    soonest = plan.exposure.get("days_since_last")
    floor = int(soonest.value) if soonest else None
    cited, said = known[place]["next_in_days"], _rules()[rule]
    return Interval(
        phase=phases[place].name,
        least_days=max(least, floor or 0),
        most_days=max(most, floor or 0),
        rule=rule,
        says=str(said["says"]),
        sources=tuple(dict.fromkeys((*sources_of(cited["sources"]), *sources_of(said["sources"])))),
        evidence=str(cited["evidence"]),
        soonest=floor,
    )


def stop_rules(plan: Protocol, past: Sequence[PastSession]) -> tuple[StopRule, ...]:
    """Review and stop, as the protocol says, held against these sessions of one course."""
    body = document("protocols", plan.id).body["adjust"]
    poor = plan.adjust["poor"]
    better = past[-1].improvement_percent if past else None
    less = f"less than {format_number(poor.value)} % better"
    return tuple(
        StopRule(
            rule=rule,
            says=f"{words} after {plan.adjust[key].value} sessions with {less}",
            verdict=_verdict(plan.adjust[key], poor, len(past), better),
            sessions=len(past),
            after=plan.adjust[key],
            improvement=better,
            sources=sources_of(body[key]["sources"]),
            evidence=str(body[key]["evidence"]),
        )
        for rule, key, words in (
            ("STOP-REVIEW", "review_after", "Review"),
            ("STOP-NO-BENEFIT", "stop_after", "Stop"),
        )
    )


def maintenance_known() -> tuple[Mapping[str, Any], ...]:
    """What is known of intervals in maintenance: sentences with their sources."""
    return tuple(document("courses", "maintenance").body["known"])


def _verdict(after: Threshold, poor: Threshold, sessions: int, better: Decimal | None) -> str:
    if not after.met_by(sessions):
        return NOT_REACHED
    if better is None:
        return NOT_KNOWN
    return REACHED if poor.met_by(better) else NOT_REACHED


def _unknown(stop: Sequence[StopRule]) -> tuple[Finding, ...]:
    """Many sessions, and nobody knows whether they help: that is said, and is no "yes"."""
    open_ = [one for one in stop if one.verdict == NOT_KNOWN]
    if not open_:
        return ()
    last = open_[-1]
    return (
        Finding(
            rule="COURSE-UNKNOWN",
            kind="readiness",
            action=Action.CAUTION,
            summary=f"{last.sessions} sessions, and no score says whether they help",
            advice=("Take a score before the next session.",),
            because=(Because(last.says),),
            sources=last.sources,
        ),
    )


def _phase(plan: Protocol, past: Sequence[PastSession]) -> int:
    """The place of the phase in which the last session was."""
    week = (past[-1].on - past[0].on).days // 7 + 1
    return plan.course.index(plan.phase_of(len(past), week))


def _dose(
    record: PersonRecord,
    plan: Protocol,
    on: date,
    past: tuple[PastSession, ...],
    evaluates: Evaluates,
) -> DoseProposal | Refusal:
    try:
        return propose(record, plan.id, on, past, evaluates(plan.id, on))
    except BadInput as error:
        finding = Finding(
            rule="DOSE-HISTORY",
            kind="readiness",
            action=Action.DEFER,
            summary=f"The next dose cannot be reckoned: {error}",
            advice=("Complete the record of the session that is named.",),
            because=(Because(str(error)),),
            sources=(Source("HOUSE", "dose adjustment"),),
        )
        return Refusal((finding,))


def _none(course: Course, today: date, why: str) -> Next:
    return Next(course.protocol_id, today, None, None, None, None, (), (), why)


@cache
def _rules() -> Mapping[str, Mapping[str, Any]]:
    return {str(one["rule"]): one for one in document("courses", "maintenance").body["rules"]}
