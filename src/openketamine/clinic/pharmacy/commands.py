"""The only writers of the book. Each takes the book's lock, so that two people cannot both take the
last of a vial."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.journal.commands import lock
from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._entries import STREAM, new_id, post
from openketamine.clinic.pharmacy._people import checked_actor, checked_witness
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.ledger import Book, Count, Transfer, balances, broken_rules
from openketamine.core.ledger import book as make_book


@dataclass(frozen=True)
class Label:
    """What a vial's label and its delivery note say."""

    drug: str
    ndc: str
    lot: str
    expiry: date
    concentration_ug_per_ml: int
    volume_ul: int
    supplier: str


def receive_vial(
    label: Label, by: Staff, now: datetime, *, vial_id: uuid.UUID | None = None
) -> Vial:
    """A sealed vial comes in. The same `vial_id` again gives the vial that is there."""
    checked_actor(by, "vials.receive")
    _checked_label(label, timezone.localdate(now))
    with transaction.atomic():
        lock(STREAM)
        vial_id = vial_id or uuid.uuid4()
        known = Vial.objects.filter(pk=vial_id).first()
        if known is not None:
            return known
        vial = Vial.objects.create(id=vial_id, received_at=now, **vars(label))
        _transfer(
            vial,
            now,
            by,
            None,
            source=f"supplier:{label.supplier}",
            destination=f"vial:{vial.pk}",
            volume_ul=vial.volume_ul,
            reason="received",
        )
        return vial


def withdraw(
    session_id: uuid.UUID, vial: Vial, volume_ul: int, by: Staff, witness: Proof, now: datetime
) -> str:
    """Drug goes from a vial to the tray of a session, before a witness; the id of the transfer.

    Raises BadInput for a witness who is not there, is the same person or may not; for an expired
    vial; for more than the book says is in it.
    """
    checked_actor(by, "drug.withdraw")
    watching = checked_witness(witness, by, now)
    if vial.expiry < timezone.localdate(now):
        raise BadInput("vial", f"a vial that has not expired; this one did on {vial.expiry}")
    with transaction.atomic():
        lock(STREAM)
        return _transfer(
            vial,
            now,
            by,
            watching,
            source=f"vial:{vial.pk}",
            destination=f"tray:{session_id}",
            volume_ul=volume_ul,
            session=str(session_id),
            reason="for the session",
        )


def give(session_id: uuid.UUID, mass_ug: int, by: Staff, now: datetime) -> str:
    """What the person received leaves the tray; the id of the transfer, empty where it was nothing.

    Never refused: it has happened. More given than was on the tray shows as a broken rule.
    """
    if mass_ug == 0:
        return ""
    with transaction.atomic():
        lock(STREAM)
        return _from_tray(session_id, f"patient:{session_id}", mass_ug, by, now)


def waste(
    session_id: uuid.UUID,
    mass_ug: int,
    reason: str,
    method: str,
    by: Staff,
    witness: Proof,
    now: datetime,
) -> str:
    """What is left on the tray is destroyed before a witness; the id of the transfer.

    Raises BadInput for a witness as in `withdraw`, an unknown reason, more than is on the tray.
    """
    checked_actor(by, "drug.withdraw")
    watching = checked_witness(witness, by, now)
    if not method.strip():
        raise BadInput("method", "how it was destroyed")
    with transaction.atomic():
        lock(STREAM)
        held = queries.tray(session_id)
        if mass_ug > held:
            raise BadInput("mass_ug", f"at most the {held} micrograms on the tray", mass_ug)
        waste_of = f"waste:{session_id}"
        return _from_tray(session_id, waste_of, mass_ug, by, now, watching, reason, method)


def count(
    vial: Vial,
    volume_ul: int,
    by: Staff,
    now: datetime,
    *,
    witness: Proof | None = None,
    note: str = "",
) -> str:
    """Somebody measured what is in a vial; the id of the count.

    It changes no balance: a difference is a discrepancy that stays until somebody answers for it.
    """
    checked_actor(by, "vials.count")
    watching = checked_witness(witness, by, now) if witness else None
    if volume_ul < 0:
        raise BadInput("volume_ul", "a volume of 0 or more", volume_ul)
    with transaction.atomic():
        lock(STREAM)
        entry = Count(
            new_id(),
            now,
            str(vial.pk),
            volume_ul,
            str(by.pk),
            str(watching.pk) if watching else "",
            note,
        )
        post(entry, by, watching, now)
        return entry.id


def _checked_label(label: Label, today: date) -> None:
    for name in ("drug", "ndc", "lot", "supplier"):
        if not getattr(label, name).strip():
            raise BadInput(name, "what the label or the delivery note says")
    for name in ("concentration_ug_per_ml", "volume_ul"):
        if getattr(label, name) <= 0:
            raise BadInput(name, "an amount above 0", getattr(label, name))
    if label.expiry < today:
        raise BadInput("expiry", "a day that has not passed", label.expiry.isoformat())


def _transfer(
    vial: Vial,
    now: datetime,
    by: Staff,
    watching: Staff | None,
    *,
    source: str,
    destination: str,
    volume_ul: int,
    reason: str,
    session: str = "",
) -> str:
    """A move into or out of a vial, checked against all that the book says of that vial."""
    micrograms, rest = divmod(volume_ul * vial.concentration_ug_per_ml, 1000)
    if rest:
        raise BadInput("volume_ul", "a volume that holds whole micrograms", volume_ul)
    entry = Transfer(
        id=new_id(),
        at=now,
        source=source,
        destination=destination,
        mass_ug=micrograms,
        volume_ul=volume_ul,
        lot=vial.lot,
        container=str(vial.pk),
        session=session,
        by=str(by.pk),
        witness=str(watching.pk) if watching else "",
        reason=reason,
    )
    _refuse_faults(queries.book_of(vial=str(vial.pk)), entry, "volume_ul")
    post(entry, by, watching, now)
    return entry.id


def _from_tray(
    session_id: uuid.UUID,
    destination: str,
    mass_ug: int,
    by: Staff,
    now: datetime,
    watching: Staff | None = None,
    reason: str = "given",
    method: str = "",
) -> str:
    """A move from a session's tray. It names the vials and lots that the tray was filled from."""
    held = queries.book_of(session=str(session_id))
    drawn = [e for e in held.entries if isinstance(e, Transfer) and e.source.startswith("vial:")]
    entry = Transfer(
        id=new_id(),
        at=now,
        source=f"tray:{session_id}",
        destination=destination,
        mass_ug=mass_ug,
        volume_ul=0,
        lot=", ".join(sorted({e.lot for e in drawn})),
        container=", ".join(sorted({e.container for e in drawn})) or "not known",
        session=str(session_id),
        by=str(by.pk),
        witness=str(watching.pk) if watching else "",
        reason=reason,
    )
    if watching is not None:
        _refuse_faults(held, entry, "waste")
    post(entry, by, watching, now, method)
    return entry.id


def _refuse_faults(known: Book, entry: Transfer, field: str) -> None:
    """The rules of the book, asked before the entry is written."""
    after = make_book((*known.entries, entry))
    faults = [fault for fault in broken_rules(after) if fault.entry_id == entry.id]
    if not faults:
        return
    if any(fault.rule == "BK-NEGATIVE" for fault in faults):
        held = {one.account: one.volume_ul for one in balances(known)}.get(entry.source) or 0
        raise BadInput(field, f"at most the {held} µL that the book says is left", entry.volume_ul)
    raise BadInput(field, "an entry that keeps the rules of the book: " + faults[0].summary)
