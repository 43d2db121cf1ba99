"""What happens to stock without a patient: kept apart, put elsewhere, sent, broken, given back,
destroyed. Wastage after a dose is not here and never becomes any of these."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._entries import hold, new_id, note, post
from openketamine.clinic.pharmacy._people import checked_actor, checked_witness
from openketamine.clinic.pharmacy._posting import Hands, move
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.pharmacy.registrant import registrant
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.ledger import Handling
from openketamine.knowledge import document

MANAGE = "stock.manage"


@dataclass(frozen=True)
class Distributor:
    """A reverse distributor, or another registrant."""

    name: str
    address: str
    dea: str


def quarantine(vial: Vial, reason: str, by: Staff, now: datetime) -> str:
    """Keep a container apart. It stays on hand and is counted; nothing is drawn from it."""
    return handle(vial, "quarantined", by, now, reason=said("reason", reason))


def release(vial: Vial, reason: str, by: Staff, witness: Proof, now: datetime) -> str:
    """Put a container back among those in use, before a second person."""
    watching = checked_witness(witness, by, now, "stock.witness")
    return handle(vial, "released", by, now, watching, reason=said("reason", reason))


def put(vial: Vial, site: str, cabinet: str, by: Staff, now: datetime) -> str:
    """Move a container to another cabinet of the same site. Another site is a shipment."""
    here = queries.place_of(vial)
    if site.strip() and site.strip() != here.site:
        raise BadInput("site", f"{here.site or 'the same site'}; another site is a shipment", site)
    cabinet = said("cabinet", cabinet)
    return handle(vial, "moved", by, now, site=here.site, cabinet=cabinet)


def overfill(vial: Vial, volume_ul: int, by: Staff, witness: Proof, now: datetime) -> str:
    """There was more in the vial than its label says, within what is usual for its size."""
    checked_actor(by, "drug.withdraw")
    hands = Hands(by, checked_witness(witness, by, now), now)
    source = f"overfill:{vial.pk}"
    with transaction.atomic():
        hold(str(vial.pk))
        return move(
            vial, hands, source=source, destination=vial.account, volume_ul=volume_ul,
            reason="more than the label says",
        )  # fmt: skip


def spill(
    vial: Vial, stock: int, reason: str, circumstances: str, by: Staff, witness: Proof,
    now: datetime,
) -> str:  # fmt: skip
    """Drug broke or was spilt, cannot be recovered, and two people saw it: no loss, two names.

    `stock`: µL of a vial, pieces of a pack. `reason`: spill or breakage.
    """
    checked_actor(by, "drug.spill")
    hands = Hands(by, checked_witness(witness, by, now, "waste.witness"), now)
    words = said("circumstances", circumstances)
    with transaction.atomic():
        hold(str(vial.pk))
        return move(
            vial,
            hands,
            source=vial.account,
            destination=f"spilled:{vial.pk}",
            **_stock(vial, stock),
            reason=reason,
            method=words,
        )


def destroy(
    vials: Sequence[Vial],
    method: str,
    place: str,
    on: date,
    by: Staff,
    witness: Proof,
    now: datetime,
) -> str:
    """Destroy all that is left in these containers, by two people; the id of the Form 41.

    Raises BadInput for an unknown method, an empty list, a container that holds nothing.
    """
    checked_actor(by, "stock.destroy")
    hands = Hands(by, checked_witness(witness, by, now, "destroy.witness"), now)
    known = document("controlled-substances", "destruction").body["methods"]["allowed"]
    if method not in known:
        raise BadInput("method", f"one of {', '.join(known)}", method)
    _not_tomorrow(on, now)
    with transaction.atomic():
        form = new_id()
        rows = [_row(vial) for vial in _some(vials)]
        for vial in vials:
            all_of(vial, f"destroyed:{form}", hands, method, form)
        body = {
            "registrant": registrant(),
            "method": method,
            "place": said("place", place),
            "destroyed_on": on.isoformat(),
            "rows": rows,
            "employees": _names(hands),
        }
        return note("form_41", body, by, now, form)


def give_back(
    vials: Sequence[Vial], to: Distributor, picked_up_on: date, by: Staff, witness: Proof,
    now: datetime,
) -> str:  # fmt: skip
    """All that is left in these containers goes to a reverse distributor; the id of the list."""
    hands = two(by, witness, now)
    for name in ("name", "address", "dea"):
        said(name, getattr(to, name))
    _not_tomorrow(picked_up_on, now)
    with transaction.atomic():
        listed = new_id()
        rows = [_row(vial) for vial in _some(vials)]
        for vial in vials:
            all_of(vial, f"returned:{to.dea}", hands, "reverse distributor", listed)
        body = {
            "registrant": registrant(),
            "to": vars(to),
            "picked_up_on": picked_up_on.isoformat(),
            "rows": rows,
            "employees": _names(hands),
        }
        return note("reverse_distribution", body, by, now, listed)


def two(by: Staff, witness: Proof, now: datetime) -> Hands:
    """Two people who may see to stock."""
    checked_actor(by, MANAGE)
    return Hands(by, checked_witness(witness, by, now, "stock.witness"), now)


def handle(
    vial: Vial, what: str, by: Staff, now: datetime, watching: Staff | None = None, **more: Any
) -> str:
    """Something was done with a container that moves no drug; the id of the entry."""
    checked_actor(by, MANAGE)
    second = str(watching.pk) if watching else ""
    entry = Handling(
        new_id(), timezone.localtime(now), str(vial.pk), what, str(by.pk), second, **more
    )
    with transaction.atomic():
        hold(str(vial.pk))
        post(entry, by, watching, now)
    return entry.id


def all_of(vial: Vial, destination: str, hands: Hands, reason: str, paper: str) -> str:
    """All that a container holds goes elsewhere; the id of the transfer."""
    hold(str(vial.pk))
    left = queries.held(vial.account)
    if left.mass_ug <= 0:
        raise BadInput("vials", "containers that hold something", vial.lot)
    return move(
        vial,
        hands,
        source=vial.account,
        destination=destination,
        volume_ul=left.volume_ul,
        units=left.units,
        reason=reason,
        document=paper,
    )


def _row(vial: Vial) -> dict[str, Any]:
    """A row of Section B: what the container is and how much of it was left."""
    left = queries.held(vial.account)
    stock, whole = (left.units, vial.units) if vial.is_pack else (left.volume_ul, vial.volume_ul)
    return {
        "ndc": vial.ndc,
        "batch": vial.lot,
        "name": vial.drug,
        "form": vial.form,
        "strength_ug": vial.unit_ug or vial.concentration_ug_per_ml,
        "package_quantity": whole,
        "full_packages": int(stock >= whole),
        "partial_count": 0 if stock >= whole else stock,
        "total_destroyed": stock,
        "mass_ug": left.mass_ug,
        "counted_in": "piece" if vial.is_pack else "uL",
        "vial": str(vial.pk),
    }


def _stock(vial: Vial, stock: int) -> dict[str, Any]:
    return {"units": stock} if vial.is_pack else {"volume_ul": stock}


def _names(hands: Hands) -> list[dict[str, str]]:
    people = [hands.by] + ([hands.watching] if hands.watching else [])
    return [{"id": str(one.pk), "name": one.display_name, "role": one.role} for one in people]


def _some(vials: Sequence[Vial]) -> Sequence[Vial]:
    if not vials or len({vial.pk for vial in vials}) != len(vials):
        raise BadInput("vials", "at least one container, each once")
    return vials


def said(name: str, value: str) -> str:
    """A word that must be there. Raises BadInput."""
    if not value.strip():
        raise BadInput(name, "a word or a sentence")
    return value.strip()


def _not_tomorrow(on: date, now: datetime) -> None:
    if on > timezone.localdate(now):
        raise BadInput("on", "a day that has come", on.isoformat())
