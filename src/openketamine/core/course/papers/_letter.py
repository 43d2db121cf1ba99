"""The letter to the referrer and the discharge sheet: what follows from the record, as plain JSON.

What a letter does not know stands in it: a missing score is never left out in silence.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openketamine.core.course._courses import Course, current_course
from openketamine.core.course._facts import CheckDone, EventRecorded
from openketamine.core.course._past import Visit, past_sessions
from openketamine.core.course._response import Outcome, outcomes, quadrant, title
from openketamine.core.course._series import Point, series
from openketamine.core.course._state import CourseState
from openketamine.core.course.papers._doses import drug_and_way
from openketamine.core.course.papers._instructions import Leaf, leaves, spoken
from openketamine.core.course.papers._written import FIRST, filled, languages, said, versions
from openketamine.core.dosing import PastSession, protocol, protocols
from openketamine.core.log import Happened
from openketamine.core.treatment import AdverseEventCharted, MedicineGiven, PlanSigned
from openketamine.knowledge import document

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_VERDICTS = {"none": "no response", "partial": "partial response"}
_SUICIDE = ("c-ssrs-screen",)


def course_letter(state: CourseState, own: Mapping[str, str], today: date) -> dict[str, Any]:
    """The letter as JSON. `own`: what the prescriber wrote, by section (`stopped`, `next`, `ask`),
    with `referrer` and `address`."""
    text = document("letters", "course-letter")
    course, points = current_course(state), series(state)
    known = outcomes(state, course, points, today)
    past = past_sessions(course.visits, (None,) * len(course.visits))
    found: dict[str, Any] = {
        "course": list(_course(state, course, past)),
        "sessions": [
            _session(number, *one)
            for number, one in enumerate(zip(course.visits, past, strict=True), 1)
        ],
        "effects": list(_effects(course)),
        "scores": [_score(state, one) for one in known if not _is_suicide(one)],
        "between": list(_between(state, course, points)),
        "missing": list(_missing(course, known, past)),
    }
    return {
        "template": text.id,
        "version": versions(text)[-1].version,
        "language": FIRST,
        "on": day(today),
        "referrer": own.get("referrer", ""),
        "address": own.get("address", ""),
        "sections": [_section(node, found, own) for node in text.body["sections"]],
        "meaning": said(text.body["meaning"], FIRST),
    }


def _section(
    node: Mapping[str, Any], found: Mapping[str, Any], own: Mapping[str, str]
) -> dict[str, Any]:
    name = node["section"]
    written = own.get(name, "").strip() if node.get("own") else None
    rows = [written] if written else [] if node.get("own") else found[name]
    none = said(node["none"], FIRST) if "none" in node and not rows else ""
    return {"section": name, "heading": said(node["heading"], FIRST), "rows": rows, "none": none}


def _course(state: CourseState, course: Course, past: Sequence[PastSession]) -> Iterator[str]:
    if not course.visits and course.opened is None:
        return
    known = course.protocol_id in protocols()
    of = protocol(course.protocol_id).title if known else course.protocol_id or "protocol not known"
    named = course.indication.lower() in of.lower()
    yield f"{of}." if named else f"{of}, for {course.indication}."
    if course.visits:
        first, last = course.visits[0].on, course.visits[-1].on
        count = len(course.visits)
        total = sum(one.dose_ug or 0 for one in past)
        when = f"on {day(first)}" if first == last else f"from {day(first)} to {day(last)}"
        yield f"{count} session{'s' if count != 1 else ''} {when}, {_mg(total)} mg in all."
    if course.ended is not None:
        note = f": {course.ended.body.note}" if course.ended.body.note else ""
        reason = course.ended.body.reason.replace("_", " ")
        yield f"Ended {day(state.day(course.ended.at))}, {reason}{note}."


def _session(number: int, visit: Visit, past: PastSession) -> dict[str, str]:
    """One row: day, dose, the extremes that were measured and believed."""
    plan = visit.state.last(PlanSigned)
    per_kg = past.dose_ug_per_kg
    return {
        "number": str(number),
        "on": day(visit.on),
        "drug": f"{plan.body.drug.removesuffix('-injection')} {plan.body.route}"
        if plan
        else "not known",
        "dose": f"{_mg(past.dose_ug or 0)} mg" + (f" ({_mg(per_kg)} mg/kg)" if per_kg else ""),
        "pressure": _pair(past.peak_systolic, past.peak_diastolic),
        "before": _pair(past.baseline_systolic, past.baseline_diastolic),
        "spo2": _or_not_known(past.lowest_spo2, " %"),
    }


def _effects(course: Course) -> Iterator[str]:
    for visit in course.visits:
        for event in visit.state.all(AdverseEventCharted):
            body = event.body
            action = f", {body.action}" if body.action else ""
            note = f" ({body.note})" if body.note else ""
            yield f"{day(visit.on)} {body.event}, grade {body.severity}{action}{note}."
        for medicine in visit.state.all(MedicineGiven):
            given = medicine.body
            why = f" for {given.reason}" if given.reason else ""
            yield f"{day(visit.on)} {given.medicine} {given.dose} {given.route}{why}."


def _score(state: CourseState, one: Outcome) -> dict[str, str]:
    """One instrument: before, now, what became of it in a word, and how often it was asked."""
    verdict = _VERDICTS.get(one.verdict, one.verdict)
    if one.remission:
        verdict += ", remission"
    return {
        "instrument": title(one.instrument),
        "before": _point(state, one.baseline),
        "now": _point(state, one.current),
        "verdict": verdict,
        "asked": f"{one.scored} of {one.sessions}",
    }


def _point(state: CourseState, point: Point | None) -> str:
    if point is None or point.total is None:
        return "missing"
    return f"{point.total} ({day(state.day(point.at))})"


def _between(
    state: CourseState, course: Course, points: Mapping[str, Sequence[Point]]
) -> Iterator[str]:
    """Suicidality, what happened, and long-term checks, from the day of the first session on."""
    first = course.visits[0].on if course.visits else date.min

    def since(moment: datetime) -> bool:
        return state.day(moment) >= first

    for name in _SUICIDE:
        for point in points.get(name, ()):
            if since(point.at):
                yield f"{day(state.day(point.at))} {title(name)}: {point.band or 'not scored'}."
    for event in state.all(EventRecorded):
        if since(event.at):
            yield _line(state, event, event.body.kind.replace("_", " "), event.body.words)
    for check in state.all(CheckDone):
        if since(check.at):
            domain, result = check.body.domain, check.body.result
            words = f"{domain} check {result}".replace("_", " ")
            yield _line(state, check, words, check.body.found)


def _line(state: CourseState, one: Happened[Any], words: str, more: str) -> str:
    return f"{day(state.day(one.at))} {words}{f': {more}' if more else ''}."


def _missing(
    course: Course,
    known: Sequence[Outcome],
    past: Sequence[PastSession],
) -> Iterator[str]:
    for one in known:
        yield from (f"{line.rstrip('.')}." for line in one.missing if not _is_suicide(one))
        if not _is_suicide(one) and one.scored < one.sessions:
            gone = one.sessions - one.scored
            yield f"{title(one.instrument)}: no score after {gone} of {one.sessions} sessions."
    found = quadrant(course, known)
    yield from (
        f"{line[:1].upper()}{line[1:]}." for line in found.missing if "was ever taken" in line
    )
    if any(_is_suicide(one) for one in known) is False:
        yield "No C-SSRS was recorded."
    if any(visit.state.ended_at is None for visit in course.visits):
        yield "The last session is not over yet; its dose is what was charted so far."
    unmeasured = sum(one.peak_systolic is None for one in past)
    if unmeasured:
        yield f"No blood pressure was recorded during {unmeasured} of {len(past)} sessions."


def _is_suicide(one: Outcome) -> bool:
    """Answers about suicide are told in words and never as a response."""
    return one.instrument in _SUICIDE


def discharge_sheet(
    plan: Mapping[str, str], left: Mapping[str, str], language: str, words: Mapping[str, str]
) -> dict[str, Any]:
    """What goes home, as JSON, in the person's language where all of it exists in it.

    `plan`: drug, route and `day` of the session; `left`: `at` and `escort`, empty before they have
    left; `next` in `words` is the next step in the clinic's words.
    """
    text = document("letters", "discharge-sheet")
    subjects = tuple(text.body["instructions"])
    wanted = language if language in languages(text) else FIRST
    spoken_in = wanted if spoken(subjects, wanted) == wanted else FIRST
    known = {name: said(node, spoken_in) for name, node in text.body["words"].items()}
    dose = drug_and_way(plan["drug"], plan["route"], spoken_in)
    facts = {**words, **left, **dose, "day": plan["day"]}
    lines = ("given", "left_at", "escort") if left.get("at") else ("given", "not_left")
    rows = {
        "left": [filled(known[one], facts) for one in lines],
        "next": [words.get("next") or known["no_next"]],
        "said-back": [known["say_back"]],
    }
    return {
        "template": text.id,
        "version": versions(text)[-1].version,
        "language": spoken_in,
        "title": known["sheet"],
        "subtitle": filled(known["session"], facts),
        "sections": [
            {
                "section": node["section"],
                "heading": said(node["heading"], spoken_in),
                "rows": rows[node["section"]],
            }
            for node in text.body["sections"]
        ],
        "leaves": _leaves(leaves(subjects, plan["drug"], plan["route"], spoken_in, words)),
        "words": {name: known[name] for name in ("printed", "page")},
    }


def instruction_sheet(
    subjects: Sequence[str], drug: str, route: str, language: str, words: Mapping[str, str]
) -> dict[str, Any]:
    """Instructions alone, as JSON, all in one language."""
    text = document("letters", "discharge-sheet")
    spoken_in = spoken(subjects, language if language in languages(text) else FIRST)
    known = text.body["words"]
    found = leaves(subjects, drug, route, spoken_in, words)
    return {
        "template": "instructions",
        "version": "+".join(f"{one.instruction} {one.version}" for one in found),
        "language": spoken_in,
        "title": said(known["instructions"], spoken_in),
        "subtitle": "",
        "sections": [],
        "leaves": _leaves(found),
        "words": {name: said(known[name], spoken_in) for name in ("printed", "page")},
    }


def _leaves(found: Sequence[Leaf]) -> list[dict[str, Any]]:
    return [
        {
            "heading": one.heading,
            "version": one.version,
            "lines": [line.text for line in one.lines],
        }
        for one in found
    ]


def day(on: date | datetime) -> str:
    """`07-Mar-2026`: no reader mistakes the month for the day."""
    return f"{on.day:02d}-{_MONTHS[on.month - 1]}-{on.year}"


def _mg(micrograms: int) -> str:
    return f"{Decimal(micrograms) / 1000:.4f}".rstrip("0").rstrip(".")


def _pair(high: Decimal | None, low: Decimal | None) -> str:
    if high is None or low is None:
        return "not recorded"
    return f"{high:.0f}/{low:.0f}"


def _or_not_known(value: Decimal | None, unit: str) -> str:
    return "not recorded" if value is None else f"{value:.0f}{unit}"
