"""The book: entries folded into balances, by double entry in whole micrograms and microlitres."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from openketamine.core.ledger._entries import Count, Entry, Transfer, account_kind, account_name


@dataclass(frozen=True)
class Balance:
    """What an account holds. `volume_ul` is None where volume does not balance."""

    account: str
    mass_ug: int
    volume_ul: int | None


@dataclass(frozen=True)
class Numbered:
    """An entry with its place in the book, from 1, by which a fault is named."""

    number: int
    entry: Entry


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
    def strengths(self) -> Mapping[str, Fraction]:
        """µg in each µL of a vial, from what was received into it first."""
        found: dict[str, Fraction] = {}
        for entry in (one.entry for one in self.in_time):
            if not isinstance(entry, Transfer) or account_kind(entry.destination) != "vial":
                continue
            if account_kind(entry.source) == "supplier" and entry.volume_ul > 0:
                strength = Fraction(entry.mass_ug, entry.volume_ul)
                found.setdefault(account_name(entry.destination), strength)
        return found


def book(entries: Iterable[Entry]) -> Book:
    """A book of these entries. Nothing is refused here: faults are found by `broken_rules`."""
    return Book(tuple(entries))


def balances(book: Book) -> tuple[Balance, ...]:
    """Every account and what it holds; over all accounts the masses sum to zero."""
    mass: dict[str, int] = defaultdict(int)
    volume: dict[str, int] = defaultdict(int)
    for entry in book.entries:
        if isinstance(entry, Transfer):
            post(mass, entry, entry.mass_ug)
            post(volume, entry, entry.volume_ul)
    return tuple(
        Balance(
            account, mass[account], volume[account] if account_kind(account) == "vial" else None
        )
        for account in sorted(mass)
    )


def post(accounts: dict[str, int], entry: Transfer, amount: int) -> None:
    """Take from the source and give to the destination: the two halves of a double entry."""
    accounts[entry.source] = accounts.get(entry.source, 0) - amount
    accounts[entry.destination] = accounts.get(entry.destination, 0) + amount


def running_balances(book: Book) -> Iterator[tuple[Numbered, Mapping[str, int], Mapping[str, int]]]:
    """Each entry in time with mass and volume of every account after it."""
    mass: dict[str, int] = {}
    volume: dict[str, int] = {}
    for one in book.in_time:
        if isinstance(one.entry, Transfer):
            post(mass, one.entry, one.entry.mass_ug)
            post(volume, one.entry, one.entry.volume_ul)
        yield one, mass, volume


def counts(book: Book) -> Iterator[tuple[Numbered, Count, int]]:
    """Each count with the volume that the book expected at that moment."""
    for one, _, volume in running_balances(book):
        if isinstance(one.entry, Count):
            yield one, one.entry, volume.get(f"vial:{one.entry.container}", 0)
