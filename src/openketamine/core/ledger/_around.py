"""Patterns that the book shows only beside other records: what was observed, who looked at stock,
when people came back and how they were.

As in `_patterns`, none of them says that anybody did anything. A record that does not say is never
read as a no: without two scores nobody is called better or not.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median, stdev

from openketamine.core.ledger._entries import Entry, Transfer, account_kind
from openketamine.core.ledger._pattern import Pattern, limit


@dataclass(frozen=True)
class Visit:
    """One dose of one person: when, by whose order, after how many days the next was meant (None
    where the plan does not say)."""

    at: datetime
    session: str
    ordered_by: str
    next_in_days: int | None = None


@dataclass(frozen=True)
class Score:
    """A total of an instrument in which more is worse."""

    instrument: str
    at: datetime
    total: float


@dataclass(frozen=True)
class Course:
    """One person's doses and scores, each in time."""

    person: str
    visits: tuple[Visit, ...]
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True)
class Around:
    """What other records say. `observed`: session → when something was measured or charted in it.
    `looks`: who handles doses → when they opened a page of stock or of withdrawal."""

    observed: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    looks: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    courses: Collection[Course] = ()


def patterns_around(
    moves: Sequence[Transfer], entries: Sequence[Entry], around: Around
) -> Iterator[Pattern]:
    """Waste with nothing observed near it, looks without a dose, doses that do not help, doses
    before their day."""
    yield from _unseen(moves, around.observed)
    yield from _looks(entries, around.looks)
    yield from _extra(around.courses)
    yield from _early(around.courses)


def _unseen(
    moves: Sequence[Transfer], observed: Mapping[str, Sequence[datetime]]
) -> Iterator[Pattern]:
    """Wastes far from everything that was measured or charted in their session."""
    wastes: dict[str, list[Transfer]] = defaultdict(list)
    for one in moves:
        if account_kind(one.destination) == "waste":
            wastes[one.by].append(one)

    def alone(one: Transfer) -> bool:
        return _far(one.at, sorted(observed.get(one.session, ())), "unseen_near")

    yield from _shares(
        "DV-UNSEEN",
        {who: [(alone(one), one.session) for one in own] for who, own in wastes.items()},
        "wastes with nothing observed in the session near them",
        "wastes",
        "unseen",
    )


def _looks(entries: Sequence[Entry], looks: Mapping[str, Sequence[datetime]]) -> Iterator[Pattern]:
    """Looks at stock with nothing of theirs in the book near them. Pages opened within that time of
    each other are one look. No lock reports here: a door that was opened is not seen."""
    done: dict[str, list[datetime]] = defaultdict(list)
    for one in entries:
        for who in filter(None, (one.by, one.witness)):
            done[who].append(one.at)
    yield from _shares(
        "DV-LOOK",
        {
            who: [
                (_far(at, sorted(done[who]), "look_near"), f"{at:%Y-%m-%d %H:%M}")
                for at in _apart(sorted(times))
            ]
            for who, times in looks.items()
        },
        "looks at stock with nothing of theirs in the book near them",
        "looks",
        "look",
    )


def _early(courses: Collection[Course]) -> Iterator[Pattern]:
    """Doses given before the day for which the dose before had them planned."""
    returns: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for course in courses:
        for before, after in zip(course.visits, course.visits[1:], strict=False):
            if before.next_in_days:
                days = before.next_in_days - (after.at.date() - before.at.date()).days
                returns[after.ordered_by].append((limit("early_by").met_by(days), after.session))
    yield from _shares(
        "DV-EARLY", returns, "doses before the planned day", "doses after another", "early"
    )


def _shares(
    rule: str,
    seen: Mapping[str, list[tuple[bool, str]]],
    says: str,
    of_what: str,
    name: str,
) -> Iterator[Pattern]:
    """The share of each person's things that are so, beside the shares of the others."""
    share = {who: 100 * sum(so for so, _ in own) / len(own) for who, own in seen.items() if own}
    for who, value in share.items():
        others = [other for one, other in share.items() if one != who]
        enough = limit(f"{name}_least").met_by(len(seen[who]))
        yield Pattern(
            rule=rule,
            who=who,
            says=says,
            value=round(value, 1),
            unit="%",
            n=len(seen[who]),
            of_what=of_what,
            flagged=enough and limit(f"{name}_share").met_by(value),
            peers=len(others),
            peer_median=round(median(others), 1) if others else None,
            peer_sd=round(stdev(others), 1) if len(others) > 2 else None,
            about=tuple(about for so, about in seen[who] if so),
            enough=enough,
        )


def _extra(courses: Collection[Course]) -> Iterator[Pattern]:
    """People who had many more doses than others: did their scores get better?"""
    doses = {course.person: len(course.visits) for course in courses if course.visits}
    for course in courses:
        own = doses.get(course.person, 0)
        others = [other for person, other in doses.items() if person != course.person]
        if not others or not limit("extra_ratio").met_by(own / median(others)):
            continue
        changes = _changes(course.scores)
        worse = [limit("extra_change").met_by(last - first) for _, first, last in changes]
        yield Pattern(
            rule="DV-EXTRA",
            who=course.person,
            says="doses in this time; scores first and last",
            value=own,
            unit="doses",
            n=len(changes),
            of_what="instruments with two scores",
            flagged=bool(changes) and all(worse) and limit("extra_least").met_by(own),
            peers=len(others),
            peer_median=median(others),
            peer_sd=round(stdev(others), 1) if len(others) > 2 else None,
            about=tuple(f"{name} {first:g} to {last:g}" for name, first, last in changes)
            or ("no two scores to compare",),
            enough=bool(changes) and limit("extra_least").met_by(own),
        )


def _changes(scores: Sequence[Score]) -> list[tuple[str, float, float]]:
    """(instrument, first total, last total) of every instrument that was filled in twice."""
    per: dict[str, list[Score]] = defaultdict(list)
    for one in sorted(scores, key=lambda one: one.at):
        per[one.instrument].append(one)
    return [(name, own[0].total, own[-1].total) for name, own in per.items() if len(own) > 1]


def _far(at: datetime, times: Sequence[datetime], name: str) -> bool:
    """Whether none of these (in order) lies as near as the limit says."""
    place = bisect_left(times, at)
    near = times[max(0, place - 1) : place + 1]
    return all(limit(name).met_by(_minutes(abs(at - one))) for one in near)


def _apart(times: Sequence[datetime]) -> Iterator[datetime]:
    """The first of each run of times that follow each other closely."""
    before: datetime | None = None
    for at in times:
        if before is None or limit("look_near").met_by(_minutes(at - before)):
            yield at
        before = at


def _minutes(time: timedelta) -> float:
    return time.total_seconds() / 60
