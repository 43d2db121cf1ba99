"""What a course says, in the words of the page: levels for colours and shapes, sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from openketamine.clinic.library.cards import EVIDENCE_WORDS, SourceLine, source_lines
from openketamine.clinic.patients.banner import clinic_date
from openketamine.core.course import (
    Check,
    Exposed,
    Interval,
    Outcome,
    Quadrant,
    Relapse,
    StopRule,
    Summary,
    Warned,
    title,
)
from openketamine.core.findings import Source
from openketamine.core.quantities import format_number

VERDICTS: Mapping[str, tuple[str, str]] = {
    "response": ("done", "Response"),
    "partial": ("info", "Partial response"),
    "none": ("caution", "No response"),
    "worsening": ("block", "Worse"),
    "not evaluable": ("unknown", "Not evaluable"),
}
CHECKS: Mapping[str, tuple[str, str]] = {
    "abnormal": ("block", "Abnormal"),
    "late": ("override", "Late"),
    "due": ("caution", "Due"),
    "not due": ("done", "Not due"),
    "no sessions": ("unknown", "No session yet"),
}
STOPS: Mapping[str, tuple[str, str]] = {
    "reached": ("override", "Met"),
    "not reached": ("done", "Not met"),
    "not known": ("unknown", "Not known"),
}
RELAPSES: Mapping[str, tuple[str, str]] = {
    "met": ("override", "Met"),
    "not met": ("done", "Not met"),
    "no response seen": ("unknown", "No response to lose"),
    "not evaluable": ("unknown", "Not evaluable"),
}
WARNINGS: Mapping[str, tuple[str, str]] = {
    "relapse": ("override", "Relapse"),
    "warning": ("caution", "Warning"),
    "none": ("done", "No sign"),
    "not evaluable": ("unknown", "Not evaluable"),
}
QUADRANTS: Mapping[str, str] = {
    "both": "Mood and pain are better",
    "mood only": "Mood is better, pain is not",
    "pain only": "Pain is better, mood is not",
    "neither": "Neither is better",
    "not evaluable": "Not evaluable",
}


@dataclass(frozen=True)
class Line:
    """One thing that is said: a badge, what, more of it, and on whose word."""

    level: str
    word: str
    what: str
    more: tuple[str, ...] = ()
    sources: tuple[SourceLine, ...] = ()
    evidence: str = ""


@dataclass(frozen=True)
class OutcomeRow:
    """One instrument of the table of outcomes."""

    name: str
    level: str
    word: str
    remission: str
    before: str
    now: str
    change: str
    cuts: tuple[str, ...]
    scored: str
    missing: tuple[str, ...]
    is_primary: bool


def outcome_row(one: Outcome, *, is_primary: bool) -> OutcomeRow:
    """Baseline, now and what became of it, with its denominator and what is missing."""
    level, word = VERDICTS[one.verdict]
    found = one.change
    cuts = found.by if found else ()
    return OutcomeRow(
        name=title(one.instrument),
        level=level,
        word=word,
        remission={True: "Remission", False: "No remission", None: ""}[one.remission],
        before=_score(one.baseline.total if one.baseline else None),
        now=_score(one.current.total if one.current else None),
        change=_change(found.points if found else None, found.percent if found else None),
        cuts=tuple(
            f"{kind}: {cut.words} ({cut.source}) {'met' if met else 'not met'}"
            for kind, cut, met in cuts
        ),
        scored=f"{one.scored} of {one.sessions}",
        missing=(*one.missing, *one.old),
        is_primary=is_primary,
    )


def quadrant_words(found: Quadrant) -> dict[str, object]:
    """The four fields, and what is wanted before one of them can be named."""
    axes = [
        {
            "name": axis.name.capitalize(),
            "by": title(axis.outcome.instrument) if axis.outcome else "",
            "better": {True: "better", False: "not better", None: "not evaluable"}[axis.better],
        }
        for axis in (found.mood, found.pain)
    ]
    return {
        "name": found.name,
        "title": QUADRANTS[found.name],
        "axes": axes,
        "missing": found.missing,
    }


def relapse_lines(found: Iterable[Relapse]) -> list[Line]:
    """Each definition with its own answer."""
    return [
        Line(
            *RELAPSES[one.verdict],
            one.title,
            tuple(word for word in (one.says, _on(one.on)) if word),
            _cited(one.sources),
            EVIDENCE_WORDS[one.evidence],
        )
        for one in found
    ]


def warning_words(found: Warned) -> dict[str, object]:
    """The warning with its signs, what makes it unsure, and what groups did."""
    level, word = WARNINGS[found.level]
    return {
        "level": level,
        "word": word,
        "signs": found.signs,
        "unsure": found.unsure,
        "days": found.days_since_dose,
        "groups": [
            {
                "of": one.of,
                "says": f"{format_number(one.kept)} % still well at day {one.days}",
                "source": _cited((one.source,))[0],
                "evidence": EVIDENCE_WORDS[one.evidence],
            }
            for one in found.groups
        ],
    }


def stop_lines(found: Iterable[StopRule]) -> list[Line]:
    """The stop rules of the protocol, each with what it was held against."""
    return [
        Line(
            *STOPS[one.verdict],
            one.says,
            (f"{_sessions(one.sessions)}, {_improved(one.improvement)}",),
            _cited(one.sources),
            EVIDENCE_WORDS[one.evidence],
        )
        for one in found
    ]


def exposure_lines(found: Iterable[Exposed]) -> list[Line]:
    """Every flag: raised or not, the count beside its limit."""
    lines = []
    for one in found:
        level = one.action.value if one.raised else "done"
        count = "nothing to count yet" if one.count is None else format_number(one.count, 1)
        limit = f"limit {one.limit.compare} {one.limit.value}"
        own = f", of {one.of_protocol}" if one.of_protocol else ""
        lines.append(
            Line(
                level,
                "Raised" if one.raised else "Within",
                f"{one.flag}: {count} {one.says}",
                (f"{limit}{own}",),
                _cited(one.sources),
                EVIDENCE_WORDS[one.evidence],
            )
        )
    return lines


def check_line(one: Check) -> Line:
    """When a check is due and what that follows from."""
    level, word = CHECKS[one.state]
    # Where the reason says it already, it is not said twice.
    last = _last(one) if one.last else "" if "never done" in one.why else "never done here"
    due = f"due {clinic_date(one.due_on)} ({one.why})" if one.due_on else one.why
    return Line(
        level,
        word,
        f"{one.title}: {one.what}",
        tuple(said for said in (due, last, one.only_if) if said),
        _cited(one.sources),
        EVIDENCE_WORDS[one.evidence],
    )


def glance(found: Summary, tasks: int, last: tuple[str, str] | None = None) -> list[dict[str, str]]:
    """The page in one row: what a reader wants to know before anything else. `last`: what the last
    session means for the next dose."""
    best = found.primary
    verdict = VERDICTS[best.verdict] if best else ("unknown", "No score")
    due = [one for one in found.checks if one.state in ("abnormal", "late", "due")]
    worst = CHECKS[due[0].state] if due else ("done", "None due")
    raised = [one for one in found.exposure if one.raised]
    return [
        _tile(f"By {title(best.instrument)}" if best else "Outcome", verdict, _from_to(best)),
        *([_tile("Last session", last, "")] if last else []),
        _tile("Mood and pain", _of_quadrant(found.quadrant), ""),
        _tile("Relapse", WARNINGS[found.warning.level], _signs(found.warning)),
        _tile("Checks", worst, ", ".join(one.title for one in due)),
        _tile(
            "Exposure",
            (raised[0].action.value, "Raised") if raised else ("done", "Within limits"),
            ", ".join(one.flag for one in raised),
        ),
        _tile("Tasks", ("caution", f"{tasks} open") if tasks else ("done", "None open"), ""),
    ]


def _tile(name: str, badge: tuple[str, str], more: str) -> dict[str, str]:
    return {"name": name, "level": badge[0], "word": badge[1], "more": more}


def _of_quadrant(found: Quadrant) -> tuple[str, str]:
    level = {"both": "done", "neither": "caution", "not evaluable": "unknown"}
    return level.get(found.name, "info"), found.name.capitalize()


def _from_to(one: Outcome | None) -> str:
    if one is None or one.baseline is None or one.current is None:
        return ""
    return f"{_score(one.baseline.total)} → {_score(one.current.total)}"


def _signs(found: Warned) -> str:
    count = len(found.signs)
    return "" if not count else f"{count} sign{'' if count == 1 else 's'}"


def interval_words(one: Interval) -> dict[str, object]:
    """The next interval as a range, and on whose word."""
    days = (
        f"{one.least_days} days"
        if one.least_days == one.most_days
        else f"{one.least_days} to {one.most_days} days"
    )
    return {
        "days": days,
        "phase": one.phase,
        "says": one.says,
        "rule": one.rule,
        "soonest": one.soonest,
        "sources": _cited(one.sources),
        "evidence": EVIDENCE_WORDS[one.evidence],
    }


def _last(one: Check) -> str:
    assert one.last is not None  # noqa: S101
    said = f"last {clinic_date(one.last.on)}: {one.last.result}"
    return f"{said}, {one.last.found}" if one.last.found else said


def _improved(percent: Decimal | None) -> str:
    if percent is None:
        return "nobody knows whether it helps: no score"
    return f"{format_number(abs(percent), 0)} % {'better' if percent >= 0 else 'worse'}"


def _sessions(number: int) -> str:
    return "1 session" if number == 1 else f"{number} sessions"


def _change(points: Decimal | int | None, percent: Decimal | None) -> str:
    if points is None:
        return ""
    better = "better" if points >= 0 else "worse"
    said = f"{format_number(abs(Decimal(points)), 1)} points {better}"
    return said if percent is None else f"{said} ({format_number(abs(percent), 0)} %)"


def _score(value: Decimal | int | None) -> str:
    return "" if value is None else format_number(Decimal(value), 1)


def _on(day: date | None) -> str:
    return f"on {clinic_date(day)}" if day else ""


def _cited(sources: Iterable[Source]) -> tuple[SourceLine, ...]:
    return source_lines(one.as_json() for one in sources)
