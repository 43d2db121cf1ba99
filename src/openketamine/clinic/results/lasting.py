"""How long a response lasted: the curve, and who was still watched and who had relapsed on a day.

Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openketamine.clinic.results import curve
from openketamine.clinic.results.numbers import Number, number_of
from openketamine.clinic.results.person import Followed, Result
from openketamine.clinic.results.statistics import Survival, survival

_OF = "of those in whom a response was seen"


@dataclass(frozen=True)
class Kept:
    """How long a response lasted, by one definition of a relapse. `watched`: those in whom a
    response was seen, and whom this definition can speak of."""

    definition: str
    relapsed: Number
    curve: Survival
    watched: tuple[Result, ...]

    def rows(self) -> Iterator["OnDay"]:
        """The table beside the curve, with its people."""
        for row in curve.rows(self.curve):
            yield OnDay(row, self._still(row.day), self._relapsed_by(row.day))

    def _still(self, day: int) -> Number:
        who = [one for one in self.watched if self._followed(one).days >= day]
        key, words = f"relapse.{self.definition}.watched.{day}", "Still watched, without a relapse"
        return number_of(key, f"{words}, just before day {day}", who, self.watched, _OF)

    def _relapsed_by(self, day: int) -> Number:
        ended = ((one, self._followed(one)) for one in self.watched)
        who = [one for one, how in ended if how.relapsed and how.days <= day]
        key = f"relapse.{self.definition}.by.{day}"
        return number_of(key, f"Relapsed by day {day}", who, self.watched, _OF)

    def _followed(self, one: Result) -> Followed:
        return one.followed[self.definition]


@dataclass(frozen=True)
class OnDay:
    """One line of that table. Each of the two numbers is the one that the curve was drawn by."""

    row: curve.Row
    watched: Number
    relapsed: Number


def response_kept(treated: Sequence[Result], definition: str) -> Kept:
    """Of those in whom a response was seen, and whom this definition can speak of."""
    watched = [one for one in treated if definition in one.followed]
    ended = [one for one in watched if one.followed[definition].relapsed]
    days = [one.followed[definition].days for one in watched]
    relapsed = [one.followed[definition].relapsed for one in watched]
    return Kept(
        definition=definition,
        relapsed=number_of(f"relapse.{definition}", "Relapsed", ended, watched, _OF),
        curve=survival(days, relapsed),
        watched=tuple(watched),
    )
