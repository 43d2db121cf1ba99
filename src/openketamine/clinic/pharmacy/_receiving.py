"""A sealed container comes in: what its label and its delivery note say, checked by a second
person where there is one."""

import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.pharmacy._entries import hold, new_id, post
from openketamine.clinic.pharmacy._people import checked_actor, checked_witness
from openketamine.clinic.pharmacy._posting import Hands, move
from openketamine.clinic.pharmacy.models import FORMS, SOLUTION, Vial
from openketamine.clinic.staff import sites
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.core import ledger
from openketamine.core.findings import BadInput

# 10 digits with dashes (4-4-2, 5-3-2, 5-4-1), 11 digits 5-4-2, and 12 digits 6-4-2 from 2033.
_NDC = re.compile(
    r"\d{4}-\d{4}-\d{2}|\d{5}-\d{3}-\d{2}|\d{5}-\d{4}-\d{1,2}|\d{6}-\d{4}-\d{2}|\d{10,12}"
)


@dataclass(frozen=True)
class Label:
    """What a container's label and its delivery note say. A solution has a concentration and a
    volume; all other forms have `unit_ug` in each of `units` pieces."""

    drug: str
    ndc: str
    lot: str
    expiry: date
    concentration_ug_per_ml: int
    volume_ul: int
    supplier: str
    form: str = SOLUTION
    unit_ug: int = 0
    units: int = 0
    doses: str = "multiple"
    beyond_use_days: int = 0
    supplier_address: str = ""
    supplier_dea: str = ""
    invoice: str = ""
    site: str = ""
    cabinet: str = ""


def receive_vial(
    label: Label,
    by: Staff,
    now: datetime,
    *,
    vial_id: uuid.UUID | None = None,
    verifier: Proof | None = None,
    initial: str = "",
) -> Vial:
    """A sealed container comes in. The same `vial_id` again gives the one that is there.

    `verifier`: a second person who held label against delivery note. `initial`: the id of the
    initial inventory, where it was here before the book was.
    """
    checked_actor(by, "vials.receive")
    second = checked_witness(verifier, by, now, "vials.verify") if verifier else None
    _checked(label, timezone.localdate(now))
    with transaction.atomic():
        hold()
        vial_id = vial_id or uuid.uuid4()
        known = Vial.objects.filter(pk=vial_id).first()
        if known is not None:
            return known
        vial = Vial.objects.create(
            id=vial_id, received_at=now, kept_at_id=sites.here(), **vars(label)
        )
        hands = Hands(by, second, now)
        post(label_entry(vial, hands), by, second, now)
        move(
            vial,
            hands,
            source=f"initial:{initial}" if initial else f"supplier:{label.supplier}",
            destination=vial.account,
            volume_ul=vial.volume_ul,
            units=vial.units,
            reason="on hand" if initial else "received",
            document=label.invoice,
        )
        return vial


def label_entry(vial: Vial, hands: Hands) -> ledger.Label:
    """The label as the book keeps it."""
    return ledger.Label(
        id=new_id(),
        at=hands.local,
        container=str(vial.pk),
        by=str(hands.by.pk),
        witness=str(hands.watching.pk) if hands.watching else "",
        **_printed(vial),
    )


def _printed(vial: Vial) -> dict[str, Any]:
    names = (
        "form drug ndc lot expiry doses concentration_ug_per_ml volume_ul unit_ug units "
        "beyond_use_days site cabinet"
    )
    return {name: getattr(vial, name) for name in names.split()}


def _checked(label: Label, today: date) -> None:
    for name in ("drug", "ndc", "lot", "supplier"):
        if not getattr(label, name).strip():
            raise BadInput(name, "what the label or the delivery note says")
    if not _NDC.fullmatch(label.ndc.strip()):
        raise BadInput("ndc", "10 to 12 digits as printed, with their dashes", label.ndc)
    if label.form not in FORMS:
        raise BadInput("form", f"one of {', '.join(FORMS)}", label.form)
    amounts = (
        ("concentration_ug_per_ml", "volume_ul") if label.form == SOLUTION else ("unit_ug", "units")
    )
    for name in amounts:
        if getattr(label, name) <= 0:
            raise BadInput(name, "an amount above 0", getattr(label, name))
    if label.doses not in ("single", "multiple"):
        raise BadInput("doses", "single or multiple", label.doses)
    if label.expiry < today:
        raise BadInput("expiry", "a day that has not passed", label.expiry.isoformat())
