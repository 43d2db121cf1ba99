"""Rules that need a label: nothing is drawn from what is expired, kept apart or open for too long;
what is meant for one person is for one person; more than the label says has its own account."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from openketamine.core.ledger._book import Book, Numbered
from openketamine.core.ledger._entries import (
    Handling,
    Label,
    Transfer,
    account_kind,
    account_name,
    is_container,
)
from openketamine.knowledge import document

Fault = tuple[Numbered, str, str]


@dataclass
class _Known:
    """What has happened to one container so far."""

    opened_at: datetime | None = None
    quarantined: bool = False
    sessions: set[str] = field(default_factory=set)
    overfill_ul: int = 0


def container_faults(book: Book) -> Iterator[Fault]:
    """Each move out of a container against its label and what had happened to it by then."""
    known: dict[str, _Known] = {}
    corrected = {one.corrects for one in book.transfers.values() if one.corrects}
    for one in book.in_time:
        entry = one.entry
        if isinstance(entry, Handling):
            _handled(known.setdefault(entry.container, _Known()), entry)
        if not isinstance(entry, Transfer) or entry.corrects or entry.id in corrected:
            continue
        if is_container(entry.destination) and account_kind(entry.source) == "overfill":
            so_far = known.setdefault(account_name(entry.destination), _Known())
            yield from _overfilled(book, one, entry, so_far)
        if is_container(entry.source) and account_kind(entry.destination) == "tray":
            so_far = known.setdefault(account_name(entry.source), _Known())
            yield from _drawn(book, one, entry, so_far)


def _handled(known: _Known, entry: Handling) -> None:
    if entry.what in ("quarantined", "released"):
        known.quarantined = entry.what == "quarantined"


def _drawn(book: Book, one: Numbered, entry: Transfer, known: _Known) -> Iterator[Fault]:
    label = book.labels.get(account_name(entry.source))
    if known.quarantined:
        yield one, "BK-QUARANTINE", f"{entry.source} is kept apart: nothing is drawn from it"
    if label is not None:
        yield from _by_label(one, entry, known, label)
    known.opened_at = known.opened_at or entry.at
    known.sessions.add(entry.session)


def _by_label(one: Numbered, entry: Transfer, known: _Known, label: Label) -> Iterator[Fault]:
    if entry.at.date() > label.expiry:
        yield one, "BK-EXPIRED", f"{entry.source} expired on {label.expiry.isoformat()}"
    until = beyond_use(label, known.opened_at)
    if until is not None and entry.at > until:
        words = f"{entry.source} was opened too long ago: good until {until.isoformat()}"
        yield one, "BK-BEYOND-USE", words
    if label.doses == "single" and label.form == "solution" and known.sessions - {entry.session}:
        yield one, "BK-ONE-PERSON", f"{entry.source} is a single-dose container: for one person"


def beyond_use(label: Label, opened_at: datetime | None) -> datetime | None:
    """Until when an opened container of several doses may be used; None for what has no such end.

    Its maker's days where they are printed, else the rule of knowledge.
    """
    if opened_at is None or label.form != "solution" or label.doses != "multiple":
        return None
    days = label.beyond_use_days or int(_beyond_use()["multiple_dose"]["value"])
    return opened_at + timedelta(days=days)


def opened_at(book: Book, container: str) -> datetime | None:
    """When a container was first drawn from."""
    corrected = {one.corrects for one in book.transfers.values() if one.corrects}
    moments = [
        one.at
        for one in book.transfers.values()
        if account_kind(one.destination) == "tray"
        and is_container(one.source)
        and account_name(one.source) == container
        and one.corrects is None
        and one.id not in corrected
    ]
    return min(moments, default=None)


def _overfilled(book: Book, one: Numbered, entry: Transfer, known: _Known) -> Iterator[Fault]:
    known.overfill_ul += entry.volume_ul
    label = book.labels.get(account_name(entry.destination))
    if label is None:
        return
    allowed = overfill_allowance(label.volume_ul)
    if known.overfill_ul > allowed:
        words = f"{known.overfill_ul} microlitres more than the label of {entry.destination} says"
        yield one, "BK-OVERFILL", f"{words}; {allowed} are usual for its size"


def overfill_allowance(volume_ul: int) -> int:
    """How much more than its label a vial of this size usually holds, in µL; 0 where its size is
    not in the table."""
    sizes = document("controlled-substances", "overfill").body["sizes"]
    found = [int(one["value"]) for one in sizes if int(one["labelled_ul"]) == volume_ul]
    return found[0] if found else 0


@cache
def _beyond_use() -> Mapping[str, Any]:
    return document("controlled-substances", "beyond-use").body
