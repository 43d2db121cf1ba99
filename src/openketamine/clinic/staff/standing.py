"""How somebody's certificates stand: what has ended, what ends soon, what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from openketamine.clinic.staff import credentials
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.permission import needed_at_all


@dataclass(frozen=True)
class Line:
    """One certificate on a page. `level` is the colour, the word stands beside it."""

    name: str
    card: credentials.Credential | None
    says: str
    level: str
    needed: bool
    days: int | None = None


@dataclass(frozen=True)
class Standing:
    """One person's certificates, the worst first."""

    who: Staff
    lines: tuple[Line, ...]

    @property
    def worst(self) -> Line | None:
        """What to look at first, if anything."""
        return next((one for one in self.lines if one.level != "done"), None)


_ORDER = {"block": 0, "caution": 1, "unknown": 2, "info": 3, "done": 4}


def standing(who: Staff, now: datetime) -> Standing:
    """The newest card of each type, and each type that is needed and missing."""
    today, held, needed = timezone.localdate(now), credentials.held(who), needed_at_all(who.role)
    lines = [
        _line(one, [card for card in held if card.type == one.id], today, needed)
        for one in credentials.types().values()
    ]
    shown = [one for one in lines if one.card or one.needed]
    return Standing(who, tuple(sorted(shown, key=lambda one: _ORDER[one.level])))


def warnings(people: Iterable[Standing]) -> list[tuple[int, Standing, Line]]:
    """What ends within ninety days, in steps of 7, 30, 60 and 90, the soonest first."""
    found = []
    for one in people:
        for line in one.lines:
            if line.days is not None and 0 <= line.days <= max(credentials.warn_days()):
                step = min(days for days in credentials.warn_days() if line.days <= days)
                found.append((step, one, line))
    return sorted(found, key=lambda one: one[2].days or 0)


def _line(
    type_: credentials.Type,
    cards: list[credentials.Credential],
    today: date,
    needed: tuple[str, ...],
) -> Line:
    is_needed = type_.id in needed
    good = [one for one in cards if one.covers(today)]
    if not cards:
        return Line(type_.name, None, "Not on record", "unknown", is_needed)
    if not good:
        card = cards[0]
        says = "Withdrawn" if card.withdrawn else "Has ended"
        if not card.withdrawn and card.issued > today:
            says = "Has not begun"
        return Line(type_.name, card, says, "block" if is_needed else "caution", is_needed)
    card = max(good, key=lambda one: one.expires or date.max)
    days = (card.expires - today).days if card.expires else None
    return Line(type_.name, card, *_in_date(card, days), is_needed, days)


def _in_date(card: credentials.Credential, days: int | None) -> tuple[str, str]:
    """In words, and the level."""
    if days is not None and days <= max(credentials.warn_days()):
        left = "Ends today" if days == 0 else f"Ends in {days} day{'s' if days > 1 else ''}"
        return left, "caution"
    return ("In date", "done") if card.checked_at else ("In date, not yet checked", "info")
