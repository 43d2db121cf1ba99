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
    "on hand": "On hand at the start",
    "overfill": "More than the label says",
    "quarantined": "Kept apart",
    "released": "In use again",
    "explained": "Difference explained",
    "countersigned": "Correction signed by a second person",
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
        lines=tuple(_line(ledger.vial, row, zone) for row in ledger.rows),
        left=stock(ledger.vial, ledger.on_hand_ul, ledger.on_hand_units),
        left_mass=milligrams(ledger.on_hand_ug),
        withdrawn=milligrams(ledger.withdrawn_ug),
        given=milligrams(ledger.given_ug),
        wasted=milligrams(ledger.wasted_ug),
        unaccounted=milligrams(ledger.on_tray_ug),
        balanced=ledger.balanced,
        touched=ledger.withdrawn_ug > 0,
    )


def _line(vial: Vial, row: LedgerRow, zone: tzinfo) -> Line:
    return Line(
        at=f"{row.at.astimezone(zone):%d-%b-%Y %H:%M}",
        what=_WORDS.get(row.kind, row.kind.capitalize()),
        change=_change(vial, row),
        mass=milligrams(row.mass_ug) if row.mass_ug else "",
        balance=stock(vial, row.balance_ul, row.balance_units),
        by=row.by,
        witness=row.witness,
        why=" — ".join(part for part in (row.reason.replace("_", " "), row.method) if part),
        session=row.session,
        moves_vial=row.moves_vial,
    )


def _change(vial: Vial, row: LedgerRow) -> str:
    """What the vial gained or lost; nothing for what became of drug on a tray."""
    if row.kind == "count":
        word = "counted" if vial.is_pack else "measured"
        return f"{word} {stock(vial, row.volume_ul, row.units)}"
    if not row.moves_vial:
        return ""
    sign = "+" if row.destination == vial.account else "−"
    return f"{sign} {stock(vial, row.volume_ul, row.units)}"


def stock(vial: Vial, volume_ul: int, units: int) -> str:
    """`9.3 mL`, or `28 troches`."""
    if not vial.is_pack:
        return millilitres(volume_ul)
    return f"{units} {vial.form}{'' if units == 1 else 's'}"


def full(vial: Vial) -> str:
    """What a full one holds, as printed."""
    return stock(vial, vial.volume_ul, vial.units)


def millilitres(microlitres: int) -> str:
    """`9.3 mL`."""
    return f"{format_number(Decimal(microlitres) / 1000, 3)} mL"


def milligrams(micrograms: int) -> str:
    """`35 mg`."""
    return f"{format_number(Decimal(micrograms) / 1000, 3)} mg"


def strength(vial: Vial) -> str:
    """`50 mg in 1 mL`, `25 mg in each`: no slash in a strength."""
    if vial.is_pack:
        return f"{milligrams(vial.unit_ug)} in each"
    return f"{format_number(Decimal(vial.concentration_ug_per_ml) / 1000, 3)} mg in 1 mL"
