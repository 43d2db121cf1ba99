"""Where the book and the world differ: a count that does not match, a tray that is not empty."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

from openketamine.core.ledger._book import Balance, Book, Numbered, balances, counts
from openketamine.core.ledger._entries import Count, Transfer, account_kind, account_name
from openketamine.knowledge import Threshold, document, read_threshold


@dataclass(frozen=True)
class Discrepancy:
    """A difference that a person must answer. `entry` is the number of the entry that shows it,
    `entry_id` its id. `*_units`: pieces of a pack, None for all else."""

    kind: str
    account: str
    expected_ug: int
    found_ug: int
    expected_ul: int | None
    found_ul: int | None
    entry: int | None
    summary: str
    expected_units: int | None = None
    found_units: int | None = None
    entry_id: str = ""

    @property
    def difference_ug(self) -> int:
        """Found less expected; negative where drug is missing."""
        return self.found_ug - self.expected_ug

    def as_json(self) -> dict[str, Any]:
        """The form of `ledger check`."""
        said = {
            "kind": self.kind,
            "account": self.account,
            "entry": self.entry,
            "expected_ug": self.expected_ug,
            "found_ug": self.found_ug,
            "difference_ug": self.difference_ug,
            "expected_ul": self.expected_ul,
            "found_ul": self.found_ul,
            "difference_ul": _less(self.found_ul, self.expected_ul),
            "summary": self.summary,
        }
        if self.expected_units is not None:
            said |= {
                "expected_units": self.expected_units,
                "found_units": self.found_units,
                "difference_units": _less(self.found_units, self.expected_units),
            }
        return said


def discrepancies(book: Book, open_sessions: Collection[str] = ()) -> tuple[Discrepancy, ...]:
    """Counts out of tolerance that nobody has answered, trays with drug left, shipments under way.

    `open_sessions`: sessions that are still in progress, whose tray may hold drug.
    """
    found = [_count_differs(book, *count) for count in counts(book)]
    held = balances(book)
    open_counts = tuple(one for one in found if one and one.entry_id not in book.answered)
    return open_counts + _not_arrived(book, held, open_sessions)


def pump_agrees(infused_ul: int | Fraction, concentration_ug_per_ml: int, given_ug: int) -> bool:
    """Whether the pump's volume and the mass in the book tell the same story."""
    difference = abs(infused_ul * Fraction(concentration_ug_per_ml, 1000) - given_ug)
    by_percent = Fraction(given_ug) * Fraction(_limit("pump_difference_percent").value) / 100
    return difference <= max(by_percent, Fraction(_limit("pump_difference_mass").value))


def count_differs(counted: int, expected: int, *, pieces: bool) -> bool:
    """Whether a count (µL, or pieces) is so far from the book that somebody must answer."""
    limit = _limit("count_tolerance_pieces" if pieces else "count_tolerance")
    return limit.met_by(abs(counted - expected))


def _count_differs(
    book: Book, one: Numbered, count: Count, expected_ul: int, expected_units: int
) -> Discrepancy | None:
    pieces = is_pack(book, count.container)
    found, expected = (count.units, expected_units) if pieces else (count.volume_ul, expected_ul)
    if not count_differs(found, expected, pieces=pieces):
        return None
    strength = book.strengths.get(count.container, Fraction(0))
    kind = "pack" if pieces else "vial"
    return Discrepancy(
        kind="count",
        account=f"{kind}:{count.container}",
        expected_ug=int(expected * strength),
        found_ug=int(found * strength),
        expected_ul=None if pieces else expected,
        found_ul=None if pieces else found,
        expected_units=expected if pieces else None,
        found_units=found if pieces else None,
        entry=one.number,
        entry_id=count.id,
        summary=f"The count of {kind} {count.container} and the book differ by "
        + (f"{found - expected:+d} pieces." if pieces else f"{_millilitres(found - expected)} mL."),
    )


def is_pack(book: Book, container: str) -> bool:
    """Whether a container holds pieces: by its label, else by the account that it has."""
    label = book.labels.get(container)
    if label is not None:
        return label.form != "solution"
    return any(entry.destination == f"pack:{container}" for entry in book.transfers.values())


def _not_arrived(
    book: Book, held: tuple[Balance, ...], open_sessions: Collection[str]
) -> tuple[Discrepancy, ...]:
    """Where drug only passes through: trays of ended sessions, then shipments, that hold some."""
    passing = {"tray": left_on_tray, "transit": left_in_transit}
    return tuple(
        replace(say(one.account, one.mass_ug), entry=_last_entry(book, one.account))
        for kind, say in passing.items()
        for one in held
        if account_kind(one.account) == kind
        and one.mass_ug != 0
        and not (kind == "tray" and account_name(one.account) in open_sessions)
        # Less than nothing under way: the book of another site sent it, and it has come in here.
        and not (kind == "transit" and one.mass_ug < 0)
    )


def left_on_tray(account: str, mass_ug: int) -> Discrepancy:
    """What was taken for a session and is nowhere else yet."""
    session = account_name(account)
    words = f"{mass_ug} micrograms taken for session {session} were neither given nor wasted."
    return Discrepancy("tray", account, 0, mass_ug, None, None, None, words)


def left_in_transit(account: str, mass_ug: int) -> Discrepancy:
    """What was sent from one place and has not arrived at the other."""
    shipment = account_name(account)
    words = f"{mass_ug} micrograms of shipment {shipment} were sent and have not been received."
    return Discrepancy("transit", account, 0, mass_ug, None, None, None, words)


def _last_entry(book: Book, account: str) -> int:
    touching = (
        one.number
        for one in book.in_time
        if isinstance(one.entry, Transfer) and account in (one.entry.source, one.entry.destination)
    )
    return max(touching)


def _millilitres(volume_ul: int) -> str:
    return f"{volume_ul / 1000:+.3f}".rstrip("0").rstrip(".")


def _less(found: int | None, expected: int | None) -> int | None:
    return None if found is None or expected is None else found - expected


@cache
def _limit(name: str) -> Threshold:
    return read_threshold(document("checklists", "controlled-substance").body[name])
