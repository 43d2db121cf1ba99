"""What counts sessions or check-ins and not people: adverse events, and scores that are missing."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openketamine.clinic.checkins.listing import CAUSES
from openketamine.clinic.results.expected import FINISHED, OPEN
from openketamine.clinic.results.numbers import (
    TREATED,
    Case,
    Counted,
    Number,
    number_of,
    number_of_cases,
)
from openketamine.clinic.results.person import Given, Result

_ENDS = {FINISHED: "Finished", OPEN: "Still open", **CAUSES}
_CHARTED = Counted("session", "sessions", "Charted as unwanted, with its grade")
_FOLLOWED = Counted("session", "sessions", "Score before the next")
_EXPECTED = Counted("check-in", "check-ins", "How it ended")
_OF_ALL = "of all sessions"
SEVERE = 3
_ANY = ""
_Tally = Mapping[str, Sequence[Case]]


@dataclass(frozen=True)
class EventRow:
    """One adverse event: sessions with it of all sessions, the severe among them, and people."""

    event: str
    sessions: Number
    severe: Number
    people: Number


def all_sessions(treated: Sequence[Result]) -> Number:
    """Every session in which drug was given."""
    every = _every(treated)
    return number_of_cases("sessions", "Sessions in all", every, every, _OF_ALL, _CHARTED)


def adverse_events(treated: Sequence[Result]) -> tuple[EventRow, ...]:
    """The most frequent first; any event stands before them all."""
    every = _every(treated)
    sessions, severe = _tallied(treated)

    def row(event: str) -> EventRow:
        return _event(event, treated, every, sessions.get(event, ()), severe.get(event, ()))

    rows = [row(event) for event in sorted(set(sessions) - {_ANY})]
    rows.sort(key=lambda one: (-one.sessions.share.count, one.event))
    return (row(_ANY), *rows)


def _every(treated: Sequence[Result]) -> list[Case]:
    return [_session(one, given) for one in treated for given in one.given]


def _session(one: Result, given: Given) -> Case:
    said = ", ".join(f"{event}, grade {grade}" for event, grade in given.events)
    return Case(one.person, given.on, said or "nothing", given.session)


def _tallied(treated: Sequence[Result]) -> tuple[_Tally, _Tally]:
    """Event → sessions with it, and with it of grade 3 or worse. Each session counts once, however
    often something was charted in it."""
    sessions: dict[str, list[Case]] = defaultdict(list)
    severe: dict[str, list[Case]] = defaultdict(list)
    for one in treated:
        for given in one.given:
            case = _session(one, given)
            for name, grade in _worst(given).items():
                sessions[name].append(case)
                if grade >= SEVERE:
                    severe[name].append(case)
    return sessions, severe


def _worst(given: Given) -> Mapping[str, int]:
    """Event → its worst grade in one session; and that of any of them."""
    worst: dict[str, int] = {}
    for event, grade in given.events:
        for name in (event, _ANY):
            worst[name] = max(grade, worst.get(name, 0))
    return worst


def _event(
    event: str,
    treated: Sequence[Result],
    every: Sequence[Case],
    hit: Sequence[Case],
    severe: Sequence[Case],
) -> EventRow:
    """One event by name. A nurse's own words do not stand in an address."""
    key = f"event.{_hash(event)}" if event else "event"
    words = event or "any adverse event"
    worse = f"{words}, grade {SEVERE} or worse"
    whose = {one.person for one in hit}
    people = [one for one in treated if one.person in whose]
    return EventRow(
        event=words,
        sessions=number_of_cases(f"{key}.any", words, hit, every, _OF_ALL, _CHARTED),
        severe=number_of_cases(f"{key}.severe", worse, severe, every, _OF_ALL, _CHARTED),
        people=number_of(f"{key}.people", words, people, treated, TREATED),
    )


def check_ins(treated: Sequence[Result]) -> tuple[Number, ...]:
    """How check-ins ended: finished first, then why not, the most frequent first."""
    every: dict[str, list[Case]] = {FINISHED: []}
    for one in treated:
        for asked in one.check_ins:
            says = _ENDS.get(asked.end, asked.end)
            every.setdefault(asked.end, []).append(Case(one.person, asked.on, says))
    whole = [case for some in every.values() for case in some]
    found = [_check_in(end, some, whole) for end, some in sorted(every.items())]
    return tuple(sorted(found, key=_finished_first))


def _finished_first(one: Number) -> tuple[bool, int, str]:
    return (not one.key.endswith(f".{FINISHED}"), -one.share.count, one.words)


def _check_in(end: str, some: Sequence[Case], whole: Sequence[Case]) -> Number:
    words = _ENDS.get(end, end)
    return number_of_cases(f"check-in.{end}", words, some, whole, "of all check-ins", _EXPECTED)


def unscored_sessions(treated: Sequence[Result]) -> Number:
    """Sessions after which nobody scored anything before the next one."""
    every = [
        (given.scored, Case(one.person, given.on, "yes" if given.scored else "none", given.session))
        for one in treated
        for given in one.given
    ]
    missing = [case for scored, case in every if not scored]
    whole = [case for _, case in every]
    words = "Sessions without a score before the next"
    return number_of_cases("unscored", words, missing, whole, _OF_ALL, _FOLLOWED)


def _hash(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:12]
