"""What warns of a relapse before it is one, with everything that makes it unsure.

A warning says what it rests on and how little that may be: nothing here predicts one person from a
group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from openketamine.core.course._courses import Course
from openketamine.core.course._relapse import MET, Relapse, Seen, seen_of, total_of
from openketamine.core.course._response import NOT_EVALUABLE, title
from openketamine.core.course._series import Point
from openketamine.core.course._state import CourseState
from openketamine.core.findings import Source, sources_of
from openketamine.core.scoring import instrument
from openketamine.knowledge import Threshold, document


@dataclass(frozen=True)
class EarlySign:
    """One thing that may come before a relapse, in words, and how sure it is."""

    what: str
    unsure: str
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class CohortPoint:
    """What a published group kept of a response by a day."""

    after: str
    days: int
    kept: Decimal
    of: str
    source: Source
    evidence: str


@dataclass(frozen=True)
class Warned:
    """`level`: relapse, warning, none, or not evaluable.

    `groups`: the published points on both sides of the days since the last session.
    """

    level: str
    signs: tuple[EarlySign, ...]
    unsure: tuple[str, ...]
    days_since_dose: int | None
    groups: tuple[CohortPoint, ...]


def warning(
    state: CourseState,
    course: Course,
    points: Mapping[str, Sequence[Point]],
    found: Sequence[Relapse],
    today: date,
) -> Warned:
    """What warns of a relapse today, with everything that makes it unsure."""
    last = course.visits[-1].on if course.visits else None
    days = None if last is None else (today - last).days
    seen = [seen_of(name, course, some) for name, some in points.items()]
    with_response = [one for one in seen if one.responded is not None]
    groups = _groups(len(course.visits), days)
    if any(one.verdict == MET for one in found):
        return Warned("relapse", (), _unsure(state, with_response, today), days, groups)
    if not with_response:
        return Warned(NOT_EVALUABLE, (), ("no response was seen that could be lost",), days, groups)
    signs = (*_half_met(found), *_worse_than_best(with_response))
    level = "warning" if signs else "none"
    return Warned(level, signs, _unsure(state, with_response, today), days, groups)


def _half_met(found: Sequence[Relapse]) -> tuple[EarlySign, ...]:
    return tuple(
        EarlySign(
            f"one score more like the last would be a relapse: {one.title}",
            "one score alone may be a bad day",
            one.rests_on,
        )
        for one in found
        if one.half
    )


def _worse_than_best(seen: Sequence[Seen]) -> tuple[EarlySign, ...]:
    """Worse than at its best by the first published cut-off of a change that matters to people."""
    signs = []
    for one in seen:
        best, last = min(one.after, key=total_of), one.after[-1]
        if last.at <= best.at or (cuts := _important(one.name, best, last)) is None:
            continue
        met, of = cuts
        signs.append(
            EarlySign(
                f"{title(one.name)} rose from {best.total} at its best to {last.total}",
                f"a change that matters by {met} of {of} published cut-offs",
                (best.fact, last.fact),
            )
        )
    return tuple(signs)


def _important(name: str, best: Point, last: Point) -> tuple[int, int] | None:
    """How many published cut-offs of an important change were passed; None if not the first."""
    known = next((one for one in instrument(name).cuts if one.of == "total"), None)
    cuts = known.important if known else ()
    if not cuts:
        return None
    rise = total_of(last) - total_of(best)
    met = [_passed(cut.threshold, rise, total_of(best)) for cut in cuts]
    return (sum(met), len(met)) if met[0] else None


def _passed(cut: Threshold, rise: Decimal, best: Decimal) -> bool:
    if cut.unit != "%":
        return cut.met_by(rise)
    return bool(best) and cut.met_by(100 * rise / best)


def _unsure(state: CourseState, seen: Sequence[Seen], today: date) -> tuple[str, ...]:
    said = []
    for one in seen:
        count, last = len(one.after), one.after[-1]
        days = (today - state.day(last.at)).days
        scores = "one score" if count == 1 else f"{count} scores"
        said.append(f"{title(one.name)}: {scores} since the response, the last {_ago(days)}")
    return tuple(said)


def _ago(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


def _groups(sessions: int, days: int | None) -> tuple[CohortPoint, ...]:
    """The published points around so many days: of each group the last before and the next."""
    if days is None or not sessions:
        return ()
    after = "one" if sessions == 1 else "course"
    points = [one for one in cohort_points() if one.after == after]
    found: list[CohortPoint] = []
    for group in dict.fromkeys(one.of for one in points):
        own = sorted((one for one in points if one.of == group), key=lambda one: one.days)
        before = [one for one in own if one.days <= days][-1:]
        found += [*before, *[one for one in own if one.days > days][:1]]
    return tuple(found)


@cache
def cohort_points() -> tuple[CohortPoint, ...]:
    """Every published point."""
    nodes = document("relapse", "cohorts").body["points"]
    return tuple(
        CohortPoint(
            str(node["after"]),
            int(node["at"]["value"]),
            Decimal(str(node["kept"])),
            str(node["of"]),
            sources_of(node["at"]["sources"])[0],
            str(node["at"]["evidence"]),
        )
        for node in nodes
    )
