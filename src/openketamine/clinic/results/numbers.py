"""Every number of the director's page, out of the results of people: counted, never estimated.

Pure. Each number carries the people whom it counts and those of whom it counts them, so that a page
can open it; a denominator is never implied.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from openketamine.clinic.results.person import Result
from openketamine.clinic.results.statistics import (
    Comparison,
    Proportion,
    compare,
    proportion,
)
from openketamine.core.course import NOT_EVALUABLE, Cohort, Reported, cohorts_like, measures

TREATED = "of all who were treated"
_VERDICTS = ("response", "partial", "none", "worsening")
VERDICT_WORDS = {
    "response": "Response",
    "remission": "Remission",
    "partial": "Partial response",
    "none": "No response",
    "worsening": "Worse",
}


@dataclass(frozen=True)
class Asked:
    """What the page is asked for. Dates are of the first session; None: without limit."""

    protocol: str = ""
    since: date | None = None
    until: date | None = None
    window: str = "last"
    relapse: str = ""


@dataclass(frozen=True)
class Counted:
    """What a number counts: people, or something of theirs. `says`: what is told of each."""

    one: str
    many: str
    says: str = ""


PEOPLE = Counted("person", "people")


@dataclass(frozen=True)
class Case:
    """A session or a check-in of somebody. `on`: ISO; `session`: its id, empty where it is none."""

    person: str
    on: str
    says: str
    session: str = ""


@dataclass(frozen=True)
class Number:
    """One number. `who` and `of`: ids of people. Where `counts` is something else than people,
    `cases` and `of_cases` are what is counted, and `who` and `of` whose they are.

    `key` names it in an address.
    """

    key: str
    words: str
    of_words: str
    share: Proportion
    who: tuple[str, ...]
    of: tuple[str, ...]
    counts: Counted = PEOPLE
    cases: tuple[Case, ...] = ()
    of_cases: tuple[Case, ...] = ()

    @property
    def whole(self) -> str:
        """What it is a part of: "those who can be judged"."""
        return self.of_words.removeprefix("of ")


@dataclass(frozen=True)
class Beside:
    """A published number beside ours. `against`: the tests, where its denominator is known."""

    cohort: Cohort
    reported: Reported
    share: Proportion | None
    against: Comparison | None


@dataclass(frozen=True)
class ProtocolResult:
    """One protocol. `judged` are of those who can be judged, `of_all` of everybody treated."""

    protocol: str
    treated: Number
    judged: tuple[Number, ...]
    of_all: tuple[Number, ...]
    not_judged: Number
    why: tuple[Number, ...]
    early_stop: Number
    beside: tuple[Beside, ...]

    def number(self, what: str) -> Number:
        """One of those judged: response, remission, partial, none, worsening."""
        return next(one for one in self.judged if one.key.endswith(f".{what}"))


def chosen(results: Iterable[Result], asked: Asked) -> list[Result]:
    """Those in whom drug was given, by protocol and by the day of the first session."""
    return [
        one
        for one in results
        if one.start
        and asked.protocol in ("", one.protocol)
        and (asked.since is None or one.start >= asked.since.isoformat())
        and (asked.until is None or one.start <= asked.until.isoformat())
    ]


def by_protocol(results: Sequence[Result], window: str, today: date) -> tuple[ProtocolResult, ...]:
    """Every protocol under which somebody was treated, in the order of its id."""
    names = sorted({one.protocol for one in results})
    return tuple(
        _protocol(name, [one for one in results if one.protocol == name], window, today)
        for name in names
    )


def _protocol(name: str, treated: Sequence[Result], window: str, today: date) -> ProtocolResult:
    judged = [one for one in treated if one.verdicts[window].verdict != NOT_EVALUABLE]
    rest = [one for one in treated if one.verdicts[window].verdict == NOT_EVALUABLE]
    numbers = _outcomes(f"{name}.judged", judged, judged, "of those who can be judged", window)
    return ProtocolResult(
        protocol=name,
        treated=number_of(f"{name}.treated", "Treated", treated, treated, TREATED),
        judged=numbers,
        of_all=_outcomes(f"{name}.all", judged, treated, TREATED, window),
        not_judged=number_of(f"{name}.not-judged", "Cannot be judged", rest, treated, TREATED),
        why=reasons(
            f"{name}.why",
            rest,
            lambda one: one.verdicts[window].missing,
            "of those who cannot be judged",
        ),
        early_stop=early_stop(treated, today, f"{name}.early-stop"),
        beside=tuple(_beside(name, numbers)),
    )


def _outcomes(
    key: str, judged: Sequence[Result], of: Sequence[Result], of_words: str, window: str
) -> tuple[Number, ...]:
    """The verdicts, with remission after response: it lies inside it, or beside it."""
    found = []
    for verdict in _VERDICTS:
        who = [one for one in judged if one.verdicts[window].verdict == verdict]
        found.append(number_of(f"{key}.{verdict}", VERDICT_WORDS[verdict], who, of, of_words))
        if verdict == "response":
            found += _remission(key, judged, of, of_words, window)
    return tuple(found)


def _remission(
    key: str, judged: Sequence[Result], of: Sequence[Result], of_words: str, window: str
) -> list[Number]:
    """Only where the instrument has a cut-off of remission: pain has none."""
    said = [one for one in judged if one.verdicts[window].remission is not None]
    if judged and not said:
        return []
    who = [one for one in said if one.verdicts[window].remission]
    return [number_of(f"{key}.remission", VERDICT_WORDS["remission"], who, of, of_words)]


def reasons(
    key: str,
    rest: Sequence[Result],
    missing: Callable[[Result], Sequence[str]],
    of_words: str,
) -> tuple[Number, ...]:
    """Each reason once a person; somebody may have two."""
    every = sorted({reason for one in rest for reason in missing(one)})
    return tuple(
        number_of(
            f"{key}.{place}",
            reason.rstrip("."),
            [one for one in rest if reason in missing(one)],
            rest,
            of_words,
        )
        for place, reason in enumerate(every)
    )


def _beside(name: str, ours: Sequence[Number]) -> Iterable[Beside]:
    mine = {one.key.rpartition(".")[2]: one for one in ours}
    for study in cohorts_like(name):
        for what in ("response", "remission"):
            for reported in study.reported(what):
                share = _published(reported)
                own = mine.get(what)
                against = compare(own.share, share) if own and share else None
                yield Beside(study, reported, share, against)


def _published(one: Reported) -> Proportion | None:
    """As many as the printed share makes of the printed number; None where it was not printed."""
    if one.of is None or one.unit != "%":
        return None
    return proportion(one.count or round(one.value * one.of / 100), one.of)


def early_stop(treated: Sequence[Result], today: date, key: str = "early-stop") -> Number:
    """One session and no other in so many days, of those whose first session is that long ago."""
    limit = measures().early_stop
    old = [one for one in treated if limit.met_by((today - _day(one.start)).days)]
    who = [
        one for one in old if _second_after(one) is None or limit.met_by(_second_after(one) or 0)
    ]
    words = f"One session and no other within {limit.value} days"
    of_words = f"of those whose first session was more than {limit.value} days ago"
    return number_of(key, words, who, old, of_words)


def _second_after(one: Result) -> int | None:
    """Days from the first day with a session to the next; None where there was no other."""
    days = sorted({_day(given.on) for given in one.given})
    return (days[1] - days[0]).days if len(days) > 1 else None


def number_of(
    key: str, words: str, who: Sequence[Result], of: Sequence[Result], of_words: str
) -> Number:
    """A number that counts people."""
    return Number(
        key=key,
        words=words,
        of_words=of_words,
        share=proportion(len(who), len(of)),
        who=tuple(one.person for one in who),
        of=tuple(one.person for one in of),
    )


def number_of_cases(
    key: str, words: str, cases: Sequence[Case], of: Sequence[Case], of_words: str, counts: Counted
) -> Number:
    """A number that counts something of people."""
    return Number(
        key=key,
        words=words,
        of_words=of_words,
        share=proportion(len(cases), len(of)),
        who=tuple(dict.fromkeys(one.person for one in cases)),
        of=tuple(dict.fromkeys(one.person for one in of)),
        counts=counts,
        cases=tuple(cases),
        of_cases=tuple(of),
    )


def _day(iso: str) -> date:
    return date.fromisoformat(iso)
