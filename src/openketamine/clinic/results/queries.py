"""The only reader of the results page: everything that it shows, and who is behind each number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from openketamine.clinic.patients.models import Person
from openketamine.clinic.results.axes import Axes, mood_and_pain
from openketamine.clinic.results.kept import results
from openketamine.clinic.results.lasting import Kept, OnDay, response_kept
from openketamine.clinic.results.numbers import (
    PEOPLE,
    TREATED,
    Asked,
    Case,
    Number,
    ProtocolResult,
    by_protocol,
    chosen,
    early_stop,
    number_of,
)
from openketamine.clinic.results.person import Result
from openketamine.clinic.results.tallies import (
    EventRow,
    adverse_events,
    all_sessions,
    check_ins,
    unscored_sessions,
)
from openketamine.core.course import Reported, cohorts_like
from openketamine.knowledge import document

_EVENT = "event"


@dataclass(frozen=True)
class Report:
    """All of it. `kept`: by each definition of a relapse that can speak of somebody here.

    `published`: points of published curves, where one protocol was asked for.
    """

    asked: Asked
    treated: tuple[Result, ...]
    everybody: Number
    sessions: Number
    protocols: tuple[ProtocolResult, ...]
    axes: Axes
    early_stop: Number
    events: tuple[EventRow, ...]
    unscored: Number
    check_ins: tuple[Number, ...]
    kept: tuple[Kept, ...]
    published: tuple[tuple[str, Reported], ...]

    @property
    def curve(self) -> Kept | None:
        """The definition that was asked for; else the one that speaks of most people."""
        asked = [one for one in self.kept if one.definition == self.asked.relapse]
        others = [one for one in self.kept if one.definition != _EVENT] or list(self.kept)
        most = sorted(others, key=lambda one: -one.curve.people)
        return next(iter([*asked, *most]), None)

    @property
    def days(self) -> tuple[OnDay, ...]:
        """The table beside the curve that is drawn."""
        return tuple(self.curve.rows()) if self.curve else ()

    def numbers(self) -> Iterator[Number]:
        """Every number that a page can open."""
        yield from (self.everybody, self.sessions)
        for one in self.protocols:
            yield from (one.treated, *one.judged, *one.of_all, one.not_judged, *one.why)
            yield one.early_stop
        yield from self.axes.numbers()
        yield from (self.early_stop, self.unscored, *self.check_ins)
        for row in self.events:
            yield from (row.sessions, row.severe, row.people)
        yield from (one.relapsed for one in self.kept)
        for day in self.days:
            yield from (day.watched, day.relapsed)

    def number(self, key: str) -> Number | None:
        """One of them by its key."""
        return next((one for one in self.numbers() if one.key == key), None)


def report(asked: Asked, today: date) -> Report:
    """Of everybody at the sites that are seen now, who had a first session in the time asked."""
    return reckon(results(today), asked, today)


def reckon(found: Sequence[Result], asked: Asked, today: date) -> Report:
    """The same, of results that are at hand."""
    treated = chosen(found, asked)
    return Report(
        asked=asked,
        treated=tuple(treated),
        everybody=number_of("treated", "Treated", treated, treated, TREATED),
        sessions=all_sessions(treated),
        protocols=by_protocol(treated, asked.window, today),
        axes=mood_and_pain(treated, asked.window),
        early_stop=early_stop(treated, today),
        events=adverse_events(treated),
        unscored=unscored_sessions(treated),
        check_ins=check_ins(treated),
        kept=tuple(response_kept(treated, one) for one in _speaking(treated)),
        published=tuple(_published(asked.protocol)),
    )


def relapse_titles() -> dict[str, str]:
    """Definition → how it is called."""
    nodes = document("relapse", "definitions").body["definitions"]
    return {str(one["definition"]): str(one["title"]) for one in nodes}


def people(ids: Sequence[str]) -> list[Person]:
    """Those of these people who are seen here, in the order of a list at the desk."""
    return list(Person.objects.filter(pk__in=[UUID(one) for one in ids]))


@dataclass(frozen=True)
class Behind:
    """One line of the list behind a number: somebody, or a session or a check-in of theirs."""

    person: Person
    case: Case | None = None

    @property
    def on(self) -> date | None:
        """The day of the session or check-in."""
        return date.fromisoformat(self.case.on) if self.case else None


def behind(number: Number, *, whole: bool) -> list[Behind]:
    """Whatever this number counts; `whole`: what it is a part of. One line for each."""
    here = people(number.of if whole else number.who)
    if number.counts is PEOPLE:
        return [Behind(one) for one in here]
    of_person: dict[str, list[Case]] = {str(one.pk): [] for one in here}
    for case in number.of_cases if whole else number.cases:
        if case.person in of_person:
            of_person[case.person].append(case)
    return [
        Behind(one, case)
        for one in here
        for case in sorted(of_person[str(one.pk)], key=lambda case: case.on)
    ]


def _speaking(treated: Sequence[Result]) -> list[str]:
    """Definitions that can speak of somebody, in the order of the knowledge."""
    here = {name for one in treated for name in one.followed}
    return [name for name in relapse_titles() if name in here]


def _published(protocol: str) -> Iterator[tuple[str, Reported]]:
    for study in cohorts_like(protocol) if protocol else ():
        for one in study.reported("response_kept"):
            if one.day is not None:
                yield study.title, one
