"""What can be done with one container besides a dose and a count: one table for pages and links."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openketamine.clinic.pharmacy import commands
from openketamine.clinic.pharmacy import forms as f
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.pharmacy.queries import VialOnShelf
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.clinic.staff.roles import HasRole, can

Do = Callable[[Vial, Any, Staff, Any, datetime], object]


@dataclass(frozen=True)
class Act:
    """One page: who may open it, what it asks, what it does. `when`: states in which it is
    offered."""

    name: str
    title: str
    says: str
    done: str
    task: str
    make: type[Any]
    do: Do
    when: tuple[str, ...]
    by_form: bool = False

    def form(self, vial: Vial, data: Any) -> Any:
        """The form, for a vial or a pack."""
        return self.make(data, vial=vial) if self.by_form else self.make(data)


_THERE = ("sealed", "open", "expired", "beyond use", "kept apart")


def _quarantine(vial: Vial, form: Any, by: Staff, _: Proof | None, now: datetime) -> None:
    commands.quarantine(vial, form.cleaned_data["reason"], by, now)


def _release(vial: Vial, form: Any, by: Staff, second: Proof, now: datetime) -> None:
    commands.release(vial, form.cleaned_data["reason"], by, second, now)


def _put(vial: Vial, form: Any, by: Staff, _: Proof | None, now: datetime) -> None:
    commands.put(vial, "", form.cleaned_data["cabinet"], by, now)


def _send(vial: Vial, form: Any, by: Staff, second: Proof, now: datetime) -> None:
    commands.send(vial, form.cleaned_data["site"], by, second, now)


def _spill(vial: Vial, form: Any, by: Staff, second: Proof, now: datetime) -> None:
    said = form.cleaned_data
    commands.spill(vial, form.stock(), said["reason"], said["circumstances"], by, second, now)


def _overfill(vial: Vial, form: Any, by: Staff, second: Proof, now: datetime) -> None:
    commands.overfill(vial, form.stock(), by, second, now)


ACTS = (
    Act(
        "quarantine", "Keep it apart", "It stays on hand and is counted; nothing is drawn from it.",
        "It is kept apart.", "stock.manage", f.ReasonForm, _quarantine,
        ("sealed", "open", "expired", "beyond use"),
    ),
    Act(
        "release", "Use it again", "A second person agrees.", "It is in use again.",
        "stock.manage", f.ReleaseForm, _release, ("kept apart",),
    ),
    Act(
        "put", "Move it to another cabinet", "Of the same site.", "It has moved.", "stock.manage",
        f.PutForm, _put, _THERE,
    ),
    Act(
        "send", "Send it to another site",
        "A site has its own registration: until it is received there it is listed as under way.",
        "It is under way.", "stock.manage", f.SendForm, _send, _THERE, by_form=True,
    ),
    Act(
        "spill", "It broke or was spilt",
        "What two people saw and cannot be recovered is no loss. What can be recovered is "
        "destroyed as inventory.",
        "It is in the book.", "drug.spill", f.SpillForm, _spill, _THERE, by_form=True,
    ),
    Act(
        "overfill", "More in it than the label says",
        "Vials are filled with a little more. It is booked as overfill, within what is usual for "
        "the size (USP <1151>, background).",
        "It is in the book.", "drug.withdraw", f.OverfillForm, _overfill, ("open", "empty"),
    ),
)  # fmt: skip


def open_acts(user: HasRole, shelf: VialOnShelf) -> list[Act]:
    """What this person may do with this container as it is now."""
    return [
        act
        for act in ACTS
        if shelf.status in act.when
        and can(user, act.task)
        and not (act.name == "overfill" and shelf.vial.is_pack)
    ]
