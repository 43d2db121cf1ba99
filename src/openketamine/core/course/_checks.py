"""The long-term checks of a person: what was done last, and when each is due.

A check of which nobody knows the result was not done.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from openketamine.core.course._courses import Course, protocol_of
from openketamine.core.course._facts import CheckDone
from openketamine.core.course._series import Point
from openketamine.core.course._state import CourseState
from openketamine.core.dosing import protocol, protocols
from openketamine.core.findings import Source, sources_of
from openketamine.knowledge import Document, documents, read_threshold

_UNITS = {"d": 1, "wk": 7}
_WORDS = {"mo": "month", "wk": "week", "d": "day"}


@dataclass(frozen=True)
class Done:
    """The last time that a check was done and said something."""

    on: date
    result: str
    found: str
    fact: str


@dataclass(frozen=True)
class Check:
    """One check. `state`: no sessions, not due, due, late, or abnormal.

    `due_on` to `late_on`: from which day it is due and from which it is late. `why`: what that
    follows from. `only_if`: for whom, where not for everybody: a question, never answered here.
    """

    id: str
    title: str
    what: str
    domain: str
    state: str
    why: str
    last: Done | None
    due_on: date | None
    late_on: date | None
    only_if: str
    by_instrument: tuple[str, ...]
    red_flags: tuple[Mapping[str, Any], ...]
    sources: tuple[Source, ...]
    evidence: str


@dataclass(frozen=True)
class _Due:
    on: date | None
    late: date | None
    why: str
    cited: Mapping[str, Any]


def checks(
    state: CourseState, course: Course, points: Mapping[str, Sequence[Point]], today: date
) -> tuple[Check, ...]:
    """Every check of the knowledge, what is late first, then by the day on which it is due."""
    found = [_check(one, state, course, points, today) for one in documents("long-term-checks")]
    order = ("abnormal", "late", "due", "not due", "no sessions")
    kept = [one for one in found if one is not None]
    return tuple(sorted(kept, key=lambda one: (order.index(one.state), one.due_on or date.max)))


def domains() -> tuple[tuple[str, str], ...]:
    """Every domain of a check with its name."""
    return tuple((str(one.body["domain"]), one.title) for one in documents("long-term-checks"))


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _check(
    file: Document,
    state: CourseState,
    course: Course,
    points: Mapping[str, Sequence[Point]],
    today: date,
) -> Check | None:
    body = file.body
    last = _last(body, state, points)
    due = _due(body, state, course, points, last, today)
    if due is None:
        return None
    cited = due.cited
    return Check(
        id=file.id,
        title=file.title,
        what=str(body["what"]),
        domain=str(body["domain"]),
        state=_state(state, last, due, today),
        why=due.why,
        last=last,
        due_on=due.on,
        late_on=due.late,
        only_if=str(body.get("only_if", "")),
        by_instrument=tuple(str(one) for one in body.get("instruments", ())),
        red_flags=tuple(body.get("red_flags", ())),
        sources=sources_of(cited["sources"]),
        evidence=str(cited["evidence"]),
    )


def _state(state: CourseState, last: Done | None, due: _Due, today: date) -> str:
    if last is not None and last.result == "abnormal":
        return "abnormal"
    if not state.visits:
        return "no sessions"
    if due.late is not None and today > due.late:
        return "late"
    if due.on is not None and today >= due.on:
        return "due"
    return "not due"


def _last(
    body: Mapping[str, Any], state: CourseState, points: Mapping[str, Sequence[Point]]
) -> Done | None:
    """The newest that said something: a result that is not known is a check that is not done."""
    found = [
        Done(state.day(one.at), one.body.result, one.body.found, one.fact.id)
        for one in state.all(CheckDone)
        if one.body.domain == body["domain"] and one.body.result != "not_known"
    ]
    for name in body.get("instruments", ()):
        found += [
            Done(state.day(one.at), "scored", f"{one.total} {one.band}".strip(), one.fact)
            for one in points.get(str(name), ())
            if one.total is not None or one.band
        ]
    return max(found, key=lambda one: one.on, default=None)


def _due(
    body: Mapping[str, Any],
    state: CourseState,
    course: Course,
    points: Mapping[str, Sequence[Point]],
    last: Done | None,
    today: date,
) -> _Due | None:
    if "after_last_dose" in body:
        return _after_stopping(body, state, course, points, today)
    if not state.visits:
        return _Due(None, None, "no session yet", _interval(body, state))
    if last is None and "first_after_sessions" in body:
        return _first(body, state)
    return _again(body, state, last)


def _again(body: Mapping[str, Any], state: CourseState, last: Done | None) -> _Due:
    node = _interval(body, state)
    since = last.on if last else state.visits[0].on
    on, late = _later(since, node), _later(since, body.get("late_after", node))
    why = f"{node['value']} {_unit(node)} after {'the last' if last else 'session 1, never done'}"
    if "due_after_sessions" in body:
        limit = read_threshold(body["due_after_sessions"])
        days = [one.on for one in state.visits if last is None or one.on > last.on]
        if limit.met_by(len(days)):
            by_count = days[int(limit.value) - 1]
            if by_count < on:
                why = f"{limit.value} sessions {'since the last' if last else 'and never done'}"
                on, late = by_count, min(late, by_count)
    return _Due(on, late, why, node)


def _first(body: Mapping[str, Any], state: CourseState) -> _Due:
    first = read_threshold(body["first_after_sessions"])
    late = read_threshold(body["first_late_after_sessions"])
    days, why = [one.on for one in state.visits], f"after {first.value} sessions, never done"
    on = days[int(first.value) - 1] if first.met_by(len(days)) else None
    over = days[int(late.value)] if late.met_by(len(days)) else None
    return _Due(on, over, why, body["first_after_sessions"])


def _after_stopping(
    body: Mapping[str, Any],
    state: CourseState,
    course: Course,
    points: Mapping[str, Sequence[Point]],
    today: date,
) -> _Due | None:
    """The newest of the weeks after the last dose that has come and in which nobody asked, else
    the next to come; only after a course was ended."""
    if course.ended is None or not state.visits:
        return None
    last, nodes = state.visits[-1].on, list(body["after_last_dose"])
    days = [_later(last, node) for node in nodes]
    asked = _asked(body, state, points)
    found: _Due | None = None
    for node, on, end in zip(nodes, days, [*days[1:], date.max], strict=True):
        if on > today and found is not None:
            break
        was_asked = any(on <= day < end for day in asked)
        why = f"{node['value']} {_unit(node)} after the last dose"
        found = None if was_asked else _Due(on, on, why, node)
        if on > today:
            break
    return found


def _asked(
    body: Mapping[str, Any], state: CourseState, points: Mapping[str, Sequence[Point]]
) -> list[date]:
    done = [one for one in state.all(CheckDone) if one.body.domain == body["domain"]]
    return [
        *(state.day(one.at) for name in body["instruments"] for one in points.get(str(name), ())),
        *(state.day(one.at) for one in done if one.body.result != "not_known"),
    ]


def _interval(body: Mapping[str, Any], state: CourseState) -> Mapping[str, Any]:
    name = protocol_of(state.visits[-1]) if state.visits else ""
    drug = protocol(name).drug if name in protocols() else ""
    node: Mapping[str, Any] = body[drug] if drug in body else body.get("due_after", {})
    return node or body["after_last_dose"][0]


def _later(day: date, node: Mapping[str, Any]) -> date:
    if node["unit"] == "mo":
        return months_after(day, int(node["value"]))
    return day + timedelta(days=int(node["value"]) * _UNITS[str(node["unit"])])


def _unit(node: Mapping[str, Any]) -> str:
    word = _WORDS[str(node["unit"])]
    return word if int(node["value"]) == 1 else f"{word}s"
