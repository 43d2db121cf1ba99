"""A fact as the journal gives it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from openketamine.clinic.journal._chain import chain_hash, moment
from openketamine.clinic.journal.models import Fact
from openketamine.core.findings import BadInput
from openketamine.core.treatment import Author

# The origin of a fact that waited on a tablet begins with this word; the tablet's own time follows.
OFFLINE = "offline"


class KeyReused(BadInput):
    """The id of this fact was used before, for something else. Nothing was written."""


@dataclass(frozen=True)
class Entry:
    """A fact on its way in. `id` is the client's own, a UUID, and makes a repeat harmless."""

    id: str
    kind: str
    body: Mapping[str, Any]
    at: datetime
    by: Author
    origin: str = "console"


@dataclass(frozen=True)
class StoredFact:
    """A fact with its place in its stream."""

    id: str
    stream: str
    number: int
    kind: str
    body: Mapping[str, Any]
    at: datetime
    recorded_at: datetime
    by: Author
    origin: str
    hash: str

    @property
    def device_at(self) -> str | None:
        """What the clock of a tablet showed that wrote this down while cut off, as ISO 8601."""
        word, _, when = self.origin.partition(" ")
        return when if word == OFFLINE else None

    def as_json(self) -> dict[str, Any]:
        """The form that `core.treatment.decode_fact` reads."""
        return {
            "id": self.id,
            "number": self.number,
            "kind": self.kind,
            "at": self.at.isoformat(),
            "recorded_at": self.recorded_at.isoformat(),
            "by": {"id": self.by.id, "name": self.by.name, "role": self.by.role},
            "body": dict(self.body),
        } | ({"device_at": self.device_at} if self.device_at else {})


class _Row(Protocol):
    """What a row and a row still to be written have in common."""

    stream: Any
    number: Any
    id: Any
    kind: Any
    body: Any
    at: Any
    recorded_at: Any
    by_id: Any
    by_name: Any
    by_role: Any
    origin: Any
    prev_hash: Any


def stored(row: Fact) -> StoredFact:
    """A row as a value."""
    return StoredFact(
        id=str(row.id),
        stream=row.stream,
        number=row.number,
        kind=row.kind,
        body=row.body,
        at=row.at,
        recorded_at=row.recorded_at,
        by=Author(row.by_id, row.by_name, row.by_role),
        origin=row.origin,
        hash=row.hash,
    )


def row_hash(row: _Row) -> str:
    """The hash that this row must carry."""
    return chain_hash(content(row), row.prev_hash)


def content(row: _Row) -> dict[str, Any]:
    """What of a row is hashed: all that it means."""
    return {
        "stream": row.stream,
        "number": row.number,
        "id": str(row.id),
        "kind": row.kind,
        "at": moment(row.at),
        "recorded_at": moment(row.recorded_at),
        "by": {"id": row.by_id, "name": row.by_name, "role": row.by_role},
        "origin": row.origin,
        "body": row.body,
    }
