"""The inspection packet: all that an inspector asks for, for any range of days, in one piece."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from functools import cached_property, partial
from typing import Any

from django.db.models import Case, Max, Min, Q, QuerySet, Value, When
from django.db.models.fields.json import KT
from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.export import Part
from openketamine.clinic.journal.models import Access, Fact
from openketamine.clinic.pharmacy import packet_tables as tables
from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._entries import (
    BOOK_KINDS,
    BOOKS,
    MAIN_BOOK,
    at_these_sites,
    books,
    own_rows,
)
from openketamine.clinic.pharmacy._pieces import MOST
from openketamine.clinic.pharmacy.packet_doses import doses
from openketamine.clinic.pharmacy.packet_faults import faults
from openketamine.clinic.pharmacy.packet_people import People
from openketamine.clinic.pharmacy.registrant import registrant
from openketamine.clinic.pharmacy.words import when
from openketamine.clinic.staff.whose import is_here, looks_here, stream_of
from openketamine.core.ledger import account_name, inventory_by
from openketamine.knowledge import digest

Row = Mapping[str, str]
# Uses of drug tasks; the same words as in the index `pharmacy_access`.
DRUG_TASKS = r"^(vials\.|drug\.|stock\.|packet\.|waste\.|patterns\.|loss\.|proof of)"
_OVERRIDES = ("override_signed", "finding_overridden")


class Packet:
    """Everything for one range. Dates are the clinic's own; both ends are in it. What happened in
    the range is in it, whenever it was written down, up to the moment at which this was made.

    It costs what its days hold, not what the book does: the proof of the whole book is a file of
    its own. Rows are read when a table is asked for, some at a time.
    """

    def __init__(self, since: date, until: date, now: datetime, by: str) -> None:
        zone = timezone.get_current_timezone()
        self.since, self.until, self.now, self.by = since, until, now, by
        self.start = datetime.combine(since, time(), zone)
        self.end = datetime.combine(until + timedelta(days=1), time(), zone)
        self.ends = journal.heads({*books(), MAIN_BOOK})
        self.people = People()

    def tables(self) -> dict[str, Callable[[], Iterator[Row]]]:
        """Every table by name, in the order of the packet; calling one reads its rows."""
        return {
            "inventories": lambda: tables.inventories(self._notes("inventory_taken")),
            "on hand": lambda: tables.on_hand(self.end),
            "receipts": lambda: tables.receipts(self._in_range("label")),
            "administration": lambda: doses(self._given(), self.people),
            "waste": partial(self._moves, "waste"),
            "spills": partial(self._moves, "spilled"),
            "losses and surplus": partial(self._moves, "lost", "found"),
            "destruction (Form 41)": lambda: tables.papers(self._in_range("form_41")),
            "reverse distribution": lambda: tables.papers(self._in_range("reverse_distribution")),
            "shipments": partial(self._moves, "transit"),
            "counts": lambda: tables.counts(self._in_range("count")),
            "differences": lambda: tables.differences(self._cases()),
            "exceptions": lambda: faults(self._in_range(*BOOK_KINDS)),
            "access": self._access,
            "overrides": self._overrides,
        }

    @cached_property
    def head(self) -> dict[str, Any]:
        """Who, which days, when and by whom it was made, and the proof of these days."""
        inventories = list(self._notes("inventory_taken"))
        due = inventory_by(timezone.localdate(inventories[-1].at)) if inventories else None
        off = queries.accounts_off(None if self.is_whole else self._containers())
        return {
            "registrant": registrant(),
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "made": when(self.now),
            "by": self.by,
            "knowledge": digest(),
            "next_inventory_due": due.isoformat() if due else "no inventory on record",
            "initial_inventory": any(one.body["purpose"] == "initial" for one in inventories),
            "accounts": {"as_the_book_adds_up": not off, "off": off},
            "chain": self._chain(),
        }

    def _chain(self) -> dict[str, Any]:
        """The part of each book in which these days are, proved."""
        proofs = [
            journal.verify_stream(stream, part.after, part.until)
            for stream, part in self.parts.items()
        ]
        broken = [asdict(one) for proof in proofs for one in proof.broken]
        return {
            "whole": not broken,
            "facts": sum(proof.facts for proof in proofs),
            "broken": broken,
            "books": [
                {
                    "stream": stream, "first_number": part.after + 1, "last_number": part.until,
                    "last_hash": journal.hash_at(stream, part.until),
                }
                for stream, part in self.parts.items()
            ],
        }  # fmt: skip

    @cached_property
    def parts(self) -> dict[str, Part]:
        """Of each book, from the first to the last number that these days have in it; a book in
        which they have none, by its end."""
        asked = at_these_sites(Fact.objects.filter(stream__startswith=BOOKS))
        asked = asked.filter(at__gte=self.start, at__lt=self.end).order_by()
        ranges = asked.values_list("stream").annotate(Min("number"), Max("number"))
        found = {stream: Part(first - 1, last) for stream, first, last in ranges}
        none = {one: Part(self.ends[one], self.ends[one]) for one in books() if one in self.ends}
        return dict(sorted((none | found).items()))

    @property
    def is_whole(self) -> bool:
        """Whether these days are all days of these books."""
        return all(part == Part(0, self.ends[one]) for one, part in self.parts.items())

    def _containers(self) -> set[str]:
        """The containers that these days touched, and those that hold something."""
        named = self._in_range("transfer").annotate(named=KT("body__entry__container"))
        touched = set(named.order_by().values_list("named", flat=True).distinct())
        held = {account_name(account) for account in queries.all_held("vial", "pack")}
        return held | {part for one in touched for part in (one or "").split(", ")}

    def _facts(self, *kinds: str) -> QuerySet[Fact]:
        last = Case(
            *(When(stream=stream, then=Value(number)) for stream, number in self.ends.items()),
            default=Value(0),
        )
        found = own_rows(*kinds).filter(number__lte=last)
        return found.order_by("at", "stream", "number")

    def _notes(self, kind: str) -> QuerySet[Fact]:
        return self._facts(kind).filter(at__lt=self.end)

    def _in_range(self, *kinds: str) -> QuerySet[Fact]:
        return self._facts(*kinds).filter(at__gte=self.start, at__lt=self.end)

    def _given(self) -> QuerySet[Fact]:
        """Doses, those that were taken back among them."""
        return self._in_range("transfer").filter(body__entry__destination__startswith="patient:")

    def _moves(self, *accounts: str) -> Iterator[Row]:
        asked = Q()
        for one in accounts:
            asked |= Q(body__entry__destination=one) | Q(body__entry__source=one)
            asked |= Q(body__entry__destination__startswith=f"{one}:")
            asked |= Q(body__entry__source__startswith=f"{one}:")
        chosen = self._in_range("transfer").filter(asked)
        return tables.moves(chosen.iterator(chunk_size=MOST))

    def _cases(self) -> Iterable[queries.Case]:
        return (
            one
            for one in queries.cases()
            if one.discovered_at < self.end and (one.discovered_at >= self.start or not one.closed)
        )

    def _access(self) -> Iterator[Row]:
        rows = Access.objects.filter(at__gte=self.start, at__lt=self.end, what__regex=DRUG_TASKS)
        said = ("at", "by_name", "by_role", "what", "refused")
        looked = looks_here(rows).order_by("at").values_list(*said)
        for at, who, role, what, refused in looked.iterator(chunk_size=MOST):
            yield {
                "When": when(at), "Who": who or "nobody signed in", "Role": role, "What": what,
                "Refused": "yes" if refused else "",
            }  # fmt: skip

    def _overrides(self) -> Iterator[Row]:
        rows = Fact.objects.filter(kind__in=_OVERRIDES, at__gte=self.start, at__lt=self.end)
        for one in rows.order_by("at").iterator(chunk_size=MOST):
            if not is_here(*stream_of(one.stream)):
                continue
            yield {
                "When": when(one.at), "Who": one.by_name, "Role": one.by_role,
                "Rule": str(one.body.get("rule", "")), "Why": str(one.body.get("reason", "")),
            }  # fmt: skip
