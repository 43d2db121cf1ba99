"""Drug of a session: out of its container, into a person, the rest wasted; and the way back."""

import uuid
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._entries import hold, new_id, post, site_of, site_of_book
from openketamine.clinic.pharmacy._people import checked_actor, checked_witness
from openketamine.clinic.pharmacy._posting import Hands, move, off_tray
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.ledger import Handling


def withdraw(
    session_id: uuid.UUID,
    vial: Vial,
    volume_ul: int,
    by: Staff,
    witness: Proof,
    now: datetime,
    *,
    units: int = 0,
) -> str:
    """Drug goes from a container to the tray of a session, before a witness; the transfer's id.

    Raises BadInput for a witness who is not there, is the same person or may not; for what is
    expired, kept apart or open for too long; for more than the book says is in it.
    """
    checked_actor(by, "drug.withdraw")
    watching = checked_witness(witness, by, now)
    if vial.expiry < timezone.localdate(now):
        raise BadInput("vial", f"a vial that has not expired; this one did on {vial.expiry}")
    if site_of(str(vial.pk), str(session_id)) != site_of(str(vial.pk)):
        raise BadInput("vial", "a container of the site at which the session is", vial.lot)
    with transaction.atomic():
        hold(str(vial.pk))
        return move(
            vial,
            Hands(by, watching, now),
            source=vial.account,
            destination=f"tray:{session_id}",
            volume_ul=volume_ul,
            units=units,
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
        hold(session=str(session_id))
        return off_tray(session_id, f"patient:{session_id}", mass_ug, Hands(by, None, now))


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
    watching = checked_witness(witness, by, now, "waste.witness")
    if not method.strip():
        raise BadInput("method", "how it was destroyed")
    with transaction.atomic():
        hold(session=str(session_id))
        held = queries.tray(session_id)
        if mass_ug > held:
            raise BadInput("mass_ug", f"at most the {held} micrograms on the tray", mass_ug)
        hands = Hands(by, watching, now)
        return off_tray(session_id, f"waste:{session_id}", mass_ug, hands, reason, method)


def correct_given(
    session_id: uuid.UUID, transfer_id: str, mass_ug: int, why: str, by: Staff, now: datetime
) -> str:
    """What was given is not what the book says: the old transfer is taken back by one that points
    at it, and the right amount posted; the id of the new transfer, empty where nothing was given.

    Never refused, like what it follows from. The second signature may come later (`countersign`);
    until then the book names the correction as unsigned.
    """
    with transaction.atomic():
        hold(session=str(session_id))
        held = queries.book_of(session=str(session_id))
        wrong = held.transfers.get(transfer_id)
        if wrong is not None:
            back = replace(
                wrong,
                id=new_id(),
                at=timezone.localtime(now),
                source=wrong.destination,
                destination=wrong.source,
                by=str(by.pk),
                witness="",
                reason=why or "the record of the dose was corrected",
                corrects=wrong.id,
                recorded_at=None,
            )
            post(back, by, None, now)
        return give(session_id, mass_ug, by, now)


def countersign(entry_id: str, second: Proof, now: datetime, note: str = "") -> str:
    """The second signature under a correction, given later by another person with their own secret;
    the id of the entry. Raises BadInput."""
    with transaction.atomic():
        target = queries.entry(entry_id)
        if target is None:
            raise BadInput("entry", "an entry of the book", entry_id)
        site = site_of_book(target.stream)
        if target.entry.by == str(second.staff.pk):
            raise BadInput("witness", "another person than the one who made the entry")
        checked_actor(second.staff, "drug.witness")
        second.must_be_fresh(now, "witness")
        container = getattr(target.entry, "container", "")
        signed = Handling(
            id=new_id(),
            at=timezone.localtime(now),
            container=container,
            what="countersigned",
            by=str(second.staff.pk),
            reason=note,
            document=entry_id,
        )
        post(signed, second.staff, None, now, site=site)
        return signed.id
