"""One move into, out of or beside a container, checked against all that the book says of it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._entries import new_id, post
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff.models import Staff
from openketamine.core.findings import BadInput
from openketamine.core.ledger import Book, Transfer, balances, broken_rules
from openketamine.core.ledger import book as make_book

_FIELDS = {"BK-EXPIRED": "vial", "BK-QUARANTINE": "vial", "BK-BEYOND-USE": "vial"}


@dataclass(frozen=True)
class Hands:
    """Who did it, who watched, and when."""

    by: Staff
    watching: Staff | None
    now: datetime

    @property
    def local(self) -> datetime:
        """The clinic's own time: what expires, expires at its midnight."""
        return timezone.localtime(self.now)


def move(
    vial: Vial,
    hands: Hands,
    *,
    source: str,
    destination: str,
    volume_ul: int = 0,
    units: int = 0,
    reason: str,
    session: str = "",
    document: str = "",
    method: str = "",
    site: str | None = None,
) -> str:
    """Drug goes into or out of a container; the id of the transfer. Raises BadInput.

    `site`: in whose book, where the container is still kept elsewhere.
    """
    entry = Transfer(
        id=new_id(),
        at=hands.local,
        source=source,
        destination=destination,
        mass_ug=mass_of(vial, volume_ul, units),
        volume_ul=volume_ul,
        units=units,
        lot=vial.lot,
        container=str(vial.pk),
        session=session,
        by=str(hands.by.pk),
        witness=str(hands.watching.pk) if hands.watching else "",
        reason=reason,
        document=document,
    )
    refuse_faults(
        queries.book_of(vial=str(vial.pk)), entry, "units" if vial.is_pack else "volume_ul"
    )
    post(entry, hands.by, hands.watching, hands.now, method, site)
    return entry.id


def mass_of(vial: Vial, volume_ul: int, units: int) -> int:
    """What this much of it holds, in µg. Raises BadInput where it is counted in something else."""
    if vial.is_pack:
        if volume_ul:
            raise BadInput("units", f"a number of {vial.form}s, not a volume", volume_ul)
        return units * vial.unit_ug
    if units:
        raise BadInput("volume_ul", "a volume, not a number of pieces", units)
    micrograms, rest = divmod(volume_ul * vial.concentration_ug_per_ml, 1000)
    if rest:
        raise BadInput("volume_ul", "a volume that holds whole micrograms", volume_ul)
    return micrograms


def off_tray(
    session_id: uuid.UUID,
    destination: str,
    mass_ug: int,
    hands: Hands,
    reason: str = "given",
    method: str = "",
    document: str = "",
) -> str:
    """A move from a session's tray. It names the containers and lots that the tray was filled
    from."""
    held = queries.book_of(session=str(session_id))
    lots, containers = filled_from(held)
    entry = Transfer(
        id=new_id(),
        at=hands.local,
        source=f"tray:{session_id}",
        destination=destination,
        mass_ug=mass_ug,
        volume_ul=0,
        lot=lots,
        container=containers,
        session=str(session_id),
        by=str(hands.by.pk),
        witness=str(hands.watching.pk) if hands.watching else "",
        reason=reason,
        document=document,
    )
    if hands.watching is not None:
        refuse_faults(held, entry, "waste")
    post(entry, hands.by, hands.watching, hands.now, method)
    return entry.id


def filled_from(held: Book) -> tuple[str, str]:
    """The lots and the containers that a tray was filled from."""
    drawn = [
        one
        for one in held.transfers.values()
        if one.source.startswith(("vial:", "pack:")) and one.destination.startswith("tray:")
    ]
    lots = ", ".join(sorted({one.lot for one in drawn}))
    return lots, ", ".join(sorted({one.container for one in drawn})) or "not known"


def refuse_faults(known: Book, entry: Transfer, field: str) -> None:
    """The rules of the book, asked before the entry is written."""
    after = make_book((*known.entries, entry))
    faults = [fault for fault in broken_rules(after) if fault.entry_id == entry.id]
    if not faults:
        return
    if any(fault.rule == "BK-NEGATIVE" for fault in faults):
        held = next((one for one in balances(known) if one.account == entry.source), None)
        left = (held.units if entry.units else held.volume_ul) if held else 0
        unit, asked = ("pieces", entry.units) if entry.units else ("µL", entry.volume_ul)
        raise BadInput(field, f"at most the {left or 0} {unit} that the book says is left", asked)
    field = _FIELDS.get(faults[0].rule, field)
    raise BadInput(field, "an entry that keeps the rules of the book: " + faults[0].summary)
