"""What the people of the demonstration show: in date, one card ending soon, one unchecked."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from openketamine.clinic.staff import credentials, rota
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.permission import needed_at_all

_KEEPER = "miriam"
_ENDS_SOON = {("nora", "bls"): timedelta(days=25), ("wes", "acls"): timedelta(days=70)}
_WEEK = ("priya", "nora", "wes")


def hand_in(staff: Mapping[str, Staff], now: datetime) -> None:
    """Whatever each role needs and does not have yet, from papers of nobody real."""
    today = timezone.localdate(now)
    for name, person in staff.items():
        held = credentials.held(person)
        wanted = dict.fromkeys(needed_at_all(person.role))
        wanted |= {type_: None for who, type_ in _ENDS_SOON if who == name}
        for type_ in wanted:
            if any(one.type == type_ and one.covers(today) for one in held):
                continue
            lasts = _ENDS_SOON.get((name, type_), timedelta(days=400))
            card = credentials.Card(
                type=type_,
                issuer="Demonstration board",
                number=f"DEMO-{name.upper()}-{type_.upper()}",
                state="US-AZ" if type_ in ("licence", "dea") else "",
                issued=today - timedelta(days=300),
                expires=today + lasts,
            )
            kept = credentials.record(person, card, person, now)
            if name != _KEEPER:
                where = "register of the demonstration board"
                credentials.check(person, kept, where, staff[_KEEPER], now)


def plan_week(staff: Mapping[str, Staff], now: datetime) -> None:
    """Today and tomorrow in full; the day after, one nurse alone."""
    if any(one.people for one in rota.week(now)):
        return
    today = timezone.localdate(now)
    for ahead, names in enumerate((_WEEK, _WEEK, _WEEK[1:2])):
        for name in names:
            for shift in rota.SHIFTS:
                day = today + timedelta(days=ahead)
                rota.plan(staff[name], day, shift, staff["fran"], now)
