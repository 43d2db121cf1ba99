"""Who received a dose, as the record of that day has them: name, address, way."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models.fields.json import KT

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.patients.models import BundleImport, Person

_KINDS = ("session_opened", "plan_signed")


class People:
    """The persons of one packet. What was read of a record once is not read again."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self._addresses: dict[int, str] = {}

    def of(self, at: Mapping[str, datetime]) -> dict[str, dict[str, str]]:
        """Session → who it was, where they lived by that day's record, and which way it went in."""
        known = _sessions(at)
        ids = {one["id"] for one in known.values() if "id" in one}
        self.ids |= ids
        people = {str(one.pk): one for one in Person.objects.filter(pk__in=ids)}
        records = _records(ids)
        chosen = {
            session: _as_of(records.get(one.get("id", ""), []), at[session])
            for session, one in known.items()
        }
        self._read(version for version in chosen.values() if version)
        for session, one in known.items():
            person = people.get(one.get("id", ""))
            if person is not None:
                one["name"] = f"{person.family.upper()}, {person.given}"
                one["address"] = self._addresses.get(chosen[session] or 0, "not known")
        return {session: one for session, one in known.items() if "id" in one}

    def _read(self, versions: Iterable[int]) -> None:
        fresh = {one for one in versions if one not in self._addresses}
        rows = BundleImport.objects.filter(pk__in=fresh).values_list("pk", "bundle")
        self._addresses |= {version: _address_in(bundle) for version, bundle in rows}


def _sessions(at: Mapping[str, datetime]) -> dict[str, dict[str, str]]:
    known: dict[str, dict[str, str]] = {}
    streams = [f"session:{one}" for one in at]
    rows = Fact.objects.filter(stream__in=streams, kind__in=_KINDS).order_by("number")
    said = rows.values_list("stream", KT("body__person_id"), KT("body__route"))
    for stream, person, route in said:
        one = known.setdefault(stream.removeprefix("session:"), {})
        one |= {"id": person} if person else {"route": route or "not known"}
    return known


def _records(ids: Iterable[str]) -> Mapping[str, list[tuple[datetime, int]]]:
    """Every version of these people's records by its time, without its text."""
    found: dict[str, list[tuple[datetime, int]]] = {}
    rows = BundleImport.objects.filter(person_id__in=ids).order_by("at")
    for person, at, version in rows.values_list("person_id", "at", "pk"):
        found.setdefault(str(person), []).append((at, version))
    return found


def _as_of(versions: list[tuple[datetime, int]], at: datetime) -> int | None:
    """As it stood in the record when the drug was given; the first record where none was there."""
    before = [one for one in versions if one[0] <= at] or versions[:1]
    return before[-1][1] if before else None


def _address_in(bundle: str) -> str:
    for one in json.loads(bundle).get("entry", []):
        resource = one.get("resource", {})
        said = resource.get("address", []) if resource.get("resourceType") == "Patient" else []
        if words := next(filter(None, map(_words, said)), ""):
            return words
    return "not known"


def _words(said: Mapping[str, Any]) -> str:
    parts = (*said.get("line", []), said.get("city"), said.get("state"), said.get("postalCode"))
    return str(said.get("text") or ", ".join(filter(None, parts)))
