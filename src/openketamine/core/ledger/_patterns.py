"""Patterns in the book that somebody should look at, each with its numbers and denominators.

None of them says that anybody did anything: a nurse who prepares the smallest doses wastes most.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import mean, median, stdev

from openketamine.core.ledger._around import Around, patterns_around
from openketamine.core.ledger._book import Book
from openketamine.core.ledger._entries import Transfer, account_kind, is_container
from openketamine.core.ledger._pattern import Pattern, limit

_LEAST_PEERS = 3


@dataclass
class _Doses:
    """What one person withdrew and wasted."""

    withdrawn_ug: int = 0
    wasted_ug: int = 0
    sessions: set[str] = field(default_factory=set)

    @property
    def share(self) -> float:
        """Percent of what was withdrawn that was wasted."""
        return 100 * self.wasted_ug / self.withdrawn_ug if self.withdrawn_ug else 0.0


def patterns(book: Book, around: Around | None = None) -> tuple[Pattern, ...]:
    """Every pattern, the flagged ones first. Without `around`, those that the book alone shows."""
    moves = _standing(book)
    found = [*_waste(moves), *_pairs(moves), *_whole(moves), *_never_given(moves)]
    if around is not None:
        found += patterns_around(moves, book.entries, around)
    return tuple(sorted(found, key=lambda one: (not one.flagged, one.rule, -one.value)))


def _standing(book: Book) -> list[Transfer]:
    """Moves that were not taken back."""
    back = {one.corrects for one in book.transfers.values() if one.corrects}
    return [one for one in book.transfers.values() if one.corrects is None and one.id not in back]


def _waste(moves: list[Transfer]) -> Iterator[Pattern]:
    """The share of what a person withdrew that was wasted in those sessions, beside their peers."""
    per = _by_person(moves)
    for who, one in per.items():
        others = [other.share for name, other in per.items() if name != who]
        middle = median(others) if others else None
        spread = stdev(others) if len(others) >= _LEAST_PEERS else None
        enough = limit("waste_least").met_by(len(one.sessions))
        far = middle and limit("waste_ratio").met_by(one.share / middle)
        wide = spread and limit("waste_sd").met_by((one.share - mean(others)) / spread)
        yield Pattern(
            rule="DV-WASTE",
            who=who,
            says="share of what was withdrawn that was wasted",
            value=round(one.share, 1),
            unit="%",
            n=len(one.sessions),
            of_what="sessions with drug withdrawn",
            flagged=bool(enough and (far or wide)),
            peers=len(others),
            peer_median=None if middle is None else round(middle, 1),
            peer_sd=None if spread is None else round(spread, 1),
            enough=enough and bool(others),
        )


def _by_person(moves: list[Transfer]) -> Mapping[str, _Doses]:
    """Waste counts for who withdrew the drug, whoever emptied the tray."""
    per: dict[str, _Doses] = defaultdict(_Doses)
    drawn: dict[str, str] = {}
    for one in moves:
        if account_kind(one.destination) == "tray" and is_container(one.source):
            per[one.by].withdrawn_ug += one.mass_ug
            per[one.by].sessions.add(one.session)
            drawn.setdefault(one.session, one.by)
    for one in moves:
        if account_kind(one.destination) == "waste" and one.session in drawn:
            per[drawn[one.session]].wasted_ug += one.mass_ug
    return per


def _pairs(moves: list[Transfer]) -> Iterator[Pattern]:
    """The same witness for most of a person's wastes."""
    per: dict[str, Counter[str]] = defaultdict(Counter)
    for one in moves:
        if account_kind(one.destination) == "waste" and one.witness:
            per[one.by][one.witness] += 1
    for who, seen in per.items():
        witness, times = seen.most_common(1)[0]
        n = seen.total()
        share = 100 * times / n
        yield Pattern(
            rule="DV-PAIR",
            who=who,
            says="share of wastes seen by the same person",
            value=round(share, 1),
            unit="%",
            n=n,
            of_what="wastes",
            flagged=limit("pair_least").met_by(n) and limit("pair_share").met_by(share),
            about=(witness,),
            enough=limit("pair_least").met_by(n),
        )


def _whole(moves: list[Transfer]) -> Iterator[Pattern]:
    """All that was withdrawn for a session was wasted."""
    for who, sessions in _sessions(moves, all_wasted=True).items():
        yield _session_pattern(
            "DV-WHOLE", who, sessions, moves, "sessions all of whose drug was wasted"
        )


def _never_given(moves: list[Transfer]) -> Iterator[Pattern]:
    """Drug was withdrawn, none given, and not all of it wasted."""
    for who, sessions in _sessions(moves, all_wasted=False).items():
        words = "sessions with drug withdrawn, none given, and not all of it wasted"
        yield _session_pattern("DV-UNGIVEN", who, sessions, moves, words)


def _sessions(moves: list[Transfer], *, all_wasted: bool) -> Mapping[str, list[str]]:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    who: dict[str, str] = {}
    for one in moves:
        if account_kind(one.destination) == "tray" and is_container(one.source):
            sums[one.session]["drawn"] += one.mass_ug
            who.setdefault(one.session, one.by)
        elif account_kind(one.source) == "tray":
            sums[one.session][account_kind(one.destination)] += one.mass_ug
    found: dict[str, list[str]] = defaultdict(list)
    for session, sum_ in sums.items():
        ungiven = sum_["drawn"] and not sum_["patient"] and session in who
        if ungiven and (sum_["waste"] >= sum_["drawn"]) is all_wasted:
            found[who[session]].append(session)
    return found


def _session_pattern(
    rule: str, who: str, sessions: list[str], moves: list[Transfer], says: str
) -> Pattern:
    n = len(_by_person(moves)[who].sessions)
    return Pattern(
        rule=rule, who=who, says=says, value=len(sessions), unit="sessions", n=n,
        of_what="sessions with drug withdrawn", flagged=True, about=tuple(sessions),
    )  # fmt: skip
