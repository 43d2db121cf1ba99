"""The page of one container: every line about it, and where its drug went."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openketamine.clinic.pharmacy._entries import BOOK_KINDS, Written, naming_one, own_rows
from openketamine.clinic.pharmacy._shelf import Held
from openketamine.clinic.pharmacy.models import Vial
from openketamine.core.ledger import (
    Book,
    Count,
    Handling,
    Label,
    Transfer,
    Whereabouts,
    account_kind,
    whereabouts,
)
from openketamine.core.ledger import book as make_book


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


def vial_ledger(vial: Vial) -> VialLedger:
    """Every line about this vial, and about the drug that left it for a tray."""
    drawn = _own_naming(str(vial.pk), None)
    sessions = {one.entry.session for one in drawn if isinstance(one.entry, Transfer)} - {""}
    beside = [one for session in sorted(sessions) for one in _own_naming(None, session)]
    rows = _rows(vial, _once(drawn, (one for one in beside if _is_off_tray(one))))
    return _summed(vial, rows, make_book(one.entry for one in _once(drawn, beside)))


def _once(*lines: Iterable[Written]) -> list[Written]:
    """Each entry once, in time."""
    found = {one.entry.id: one for some in lines for one in some}
    return sorted(found.values(), key=_in_time)


def _is_off_tray(one: Written) -> bool:
    entry = one.entry
    return isinstance(entry, Transfer) and entry.source == f"tray:{entry.session}"


def _own_naming(vial: str | None, session: str | None) -> list[Written]:
    return naming_one(own_rows(*BOOK_KINDS), vial, session)


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
    ends = (account_kind(entry.source), account_kind(entry.destination))
    source, goal = ("vial" if kind == "pack" else kind for kind in ends)
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


def _summed(vial: Vial, rows: tuple[LedgerRow, ...], beside: Book) -> VialLedger:
    """What became of this container's own drug, also where two of them filled one tray. `beside`:
    all entries of the container and of the sessions that drew from it."""
    last = rows[-1] if rows else None
    own = whereabouts(beside).get(str(vial.pk), Whereabouts())
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


def _in_time(one: Written) -> tuple[datetime, str, int]:
    return one.entry.at, one.stream, one.number
