"""The only writers of the book. Each takes the book's lock, so that two people cannot both take the
last of a vial."""

from openketamine.clinic.pharmacy._answering import STEPS, add_step, adjust, explain
from openketamine.clinic.pharmacy._counting import begin_sheet, count, finish_sheet
from openketamine.clinic.pharmacy._custody import (
    Distributor,
    destroy,
    give_back,
    overfill,
    put,
    quarantine,
    release,
    spill,
)
from openketamine.clinic.pharmacy._dosing import (
    correct_given,
    countersign,
    give,
    waste,
    withdraw,
)
from openketamine.clinic.pharmacy._receiving import Label, receive_vial
from openketamine.clinic.pharmacy._sending import arrive, send

__all__ = [
    "STEPS",
    "Distributor",
    "Label",
    "add_step",
    "adjust",
    "arrive",
    "begin_sheet",
    "correct_given",
    "count",
    "countersign",
    "destroy",
    "explain",
    "finish_sheet",
    "give",
    "give_back",
    "overfill",
    "put",
    "quarantine",
    "receive_vial",
    "release",
    "send",
    "spill",
    "waste",
    "withdraw",
]
