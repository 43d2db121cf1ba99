"""The administration log of the packet: every dose with all that the law asks of its line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from psycopg.types.json import Jsonb

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._pieces import MOST, pieces
from openketamine.clinic.pharmacy.ledger_page import milligrams, strength
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.pharmacy.packet_people import People
from openketamine.clinic.pharmacy.words import when
from openketamine.knowledge import document


@dataclass(frozen=True)
class _Drawn:
    """What a session took out of containers, what of it was wasted before whom, and which of its
    transfers another one took back."""

    withdrawn_ug: int = 0
    wasted_ug: int = 0
    witnesses: str = ""
    taken_back: Sequence[str] = ()


_NOTHING = _Drawn()
_ADDED_UP = """
    SELECT body #>> '{entry,session}',
           coalesce(sum((body #>> '{entry,mass_ug}')::bigint)
               FILTER (WHERE body #>> '{entry,destination}' LIKE 'tray:%%'
                               AND body #>> '{entry,corrects}' IS NULL), 0)::bigint,
           coalesce(sum((body #>> '{entry,mass_ug}')::bigint)
               FILTER (WHERE body #>> '{entry,destination}' LIKE 'waste:%%'
                               AND body #>> '{entry,corrects}' IS NULL), 0)::bigint,
           coalesce(string_agg(DISTINCT nullif(body ->> 'witness_name', ''), '; ')
               FILTER (WHERE body #>> '{entry,destination}' LIKE 'waste:%%'
                               AND body #>> '{entry,corrects}' IS NULL), ''),
           array_remove(array_agg(body #>> '{entry,corrects}'), NULL)
      FROM journal_fact
     WHERE stream LIKE 'pharmacy:%%' AND kind = 'transfer'
       AND body #> '{entry,session}' = ANY(%(names)s)
     GROUP BY 1
"""


def doses(given: QuerySet[Fact], people: People) -> Iterator[dict[str, str]]:
    """A row for each of these transfers to a person that was not taken back, some at a time: a
    year is not held at once."""
    titles = {
        one["key"]: one["title"]
        for one in document("controlled-substances", "administration-record").body["columns"]
    }
    for some in pieces(given.iterator(chunk_size=MOST)):
        for said in _some(some, people):
            yield {titles[key]: said[key] for key in titles}


def _some(given: Sequence[Fact], people: People) -> Iterator[dict[str, str]]:
    entries = [one.body["entry"] for one in given]
    sessions = {said["session"]: one.at for one, said in zip(given, entries, strict=True)}
    persons, drawn = people.of(sessions), _of_sessions(list(sessions))
    names = {name for said in entries for name in said["container"].split(", ") if len(name) == 36}
    vials = {str(one.pk): one for one in Vial.everywhere.filter(pk__in=names)}
    for one, said in zip(given, entries, strict=True):
        filled = [vials[name] for name in said["container"].split(", ") if name in vials]
        person, own = persons.get(said["session"], {}), drawn.get(said["session"], _NOTHING)
        if str(one.pk) not in own.taken_back:
            yield _dose(one, filled, person, own)


def _of_sessions(sessions: Sequence[str]) -> Mapping[str, _Drawn]:
    """What each session took out and wasted, added up by the database."""
    asked: dict[str, Any] = {"names": [Jsonb(one) for one in sessions]}
    with connection.cursor() as cursor:
        cursor.execute(_ADDED_UP, asked)
        return {session: _Drawn(*rest) for session, *rest in cursor.fetchall()}


def _dose(
    one: Fact, vials: Sequence[Vial], person: Mapping[str, str], own: _Drawn
) -> dict[str, str]:
    said = one.body["entry"]
    return {
        "date": when(one.at),
        "patient": person.get("name", "not known"),
        "address": person.get("address", "not known"),
        "drug": "; ".join(f"{v.drug}, {v.form}, {strength(v)}" for v in vials) or "not known",
        "given": milligrams(said["mass_ug"]),
        "units": _equivalent(said["mass_ug"], vials),
        "by": one.by_name,
        "route": person.get("route", "not known"),
        "session": said["session"],
        "lot": said["lot"],
        "withdrawn": milligrams(own.withdrawn_ug),
        "wasted": milligrams(own.wasted_ug),
        "witness": own.witnesses,
    }


def _equivalent(mass_ug: int, vials: Sequence[Vial]) -> str:
    """The volume or the pieces of stock that this mass is; two strengths have no one answer."""
    if len({(one.form, one.concentration_ug_per_ml, one.unit_ug) for one in vials}) != 1:
        return "two strengths" if vials else "not known"
    vial = vials[0]
    if vial.is_pack:
        return f"{mass_ug / vial.unit_ug:g} {vial.form}s"
    return f"{mass_ug / vial.concentration_ug_per_ml:.3f} mL"
