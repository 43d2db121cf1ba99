"""Where the drug of each container went, also where two of them filled one tray.

What came onto a tray first leaves it first: a convention, so that every microgram has one
container.
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from openketamine.core.ledger._book import Book
from openketamine.core.ledger._entries import Transfer, account_kind, account_name, is_container


@dataclass
class Whereabouts:
    """What came into one container and where it went, in µg, by kind of account.

    `filled` = `on_hand` + everything in `gone`, always.
    """

    filled_ug: int = 0
    on_hand_ug: int = 0
    gone: dict[str, int] = field(default_factory=lambda: defaultdict(int))


Piece = tuple[str, int]


def whereabouts(book: Book) -> Mapping[str, Whereabouts]:
    """Container → where its drug is now. What was given beyond all that was on a tray has no
    container and is left out here: the rules name it."""
    return _Trace(book).found


class _Trace:
    def __init__(self, book: Book) -> None:
        self.found: dict[str, Whereabouts] = defaultdict(Whereabouts)
        self.trays: dict[str, deque[Piece]] = defaultdict(deque)
        self.taken: dict[str, list[Piece]] = {}
        for one in book.in_time:
            if isinstance(one.entry, Transfer):
                self._follow(one.entry)

    def _follow(self, entry: Transfer) -> None:
        source, goal = account_kind(entry.source), account_kind(entry.destination)
        if goal == "tray" and is_container(entry.source):
            self._leave(entry, "tray")
            self.trays[entry.destination].append((entry.container, entry.mass_ug))
        elif goal == "tray":
            self._back_onto(entry, source)
        elif source == "tray":
            self._off(entry, goal)
        elif is_container(entry.source):
            self._leave(entry, goal)
        elif is_container(entry.destination):
            self._enter(entry, source)

    def _leave(self, entry: Transfer, goal: str) -> None:
        one = self.found[account_name(entry.source)]
        one.on_hand_ug -= entry.mass_ug
        # The way back to where it came from empties the container of what never was in it.
        if goal in ("supplier", "initial", "overfill", "found"):
            one.filled_ug -= entry.mass_ug
        else:
            one.gone[goal] += entry.mass_ug

    def _enter(self, entry: Transfer, source: str) -> None:
        one = self.found[account_name(entry.destination)]
        one.on_hand_ug += entry.mass_ug
        if source in ("supplier", "initial", "overfill", "found"):
            one.filled_ug += entry.mass_ug
        else:
            one.gone[source] -= entry.mass_ug

    def _off(self, entry: Transfer, goal: str) -> None:
        if is_container(entry.destination):
            self._back_into(entry)
            return
        pieces = self._take(self.trays[entry.source], entry.mass_ug)
        self.taken[entry.id] = pieces
        for container, mass in pieces:
            self.found[container].gone["tray"] -= mass
            self.found[container].gone[goal] += mass

    def _back_into(self, entry: Transfer) -> None:
        name, tray = account_name(entry.destination), self.trays[entry.source]
        left, kept = entry.mass_ug, deque[Piece]()
        for container, mass in reversed(tray):
            used = min(mass, left) if container == name else 0
            left -= used
            if mass > used:
                kept.appendleft((container, mass - used))
        self.trays[entry.source] = kept
        self.found[name].on_hand_ug += entry.mass_ug
        self.found[name].gone["tray"] -= entry.mass_ug

    def _back_onto(self, entry: Transfer, source: str) -> None:
        for container, mass in reversed(self.taken.pop(entry.corrects or "", [])):
            self.trays[entry.destination].appendleft((container, mass))
            self.found[container].gone[source] -= mass
            self.found[container].gone["tray"] += mass

    @staticmethod
    def _take(tray: deque[Piece], mass_ug: int) -> list[Piece]:
        pieces = []
        while mass_ug > 0 and tray:
            container, mass = tray.popleft()
            used = min(mass, mass_ug)
            pieces.append((container, used))
            mass_ug -= used
            if mass > used:
                tray.appendleft((container, mass - used))
        return pieces
