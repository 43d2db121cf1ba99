"""The inspection packet: all that an inspector asks for, for any range of days, in one piece."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.models import Access, Fact
from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._entries import BOOK_KINDS, STREAM, Written, written
from openketamine.clinic.pharmacy.ledger_page import full, milligrams, stock, strength
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.pharmacy.packet_people import persons
from openketamine.clinic.pharmacy.registrant import registrant
from openketamine.core.ledger import (
    Transfer,
    account_kind,
    broken_rules,
    inventory_by,
    late_entries,
)
from openketamine.core.ledger import book as make_book
from openketamine.knowledge import digest, document

_DRUG_TASKS = ("vials.", "drug.", "stock.", "packet.", "waste.", "patterns.", "loss.", "proof of")
_CHUNK = 2000


class Packet:
    """Everything for one range, read once. Dates are the clinic's own; both ends are in it."""

    def __init__(self, since: date, until: date, now: datetime, by: str) -> None:
        zone = timezone.get_current_timezone()
        self.since, self.until, self.now, self.by = since, until, now, by
        self.start = datetime.combine(since, time(), zone)
        self.end = datetime.combine(until + timedelta(days=1), time(), zone)
        facts = Fact.objects.filter(stream=STREAM, recorded_at__lt=self.end).order_by("number")
        self.facts = list(facts)
        entries = [one for one in self.facts if one.kind in BOOK_KINDS]
        self.lines = written(entries)
        self.book = make_book(one.entry for one in self.lines)
        self.vials = {str(one.pk): one for one in Vial.objects.all()}
        self.persons = persons(_when_given(self._given()))

    def tables(self) -> dict[str, list[dict[str, str]]]:
        """Every table by name, its rows as words, in the order of the packet."""
        return {
            "inventories": self._inventories(),
            "on hand": self._on_hand(),
            "receipts": self._receipts(),
            "administration": self._administration(),
            "waste": self._moves("waste"),
            "spills": self._moves("spilled"),
            "losses and surplus": self._moves("lost") + self._moves("found"),
            "destruction (Form 41)": self._papers("form_41"),
            "reverse distribution": self._papers("reverse_distribution"),
            "shipments": self._moves("transit"),
            "counts": self._counts(),
            "differences": self._differences(),
            "exceptions": self._exceptions(),
            "access": self._access(),
            "overrides": self._overrides(),
        }

    def head(self) -> dict[str, Any]:
        """Who, which days, when and by whom it was made, and the proof of the chain."""
        proof = journal.verify_stream(STREAM)
        last = self.facts[-1] if self.facts else None
        inventories = [one for one in self.facts if one.kind == "inventory_taken"]
        due = inventory_by(timezone.localdate(inventories[-1].at)) if inventories else None
        return {
            "registrant": registrant(),
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "made": _when(self.now),
            "by": self.by,
            "knowledge": digest(),
            "next_inventory_due": due.isoformat() if due else "no inventory on record",
            "initial_inventory": any(one.body["purpose"] == "initial" for one in inventories),
            "chain": {
                "stream": STREAM,
                "whole": proof.ok,
                "facts": proof.facts,
                "broken": [asdict(one) for one in proof.broken],
                "last_number": last.number if last else 0,
                "last_hash": last.hash if last else "",
            },
        }

    def person_ids(self) -> set[str]:
        """Whose names stand in it, for the record of who read them."""
        return {one["id"] for one in self.persons.values()}

    def _in_range(self, kinds: Iterable[str]) -> list[Fact]:
        return [one for one in self.facts if one.kind in kinds and self.start <= one.at < self.end]

    def _given(self) -> list[Written]:
        back = {one.corrects for one in self.book.transfers.values() if one.corrects}
        return [
            one
            for one in self.lines
            if isinstance(one.entry, Transfer)
            and account_kind(one.entry.destination) == "patient"
            and self.start <= one.entry.at < self.end
            and one.entry.id not in back
        ]

    def _administration(self) -> list[dict[str, str]]:
        by_session = _by_session(self.lines)
        titles = {
            one["key"]: one["title"]
            for one in document("controlled-substances", "administration-record").body["columns"]
        }
        rows = []
        for one in self._given():
            entry = one.entry
            assert isinstance(entry, Transfer)  # noqa: S101  (so chosen above)
            said = self._dose(one, entry, by_session.get(entry.session, []))
            rows.append({titles[key]: said[key] for key in titles})
        return rows

    def _dose(self, one: Written, entry: Transfer, own: Sequence[Written]) -> dict[str, str]:
        person = self.persons.get(entry.session, {})
        vials = [self.vials[name] for name in entry.container.split(", ") if name in self.vials]
        drawn = [w for w in own if _goal(w) == "tray"]
        wasted = [w for w in own if _goal(w) == "waste"]
        return {
            "date": _when(entry.at),
            "patient": person.get("name", "not known"),
            "address": person.get("address", "not known"),
            "drug": "; ".join(f"{v.drug}, {v.form}, {strength(v)}" for v in vials) or "not known",
            "given": milligrams(entry.mass_ug),
            "units": _equivalent(entry.mass_ug, vials),
            "by": one.by_name,
            "route": person.get("route", "not known"),
            "session": entry.session,
            "lot": entry.lot,
            "withdrawn": milligrams(_sum(drawn)),
            "wasted": milligrams(_sum(wasted)),
            "witness": "; ".join(sorted({w.witness_name for w in wasted if w.witness_name})),
        }

    def _receipts(self) -> list[dict[str, str]]:
        seen = {
            one.entry.container: one
            for one in self.lines
            if isinstance(one.entry, Transfer)
            and account_kind(one.entry.source) in ("supplier", "initial")
        }
        return [
            {
                "Received": _when(vial.received_at), "Name": vial.drug, "Form": vial.form,
                "Strength": strength(vial), "In each container": full(vial), "Containers": "1",
                "NDC": vial.ndc, "Lot": vial.lot, "Expires": vial.expiry.isoformat(),
                "Supplier": vial.supplier, "Address": vial.supplier_address or "not recorded",
                "DEA number": vial.supplier_dea or "not recorded",
                "Invoice": vial.invoice or "not recorded",
                "By": seen[key].by_name if key in seen else "not recorded",
                "Verified by": (seen[key].witness_name if key in seen else "") or "nobody",
            }
            for key, vial in self.vials.items()
            if self.start <= vial.received_at < self.end
        ]  # fmt: skip

    def _on_hand(self) -> list[dict[str, str]]:
        """What the book says is in each container at the end of the range."""
        volume: dict[str, list[int]] = {}
        for entry in self.book.transfers.values():
            for account, sign in ((entry.source, -1), (entry.destination, 1)):
                held = volume.setdefault(account, [0, 0, 0])
                for place, amount in enumerate((entry.mass_ug, entry.volume_ul, entry.units)):
                    held[place] += sign * amount
        return [
            {
                "Name": vial.drug, "Form": vial.form, "Strength": strength(vial), "Lot": vial.lot,
                "Expires": vial.expiry.isoformat(), "Site": vial.site or "not named",
                "Cabinet": vial.cabinet or "not named", "Full": full(vial),
                "On hand": stock(vial, volume[vial.account][1], volume[vial.account][2]),
                "That is": milligrams(volume[vial.account][0]),
            }
            for vial in self.vials.values()
            if volume.get(vial.account, [0])[0] > 0
        ]  # fmt: skip

    def _inventories(self) -> list[dict[str, str]]:
        """All that were ever taken: the law asks for the last, whatever the range."""
        rows = []
        for fact in (one for one in self.facts if one.kind == "inventory_taken"):
            said = fact.body
            common = {
                "Date": said["on"], "Which": said["purpose"],
                "Taken at": f"{said['moment']} of business",
                "Counted by": said["counter"], "Verified by": said["verifier"],
            }  # fmt: skip
            lines = [
                {
                    "Name": row["name"], "Form": row["form"],
                    "Strength": strength(self.vials[row["vial"]]),
                    "In each container": full(self.vials[row["vial"]]), "Containers": "1",
                    "Counted": stock(self.vials[row["vial"]], row["counted"], row["counted"]),
                    "Estimated": "yes" if row["estimated"] else "no, measured",
                }
                for row in said["rows"]
            ]  # fmt: skip
            nothing = dict.fromkeys(("Form", "Strength", "In each container"), "") | {
                "Name": "nothing on hand", "Containers": "0", "Counted": "0", "Estimated": "no",
            }  # fmt: skip
            rows += [common | line for line in lines or [nothing]]
        return rows

    def _moves(self, account: str) -> list[dict[str, str]]:
        return [
            {
                "When": _when(one.entry.at), "From": _account(one.entry.source),
                "To": _account(one.entry.destination), "Amount": milligrams(one.entry.mass_ug),
                "Lot": one.entry.lot, "Session": one.entry.session,
                "Why": one.entry.reason.replace("_", " "), "How": one.method, "By": one.by_name,
                "Second person": one.witness_name or "nobody",
                "Corrects": one.entry.corrects or "",
            }
            for one in self.lines
            if isinstance(one.entry, Transfer)
            and account in (account_kind(one.entry.source), account_kind(one.entry.destination))
            and self.start <= one.entry.at < self.end
        ]  # fmt: skip

    def _papers(self, kind: str) -> list[dict[str, str]]:
        titles = {
            one["key"]: one["title"]
            for one in document("controlled-substances", "destruction").body["columns"]
        }
        rows = []
        for fact in self._in_range([kind]):
            people = " and ".join(one["name"] for one in fact.body["employees"])
            to = fact.body.get("to", {})
            common = {
                "When": fact.body.get("destroyed_on") or fact.body.get("picked_up_on", ""),
                "Form": str(fact.id), "Two employees": people,
                "Method": str(fact.body.get("method", "")).replace("_", " "),
                "Where or to": fact.body.get("place") or ", ".join(to.values()),
            }  # fmt: skip
            for row in fact.body["rows"]:
                vial = self.vials[row["vial"]]
                shown = {key: str(row.get(key, "")) for key in titles} | {
                    "strength": strength(vial),
                    "package_quantity": full(vial),
                    "total_destroyed": stock(vial, row["total_destroyed"], row["total_destroyed"]),
                    "partial_count": stock(vial, row["partial_count"], row["partial_count"]),
                }
                rows.append(common | {titles[key]: shown[key] for key in titles})
        return rows

    def _counts(self) -> list[dict[str, str]]:
        rows = []
        for fact in self._in_range(["count"]):
            said = fact.body["entry"]
            vial = self.vials.get(said["container"])
            amount = stock(vial, said["volume_ul"], said.get("units", 0)) if vial else "not known"
            rows.append(
                {
                    "When": _when(fact.at), "Container": vial.lot if vial else said["container"],
                    "Found": amount, "By": fact.by_name,
                    "Second person": fact.body["witness_name"] or "nobody", "Note": said["note"],
                }
            )  # fmt: skip
        return rows

    def _differences(self) -> list[dict[str, str]]:
        return [
            {
                "Found": _when(case.discovered_at), "Account": _account(case.discrepancy.account),
                "Difference": milligrams(case.discrepancy.difference_ug),
                "Answered": "yes" if case.answered else "no",
                "Significant": case.judged.replace("_", " ") or "not judged",
                "Notice by": case.notify_by.isoformat(), "Notice": _step(case, "dea_notified"),
                "Form 106 by": case.form_106_by.isoformat(),
                "Form 106": _step(case, "form_106_submitted"),
                "Looked into": "; ".join(
                    one.words for one in case.steps if one.step == "looked_into"
                ),
            }
            for case in queries.cases()
            if case.discovered_at < self.end
            and (case.discovered_at >= self.start or not case.closed)
        ]  # fmt: skip

    def _exceptions(self) -> list[dict[str, str]]:
        rules = [
            {"Rule": one.rule, "Entry": str(one.entry), "What": one.summary}
            for one in broken_rules(self.book)
        ]
        late = [
            {"Rule": "BK-LATE-WASTE", "Entry": str(one.entry), "What": one.summary}
            for one in late_entries(self.book)
        ]
        return rules + late

    def _access(self) -> list[dict[str, str]]:
        rows = Access.objects.filter(at__gte=self.start, at__lt=self.end).order_by("at")
        return [
            {"When": _when(one.at), "Who": one.by_name or "nobody signed in", "Role": one.by_role,
             "What": one.what, "Refused": "yes" if one.refused else ""}
            for one in rows.iterator(chunk_size=_CHUNK)
            if one.what.startswith(_DRUG_TASKS)
        ]  # fmt: skip

    def _overrides(self) -> list[dict[str, str]]:
        kinds = ("override_signed", "finding_overridden")
        rows = Fact.objects.filter(kind__in=kinds, at__gte=self.start, at__lt=self.end).order_by(
            "at"
        )
        return [
            {"When": _when(one.at), "Who": one.by_name, "Role": one.by_role,
             "Rule": str(one.body.get("rule", "")), "Why": str(one.body.get("reason", ""))}
            for one in rows.iterator(chunk_size=_CHUNK)
        ]  # fmt: skip


