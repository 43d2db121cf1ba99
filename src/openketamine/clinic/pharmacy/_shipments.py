"""What is under way between sites: listed at both until it is put away at the other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._entries import in_order, rows, site_of_book
from openketamine.clinic.pharmacy._shelf import Held, all_held
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff import sites
from openketamine.core.ledger import account_name


@dataclass(frozen=True)
class Shipment:
    """A container on its way to another site, and what of it has not arrived.

    `to_site`: the site of this house that receives it; empty where it is a name and nothing more.
    """

    id: str
    vial: Vial
    site: str
    sent_at: datetime
    by: str
    held: Held
    to_site: str = ""
    from_site: str = sites.MAIN

    @property
    def may_arrive(self) -> bool:
        """Whether whoever looks now may put it away: there, or where it came from if it came back.
        In a house with one site there is nowhere else."""
        return not self.to_site or sites.here_or_none() in (None, self.to_site, self.from_site)


def under_way() -> list[Shipment]:
    """What was sent from or to these sites and has not been received, the oldest first."""
    left = {account_name(account): held for account, held in all_held("transit").items()}
    sent = in_order(rows("shipment_sent").filter(pk__in=list(left)))
    vials = Vial.everywhere.in_bulk([fact.body["vial"] for fact in sent])
    return [
        _shipment(fact, vials[UUID(fact.body["vial"])], left[str(fact.pk)])
        for fact in sent
        if _concerns(fact, sites.seen())
    ]


def _concerns(fact: Fact, seen: frozenset[str] | None) -> bool:
    return seen is None or bool({site_of_book(fact.stream), fact.body.get("to_site", "")} & seen)


def _shipment(fact: Fact, vial: Vial, held: Held) -> Shipment:
    said: dict[str, Any] = fact.body
    name = said["to"] if "to" in said else said["site"]
    to, source = said.get("to_site", ""), site_of_book(fact.stream)
    return Shipment(str(fact.pk), vial, name, fact.at, fact.by_name, held, to, source)
