"""What is not wrong and must still be looked at: waste that was written down late."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openketamine.core.ledger._book import Book
from openketamine.core.ledger._entries import Transfer, account_kind
from openketamine.knowledge import document, read_threshold


@dataclass(frozen=True)
class LateEntry:
    """Waste after its time, by entry. `minutes`: since the dose was over."""

    entry: int
    entry_id: str
    session: str
    minutes: int
    summary: str

    def as_json(self) -> dict[str, Any]:
        """The form of `ledger check`."""
        return {
            "rule": "BK-LATE-WASTE",
            "entry": self.entry,
            "id": self.entry_id,
            "session": self.session,
            "minutes": self.minutes,
            "summary": self.summary,
        }


def late_entries(book: Book) -> tuple[LateEntry, ...]:
    """Every waste that came more than the allowed time after the last of its dose was given."""
    return tuple(_late(book))


def _late(book: Book) -> Iterator[LateEntry]:
    limit = read_threshold(document("checklists", "controlled-substance").body["late_waste"])
    given: dict[str, datetime] = {}
    for one in book.in_time:
        entry = one.entry
        if not isinstance(entry, Transfer) or entry.corrects is not None:
            continue
        if account_kind(entry.destination) == "patient":
            given[entry.session] = entry.at
        over = given.get(entry.session)
        if account_kind(entry.destination) != "waste" or over is None:
            continue
        seconds = (entry.at - over).total_seconds()
        if limit.met_by(seconds / 60):
            minutes = int(seconds // 60)
            words = (
                f"The rest of session {entry.session} was wasted {minutes} minutes after its end."
            )
            yield LateEntry(one.number, entry.id, entry.session, minutes, words)
