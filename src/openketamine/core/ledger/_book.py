"""The book: entries folded into balances, by double entry in whole micrograms, µL and pieces."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from openketamine.core.ledger._entries import (
    Count,
    Entry,
    Handling,
    Label,
    Transfer,
    account_kind,
    account_name,
    is_container,
)

# Where stock begins: the first of these that fills a container says how strong it is.
BEGINNINGS = ("supplier", "initial")


@dataclass(frozen=True)
class Balance:
    """What an account holds. `volume_ul` is None where volume does not balance, `units` where
    pieces do not."""

    account: str
    mass_ug: int
    volume_ul: int | None
    units: int | None = None


@dataclass(frozen=True)
class Numbered:
    """An entry with its place in the book, from 1, by which a fault is named."""

    number: int
    entry: Entry


@dataclass
class Amounts:
    """What every account holds at one moment."""

    mass: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    volume: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    units: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def post(self, entry: Transfer) -> None:
        """Take from the source and give to the destination: the halves of a double entry."""
        moved = (
            (self.mass, entry.mass_ug),
            (self.volume, entry.volume_ul),
            (self.units, entry.units),
        )
        for accounts, amount in moved:
            accounts[entry.source] -= amount
            accounts[entry.destination] += amount


@dataclass(frozen=True)
class Book:
    """All entries, in the order in which they were written down."""

    entries: tuple[Entry, ...]

    @cached_property
    def in_time(self) -> tuple[Numbered, ...]:
        """The entries in the order in which they happened; what was written later comes later."""
        numbered = (Numbered(n, entry) for n, entry in enumerate(self.entries, 1))
        return tuple(sorted(numbered, key=lambda one: (one.entry.at, one.number)))

    @cached_property
    def transfers(self) -> Mapping[str, Transfer]:
        """Moves by their id; the first of two with one id."""
        found: dict[str, Transfer] = {}
        for entry in self.entries:
            if isinstance(entry, Transfer):
                found.setdefault(entry.id, entry)
        return found

    @cached_property
    def strengths(self) -> Mapping[str, Fraction]:
        """µg in each µL of a vial or each piece of a pack: by its label, else from what first came
        into it."""
        found = {name: _printed(label) for name, label in self.labels.items()}
        for one in self.in_time:
            entry = one.entry
            if not isinstance(entry, Transfer) or not is_container(entry.destination):
                continue
            stock = entry.units if account_kind(entry.destination) == "pack" else entry.volume_ul
            if account_kind(entry.source) in BEGINNINGS and stock > 0:
                name = account_name(entry.destination)
                found.setdefault(name, Fraction(entry.mass_ug, stock))
        return found

    @cached_property
    def labels(self) -> Mapping[str, Label]:
        """What is printed on each container."""
        found: dict[str, Label] = {}
        for entry in self.entries:
            if isinstance(entry, Label):
                found.setdefault(entry.container, entry)
        return found

    @cached_property
    def answered(self) -> frozenset[str]:
        """Ids of counts whose difference was adjusted or explained by somebody."""
        return frozenset(
            entry.document
            for entry in self.entries
            if isinstance(entry, Transfer | Handling) and entry.document and _answers(entry)
        )


def _printed(label: Label) -> Fraction:
    if label.form == "solution":
        return Fraction(label.concentration_ug_per_ml, 1000)
    return Fraction(label.unit_ug)


def _answers(entry: Transfer | Handling) -> bool:
    if isinstance(entry, Handling):
        return entry.what == "explained"
    return "lost" in _kinds(entry) or "found" in _kinds(entry) or "spilled" in _kinds(entry)


def _kinds(entry: Transfer) -> tuple[str, str]:
    return account_kind(entry.source), account_kind(entry.destination)


def book(entries: Iterable[Entry]) -> Book:
    """A book of these entries. Nothing is refused here: faults are found by `broken_rules`."""
    return Book(tuple(entries))


def balances(book: Book) -> tuple[Balance, ...]:
    """Every account and what it holds; over all accounts the masses sum to zero."""
    held = Amounts()
    for entry in book.entries:
        if isinstance(entry, Transfer):
            held.post(entry)
    return tuple(
        Balance(
            account,
            held.mass[account],
            held.volume[account] if account_kind(account) == "vial" else None,
            held.units[account] if account_kind(account) == "pack" else None,
        )
        for account in sorted(held.mass)
    )


def running_balances(book: Book) -> Iterator[tuple[Numbered, Amounts]]:
    """Each entry in time with what every account holds after it."""
    held = Amounts()
    for one in book.in_time:
        if isinstance(one.entry, Transfer):
            held.post(one.entry)
        yield one, held


def counts(book: Book) -> Iterator[tuple[Numbered, Count, int, int]]:
    """Each count with the volume and the pieces that the book expected at that moment."""
    for one, held in running_balances(book):
        if isinstance(one.entry, Count):
            name = one.entry.container
            yield one, one.entry, held.volume[f"vial:{name}"], held.units[f"pack:{name}"]
