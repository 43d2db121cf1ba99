"""How the results of many people are counted; the numbers stand in knowledge/measures."""

from dataclasses import dataclass
from functools import cache

from openketamine.knowledge import Threshold, document, read_threshold


@dataclass(frozen=True)
class Window:
    """Days since the first session in which the last score counts; `until` None: to the end."""

    id: str
    says: str
    first: int
    until: int | None

    def holds(self, days: int) -> bool:
        """Whether a score of that day counts."""
        return days >= self.first and (self.until is None or days <= self.until)


@dataclass(frozen=True)
class Measures:
    """`early_stop`: days without a second session. `smallest_cell`: people. `oldest_age`: years."""

    early_stop: Threshold
    smallest_cell: Threshold
    oldest_age: Threshold
    windows: tuple[Window, ...]

    def window(self, name: str) -> Window:
        """One of them by id, the first where there is none of that name."""
        return next((one for one in self.windows if one.id == name), self.windows[0])


@cache
def measures() -> Measures:
    """As the knowledge has it."""
    body = document("measures", "clinic-results").body
    return Measures(
        early_stop=read_threshold(body["early_stop"]),
        smallest_cell=read_threshold(body["smallest_cell"]),
        oldest_age=read_threshold(body["oldest_age"]),
        windows=tuple(
            Window(str(one["window"]), str(one["says"]), int(one["from"]), one.get("until"))
            for one in body["windows"]
        ),
    )
