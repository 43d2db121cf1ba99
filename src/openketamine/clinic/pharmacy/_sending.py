"""From one site to another: out of one registration's book, into the other's.

A site has its own registration (21 CFR 1301.12). What is sent leaves the book of its site, is in
no cabinet while it is under way, and is kept at the other site from the moment at which two people
there put it into one: the entry of its arrival stands in their book, with its label before it.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from openketamine.clinic.journal.commands import lock
from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._custody import all_of, handle, said, two
from openketamine.clinic.pharmacy._entries import book_at, new_id, note, post, site_of
from openketamine.clinic.pharmacy._posting import Hands, move
from openketamine.clinic.pharmacy._receiving import label_entry
from openketamine.clinic.pharmacy._shipments import Shipment
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff import sites
from openketamine.clinic.staff.models import Site, Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput


def send(vial: Vial, site: str, by: Staff, witness: Proof, now: datetime) -> str:
    """Send a container to another site; the id of the shipment. `site`: one of this house where it
    has several, else the name of a place. Until it is received it is in no cabinet and is listed as
    under way at both."""
    to = _addressed(vial, said("site", site))
    hands = two(by, witness, now)
    with transaction.atomic():
        shipment, source = new_id(), site_of(str(vial.pk))
        all_of(vial, f"transit:{shipment}", hands, f"to {to['to']}", shipment)
        note("shipment_sent", {"vial": str(vial.pk), **to}, by, now, shipment, source)
        return shipment


def _addressed(vial: Vial, site: str) -> dict[str, str]:
    if sites.apart(None) is not None:
        others = Site.objects.filter(closed_at=None).exclude(pk=site_of(str(vial.pk)))
        found = others.filter(pk=site).first()
        if found is None:
            raise BadInput("site", "another site of this house", site)
        return {"to": found.name, "to_site": str(found.pk)}
    if site == queries.place_of(vial).site:
        raise BadInput("site", "another site than the one where it is", site)
    return {"to": site}


def arrive(shipment: str, cabinet: str, by: Staff, witness: Proof, now: datetime) -> str:
    """A shipment is put into a cabinet of the site that it was sent to, or of the one that it came
    from where it came back; the id of the transfer."""
    sent = next((one for one in queries.under_way() if one.id == shipment), None)
    if sent is None:
        raise BadInput("shipment", "one that was sent and has not been received yet", shipment)
    if not sent.may_arrive:
        raise BadInput("shipment", "one that was sent to this site", sent.site)
    site = (sites.here_or_none() or sent.to_site) if sent.to_site else sent.from_site
    hands, cabinet = two(by, witness, now), said("cabinet", cabinet)
    with transaction.atomic():
        lock(*{book_at(site), book_at(sent.from_site)})
        if not queries.held(f"transit:{shipment}").mass_ug:
            raise BadInput("shipment", "one that has not been received yet", shipment)
        return _put_away(sent, site, cabinet, hands)


def _put_away(sent: Shipment, site: str, cabinet: str, hands: Hands) -> str:
    vial, left = sent.vial, queries.held(f"transit:{sent.id}")
    if site != sent.from_site:
        # Whom it came from, as the law asks of a receipt: 21 CFR 1304.22(a)(2)(iv).
        source = Site.objects.get(pk=sent.from_site)
        dea = f"DEA {source.dea_number}" if source.dea_number else ""
        words = "from " + ", ".join(filter(None, (source.name, source.address, dea)))
        post(label_entry(vial, hands), hands.by, hands.watching, hands.now, words, site)
    amount: dict[str, Any] = {"volume_ul": left.volume_ul, "units": left.units}
    arrived = move(
        vial, hands, source=f"transit:{sent.id}", destination=vial.account, **amount,
        reason="arrived", document=sent.id, site=site,
    )  # fmt: skip
    name = Site.objects.get(pk=site).name if sent.to_site else sent.site
    handle(vial, "moved", hands.by, hands.now, site=name, cabinet=cabinet)
    return arrived
