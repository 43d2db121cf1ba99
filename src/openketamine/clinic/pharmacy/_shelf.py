"""What is in each container, where it stands, and whether drug may be taken from it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._entries import in_order, rows
from openketamine.clinic.pharmacy._naming import naming
from openketamine.clinic.pharmacy.models import Account, Vial
from openketamine.core.ledger import Label, account_name, beyond_use
from openketamine.knowledge import document


@dataclass(frozen=True)
class Held:
    """What an account holds by the book."""

    mass_ug: int = 0
    volume_ul: int = 0
    units: int = 0


@dataclass(frozen=True)
class Place:
    """The site and the cabinet in which a container is."""

    site: str
    cabinet: str


@dataclass(frozen=True)
class VialOnShelf:
    """A container and what the book says is in it.

    `status`: sealed, open, empty, expired, beyond use, kept apart or under way. `usable_until`: the
    end of its beyond-use time, None while it is sealed or has none.
    """

    vial: Vial
    on_hand_ul: int
    on_hand_ug: int
    status: str
    on_hand_units: int = 0
    place: Place = Place("", "")
    opened_at: datetime | None = None
    usable_until: datetime | None = None
    expires_within: int | None = None


# One pass over the book, in the database: account, and what came in less what went out. `{of}`:
# which transfers, `{on}`: on which accounts; both are words of ours, values are bound.
ADDED_UP = """
    SELECT account, sum(mass)::bigint, sum(volume)::bigint, sum(units)::bigint FROM (
        SELECT body #>> '{{entry,destination}}' AS account,
               (body #>> '{{entry,mass_ug}}')::bigint AS mass,
               (body #>> '{{entry,volume_ul}}')::bigint AS volume,
               coalesce((body #>> '{{entry,units}}')::bigint, 0) AS units
          FROM journal_fact WHERE stream LIKE 'pharmacy:%%' AND kind = 'transfer'{of}
        UNION ALL
        SELECT body #>> '{{entry,source}}', -(body #>> '{{entry,mass_ug}}')::bigint,
               -(body #>> '{{entry,volume_ul}}')::bigint,
               -coalesce((body #>> '{{entry,units}}')::bigint, 0)
          FROM journal_fact WHERE stream LIKE 'pharmacy:%%' AND kind = 'transfer'{of}
    ) AS halves{on} GROUP BY account
"""
_OF_THESE = " AND body #> '{entry,container}' = ANY(%(names)s)"
# `names` are bound as jsonb: what the planner cannot see it takes for ten rows of any book.
_FIRST_DRAWN = """
    WITH moves AS MATERIALIZED (
        SELECT id::text AS id, at, body -> 'entry' AS entry FROM journal_fact
         WHERE stream LIKE 'pharmacy:%%' AND kind = 'transfer'
           AND body #> '{entry,container}' = ANY(%(names)s)
    )
    SELECT entry ->> 'container', min(at) FROM moves
     WHERE entry ->> 'destination' LIKE 'tray:%%' AND entry ->> 'source' NOT LIKE 'patient:%%'
       AND id NOT IN (SELECT entry ->> 'corrects' FROM moves WHERE entry ->> 'corrects' IS NOT NULL)
     GROUP BY 1
"""


def all_held(*kinds: str) -> Mapping[str, Held]:
    """Every account of these kinds (`vial`, `pack`, `tray`, `transit`) that holds anything, or less
    than nothing."""
    rows = Account.objects.filter(kind__in=kinds).exclude(mass_ug=0)
    return {one.account: held_of(one) for one in rows}


def held_of(row: Account | None) -> Held:
    """What the database keeps of an account; nothing where it has none."""
    return Held(row.mass_ug, row.volume_ul, row.units) if row else Held()


def accounts_off(containers: Collection[str] | None = None) -> list[str]:
    """Accounts for which the database keeps something else than the book adds up to: none, ever.
    `containers`: only of these, without reading the rest of the book."""
    some = None
    if containers is not None:
        some = [f"{kind}:{name}" for name in containers for kind in ("vial", "pack")]
    kept = Account.objects.all() if some is None else Account.objects.filter(pk__in=some)
    there = {
        account: tuple(sums)
        for account, *sums in kept.values_list(
            "account", "mass_ug", "volume_ul", "units"
        ).iterator()
    }
    added = _added_up(containers, some)
    return sorted(one for one in {*added, *there} if added.get(one) != there.get(one))


def _added_up(
    containers: Collection[str] | None, accounts: list[str] | None
) -> dict[str, tuple[int, ...]]:
    of, on, asked = "", "", {}
    if containers is not None:
        of, on = _OF_THESE, " WHERE account = ANY(%(accounts)s)"
        asked = {"names": [Jsonb(one) for one in sorted(containers)], "accounts": accounts}
    with connection.cursor() as cursor:
        cursor.execute(ADDED_UP.format(of=of, on=on), asked)
        return {account: tuple(map(int, sums)) for account, *sums in cursor.fetchall()}


def in_stock() -> list[Vial]:
    """The containers that hold something, first to expire first."""
    names = [
        account_name(account)
        for account, held in all_held("vial", "pack").items()
        if held.mass_ug > 0
    ]
    return list(Vial.objects.filter(pk__in=names))


def shelf(vials: Iterable[Vial], now: datetime) -> list[VialOnShelf]:
    """These containers as the book has them at this moment."""
    vials = list(vials)
    names = [str(vial.pk) for vial in vials]
    rows = Account.objects.in_bulk([vial.account for vial in vials])
    held = {one: Held(row.mass_ug, row.volume_ul, row.units) for one, row in rows.items()}
    opened, handled = _first_drawn(names), _handled(names)
    return [
        _on_shelf(
            vial,
            held.get(vial.account, Held()),
            opened.get(str(vial.pk)),
            handled.get(str(vial.pk), []),
            now,
        )
        for vial in vials
    ]


def place_after(vial: Vial, handled: Iterable[Fact]) -> Place:
    """Where a container is after what was done with it."""
    place = Place(vial.site, vial.cabinet)
    for fact in handled:
        entry = fact.body["entry"]
        if entry["what"] == "moved":
            place = Place(entry["site"], entry["cabinet"])
    return place


def handlings(*vial_ids: str) -> list[Fact]:
    """What was done with these containers, in the order of the book."""
    return in_order(rows("handling").filter(naming("container", vial_ids)))


def label_of(vial: Vial) -> Label:
    """Its label in the words of the book."""
    return Label(
        id=str(vial.pk), at=vial.received_at, container=str(vial.pk), form=vial.form,
        drug=vial.drug, ndc=vial.ndc, lot=vial.lot, expiry=vial.expiry, doses=vial.doses, by="",
        concentration_ug_per_ml=vial.concentration_ug_per_ml, volume_ul=vial.volume_ul,
        unit_ug=vial.unit_ug, units=vial.units, beyond_use_days=vial.beyond_use_days,
        site=vial.site, cabinet=vial.cabinet,
    )  # fmt: skip


def _first_drawn(names: Sequence[str]) -> Mapping[str, datetime]:
    asked: dict[str, Any] = {"names": [Jsonb(one) for one in names]}
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_DRAWN, asked)
        return dict(cursor.fetchall())


def _handled(names: Sequence[str]) -> Mapping[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for fact in handlings(*names):
        found.setdefault(fact.body["entry"]["container"], []).append(fact)
    return found


def _on_shelf(
    vial: Vial, held: Held, opened: datetime | None, handled: list[Fact], now: datetime
) -> VialOnShelf:
    until = beyond_use(label_of(vial), opened)
    today = timezone.localdate(now)
    words = [fact.body["entry"]["what"] for fact in handled]
    apart = [one for one in words if one in ("quarantined", "released")][-1:] == ["quarantined"]
    return VialOnShelf(
        vial=vial,
        on_hand_ul=held.volume_ul,
        on_hand_ug=held.mass_ug,
        on_hand_units=held.units,
        status=_status(vial, held, until, today, now, apart=apart),
        place=place_after(vial, handled),
        opened_at=opened,
        usable_until=until,
        expires_within=_within(vial.expiry, today) if held.mass_ug > 0 else None,
    )


def _status(
    vial: Vial, held: Held, until: datetime | None, today: date, now: datetime, *, apart: bool
) -> str:
    if held.mass_ug <= 0:
        return "empty"
    if apart:
        return "kept apart"
    if vial.expiry < today:
        return "expired"
    if until is not None and now > until:
        return "beyond use"
    return "sealed" if held.mass_ug >= vial.mass_ug else "open"


def _within(expiry: date, today: date) -> int | None:
    """The nearest of the days ahead (30, 60, 90) within which it expires."""
    ahead = document("controlled-substances", "beyond-use").body["expiring"]
    days = sorted(int(one["value"]) for one in ahead)
    return next((one for one in days if expiry - today <= timedelta(days=one)), None)
