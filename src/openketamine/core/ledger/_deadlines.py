"""By when: a theft or loss is notified, its form submitted, the next inventory taken."""

from datetime import date, timedelta
from functools import cache
from typing import Any

from openketamine.knowledge import document

_SATURDAY = 5


def notify_by(discovered_on: date) -> date:
    """The last day for the written notice: the business day after the discovery.

    Saturdays and Sundays do not count; public holidays do, which is stricter than the law.
    """
    day, left = discovered_on, int(_rule("theft-or-loss", "notice")["value"])
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return day


def form_106_by(discovered_on: date) -> date:
    """The last day for the electronic Form 106."""
    return discovered_on + timedelta(days=int(_rule("theft-or-loss", "form_106")["value"]))


def inventory_by(last: date) -> date:
    """The last day for the next inventory: two years after the last."""
    year = last.year + int(_rule("inventory", "biennial")["value"])
    try:
        return last.replace(year=year)
    except ValueError:  # the 29th of February
        return last.replace(year=year, day=28)


@cache
def _rule(name: str, part: str) -> Any:
    return document("controlled-substances", name).body[part]
