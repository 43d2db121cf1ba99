"""Reading the book: what is in each container, and where every microgram of it went."""

import uuid
from collections.abc import Collection
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
    naming_one,
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
    held_of,
    in_stock,
    place_after,
    shelf,
)
from openketamine.clinic.pharmacy._shipments import Shipment, under_way
from openketamine.clinic.pharmacy._vial_ledger import LedgerRow, VialLedger, vial_ledger
from openketamine.clinic.pharmacy.models import Account, Vial
from openketamine.core.ledger import (
    Book,
    Discrepancy,
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


def book() -> Book:
    """The whole book."""
    return make_book(one.entry for one in written(in_order(book_facts())))


def book_of(*, vial: str | None = None, session: str | None = None) -> Book:
    """The entries that name this vial or this session, at whatever site they were written: all
    that a check of one move needs."""
    return make_book(one.entry for one in naming_one(rows(*BOOK_KINDS), vial, session))


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
    return held_of(Account.objects.filter(pk=account).first())


def has_initial_inventory() -> bool:
    """Whether the inventory of the first day is on record, as 21 CFR 1304.11(b) asks."""
    return own_rows("inventory_taken").filter(body__purpose="initial").exists()


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


def book_facts() -> QuerySet[Fact]:
    """The rows of the books of these sites, in no order."""
    return own_rows(*BOOK_KINDS)
