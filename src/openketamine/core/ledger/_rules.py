"""The rules of the book. Each fault is named, with the number of the entry that broke it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from openketamine.core.ledger._book import Book, running_balances
from openketamine.core.ledger._entries import Count, Transfer, account_kind, account_name
from openketamine.knowledge import document

# Where drug may come from and go to. A correction goes the other way, and only against its target.
_WAYS = {
    ("supplier", "vial"),
    ("overfill", "vial"),
    ("vial", "tray"),
    ("tray", "patient"),
    ("tray", "waste"),
    ("vial", "waste"),
    ("vial", "lost"),
    ("tray", "lost"),
}
_HOLDS_DRUG = ("vial", "tray")
_NEEDS_WITNESS = ("waste", "lost")


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
    found = [
        BrokenRule(rule, number, entry.id, summary)
        for number, entry in enumerate(book.entries, 1)
        for rule, summary in _faults_of(book, number, entry)
    ]
    found += _overdrawn(book)
    return tuple(sorted(found, key=lambda one: (one.entry, one.rule)))


def _faults_of(book: Book, number: int, entry: Transfer | Count) -> Iterator[Fault]:
    yield from _identity(book, number, entry)
    yield from _witness(entry)
    if isinstance(entry, Count):
        if f"vial:{entry.container}" not in _known_accounts(book):
            yield "BK-CONTAINER", f"vial {entry.container} was counted but never received"
        return
    for rule in _TRANSFER_RULES:
        yield from rule(book, entry)


def _identity(book: Book, number: int, entry: Transfer | Count) -> Iterator[Fault]:
    if any(earlier.id == entry.id for earlier in book.entries[: number - 1]):
        yield "BK-TWICE", f"the id {entry.id} stands in the book already"


def _witness(entry: Transfer | Count) -> Iterator[Fault]:
    if entry.witness and entry.witness == entry.by:
        yield "BK-WITNESS-SAME", f"{entry.by} cannot witness their own entry"
    if not entry.by:
        yield "BK-ACTOR", "nobody is named as the one who did this"
    if isinstance(entry, Transfer) and not entry.witness and _needs_witness(entry):
        yield "BK-WITNESS-MISSING", "drug that is wasted or lost needs a second person"


def _needs_witness(entry: Transfer) -> bool:
    return account_kind(entry.destination) in _NEEDS_WITNESS or entry.corrects is not None


def _amount(_: Book, entry: Transfer) -> Iterator[Fault]:
    if entry.mass_ug <= 0 or entry.volume_ul < 0:
        yield "BK-AMOUNT", "an amount is more than nothing; a way back is a correction"


def _way(_: Book, entry: Transfer) -> Iterator[Fault]:
    way = (account_kind(entry.source), account_kind(entry.destination))
    if entry.corrects is None and way not in _WAYS:
        yield "BK-WAY", f"drug cannot go from {entry.source} to {entry.destination}"
    names = {account_name(a) for a in (entry.source, entry.destination) if _of_session(a)}
    if len(names | {entry.session}) > 1 and names:
        yield (
            "BK-SESSION",
            f"{entry.source} and {entry.destination} are not of session {entry.session}",
        )
    vials = {
        account_name(a) for a in (entry.source, entry.destination) if account_kind(a) == "vial"
    }
    if vials and vials != {entry.container}:
        yield "BK-CONTAINER", f"the entry names vial {entry.container} and moves {', '.join(vials)}"


def _of_session(account: str) -> bool:
    return account_kind(account) in ("tray", "patient")


def _reason(_: Book, entry: Transfer) -> Iterator[Fault]:
    known = _reasons().get(account_kind(entry.destination))
    if entry.corrects is None and known is not None and entry.reason not in known:
        yield "BK-REASON", f"{entry.reason!r} is not a reason that we know: {', '.join(known)}"
    if entry.corrects is not None and not entry.reason.strip():
        yield "BK-REASON", "a correction says why"


def _reasons() -> Mapping[str, tuple[str, ...]]:
    body = document("checklists", "controlled-substance").body
    return {
        "waste": tuple(body["waste_reasons"]["allowed"]),
        "lost": tuple(body["loss_reasons"]["allowed"]),
    }


def _strength(book: Book, entry: Transfer) -> Iterator[Fault]:
    """Volume is stock only where a vial is touched: there mass = volume × strength, exactly."""
    for account in (entry.source, entry.destination):
        kind, vial = account_kind(account), account_name(account)
        strength = book.strengths.get(vial) if kind == "vial" else None
        if strength is not None and Fraction(entry.mass_ug) != entry.volume_ul * strength:
            holds = float(entry.volume_ul * strength)
            words = f"{entry.volume_ul} microlitres of vial {vial} hold {holds:g} micrograms"
            yield "BK-STRENGTH", f"{words}, not {entry.mass_ug}"


def _correction(book: Book, entry: Transfer) -> Iterator[Fault]:
    if entry.corrects is None:
        return
    target = next((e for e in book.entries if e.id == entry.corrects and e is not entry), None)
    if not isinstance(target, Transfer) or entry.corrects == entry.id:
        yield "BK-CORRECTS", f"there is no transfer {entry.corrects} to correct"
        return
    back = (entry.source, entry.destination, entry.mass_ug, entry.volume_ul)
    if back != (target.destination, target.source, target.mass_ug, target.volume_ul):
        yield "BK-CORRECTS", f"a correction of {target.id} takes all of it back the same way"
    if any(
        e.id != entry.id and isinstance(e, Transfer) and e.corrects == target.id
        for e in book.entries
    ):
        yield "BK-CORRECTS", f"{target.id} is corrected more than once"


_TRANSFER_RULES: tuple[Callable[[Book, Transfer], Iterator[Fault]], ...] = (
    _amount,
    _way,
    _reason,
    _strength,
    _correction,
)


def _known_accounts(book: Book) -> set[str]:
    transfers = (entry for entry in book.entries if isinstance(entry, Transfer))
    return {account for entry in transfers for account in (entry.source, entry.destination)}


def _overdrawn(book: Book) -> Iterator[BrokenRule]:
    """Vials and trays never hold less than nothing, at no moment."""
    for one, mass, _ in running_balances(book):
        entry = one.entry
        if not isinstance(entry, Transfer) or account_kind(entry.source) not in _HOLDS_DRUG:
            continue
        if mass[entry.source] < 0:
            kind, name = account_kind(entry.source), account_name(entry.source)
            rule = "BK-TRAY" if kind == "tray" else "BK-NEGATIVE"
            words = f"{kind} {name} would hold {mass[entry.source]} micrograms"
            yield BrokenRule(rule, one.number, entry.id, words)
