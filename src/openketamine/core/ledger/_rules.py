"""The rules of the book. Each fault is named, with the number of the entry that broke it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from openketamine.core.ledger._book import Book, running_balances
from openketamine.core.ledger._containers import container_faults
from openketamine.core.ledger._entries import (
    CONTAINERS,
    Count,
    Entry,
    Handling,
    Transfer,
    account_kind,
    account_name,
    is_container,
)
from openketamine.knowledge import document, read_threshold

# Where drug may come from and go to. A correction goes the other way, and only against its target.
_INTO = ("supplier", "initial", "overfill", "found", "transit")
_OUT = ("tray", "lost", "spilled", "destroyed", "returned", "registrant", "transit")
_WAYS = (
    {(source, container) for source in _INTO for container in CONTAINERS}
    | {(container, goal) for container in CONTAINERS for goal in _OUT}
    | {("tray", goal) for goal in ("patient", "waste", "lost", "spilled", "pack")}
) - {("overfill", "pack")}
# Two regimes that may not be mixed: what is left of a dose is wasted; what is still in its
# container is inventory, and destroyed or returned as such.
_WRONG_REGIME = {
    **{(container, "waste"): "inventory" for container in CONTAINERS},
    **{("tray", goal): "dose" for goal in ("destroyed", "returned", "registrant", "transit")},
}
_REGIME_WORDS = {
    "inventory": "what is still in its container is inventory: it is destroyed or returned with "
    "its form, not wasted",
    "dose": "what was taken for a dose is wasted before a witness; it is no longer inventory",
}
_HOLDS_DRUG = (*CONTAINERS, "tray", "transit")
_TWO_PEOPLE = ("waste", "lost", "spilled", "destroyed", "returned", "registrant", "transit")
_TWO_PEOPLE_FROM = ("found", "initial", "overfill", "transit")


@dataclass(frozen=True)
class BrokenRule:
    """One rule of the book that one entry broke."""

    rule: str
    entry: int
    entry_id: str
    summary: str

    def as_json(self) -> dict[str, Any]:
        """The form of `ledger check`."""
        return {
            "rule": self.rule,
            "entry": self.entry,
            "id": self.entry_id,
            "summary": self.summary,
        }


Fault = tuple[str, str]


def broken_rules(book: Book) -> tuple[BrokenRule, ...]:
    """Every fault of every entry, in the order of the book."""
    seen = _Seen(book)
    found = [
        BrokenRule(rule, number, entry.id, summary)
        for number, entry in enumerate(book.entries, 1)
        for rule, summary in _faults_of(book, number, entry, seen)
    ]
    found += _overdrawn(book)
    found += [
        BrokenRule(rule, one.number, one.entry.id, words)
        for one, rule, words in container_faults(book)
    ]
    return tuple(sorted(found, key=lambda one: (one.entry, one.rule)))


class _Seen:
    """What the rules look up again and again, gathered once for a whole book."""

    def __init__(self, book: Book) -> None:
        self.first: dict[str, int] = {}
        self.corrected: dict[str, list[str]] = {}
        self.containers: set[str] = set()
        self.signed: dict[str, str] = {}
        for number, entry in enumerate(book.entries, 1):
            self.first.setdefault(entry.id, number)
            if isinstance(entry, Transfer):
                accounts = filter(is_container, (entry.source, entry.destination))
                self.containers.update(map(account_name, accounts))
                if entry.corrects is not None:
                    self.corrected.setdefault(entry.corrects, []).append(entry.id)
            elif isinstance(entry, Handling) and entry.what == "countersigned":
                self.signed.setdefault(entry.document, entry.by)


def _faults_of(book: Book, number: int, entry: Entry, seen: _Seen) -> Iterator[Fault]:
    if seen.first[entry.id] < number:
        yield "BK-TWICE", f"the id {entry.id} stands in the book already"
    yield from _people(entry, seen)
    yield from _written_down(entry)
    if isinstance(entry, Count):
        yield from _countable(book, entry, seen)
    if isinstance(entry, Transfer):
        for rule in _TRANSFER_RULES:
            yield from rule(book, entry)
        yield from _correction(book, entry, seen)


def _people(entry: Entry, seen: _Seen) -> Iterator[Fault]:
    if not entry.by:
        yield "BK-ACTOR", "nobody is named as the one who did this"
    second = entry.witness or seen.signed.get(entry.id, "")
    if second and second == entry.by:
        yield "BK-WITNESS-SAME", f"{entry.by} cannot witness their own entry"
    if isinstance(entry, Transfer) and not second and _needs_witness(entry):
        yield "BK-WITNESS-MISSING", _missing_words(entry)


def _missing_words(entry: Transfer) -> str:
    if entry.corrects is not None:
        return "a correction of an amount needs a second person"
    if account_kind(entry.destination) in ("waste", "lost"):
        return "drug that is wasted or lost needs a second person"
    return f"drug from {entry.source} to {entry.destination} needs a second person"


def _needs_witness(entry: Transfer) -> bool:
    source, destination = account_kind(entry.source), account_kind(entry.destination)
    back = (source, destination) == ("tray", "pack")
    two = destination in _TWO_PEOPLE or source in _TWO_PEOPLE_FROM or back
    return two or entry.corrects is not None


def _written_down(entry: Entry) -> Iterator[Fault]:
    if entry.recorded_at is None:
        return
    if entry.at > entry.recorded_at:
        yield "BK-FUTURE", "it is said to have happened after it was written down"
    hours = (entry.recorded_at - entry.at).total_seconds() / 3600
    why = getattr(entry, "reason", "") or getattr(entry, "note", "")
    if _limit("backdated").met_by(hours) and not (entry.witness and why.strip()):
        yield "BK-BACKDATED", "written down more than a day late without a reason and a second hand"


def _countable(book: Book, entry: Count, seen: _Seen) -> Iterator[Fault]:
    if entry.container not in seen.containers:
        kind = "pack" if entry.container in book.labels and entry.units else "vial"
        yield "BK-CONTAINER", f"{kind} {entry.container} was counted but never received"
    if entry.volume_ul < 0 or entry.units < 0:
        yield "BK-AMOUNT", "nobody counts less than nothing"


def _amount(_: Book, entry: Transfer) -> Iterator[Fault]:
    if entry.mass_ug <= 0 or entry.volume_ul < 0 or entry.units < 0:
        yield "BK-AMOUNT", "an amount is more than nothing; a way back is a correction"


def _way(_: Book, entry: Transfer) -> Iterator[Fault]:
    way = (account_kind(entry.source), account_kind(entry.destination))
    if entry.corrects is None and way in _WRONG_REGIME:
        yield "BK-REGIME", _REGIME_WORDS[_WRONG_REGIME[way]]
    elif entry.corrects is None and way not in _WAYS:
        yield "BK-WAY", f"drug cannot go from {entry.source} to {entry.destination}"
    names = {account_name(a) for a in (entry.source, entry.destination) if _of_session(a)}
    if len(names | {entry.session}) > 1 and names:
        yield (
            "BK-SESSION",
            f"{entry.source} and {entry.destination} are not of session {entry.session}",
        )
    containers = {account_name(a) for a in (entry.source, entry.destination) if is_container(a)}
    if containers and containers != {entry.container}:
        moved = ", ".join(sorted(containers))
        yield "BK-CONTAINER", f"the entry names vial {entry.container} and moves {moved}"


def _of_session(account: str) -> bool:
    return account_kind(account) in ("tray", "patient")


def _reason(_: Book, entry: Transfer) -> Iterator[Fault]:
    known = _reasons().get(account_kind(entry.destination))
    if account_kind(entry.source) == "found":
        known = _reasons()["found"]
    if entry.corrects is None and known is not None and entry.reason not in known:
        yield "BK-REASON", f"{entry.reason!r} is not a reason that we know: {', '.join(known)}"
    if entry.corrects is not None and not entry.reason.strip():
        yield "BK-REASON", "a correction says why"


@cache
def _reasons() -> Mapping[str, tuple[str, ...]]:
    body = document("checklists", "controlled-substance").body
    return {
        "waste": tuple(body["waste_reasons"]["allowed"]),
        "lost": tuple(body["loss_reasons"]["allowed"]),
        "spilled": tuple(body["spill_reasons"]["allowed"]),
        "found": tuple(body["surplus_reasons"]["allowed"]),
    }


def _strength(book: Book, entry: Transfer) -> Iterator[Fault]:
    """Volume and pieces are stock only where a container is touched: there mass = stock × strength,
    exactly."""
    for account in filter(is_container, (entry.source, entry.destination)):
        kind, name = account_kind(account), account_name(account)
        stock, other = (
            (entry.volume_ul, entry.units) if kind == "vial" else (entry.units, entry.volume_ul)
        )
        if other:
            yield "BK-FORM", f"{kind} {name} is counted in {_COUNTED_IN[kind]} and in nothing else"
        strength = book.strengths.get(name)
        if strength is not None and Fraction(entry.mass_ug) != stock * strength:
            holds = float(stock * strength)
            words = f"{stock} {_COUNTED_IN[kind]} of {kind} {name} hold {holds:g} micrograms"
            yield "BK-STRENGTH", f"{words}, not {entry.mass_ug}"


_COUNTED_IN = {"vial": "microlitres", "pack": "pieces"}


def _correction(book: Book, entry: Transfer, seen: _Seen) -> Iterator[Fault]:
    if entry.corrects is None:
        return
    target = book.transfers.get(entry.corrects)
    if target is None or entry.corrects == entry.id:
        yield "BK-CORRECTS", f"there is no transfer {entry.corrects} to correct"
        return
    back = (entry.source, entry.destination, entry.mass_ug, entry.volume_ul, entry.units)
    whole = (target.destination, target.source, target.mass_ug, target.volume_ul, target.units)
    if back != whole:
        yield "BK-CORRECTS", f"a correction of {target.id} takes all of it back the same way"
    if any(other != entry.id for other in seen.corrected[target.id]):
        yield "BK-CORRECTS", f"{target.id} is corrected more than once"


_TRANSFER_RULES: tuple[Callable[[Book, Transfer], Iterator[Fault]], ...] = (
    _amount,
    _way,
    _reason,
    _strength,
)


def _overdrawn(book: Book) -> Iterator[BrokenRule]:
    """Containers, trays and shipments never hold less than nothing, at no moment. A shipment that
    the book of another site sent begins here with its arrival."""
    sent = {one.destination for one in book.transfers.values()}
    for one, held in running_balances(book):
        entry = one.entry
        if not isinstance(entry, Transfer) or account_kind(entry.source) not in _HOLDS_DRUG:
            continue
        if account_kind(entry.source) == "transit" and entry.source not in sent:
            continue
        if held.mass[entry.source] < 0:
            kind, name = account_kind(entry.source), account_name(entry.source)
            rule = "BK-TRAY" if kind == "tray" else "BK-NEGATIVE"
            words = f"{kind} {name} would hold {held.mass[entry.source]} micrograms"
            yield BrokenRule(rule, one.number, entry.id, words)


@cache
def _limit(name: str) -> Any:
    return read_threshold(document("checklists", "controlled-substance").body[name])
