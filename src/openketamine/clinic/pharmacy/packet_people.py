"""Who received a dose, as the record of that day has them: name, address, way."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.patients.models import BundleImport, Person

_CHUNK = 2000


def persons(at: Mapping[str, datetime]) -> dict[str, dict[str, str]]:
    """Session → who it was, where they lived by that day's record, and which way it went in."""
    _versions.cache_clear()  # a record that came in since the last packet counts
    known: dict[str, dict[str, str]] = {}
    sessions = list(at)
    for start in range(0, len(sessions), _CHUNK):
        streams = [f"session:{one}" for one in sessions[start : start + _CHUNK]]
        kinds = ("session_opened", "plan_signed")
        for fact in Fact.objects.filter(stream__in=streams, kind__in=kinds).order_by("number"):
            one = known.setdefault(fact.stream.removeprefix("session:"), {})
            if fact.kind == "session_opened":
                one["id"] = fact.body["person_id"]
            else:
                one["route"] = fact.body["route"]
    people = {
        str(one.pk): one
        for one in Person.objects.filter(pk__in={k["id"] for k in known.values() if "id" in k})
    }
    for session, one in known.items():
        person = people.get(one.get("id", ""))
        if person is not None:
            one["name"] = f"{person.family.upper()}, {person.given}"
            one["address"] = _address(person.pk, at[session])
    return {session: one for session, one in known.items() if "id" in one}


def _address(person_id: Any, at: datetime) -> str:
    """As it stood in the record when the drug was given; the first record where none was there."""
    versions = _versions(person_id)
    before = [one for one in versions if one[0] <= at] or versions[:1]
    return _address_in(*before[-1][1:]) if before else "not known"


@lru_cache(maxsize=1024)
def _versions(person_id: Any) -> list[tuple[datetime, str, int]]:
    """Every version of a person's record by its time, without its text. Kept for one packet."""
    rows = BundleImport.objects.filter(person_id=person_id).order_by("at")
    return list(rows.values_list("at", "sha256", "pk"))


@lru_cache(maxsize=4096)
def _address_in(_: str, version: int) -> str:
    bundle = BundleImport.objects.values_list("bundle", flat=True).get(pk=version)
    for one in json.loads(bundle).get("entry", []):
        resource = one.get("resource", {})
        for said in (
            resource.get("address", []) if resource.get("resourceType") == "Patient" else []
        ):
            parts = [
                *said.get("line", []),
                said.get("city"),
                said.get("state"),
                said.get("postalCode"),
            ]
            words = said.get("text") or ", ".join(filter(None, parts))
            if words:
                return str(words)
    return "not known"
