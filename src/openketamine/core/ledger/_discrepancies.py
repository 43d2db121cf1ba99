"""Where the book and the world differ: a count that does not match, a tray that is not empty."""

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from openketamine.core.ledger._book import Book, Numbered, balances, counts
from openketamine.core.ledger._entries import Count, Transfer, account_kind, account_name
from openketamine.knowledge import Threshold, document, read_threshold


@dataclass(frozen=True)
class Discrepancy:
    """A difference that a person must answer. `entry` is the number of the entry that shows it."""

    kind: str
    account: str
    expected_ug: int
    found_ug: int
    expected_ul: int | None
    found_ul: int | None
    entry: int | None
    summary: str

    @property
    def difference_ug(self) -> int:
        """Found less expected; negative where drug is missing."""
        return self.found_ug - self.expected_ug

    def as_json(self) -> dict[str, Any]:
        """The form of `ledger check`."""
        missing_volume = self.found_ul is None or self.expected_ul is None
        return {
            "kind": self.kind,
            "account": self.account,
            "entry": self.entry,
            "expected_ug": self.expected_ug,
            "found_ug": self.found_ug,
            "difference_ug": self.difference_ug,
            "expected_ul": self.expected_ul,
            "found_ul": self.found_ul,
            "difference_ul": None
            if missing_volume
            else (self.found_ul or 0) - (self.expected_ul or 0),
            "summary": self.summary,
        }


def discrepancies(book: Book, open_sessions: Collection[str] = ()) -> tuple[Discrepancy, ...]:
    """Counts out of tolerance, and trays with drug left. `open_sessions`: sessions that are still
    in progress, whose tray may hold drug."""
    found = [_count_differs(book, *count) for count in counts(book)]
    return tuple(one for one in found if one) + _trays(book, open_sessions)


def pump_agrees(infused_ul: int | Fraction, concentration_ug_per_ml: int, given_ug: int) -> bool:
    """Whether the pump's volume and the mass in the book tell the same story."""
    difference = abs(infused_ul * Fraction(concentration_ug_per_ml, 1000) - given_ug)
    by_percent = Fraction(given_ug) * Fraction(_limit("pump_difference_percent").value) / 100
    return difference <= max(by_percent, Fraction(_limit("pump_difference_mass").value))


def _count_differs(book: Book, one: Numbered, count: Count, expected_ul: int) -> Discrepancy | None:
    if not _limit("count_tolerance").met_by(abs(count.volume_ul - expected_ul)):
        return None
    strength = book.strengths.get(count.container, Fraction(0))
    return Discrepancy(
        kind="count",
        account=f"vial:{count.container}",
        expected_ug=int(expected_ul * strength),
        found_ug=int(count.volume_ul * strength),
        expected_ul=expected_ul,
        found_ul=count.volume_ul,
        entry=one.number,
        summary=f"The count of vial {count.container} and the book differ by "
        f"{_millilitres(count.volume_ul - expected_ul)} mL.",
    )


def _trays(book: Book, open_sessions: Collection[str]) -> tuple[Discrepancy, ...]:
    return tuple(
        Discrepancy(
            kind="tray",
            account=balance.account,
            expected_ug=0,
            found_ug=balance.mass_ug,
            expected_ul=None,
            found_ul=None,
            entry=_last_entry(book, balance.account),
            summary=f"{balance.mass_ug} micrograms taken for session "
            f"{account_name(balance.account)} were neither given nor wasted.",
        )
        for balance in balances(book)
        if account_kind(balance.account) == "tray"
        and balance.mass_ug != 0
        and account_name(balance.account) not in open_sessions
    )


def _last_entry(book: Book, account: str) -> int:
    touching = (
        one.number
        for one in book.in_time
        if isinstance(one.entry, Transfer) and account in (one.entry.source, one.entry.destination)
    )
    return max(touching)


def _millilitres(volume_ul: int) -> str:
    return f"{volume_ul / 1000:+.3f}".rstrip("0").rstrip(".")


@cache
def _limit(name: str) -> Threshold:
    return read_threshold(document("checklists", "controlled-substance").body[name])
