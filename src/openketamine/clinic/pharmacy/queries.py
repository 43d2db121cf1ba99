"""Reading the book: what is in each vial, and where every microgram of it went."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._entries import STREAM, Written, written
from openketamine.clinic.pharmacy.models import Vial
from openketamine.core.ledger import Book, Count, Transfer, balances
from openketamine.core.ledger import book as make_book
from openketamine.core.ledger import discrepancies as find_discrepancies
from openketamine.core.ledger._discrepancies import Discrepancy


@dataclass(frozen=True)
class VialOnShelf:
    """A vial and what the book says is in it. `status`: sealed, open, empty or expired."""

    vial: Vial
    on_hand_ul: int
    on_hand_ug: int
    status: str


@dataclass(frozen=True)
class LedgerRow:
    """One line of a vial's page. `balance_*` is what the vial held after it; a line about what
    became of drug on a tray moves no vial and repeats the balance."""

    at: datetime
    kind: str
    source: str
    destination: str
    mass_ug: int
    volume_ul: int
    balance_ug: int
    balance_ul: int
    by: str
    witness: str
    reason: str
    method: str
    session: str
    moves_vial: bool
    id: str


@dataclass(frozen=True)
class VialLedger:
    """The page of one vial: its lines and its sums. Balanced: withdrawn = given + wasted + tray."""

    vial: Vial
    rows: tuple[LedgerRow, ...]
    on_hand_ug: int
    on_hand_ul: int
    withdrawn_ug: int
    given_ug: int
    wasted_ug: int
    on_tray_ug: int

    @property
    def balanced(self) -> bool:
        """Whether nothing that was taken out is unaccounted for."""
        return self.withdrawn_ug == self.given_ug + self.wasted_ug and self.on_tray_ug == 0


def book() -> Book:
    """The whole book."""
    return make_book(one.entry for one in written(_facts()))


def book_of(*, vial: str | None = None, session: str | None = None) -> Book:
    """The entries that name this vial or this session: all that a check of one move needs."""
    return make_book(one.entry for one in _naming(vial, session))


def vial(vial_id: uuid.UUID | str) -> Vial:
    """One vial; Vial.DoesNotExist where there is none."""
    return Vial.objects.get(pk=vial_id)


def vials(today: date) -> list[VialOnShelf]:
    """Every vial, first to expire first."""
    held = {one.account: (one.mass_ug, one.volume_ul or 0) for one in balances(book())}
    return [
        _on_shelf(vial, *held.get(f"vial:{vial.pk}", (0, 0)), today) for vial in Vial.objects.all()
    ]


def usable_vials(today: date) -> list[VialOnShelf]:
    """Those that drug may be taken from today."""
    return [one for one in vials(today) if one.status in ("sealed", "open")]


def tray(session_id: uuid.UUID | str) -> int:
    """Micrograms on the tray of a session."""
    account = f"tray:{session_id}"
    held = balances(book_of(session=str(session_id)))
    return next((one.mass_ug for one in held if one.account == account), 0)


def discrepancies(open_sessions: Collection[str] = ()) -> tuple[Discrepancy, ...]:
    """What somebody must answer: counts that differ, trays of finished sessions with drug left."""
    return find_discrepancies(book(), open_sessions)


def vial_ledger(vial: Vial) -> VialLedger:
    """Every line about this vial, and about the drug that left it for a tray."""
    drawn = _naming(str(vial.pk), None)
    sessions = {one.entry.session for one in drawn if isinstance(one.entry, Transfer)} - {""}
    afterwards = [
        one
        for session in sorted(sessions)
        for one in _naming(None, session)
        if isinstance(one.entry, Transfer) and one.entry.source == f"tray:{session}"
    ]
    lines = {one.number: one for one in (*drawn, *afterwards)}
    rows = _rows(vial, sorted(lines.values(), key=lambda one: (one.entry.at, one.number)))
    return _summed(vial, rows)


def _facts() -> QuerySet[Fact]:
    return Fact.objects.filter(stream=STREAM).order_by("number")


def _naming(vial: str | None, session: str | None) -> list[Written]:
    facts = _facts()
    if vial is not None:
        facts = facts.filter(body__entry__container=vial)
    if session is not None:
        facts = facts.filter(body__entry__session=session)
    return written(facts)


def _on_shelf(vial: Vial, mass_ug: int, volume_ul: int, today: date) -> VialOnShelf:
    if volume_ul <= 0:
        status = "empty"
    elif vial.expiry < today:
        status = "expired"
    else:
        status = "sealed" if volume_ul >= vial.volume_ul else "open"
    return VialOnShelf(vial, volume_ul, mass_ug, status)


def _rows(vial: Vial, lines: Iterable[Written]) -> tuple[LedgerRow, ...]:
    account, mass, volume, rows = f"vial:{vial.pk}", 0, 0, []
    for one in lines:
        entry = one.entry
        if isinstance(entry, Transfer):
            sign = (entry.destination == account) - (entry.source == account)
            mass, volume = mass + sign * entry.mass_ug, volume + sign * entry.volume_ul
        rows.append(_row(one, mass, volume, account))
    return tuple(rows)


def _row(one: Written, mass: int, volume: int, account: str) -> LedgerRow:
    entry = one.entry
    if isinstance(entry, Count):
        return LedgerRow(
            at=entry.at,
            kind="count",
            source=account,
            destination="",
            mass_ug=0,
            volume_ul=entry.volume_ul,
            balance_ug=mass,
            balance_ul=volume,
            by=one.by_name,
            witness=one.witness_name,
            reason=entry.note,
            method="",
            session="",
            moves_vial=False,
            id=entry.id,
        )
    return LedgerRow(
        at=entry.at,
        kind=_KINDS.get((_kind(entry.source), _kind(entry.destination)), "correction"),
        source=entry.source,
        destination=entry.destination,
        mass_ug=entry.mass_ug,
        volume_ul=entry.volume_ul,
        balance_ug=mass,
        balance_ul=volume,
        by=one.by_name,
        witness=one.witness_name,
        reason=entry.reason,
        method=one.method,
        session=entry.session,
        moves_vial=account in (entry.source, entry.destination),
        id=entry.id,
    )


_KINDS = {
    ("supplier", "vial"): "received",
    ("vial", "tray"): "withdrawn",
    ("tray", "patient"): "given",
    ("tray", "waste"): "wasted",
    ("vial", "waste"): "wasted",
    ("vial", "lost"): "lost",
    ("tray", "lost"): "lost",
}


def _kind(account: str) -> str:
    return account.partition(":")[0]


def _summed(vial: Vial, rows: tuple[LedgerRow, ...]) -> VialLedger:
    def total(kind: str) -> int:
        return sum(row.mass_ug for row in rows if row.kind == kind)

    last = rows[-1] if rows else None
    gone = {kind: total(kind) for kind in ("withdrawn", "given", "wasted", "lost")}
    return VialLedger(
        vial=vial,
        rows=rows,
        on_hand_ug=last.balance_ug if last else 0,
        on_hand_ul=last.balance_ul if last else 0,
        withdrawn_ug=gone["withdrawn"],
        given_ug=gone["given"],
        wasted_ug=gone["wasted"],
        on_tray_ug=gone["withdrawn"] - gone["given"] - gone["wasted"] - gone["lost"],
    )
