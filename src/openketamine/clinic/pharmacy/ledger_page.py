"""The ledger of a vial in words: amounts with units, accounts as people call them, and the sum."""

from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal

from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.pharmacy.queries import LedgerRow, VialLedger
from openketamine.core.quantities import format_number

_WORDS = {
    "received": "Received",
    "withdrawn": "Withdrawn",
    "given": "Given",
    "wasted": "Wasted",
    "lost": "Lost",
    "count": "Counted",
    "correction": "Correction",
}


@dataclass(frozen=True)
class Line:
    """One row of the table. `session` is the id behind a link, or empty."""

    at: str
    what: str
    change: str
    mass: str
    balance: str
    by: str
    witness: str
    why: str
    session: str
    moves_vial: bool


@dataclass(frozen=True)
class LedgerPage:
    """The lines and the sum that they must make."""

    lines: tuple[Line, ...]
    left: str
    left_mass: str
    withdrawn: str
    given: str
    wasted: str
    unaccounted: str
    balanced: bool
    touched: bool


def ledger_page(ledger: VialLedger, zone: tzinfo) -> LedgerPage:
    """Everything the template prints."""
    return LedgerPage(
        lines=tuple(_line(row, zone) for row in ledger.rows),
        left=millilitres(ledger.on_hand_ul),
        left_mass=milligrams(ledger.on_hand_ug),
        withdrawn=milligrams(ledger.withdrawn_ug),
        given=milligrams(ledger.given_ug),
        wasted=milligrams(ledger.wasted_ug),
        unaccounted=milligrams(ledger.on_tray_ug),
        balanced=ledger.balanced,
        touched=ledger.withdrawn_ug > 0,
    )


def _line(row: LedgerRow, zone: tzinfo) -> Line:
    return Line(
        at=f"{row.at.astimezone(zone):%d-%b-%Y %H:%M}",
        what=_WORDS.get(row.kind, row.kind.capitalize()),
        change=_change(row),
        mass="" if row.kind == "count" else milligrams(row.mass_ug),
        balance=millilitres(row.balance_ul),
        by=row.by,
        witness=row.witness,
        why=" — ".join(part for part in (row.reason.replace("_", " "), row.method) if part),
        session=row.session,
        moves_vial=row.moves_vial,
    )


def _change(row: LedgerRow) -> str:
    """What the vial gained or lost; nothing for what became of drug on a tray."""
    if row.kind == "count":
        return f"measured {millilitres(row.volume_ul)}"
    if not row.moves_vial:
        return ""
    sign = "+" if row.destination.startswith("vial:") else "−"
    return f"{sign} {millilitres(row.volume_ul)}"


def millilitres(microlitres: int) -> str:
    """`9.3 mL`."""
    return f"{format_number(Decimal(microlitres) / 1000, 3)} mL"


def milligrams(micrograms: int) -> str:
    """`35 mg`."""
    return f"{format_number(Decimal(micrograms) / 1000, 3)} mg"


def strength(vial: Vial) -> str:
    """`50 mg in 1 mL`: no slash in a strength."""
    return f"{format_number(Decimal(vial.concentration_ug_per_ml) / 1000, 3)} mg in 1 mL"
