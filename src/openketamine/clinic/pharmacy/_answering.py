"""A difference is answered: looked into, reported in time, and adjusted by the medical director."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._entries import hold, new_id, note, post
from openketamine.clinic.pharmacy._people import checked_actor, checked_witness
from openketamine.clinic.pharmacy._posting import Hands, move, off_tray
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.ledger import Handling, account_name

# Step → who may write it down.
STEPS = {
    "looked_into": "loss.report",
    "significant": "stock.adjust",
    "not_significant": "stock.adjust",
    "dea_notified": "loss.report",
    "form_106_submitted": "loss.report",
}


def add_step(
    case_id: str, step: str, words: str, by: Staff, now: datetime, *, at: datetime | None = None
) -> str:
    """Something was done about a difference: `words` say what, or the number of the report.

    Raises BadInput for a step that nobody knows, for no words, for a time to come.
    """
    if step not in STEPS:
        raise BadInput("step", f"one of {', '.join(STEPS)}", step)
    checked_actor(by, STEPS[step])
    if not words.strip():
        raise BadInput("words", "what was found, or the number of the report")
    if at is not None and at > now:
        raise BadInput("at", "a time that has come", at.isoformat())
    with transaction.atomic():
        hold()
        _case(case_id)
        body = {"case": case_id, "step": step, "words": words, "at": (at or now).isoformat()}
        return note("case_step", body, by, now)


def adjust(case_id: str, cause: str, words: str, by: Staff, witness: Proof, now: datetime) -> str:
    """The book is brought to what was found, with a cause, by the medical director before a second
    person; the id of the transfer. What is missing becomes `lost`, what is too much `found`.

    Raises BadInput for a cause that is not in the list, a case that is answered already.
    """
    checked_actor(by, "stock.adjust")
    hands = Hands(by, checked_witness(witness, by, now, "adjust.witness"), now)
    if not words.strip():
        raise BadInput("words", "the cause in a sentence")
    with transaction.atomic():
        hold()
        case = _open(case_id)
        one = case.discrepancy
        if one.kind == "tray":
            if one.found_ug < 0:
                raise BadInput("case", "a tray that holds drug; more given than drawn is corrected")
            session = UUID(account_name(one.account))
            return off_tray(session, "lost", one.found_ug, hands, cause, words, document=case_id)
        if one.kind != "count":
            raise BadInput("case", "a count; a shipment ends when it is received", one.kind)
        vial = queries.vial(account_name(one.account))
        stock = case.difference
        source, goal = ("found", vial.account) if stock > 0 else (vial.account, "lost")
        amount: dict[str, Any] = (
            {"units": abs(stock)} if vial.is_pack else {"volume_ul": abs(stock)}
        )
        return move(
            vial, hands, source=source, destination=goal, **amount, reason=cause,
            document=case_id, method=words,
        )  # fmt: skip


def explain(case_id: str, words: str, by: Staff, now: datetime) -> str:
    """The difference was none (a vial was held against the light wrongly, and counted again): the
    medical director says so, and the book stays as it is."""
    checked_actor(by, "stock.adjust")
    if not words.strip():
        raise BadInput("words", "the cause in a sentence")
    with transaction.atomic():
        hold()
        case = _open(case_id)
        if case.discrepancy.kind != "count":
            raise BadInput("case", "a count; a tray that is not empty is adjusted", case_id)
        entry = Handling(
            id=new_id(),
            at=timezone.localtime(now),
            container=account_name(case.discrepancy.account),
            what="explained",
            by=str(by.pk),
            reason=words,
            document=case_id,
        )
        post(entry, by, None, now)
        return entry.id


def _case(case_id: str) -> "queries.Case":
    case = queries.case(case_id)
    if case is None:
        raise BadInput("case", "a difference that was found", case_id)
    return case


def _open(case_id: str) -> "queries.Case":
    case = _case(case_id)
    if case.answered:
        raise BadInput("case", "a difference that nobody has answered yet", case_id)
    return case
