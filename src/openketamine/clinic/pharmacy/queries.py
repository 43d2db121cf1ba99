"""Reading the book: what is in each container, and where every microgram of it went."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._cases import (
    Case,
    Sheet,
    Step,
    case,
    cases,
    sheet,
    sheets,
    trays_here,
)
from openketamine.clinic.pharmacy._entries import (
    BOOK_KINDS,
    Written,
    in_order,
    own_rows,
    rows,
    written,
)
from openketamine.clinic.pharmacy._shelf import (
    Held,
    Place,
    VialOnShelf,
    accounts_off,
    all_held,
    handlings,
    in_stock,
    place_after,
    shelf,
)
from openketamine.clinic.pharmacy._shipments import Shipment, under_way
from openketamine.clinic.pharmacy.models import Account, Vial
from openketamine.core.ledger import (
    Book,
    Count,
    Discrepancy,
    Handling,
    Label,
    Transfer,
    Whereabouts,
    whereabouts,
)
from openketamine.core.ledger import book as make_book
from openketamine.core.ledger import discrepancies as find_discrepancies

__all__ = [
    "Case",
    "Held",
    "LedgerRow",
    "Place",
    "Sheet",
    "Shipment",
    "Step",
    "VialLedger",
    "VialOnShelf",
    "accounts_off",
    "all_held",
    "book",
    "book_facts",
    "book_of",
    "case",
    "cases",
    "discrepancies",
    "entry",
    "has_initial_inventory",
    "held",
    "name_of",
    "note",
    "notes",
    "place_of",
    "sheet",
    "sheets",
    "shelf",
    "stocked",
    "tray",
    "trays_here",
    "under_way",
    "usable_vials",
    "vial",
    "vial_ledger",
    "vials",
]


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
    units: int = 0
    balance_units: int = 0
    shared: bool = False
    by_id: str = ""
    corrects: str = ""


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
    on_hand_units: int = 0
    shared: bool = False

    @property
    def balanced(self) -> bool:
        """Whether nothing that was taken out is unaccounted for."""
        return self.withdrawn_ug == self.given_ug + self.wasted_ug and self.on_tray_ug == 0


def book() -> Book:
    """The whole book."""
    return make_book(one.entry for one in written(in_order(book_facts())))


def book_of(*, vial: str | None = None, session: str | None = None) -> Book:
    """The entries that name this vial or this session, at whatever site they were written: all
    that a check of one move needs."""
    return make_book(one.entry for one in _naming(rows(*BOOK_KINDS), vial, session))


def vial(vial_id: uuid.UUID | str) -> Vial:
    """One vial; Vial.DoesNotExist where there is none."""
    return Vial.objects.get(pk=vial_id)


def vials(today: date | datetime) -> list[VialOnShelf]:
    """Every container that ever came in, first to expire first, as it is at this moment (of a day:
    at its noon)."""
    return shelf(Vial.objects.all(), _moment(today))


def stocked(today: date | datetime) -> list[VialOnShelf]:
    """The containers that hold something, first to expire first."""
    return shelf(in_stock(), _moment(today))


def usable_vials(today: date | datetime) -> list[VialOnShelf]:
    """Those that drug may be taken from today."""
    return [one for one in stocked(today) if one.status in ("sealed", "open")]


def _moment(today: date | datetime) -> datetime:
    noon = datetime.combine(today, time(12), timezone.get_current_timezone())
    return today if isinstance(today, datetime) else noon


def held(account: str) -> Held:
    """What a container or a shipment holds. Of what is under way, volume and pieces are those that
    were sent less those that came."""
    one = Account.objects.filter(pk=account).first()
    return Held(one.mass_ug, one.volume_ul, one.units) if one else Held()


def has_initial_inventory() -> bool:
    """Whether the inventory of the first day is on record, as 21 CFR 1304.11(b) asks."""
    return own_rows("inventory_taken").filter(body__purpose="initial").exists()


def name_of(account: str) -> str:
    """`vial:<id>` → the id."""
    return account.partition(":")[2]


def place_of(vial: Vial) -> Place:
    """The site and cabinet in which a container is."""
    return place_after(vial, handlings(str(vial.pk)))


def entry(entry_id: str) -> Written | None:
    """One entry of the book; None where there is none."""
    facts = rows(*BOOK_KINDS).filter(pk=entry_id)
    return next(iter(written(facts)), None)


def note(identity: str, kind: str) -> dict[str, Any] | None:
    """What was written down beside the book under this id; None where nothing was."""
    fact = rows(kind).filter(pk=identity).first()
    return dict(fact.body) if fact else None


def notes(kind: str) -> list[Fact]:
    """Everything of one kind that stands beside the book, in its order."""
    return in_order(own_rows(kind))


def tray(session_id: uuid.UUID | str) -> int:
    """Micrograms on the tray of a session."""
    held = Account.objects.filter(pk=f"tray:{session_id}").first()
    return held.mass_ug if held else 0


def discrepancies(open_sessions: Collection[str] = ()) -> tuple[Discrepancy, ...]:
    """What somebody must answer: counts that differ, trays of finished sessions with drug left."""
    return find_discrepancies(book(), open_sessions)


def vial_ledger(vial: Vial) -> VialLedger:
    """Every line about this vial, and about the drug that left it for a tray."""
    drawn = _own_naming(str(vial.pk), None)
    sessions = {one.entry.session for one in drawn if isinstance(one.entry, Transfer)} - {""}
    afterwards = [
        one
        for session in sorted(sessions)
        for one in _own_naming(None, session)
        if isinstance(one.entry, Transfer) and one.entry.source == f"tray:{session}"
    ]
    lines = {one.entry.id: one for one in (*drawn, *afterwards)}
    return _summed(vial, _rows(vial, sorted(lines.values(), key=_in_time)))


def book_facts() -> QuerySet[Fact]:
    """The rows of the books of these sites, in no order."""
    return own_rows(*BOOK_KINDS)


def _naming(facts: QuerySet[Fact], vial: str | None, session: str | None) -> list[Written]:
    if vial is not None:
        facts = facts.filter(body__entry__container=vial)
    if session is not None:
        facts = facts.filter(body__entry__session=session)
    return written(in_order(facts))


def _own_naming(vial: str | None, session: str | None) -> list[Written]:
    return _naming(book_facts(), vial, session)


def _rows(vial: Vial, lines: Iterable[Written]) -> tuple[LedgerRow, ...]:
    account, mass, volume, units, rows = vial.account, 0, 0, 0, []
    for one in lines:
        entry = one.entry
        if isinstance(entry, Label):
            continue
        if isinstance(entry, Transfer):
            sign = (entry.destination == account) - (entry.source == account)
            mass, volume = mass + sign * entry.mass_ug, volume + sign * entry.volume_ul
            units += sign * entry.units
        rows.append(_row(one, Held(mass, volume, units), account))
    return tuple(rows)


def _row(one: Written, after: Held, account: str) -> LedgerRow:
    entry = one.entry
    common: dict[str, Any] = {
        "at": entry.at,
        "balance_ug": after.mass_ug,
        "balance_ul": after.volume_ul,
        "balance_units": after.units,
        "by": one.by_name,
        "by_id": entry.by,
        "witness": one.witness_name,
        "id": entry.id,
    }
    if isinstance(entry, Transfer):
        return LedgerRow(
            kind=_kind_of(entry),
            source=entry.source,
            destination=entry.destination,
            mass_ug=entry.mass_ug,
            volume_ul=entry.volume_ul,
            units=entry.units,
            reason=entry.reason,
            method=one.method,
            session=entry.session,
            moves_vial=account in (entry.source, entry.destination),
            corrects=entry.corrects or "",
            shared=", " in entry.container,
            **common,
        )
    counted = entry if isinstance(entry, Count) else None
    what = entry.what if isinstance(entry, Handling) else "count"
    return LedgerRow(
        kind=what,
        source=account,
        destination="",
        mass_ug=0,
        volume_ul=counted.volume_ul if counted else 0,
        units=counted.units if counted else 0,
        reason=counted.note if counted else _handled_words(entry),
        method="",
        session="",
        moves_vial=False,
        **common,
    )


def _handled_words(entry: Any) -> str:
    place = ", ".join(filter(None, (entry.site, entry.cabinet)))
    return " ".join(filter(None, (entry.reason, f"to {place}" if place else "")))


def _kind_of(entry: Transfer) -> str:
    if entry.corrects is not None:
        return "correction"
    source = "vial" if _kind(entry.source) == "pack" else _kind(entry.source)
    goal = "vial" if _kind(entry.destination) == "pack" else _kind(entry.destination)
    return _KINDS.get((source, goal), "correction")


_KINDS = {
    ("supplier", "vial"): "received",
    ("initial", "vial"): "on hand",
    ("overfill", "vial"): "overfill",
    ("found", "vial"): "found",
    ("transit", "vial"): "arrived",
    ("vial", "transit"): "sent",
    ("vial", "spilled"): "spilled",
    ("tray", "spilled"): "spilled",
    ("vial", "destroyed"): "destroyed",
    ("vial", "returned"): "returned",
    ("vial", "registrant"): "handed over",
    ("tray", "vial"): "put back",
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
    """What became of this container's own drug, also where two of them filled one tray."""
    last = rows[-1] if rows else None
    sessions = {row.session for row in rows if row.session}
    traced = whereabouts(_with_sessions(str(vial.pk), sessions))
    own = traced.get(str(vial.pk), Whereabouts())
    taken = {kind: own.gone.get(kind, 0) for kind in ("patient", "waste", "tray")}
    return VialLedger(
        vial=vial,
        rows=rows,
        on_hand_ug=last.balance_ug if last else 0,
        on_hand_ul=last.balance_ul if last else 0,
        on_hand_units=last.balance_units if last else 0,
        withdrawn_ug=sum(row.mass_ug for row in rows if row.kind == "withdrawn" and row.moves_vial)
        - sum(row.mass_ug for row in rows if row.kind == "correction" and _into(row, vial)),
        given_ug=taken["patient"],
        wasted_ug=taken["waste"],
        on_tray_ug=taken["tray"],
        shared=_shared(rows),
    )


def _into(row: LedgerRow, vial: Vial) -> bool:
    return row.destination == vial.account and row.source.startswith("tray:")


def _shared(rows: Iterable[LedgerRow]) -> bool:
    """Whether a tray was filled from this container and another."""
    return any(row.kind in ("given", "wasted") and row.shared for row in rows)


def _with_sessions(vial: str, sessions: Collection[str]) -> Book:
    lines = {one.entry.id: one for one in _own_naming(vial, None)}
    for session in sessions:
        lines |= {one.entry.id: one for one in _own_naming(None, session)}
    return make_book(one.entry for one in sorted(lines.values(), key=_in_time))


def _in_time(one: Written) -> tuple[datetime, str, int]:
    return one.entry.at, one.stream, one.number
