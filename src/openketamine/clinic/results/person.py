"""What the results of a clinic count of one person: one small value, and how it is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from openketamine.clinic.results.expected import CheckIn, check_ins
from openketamine.core.course import (
    Course,
    CourseState,
    Outcome,
    Point,
    Window,
    current_course,
    first_response,
    measures,
    outcome,
    outcomes,
    primary,
    quadrant,
    relapses,
    scored_after,
    series,
)
from openketamine.core.treatment import AdverseEventCharted

MET = "met"


@dataclass(frozen=True)
class Verdict:
    """One instrument in one window. `missing`: why nothing can be said; empty where it can."""

    verdict: str
    remission: bool | None
    baseline: float | None
    current: float | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class MoodAndPain:
    """Both axes in one window. `name`: both, mood only, pain only, neither, or not evaluable.

    `mood` and `pain`: by which instrument; empty where none of that axis was ever taken.
    """

    name: str
    mood: str
    pain: str
    missing: tuple[str, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether this person was ever asked about both."""
        return bool(self.mood and self.pain)


@dataclass(frozen=True)
class Given:
    """One session in which drug was given, and what was charted as unwanted: (event, grade).

    `scored`: whether a score followed before the next session.
    """

    session: str
    on: str
    events: tuple[tuple[str, int], ...] = ()
    scored: bool = False


@dataclass(frozen=True)
class Followed:
    """Time without a relapse, by one definition: days since the response, and how they ended."""

    days: int
    relapsed: bool


@dataclass(frozen=True)
class Result:
    """The course opened last, of one person. Days are of the clinic's own calendar, ISO.

    `start` empty: no drug was given in it. `followed`: definition → time since the first response;
    empty where none was seen. `verdicts` and `axes`: window → what can be said in it.
    """

    person: str
    protocol: str
    instrument: str
    start: str
    ended: str
    given: tuple[Given, ...]
    verdicts: Mapping[str, Verdict]
    axes: Mapping[str, MoodAndPain]
    followed: Mapping[str, Followed]
    check_ins: tuple[CheckIn, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, to be kept."""
        return asdict(self)


def result_of(person: str, state: CourseState, today: date) -> Result:
    """Of the facts of one person, by the rules of `core.course` and by no other."""
    course, points = current_course(state), series(state)
    known = outcomes(state, course, points, today)
    judged = primary(course, known)
    name = judged.instrument if judged else course.primary
    windows = {
        one.id: outcomes(state, course, _held(one, state, course, points), today)
        for one in measures().windows
    }
    return Result(
        person=person,
        protocol=course.protocol_id,
        instrument=name,
        start=course.visits[0].on.isoformat() if course.visits else "",
        ended=course.ended.body.reason if course.ended else "",
        given=tuple(_given(course, scored_after(course, points.get(name, ())))),
        verdicts={
            window: _verdict(_of(name, some) or outcome(state, course, name, (), today))
            for window, some in windows.items()
        },
        axes={window: _axes(course, some) for window, some in windows.items()},
        followed=_followed(state, course, name, points.get(name, ())),
        check_ins=check_ins(state, course),
    )


def result_from(kept: Mapping[str, Any]) -> Result:
    """What was kept, as a value again."""
    return Result(
        **{
            **kept,
            "given": tuple(
                Given(**{**one, "events": tuple((event, grade) for event, grade in one["events"])})
                for one in kept["given"]
            ),
            "verdicts": {
                name: Verdict(**{**one, "missing": tuple(one["missing"])})
                for name, one in kept["verdicts"].items()
            },
            "axes": {
                name: MoodAndPain(**{**one, "missing": tuple(one["missing"])})
                for name, one in kept["axes"].items()
            },
            "followed": {name: Followed(**one) for name, one in kept["followed"].items()},
            "check_ins": tuple(CheckIn(**one) for one in kept["check_ins"]),
        }
    )


def _given(course: Course, scored: Sequence[bool]) -> list[Given]:
    return [
        Given(
            visit.session,
            visit.on.isoformat(),
            tuple(
                (one.body.event, one.body.severity) for one in visit.state.all(AdverseEventCharted)
            ),
            followed,
        )
        for visit, followed in zip(course.visits, scored, strict=True)
    ]


def _held(
    window: Window, state: CourseState, course: Course, points: Mapping[str, Sequence[Point]]
) -> dict[str, list[Point]]:
    """What was scored before the first session and within the window: the same rule over less."""
    start = course.start
    if start is None:
        return {name: list(some) for name, some in points.items()}
    first = state.day(start)
    return {
        name: [
            one for one in some if one.at < start or window.holds((state.day(one.at) - first).days)
        ]
        for name, some in points.items()
    }


def _of(name: str, known: Sequence[Outcome]) -> Outcome | None:
    return next((one for one in known if one.instrument == name), None)


def _axes(course: Course, known: Sequence[Outcome]) -> MoodAndPain:
    found = quadrant(course, known)
    mood, pain = (
        axis.outcome.instrument if axis.outcome else "" for axis in (found.mood, found.pain)
    )
    return MoodAndPain(found.name, mood, pain, found.missing)


def _verdict(found: Outcome) -> Verdict:
    return Verdict(
        verdict=found.verdict,
        remission=found.remission,
        baseline=_number(found.baseline),
        current=_number(found.current),
        missing=found.missing if found.verdict == "not evaluable" else (),
    )


def _number(point: Point | None) -> float | None:
    return None if point is None or point.total is None else float(point.total)


def _followed(
    state: CourseState, course: Course, name: str, points: Sequence[Point]
) -> dict[str, Followed]:
    """From the first response to the relapse, or to the last score: nobody knows what came after.

    A definition that speaks of another instrument says nothing of this person.
    """
    response = first_response(name, course, points)
    if response is None:
        return {}
    since = state.day(response.at)
    last = max(one.at for one in points if one.total is not None)
    watched = (state.day(last) - since).days
    return {
        one.definition: Followed((one.on - since).days, relapsed=True)
        if one.verdict == MET and one.on is not None
        else Followed(watched, relapsed=False)
        for one in relapses(state, course, {name: points})
        if one.verdict in (MET, "not met")
    }
