"""Drug on its way: out of a vial, and what is left of it destroyed, each before a witness."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.pharmacy import commands as pharmacy
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.sessions._fold import folded
from openketamine.clinic.sessions._proofs import own_proof, second_person, witness_proof
from openketamine.clinic.sessions._writing import (
    Done,
    append,
    client_id,
    done,
    done_before,
    entry,
    in_line,
    text,
    whole,
)
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.findings import BadInput, Refusal
from openketamine.core.treatment import Context, State, facts, may


def withdraw(
    session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime
) -> Done | Refusal:
    """Take `volume_ul` (of a pack: `units`) out of `vial_id`: the ledger's transfer and the fact,
    both or neither.

    Two people, each with a proof of their own: `password` or `otp` of who withdraws, `witness`,
    `witness_password` or `witness_otp` of who watches.
    """
    fact_id, vial = client_id(asked.get("id")), _vial(asked)
    volume_ul, units = _amount(vial, asked)
    own_proof(asked, by, now)
    witness = witness_proof(asked, by, now)
    with transaction.atomic():
        session = in_line(session_id)
        if before := done_before(fact_id, session, "drug_withdrawn"):
            return before
        context = Context(actor=author_of(by), second=author_of(witness.staff))
        state = folded(session.stream).state
        answer = may("withdraw", state, timezone.localtime(now), context)
        if isinstance(answer, Refusal):
            return answer
        _right_drug(vial, state)
        transfer = pharmacy.withdraw(session.id, vial, volume_ul, by, witness, now, units=units)
        body = facts.DrugWithdrawn(
            transfer_id=str(transfer),
            vial_id=str(vial.id),
            lot=vial.lot,
            volume_ul=volume_ul,
            mass_ug=units * vial.unit_ug or volume_ul * vial.concentration_ug_per_ml // 1000,
            units=units,
            unit=vial.form if units else "",
            witness_id=str(witness.staff.pk),
            witness_name=witness.staff.display_name,
        )
        return done(append(session, [entry(body, now, by, fact_id)], now))


def waste(session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime) -> Done:
    """Destroy `mass_ug` of what is left on the tray. A fact with a transfer: it is never refused,
    but the ledger will not destroy what is not there (BadInput)."""
    fact_id, mass_ug = client_id(asked.get("id")), whole(asked, "mass_ug")
    reason, method = text(asked, "reason"), text(asked, "method")
    witness = second_person(asked, by, now, task="waste.witness", prefix="witness")
    with transaction.atomic():
        session = in_line(session_id)
        if before := done_before(fact_id, session, "drug_wasted"):
            return before
        transfer = pharmacy.waste(session.id, mass_ug, reason, method, by, witness, now)
        body = facts.DrugWasted(
            transfer_id=str(transfer),
            mass_ug=mass_ug,
            reason=reason,
            method=method,
            witness_id=str(witness.staff.pk),
            witness_name=witness.staff.display_name,
        )
        return done(append(session, [entry(body, now, by, fact_id)], now))


def _amount(vial: Vial, asked: Mapping[str, Any]) -> tuple[int, int]:
    """Microlitres and pieces: of each container the one in which it is counted."""
    if vial.is_pack:
        return 0, whole(asked, "units")
    return whole(asked, "volume_ul"), 0


def _right_drug(vial: Vial, state: State) -> None:
    """Ketamine and esketamine look alike and are not dosed alike."""
    ordered = state.plan.body.drug if state.plan else vial.drug
    if vial.drug.strip().casefold() != ordered.strip().casefold():
        raise BadInput("vial_id", f"a container of {ordered}, as ordered", vial.drug)


def _vial(asked: Mapping[str, Any]) -> Vial:
    vial = Vial.objects.filter(pk=client_id(asked.get("vial_id"))).first()
    if vial is None:
        raise BadInput("vial_id", "a vial of this clinic", asked.get("vial_id"))
    return vial