def _when_given(given: Sequence[Written]) -> dict[str, datetime]:
    return {one.entry.session: one.entry.at for one in given if isinstance(one.entry, Transfer)}


def _by_session(lines: Sequence[Written]) -> dict[str, list[Written]]:
    found: dict[str, list[Written]] = {}
    for one in lines:
        if isinstance(one.entry, Transfer) and one.entry.session and one.entry.corrects is None:
            found.setdefault(one.entry.session, []).append(one)
    return found


def _goal(one: Written) -> str:
    return account_kind(one.entry.destination) if isinstance(one.entry, Transfer) else ""


def _sum(lines: Iterable[Written]) -> int:
    return sum(one.entry.mass_ug for one in lines if isinstance(one.entry, Transfer))


def _equivalent(mass_ug: int, vials: Sequence[Vial]) -> str:
    """The volume or the pieces of stock that this mass is; two strengths have no one answer."""
    if len({(one.form, one.concentration_ug_per_ml, one.unit_ug) for one in vials}) != 1:
        return "two strengths" if vials else "not known"
    vial = vials[0]
    if vial.is_pack:
        return f"{mass_ug / vial.unit_ug:g} {vial.form}s"
    return f"{mass_ug / vial.concentration_ug_per_ml:.3f} mL"


def _account(account: str) -> str:
    kind, _, name = account.partition(":")
    return f"{kind} {name[:8]}" if len(name) == 36 else f"{kind} {name}".strip()


def _step(case: queries.Case, step: str) -> str:
    done = case.done(step)
    return f"{_when(done.at)}: {done.words}" if done else "not yet"


def _when(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %z}"
