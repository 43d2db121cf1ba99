"""What became of each score since before the course, and of mood and pain as two axes.

What cannot be said is said to be so, with what is missing: a missing score is never "no better".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from openketamine.core.course._courses import Course
from openketamine.core.course._series import Point, baseline, between
from openketamine.core.course._state import CourseState
from openketamine.core.findings import BadInput, Source, sources_of
from openketamine.core.scoring import Change, change, instrument, instruments
from openketamine.knowledge import Threshold, document, read_threshold

NOT_EVALUABLE = "not evaluable"
_SAID = {
    "nrs-pain": "Pain 0–10",
    "c-ssrs-screen": "C-SSRS screener",
    "budapest": "Budapest criteria",
    "modified-aldrete": "Modified Aldrete",
    "paindetect": "painDETECT",
    "moaa-s": "MOAA/S",
    "s-dn4": "S-DN4",
}


@dataclass(frozen=True)
class Outcome:
    """One instrument over one course.

    `verdict`: response, partial, none, worsening or not evaluable; `remission` beside it, None
    where it cannot be said. `missing`: what is wanted before more can be said. `old`: which of the
    two scores is older than it should be. `scored` of `sessions` have a score before the next one.
    """

    instrument: str
    version: str
    baseline: Point | None
    current: Point | None
    change: Change | None
    missing: tuple[str, ...]
    old: tuple[str, ...]
    scored: int
    sessions: int

    @property
    def verdict(self) -> str:
        """In one word."""
        return self.change.verdict if self.change else NOT_EVALUABLE

    @property
    def remission(self) -> bool | None:
        """Whether the score now is one of remission."""
        return self.change.remission if self.change else None


@dataclass(frozen=True)
class Axis:
    """Mood or pain. `better`: whether there is a response; None where nobody can say."""

    name: str
    outcome: Outcome | None
    better: bool | None
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Quadrant:
    """`name`: both, mood only, pain only, neither, or not evaluable."""

    name: str
    mood: Axis
    pain: Axis

    @property
    def missing(self) -> tuple[str, ...]:
        """What is wanted before it can be named."""
        return (*self.mood.missing, *self.pain.missing)


@dataclass(frozen=True)
class AxisRule:
    """By what an axis is judged: of these instruments the first that can be, and who says so."""

    name: str
    instruments: tuple[str, ...]
    sources: tuple[Source, ...]
    evidence: str


def outcomes(
    state: CourseState, course: Course, points: Mapping[str, Sequence[Point]], today: date
) -> tuple[Outcome, ...]:
    """Every instrument that was ever taken, in the order of its name."""
    return tuple(outcome(state, course, name, some, today) for name, some in points.items())


def outcome(
    state: CourseState, course: Course, name: str, points: Sequence[Point], today: date
) -> Outcome:
    """One instrument over this course."""
    first = baseline(points, course.start)
    after = between(points, course.start) if course.start else ()
    last = after[-1] if after else None
    found, why = compared(name, first, last)
    missing = tuple(_missing(name, course, points, first, last)) or why
    return Outcome(
        instrument=name,
        version=(last or first or points[-1]).version if points else "",
        baseline=first,
        current=last,
        change=found,
        missing=missing,
        old=tuple(_old(state, course, first, last, today)),
        scored=sum(scored_after(course, points)),
        sessions=len(course.visits),
    )


def compared(
    name: str, first: Point | None, last: Point | None
) -> tuple[Change | None, tuple[str, ...]]:
    """The change between two points, or why there is none: same instrument, same version."""
    if first is None or last is None or first.total is None or last.total is None:
        return None, ()
    if first.version != last.version:
        before, now = first.version or "not said", last.version or "not said"
        return None, (f"{title(name)}: the version changed from {before} to {now}",)
    if name not in instruments() or first.version not in ("", instrument(name).version):
        return None, (f"{title(name)}: no cut-offs are known here for this form of it",)
    try:
        found = change(name, first.total, last.total)
    except BadInput as error:
        return None, (f"{title(name)}: {error}",)
    note = found.note.removeprefix("Not evaluable: ") if found.verdict == NOT_EVALUABLE else ""
    return found, (f"{title(name)}: {note}",) if note else ()


def quadrant(course: Course, known: Sequence[Outcome]) -> Quadrant:
    """Mood and pain together."""
    mood, pain = (_axis(one, course, known) for one in axes())
    if mood.better is None or pain.better is None:
        return Quadrant(NOT_EVALUABLE, mood, pain)
    names = {
        (True, True): "both",
        (True, False): "mood only",
        (False, True): "pain only",
        (False, False): "neither",
    }
    return Quadrant(names[mood.better, pain.better], mood, pain)


def primary(course: Course, known: Sequence[Outcome]) -> Outcome | None:
    """The outcome by which the course is judged: as it was opened, else the first of its axis."""
    if course.primary:
        return next((one for one in known if one.instrument == course.primary), None)
    wanted = "pain" if course.indication == "pain" else "mood"
    found = next(one for one in axes() if one.name == wanted)
    return _axis(found, course, known).outcome


def instruments_of(axis: str) -> tuple[str, ...]:
    """Which instruments count on an axis, the first before the others."""
    return next(one.instruments for one in axes() if one.name == axis)


def title(name: str) -> str:
    """`PHQ-9`, as people say it."""
    return _SAID.get(name, name.upper() if name in instruments() else name)


def _axis(found: AxisRule, course: Course, known: Sequence[Outcome]) -> Axis:
    one = _chosen(found, course, known)
    if one is None:
        which = " or ".join(title(name) for name in found.instruments)
        return Axis(found.name, None, None, (f"no {which} was ever taken",))
    if one.change is None or one.verdict == NOT_EVALUABLE:
        return Axis(found.name, one, None, one.missing)
    return Axis(found.name, one, one.verdict == "response", ())


def _chosen(found: AxisRule, course: Course, known: Sequence[Outcome]) -> Outcome | None:
    by_name = {one.instrument: one for one in known}
    order = [name for name in found.instruments if name == course.primary]
    order += [name for name in found.instruments if name != course.primary]
    here = [by_name[name] for name in order if name in by_name]
    said = [one for one in here if one.verdict != NOT_EVALUABLE]
    return next(iter([*said, *here]), None)


def _missing(
    name: str, course: Course, points: Sequence[Point], first: Point | None, last: Point | None
) -> list[str]:
    said, called = [], title(name)
    if not course.visits:
        return [f"{called}: no session yet"]
    if first is None:
        unscored = any(one.at < (course.start or one.at) for one in points)
        said.append(
            f"{called}: the form before session 1 could not be scored"
            if unscored
            else f"{called}: no score before session 1"
        )
    if last is None:
        said.append(f"{called}: no score since session 1")
    return said


def _old(
    state: CourseState, course: Course, first: Point | None, last: Point | None, today: date
) -> list[str]:
    before, now = _ages()
    said = []
    if first is not None and course.start is not None:
        days = (state.day(course.start) - state.day(first.at)).days
        if before.met_by(days):
            said.append(f"the score before session 1 was {days} days old")
    if last is not None and course.ended is None:
        days = (today - state.day(last.at)).days
        if now.met_by(days):
            said.append(f"the last score is {days} days old")
    return said


def scored_after(course: Course, points: Sequence[Point]) -> tuple[bool, ...]:
    """Of each session with drug, in their order, whether a score followed before the next one."""
    after = between(points, course.start) if course.start else ()
    starts = [one.state.started_at for one in course.visits if one.state.started_at]
    ends: list[datetime | None] = [*starts[1:], None]
    return tuple(
        any(one.at >= start and (end is None or one.at < end) for one in after)
        for start, end in zip(starts, ends, strict=False)
    )


@cache
def axes() -> tuple[AxisRule, AxisRule]:
    """Mood and pain, as the knowledge has them."""
    nodes = document("courses", "axes").body["axes"]
    mood, pain = (
        AxisRule(
            str(node["axis"]),
            tuple(str(one) for one in node["instruments"]),
            sources_of(node["sources"]),
            str(node["evidence"]),
        )
        for node in nodes
    )
    return mood, pain


@cache
def _ages() -> tuple[Threshold, Threshold]:
    body = document("courses", "axes").body
    return read_threshold(body["baseline_old_after"]), read_threshold(body["score_old_after"])
