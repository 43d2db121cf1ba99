"""What stands on the course page of one person."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils import timezone

from openketamine.clinic.library.cards import finding_cards, source_lines
from openketamine.clinic.outcomes import queries, words
from openketamine.clinic.outcomes._one_check_in import offer_together
from openketamine.clinic.outcomes.picture import course_picture
from openketamine.clinic.outcomes.session_rows import session_rows
from openketamine.clinic.outcomes.tolerance import last_session
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.queries import Known
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.roles import ROLES, can
from openketamine.core.course import (
    Check,
    CourseState,
    Next,
    Point,
    Summary,
    Task,
    Total,
    asked_flags,
    facts,
    maintenance_known,
    propose_next,
    summary,
    title,
)
from openketamine.core.dosing import DoseProposal, protocol, protocols
from openketamine.core.findings import Finding, Refusal
from openketamine.core.quantities import format_number
from openketamine.core.scoring import instrument, instruments
from openketamine.core.screening import Evaluation

Evaluates = Callable[[str, date], Evaluation]
# iv, im and sc are read as letters, "nasal" as a word.
_INITIALS = 2
# Tasks that ask somebody to speak to the person: where no number is on record, they say so.
_CALLS = ("suicide_answer", "not_ready", "side_effect")
_TO_SEE = ("abnormal", "late", "due")


def course_content(person: Person, who: Staff, now: datetime) -> dict[str, Any]:
    """Everything of the page, reckoned once."""
    known, state = patients.known(person), queries.state_of(person)
    today = timezone.localdate(now)
    found = summary(state, today)
    rows = session_rows(state, found.course, found.points)
    evaluates = cache(known.evaluated)
    following = _next(known, state, found, today, evaluates)
    tasks = queries.tasks_of(person)
    last = last_session(found.course, following)
    return {
        "course": _course(found),
        "glance": words.glance(
            found, sum(one.is_open for _, one in tasks), last["worst"] if last else None
        ),
        "chart": course_picture(rows, found, today),
        "rows": rows,
        "scores": _scores(found.points),
        "outcomes": _outcomes(found),
        "quadrant": words.quadrant_words(found.quadrant),
        "next": _proposal(following, today),
        "last": last,
        "stop": words.stop_lines(found.stop),
        "known": [
            {"says": one["says"], "sources": source_lines(one["sources"])}
            for one in maintenance_known()
        ],
        "relapses": words.relapse_lines(found.relapses),
        "warning": words.warning_words(found.warning),
        "exposure": _folded(words.exposure_lines(found.exposure), _asked(found, today, evaluates)),
        "totals": [_total(one) for one in found.totals],
        "checks": [_check(one) for one in found.checks if one.state in _TO_SEE],
        "checks_later": [_check(one) for one in found.checks if one.state not in _TO_SEE],
        "tasks": task_rows([(row.pk, one, person) for row, one in tasks if one.is_open], who, now),
        "tasks_closed": task_rows(
            [(row.pk, one, person) for row, one in tasks if not one.is_open], who, now
        ),
        "entries": _entries(state),
        "may": {
            task.replace(".", "_"): can(who, task).ok
            for task in ("course.write", "course.open", "task.act")
        },
        "instruments": instrument_choices(),
    }


def task_rows(
    found: Sequence[tuple[Any, Task, Person]], who: Staff, now: datetime
) -> list[dict[str, Any]]:
    """Tasks as a list shows them: what, how long is left, whose, who is next, whom to call."""
    telephones = queries.telephones_of(person for _, one, person in found if one.is_open)
    rows = [
        {
            "id": pk,
            "person": person,
            "summary": one.body.summary if _in_words(one, who) else "",
            "level": one.body.level,
            "kind": one.body.kind.replace("_", " "),
            "telephone": telephones.get(person.pk, ""),
            "calls": one.body.kind in _CALLS,
            "due_at": one.body.due_at,
            "is_open": one.is_open,
            "is_late": one.is_late(now),
            "left": _left(one.body.due_at, now),
            "owner": one.owner.name if one.owner else "",
            "held_too_long": one.is_held_too_long(now),
            "asks": ", ".join(ROLES.get(r, r) for r in one.body.roles[: one.step(now) + 1]),
            "told": [
                {"at": told.at, "names": ", ".join(told.body.names) or "nobody of that role"}
                for told in one.told
            ],
            "next_role": ROLES.get(one.next_role(now), ""),
            "next_at": one.next_at(now),
            "closed_by": one.closed.by.name if one.closed else "",
            "closed_at": one.closed.at if one.closed else None,
            "outcome": one.closed.body.outcome if one.closed and _in_words(one, who) else "",
            "may": one.is_open and who.role in one.body.roles and can(who, "task.act").ok,
            "mine": bool(one.owner and one.owner.id == str(who.pk)),
        }
        for pk, one, person in found
    ]
    offer_together(rows, found)
    return rows


def _in_words(task: Task, who: Staff) -> bool:
    """Scores and answers stand in a summary: for those who may read the course, or whom it asks."""
    return can(who, "course.read").ok or who.role in task.body.roles


def instrument_choices() -> list[tuple[str, str]]:
    """Every instrument by its short name and its title."""
    return [(name, f"{title(name)}: {instrument(name).title}") for name in instruments()]


def _left(due: datetime, now: datetime) -> str:
    """`2 h 10 min left`, `3 days late`."""
    seconds = int((due - now).total_seconds())
    word = "left" if seconds >= 0 else "late"
    minutes = abs(seconds) // 60
    if minutes < 60:
        return f"{minutes} min {word}"
    if minutes < 60 * 48:
        return f"{minutes // 60} h {minutes % 60} min {word}"
    return f"{minutes // 1440} days {word}"


def _course(found: Summary) -> dict[str, Any]:
    course = found.course
    name = course.protocol_id
    body = course.opened.body if course.opened else None
    return {
        "protocol": protocol(name).title if name in protocols() else "",
        "sessions": len(course.visits),
        "planned": body.sessions_planned if body else None,
        "indication": course.indication,
        "primary": title(found.primary.instrument) if found.primary else "",
        "goal": body.goal if body else "",
        "opened": course.opened.at if course.opened else None,
        "opened_by": course.opened.by.name if course.opened else "",
        "ended": course.ended.at if course.ended else None,
        "reason": course.ended.body.reason.replace("_", " ") if course.ended else "",
        "goes_on": course.opened is not None and course.ended is None,
    }


def _outcomes(found: Summary) -> list[words.OutcomeRow]:
    rows = [words.outcome_row(one, is_primary=one is found.primary) for one in found.outcomes]
    return sorted(rows, key=lambda row: (not row.is_primary, row.name))


def _next(
    known: Known, state: CourseState, found: Summary, today: date, evaluates: Evaluates
) -> Next:
    best = found.primary
    said = best is not None and best.change is not None and best.verdict != "not evaluable"
    responds = best.verdict == "response" if said and best is not None else None
    return propose_next(
        known.record,
        state,
        found.course,
        today,
        level=found.warning.level,
        responds=responds,
        stop=found.stop,
        evaluates=evaluates,
    )


def _proposal(following: Next, today: date) -> dict[str, Any]:
    dose = following.dose
    offered = dose.as_json() if isinstance(dose, DoseProposal) else None
    findings = dose.findings if dose is not None else ()
    interval = following.interval
    return {
        "why": following.why,
        "on": clinic_date(following.on),
        "earliest": clinic_date(following.earliest) if following.earliest else "",
        "latest": clinic_date(following.latest) if following.latest else "",
        "days_over": (today - following.latest).days if following.latest else 0,
        "dose": _dose_words(offered) if offered else "",
        "offered": offered,
        "steps": offered["steps"] if offered else (),
        "limits": [one["by"] for one in offered["limited_by"]] if offered else (),
        "refused": dose.summary if isinstance(dose, Refusal) else "",
        "interval": words.interval_words(interval) if interval else None,
        "findings": finding_cards((*following.findings, *findings)),
    }


def _dose_words(offered: Mapping[str, Any]) -> str:
    said = [f"{offered['dose_mg']:g} mg"]
    if offered["dose_mg_per_kg"]:
        said.append(f"({offered['dose_mg_per_kg']:.2g} mg/kg)")
    route = str(offered["route"])
    said.append(f"{offered['drug']} {route.upper() if len(route) == _INITIALS else route}")
    if offered["over_min"]:
        said.append(f"over {offered['over_min']:g} min")
    return " ".join(said)


def _asked(found: Summary, today: date, evaluates: Evaluates) -> list[words.Line]:
    """E6 and E7: as the evaluation of today has them, with what nobody asked."""
    name = found.course.protocol_id
    if name not in protocols():
        return []
    evaluation = evaluates(name, today)
    raised = {one.rule: one for one in evaluation.findings}
    lines = []
    for flag in asked_flags():
        rule = str(flag["flag"])
        sources = source_lines(flag["sources"])
        is_open = any(one.question == flag["question"] for one in evaluation.unknown)
        level, word, more = _raised(raised.get(rule), is_open=is_open)
        lines.append(words.Line(level, word, f"{rule}: {flag['says']}", more, sources))
    return lines


def _folded(*lines: Sequence[words.Line]) -> dict[str, list[words.Line]]:
    """What somebody must see, and what is within its limits."""
    every = [line for some in lines for line in some]
    quiet = [line for line in every if line.level == "done"]
    return {"seen": [line for line in every if line.level != "done"], "quiet": quiet}


def _raised(finding: Finding | None, *, is_open: bool) -> tuple[str, str, tuple[str, ...]]:
    if finding is not None:
        return finding.action.value, "Raised", (finding.summary,)
    if is_open:
        return "unknown", "Not known", ("nobody asked",)
    return "done", "Not found", ()


def _total(one: Total) -> dict[str, str]:
    within = "ever" if one.days is None else f"{one.days} days"
    mg = format_number(Decimal(one.ug) / 1000, 0)
    return {"within": within, "sessions": str(one.sessions), "mg": f"{mg} mg"}


def _check(one: Check) -> dict[str, Any]:
    return {
        "line": words.check_line(one),
        "domain": one.domain,
        "title": one.title,
        "instruments": [(name, title(name)) for name in one.by_instrument],
        "red_flags": [
            {"says": flag["says"], "do": flag["do"], "sources": source_lines(flag["sources"])}
            for flag in one.red_flags
        ],
    }


def _scores(points: Mapping[str, Sequence[Point]]) -> list[dict[str, Any]]:
    """Every score, the newest first: the twin of the picture."""
    every = sorted((one for some in points.values() for one in some), key=lambda one: one.at)
    return [
        {
            "at": one.at,
            "name": title(one.instrument),
            "instrument": one.instrument,
            "total": "" if one.total is None else f"{one.total:g}",
            "band": one.band,
            "flags": one.flags,
            "unanswered": one.unanswered,
            "note": one.note,
            "where": {"session": "in a session", "link": "by the person", "staff": "by staff"}[
                one.where
            ],
            "fact": one.fact if one.where != "session" else "",
        }
        for one in reversed(every)
    ]


def _entries(state: CourseState) -> list[dict[str, Any]]:
    """What was written down between the sessions, the newest first, corrections in sight."""
    lines = []
    for entry in reversed(state.entries):
        body = entry.fact.body
        said = _said(body)
        if said:
            lines.append(
                {
                    "id": entry.fact.id,
                    "at": entry.fact.at,
                    "by": entry.fact.by.name,
                    "what": said[0],
                    "words": said[1],
                    "struck": entry.body is None,
                    "mended": entry.body is not None and entry.corrected_by is not None,
                    "why": _why(entry.corrected_by),
                }
            )
    return lines


def _why(correction: Any) -> str:
    if correction is None or not isinstance(correction.body, facts.Corrected):
        return ""
    return f"{correction.body.reason} ({correction.by.name})"


def _said(body: Any) -> tuple[str, str] | None:
    match body:
        case facts.ScoreTaken():
            total = "not scored" if body.total is None else f"{body.total:g}"
            return "Score", f"{title(body.instrument)}: {total}"
        case facts.CheckDone():
            return "Check", f"{body.domain.replace('_', ' ')}: {body.result}. {body.found}".strip()
        case facts.EventRecorded():
            return "Event", f"{body.kind.replace('_', ' ')}. {body.words}".strip()
        case facts.CourseOpened():
            return "Course opened", f"{body.protocol_id}, {body.indication}"
        case facts.CourseEnded():
            return "Course ended", f"{body.reason.replace('_', ' ')}. {body.note}".strip()
    return None
