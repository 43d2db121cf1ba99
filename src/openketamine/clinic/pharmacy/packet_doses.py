"""The administration log of the packet: every dose with all that the law asks of its line."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._entries import STREAM, Written, written
from openketamine.clinic.pharmacy._pieces import MOST, pieces
from openketamine.clinic.pharmacy.ledger_page import milligrams, strength
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.pharmacy.packet_people import People
from openketamine.clinic.pharmacy.words import when
from openketamine.core.ledger import Transfer, account_kind
from openketamine.knowledge import document


def doses(given: QuerySet[Fact], people: People) -> Iterator[dict[str, str]]:
    """A row for each of these transfers to a person, some at a time: a year is not held at once."""
    titles = {
        one["key"]: one["title"]
        for one in document("controlled-substances", "administration-record").body["columns"]
    }
    for some in pieces(given.iterator(chunk_size=MOST)):
        for said in _some(written(some), people):
            yield {titles[key]: said[key] for key in titles}


def _some(given: Sequence[Written], people: People) -> Iterator[dict[str, str]]:
    entries = [one.entry for one in given if isinstance(one.entry, Transfer)]
    persons = people.of({entry.session: entry.at for entry in entries})
    own = _of_sessions({entry.session for entry in entries})
    names = {name for entry in entries for name in entry.container.split(", ") if len(name) == 36}
    vials = {str(one.pk): one for one in Vial.objects.filter(pk__in=names)}
    for one, entry in zip(given, entries, strict=True):
        filled = [vials[name] for name in entry.container.split(", ") if name in vials]
        yield _dose(one, entry, filled, persons.get(entry.session, {}), own.get(entry.session, []))


def _of_sessions(sessions: set[str]) -> Mapping[str, list[Written]]:
    facts = Fact.objects.filter(
        stream=STREAM, kind="transfer", body__entry__session__in=sorted(sessions)
    )
    found: dict[str, list[Written]] = {}
    for one in written(facts.order_by("number")):
        if isinstance(one.entry, Transfer) and one.entry.corrects is None:
            found.setdefault(one.entry.session, []).append(one)
    return found


def _dose(
    one: Written, entry: Transfer, vials: Sequence[Vial], person: Mapping[str, str],
    own: Sequence[Written],
) -> dict[str, str]:  # fmt: skip
    wasted = _to("waste", own)
    return {
        "date": when(entry.at),
        "patient": person.get("name", "not known"),
        "address": person.get("address", "not known"),
        "drug": "; ".join(f"{v.drug}, {v.form}, {strength(v)}" for v in vials) or "not known",
        "given": milligrams(entry.mass_ug),
        "units": _equivalent(entry.mass_ug, vials),
        "by": one.by_name,
        "route": person.get("route", "not known"),
        "session": entry.session,
        "lot": entry.lot,
        "withdrawn": milligrams(_sum(_to("tray", own))),
        "wasted": milligrams(_sum(wasted)),
        "witness": "; ".join(sorted({w.witness_name for w in wasted if w.witness_name})),
    }


def _to(kind: str, own: Sequence[Written]) -> list[Written]:
    return [
        one
        for one in own
        if isinstance(one.entry, Transfer) and account_kind(one.entry.destination) == kind
    ]


def _sum(lines: Sequence[Any]) -> int:
    return sum(one.entry.mass_ug for one in lines)


def _equivalent(mass_ug: int, vials: Sequence[Vial]) -> str:
    """The volume or the pieces of stock that this mass is; two strengths have no one answer."""
    if len({(one.form, one.concentration_ug_per_ml, one.unit_ug) for one in vials}) != 1:
        return "two strengths" if vials else "not known"
    vial = vials[0]
    if vial.is_pack:
        return f"{mass_ug / vial.unit_ug:g} {vial.form}s"
    return f"{mass_ug / vial.concentration_ug_per_ml:.3f} mL"
