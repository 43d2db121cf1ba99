"""Rows of the packet's tables, from the facts of a range. Each is words, as an inspector reads."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._entries import MAIN_BOOK, books
from openketamine.clinic.pharmacy._pieces import MOST, pieces
from openketamine.clinic.pharmacy._shelf import ADDED_UP, held_of
from openketamine.clinic.pharmacy.ledger_page import full, milligrams, stock, strength
from openketamine.clinic.pharmacy.models import Account, Vial
from openketamine.clinic.pharmacy.queries import Held
from openketamine.clinic.pharmacy.words import account_words, when
from openketamine.clinic.staff import sites
from openketamine.core.ledger import account_name
from openketamine.knowledge import document

Row = Mapping[str, str]
# Of several sites' books: those of these, and what the main one says of these.
_OF_SITES = " AND stream = ANY(%(books)s) AND coalesce(body ->> 'site', 'main') = ANY(%(sites)s)"


def _since(of: str) -> str:
    """What happened after the end of the range is taken off what is there now."""
    containers = " WHERE account LIKE 'vial:%%' OR account LIKE 'pack:%%'"
    return ADDED_UP.format(of=f" AND at >= %(end)s{of}", on=containers)


def inventories(taken: Iterable[Fact]) -> Iterator[Row]:
    """All that were ever taken: the law asks for the last, whatever the range."""
    for fact in taken:
        said = fact.body
        common = {
            "Date": said["on"], "Which": said["purpose"],
            "Taken at": f"{said['moment']} of business",
            "Counted by": said["counter"], "Verified by": said["verifier"],
        }  # fmt: skip
        vials = _vials(row["vial"] for row in said["rows"])
        lines = [
            {
                "Name": row["name"], "Form": row["form"], "Strength": strength(vials[row["vial"]]),
                "In each container": full(vials[row["vial"]]), "Containers": "1",
                "Counted": stock(vials[row["vial"]], row["counted"], row["counted"]),
                "Estimated": "yes" if row["estimated"] else "no, measured",
            }
            for row in said["rows"] if row["vial"] in vials
        ]  # fmt: skip
        nothing = dict.fromkeys(("Form", "Strength", "In each container"), "") | {
            "Name": "nothing on hand", "Containers": "0", "Counted": "0", "Estimated": "no",
        }  # fmt: skip
        yield from (common | line for line in lines or [nothing])


def on_hand(end: datetime) -> Iterator[Row]:
    """What the books of these sites say is in each container at the end of the range."""
    held = _held_at(end)
    for vial in sorted(_vials(_names(held)).values(), key=lambda one: (one.expiry, one.lot)):
        there = held[vial.account]
        if there.mass_ug > 0:
            yield {
                "Name": vial.drug, "Form": vial.form, "Strength": strength(vial), "Lot": vial.lot,
                "Expires": vial.expiry.isoformat(), "Site": vial.site or "not named",
                "Cabinet": vial.cabinet or "not named", "Full": full(vial),
                "On hand": stock(vial, there.volume_ul, there.units),
                "That is": milligrams(there.mass_ug),
            }  # fmt: skip


def _held_at(end: datetime) -> Mapping[str, Held]:
    """What is kept here now, less what these books moved since."""
    seen = sites.seen()
    of = "" if seen is None else _OF_SITES
    asked: dict[str, Any] = {
        "end": end,
        "books": [*books(), MAIN_BOOK],
        "sites": sorted(seen or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_since(of), asked)
        since = {account: Held(*map(int, sums)) for account, *sums in cursor.fetchall()}
    known = _vials({*_names(since), *_names(queries.all_held("vial", "pack"))}, here=True)
    rows = Account.objects.in_bulk([one.account for one in known.values()])
    now = {one: held_of(row) for one, row in rows.items()}
    return {
        account: _less(now.get(account, Held()), since.get(account, Held()))
        for account in {*now, *since}
    }


def _less(held: Held, since: Held) -> Held:
    return Held(
        held.mass_ug - since.mass_ug, held.volume_ul - since.volume_ul, held.units - since.units
    )


def receipts(labels: QuerySet[Fact]) -> Iterator[Row]:
    """Every container that came in: from a supplier, or from another site of the house."""
    for some in pieces(labels.iterator(chunk_size=MOST)):
        vials = _vials(one.body["entry"]["container"] for one in some)
        for fact in some:
            vial = vials.get(fact.body["entry"]["container"])
            if vial is not None:
                yield _receipt(fact, vial)


def _receipt(fact: Fact, vial: Vial) -> Row:
    elsewhere = fact.body["method"]
    return {
        "Received": when(fact.at), "Name": vial.drug, "Form": vial.form,
        "Strength": strength(vial), "In each container": full(vial), "Containers": "1",
        "NDC": vial.ndc, "Lot": vial.lot, "Expires": vial.expiry.isoformat(),
        "Supplier": elsewhere or vial.supplier,
        "Address": "" if elsewhere else vial.supplier_address or "not recorded",
        "DEA number": "" if elsewhere else vial.supplier_dea or "not recorded",
        "Invoice": "" if elsewhere else vial.invoice or "not recorded",
        "By": fact.by_name, "Verified by": fact.body["witness_name"] or "nobody",
    }  # fmt: skip


def moves(facts: Iterable[Fact]) -> Iterator[Row]:
    """One line for each of these transfers."""
    for one in facts:
        said = one.body["entry"]
        yield {
            "When": when(one.at), "From": account_words(said["source"]),
            "To": account_words(said["destination"]), "Amount": milligrams(said["mass_ug"]),
            "Lot": said["lot"], "Session": said["session"],
            "Why": said["reason"].replace("_", " "), "How": one.body["method"],
            "By": one.by_name, "Second person": one.body["witness_name"] or "nobody",
            "Corrects": said["corrects"] or "",
        }  # fmt: skip


def papers(facts: Iterable[Fact]) -> Iterator[Row]:
    """Forms 41, or lists of a reverse distributor: a line for each container."""
    titles = {
        one["key"]: one["title"]
        for one in document("controlled-substances", "destruction").body["columns"]
    }
    for fact in facts:
        vials = _vials(row["vial"] for row in fact.body["rows"])
        for row in fact.body["rows"]:
            vial = vials.get(row["vial"])
            if vial is None:
                continue
            shown = {key: str(row.get(key, "")) for key in titles} | {
                "strength": strength(vial),
                "package_quantity": full(vial),
                "total_destroyed": stock(vial, row["total_destroyed"], row["total_destroyed"]),
                "partial_count": stock(vial, row["partial_count"], row["partial_count"]),
            }
            yield _paper(fact) | {titles[key]: shown[key] for key in titles}


def _paper(fact: Fact) -> dict[str, str]:
    said = fact.body
    return {
        "When": said.get("destroyed_on") or said.get("picked_up_on", ""),
        "Form": str(fact.id),
        "Two employees": " and ".join(one["name"] for one in said["employees"]),
        "Method": str(said.get("method", "")).replace("_", " "),
        "Where or to": said.get("place") or ", ".join(said.get("to", {}).values()),
    }


def counts(facts: Iterable[Fact]) -> Iterator[Row]:
    """Every count of the range, of containers that are known here."""
    for some in pieces(facts):
        vials = _vials(one.body["entry"]["container"] for one in some)
        for fact in some:
            said = fact.body["entry"]
            vial = vials.get(said["container"])
            yield {
                "When": when(fact.at), "Container": vial.lot if vial else said["container"],
                "Found": stock(vial, said["volume_ul"], said.get("units", 0)) if vial
                else "not known",
                "By": fact.by_name, "Second person": fact.body["witness_name"] or "nobody",
                "Note": said["note"],
            }  # fmt: skip


def differences(cases: Iterable[queries.Case]) -> Iterator[Row]:
    """Each with its clock and what was done."""
    for case in cases:
        yield {
            "Found": when(case.discovered_at), "Account": account_words(case.discrepancy.account),
            "Difference": milligrams(case.discrepancy.difference_ug),
            "Answered": "yes" if case.answered else "no",
            "Significant": case.judged.replace("_", " ") or "not judged",
            "Notice by": case.notify_by.isoformat(), "Notice": _step(case, "dea_notified"),
            "Form 106 by": case.form_106_by.isoformat(),
            "Form 106": _step(case, "form_106_submitted"),
            "Looked into": "; ".join(s.words for s in case.steps if s.step == "looked_into"),
        }  # fmt: skip


def _step(case: queries.Case, step: str) -> str:
    done = case.done(step)
    return f"{when(done.at)}: {done.words}" if done else "not yet"


def _names(accounts: Iterable[str]) -> list[str]:
    return [account_name(account) for account in accounts]


def _vials(names: Iterable[str], *, here: bool = False) -> dict[str, Vial]:
    """The containers of these names; `here`: of those that are kept at these sites now."""
    kept = Vial.objects if here else Vial.everywhere
    found: dict[str, Vial] = {}
    for some in pieces(sorted(set(names))):
        found |= {str(one.pk): one for one in kept.filter(pk__in=some)}
    return found
