"""One entry of a log, who wrote it, and the one kind of fact that every log knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

B = TypeVar("B")


@dataclass(frozen=True)
class Author:
    """Who recorded a fact: a person with the role they acted in, a device, or the system."""

    id: str
    name: str
    role: str


@dataclass(frozen=True)
class Fact(Generic[B]):
    """One entry of the log.

    `at` is when it happened, `recorded_at` when it was written down; `number` its place in the
    log, from 1, without gaps; None before the journal gave it one. `device_at` is what the clock
    of a tablet showed that wrote it down while cut off; None where it was recorded at once.
    """

    id: str
    at: datetime
    by: Author
    body: B
    recorded_at: datetime | None = None
    number: int | None = None
    device_at: datetime | None = None


@dataclass(frozen=True)
class Corrected:
    """The fact `target` was wrong. `replacement`: its body as it should be; None strikes it out."""

    target: str
    reason: str
    replacement: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Happened(Generic[B]):
    """A fact that counts, with the body that counts for it."""

    fact: Fact[Any]
    body: B

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.fact.at

    @property
    def by(self) -> Author:
        """Who recorded it."""
        return self.fact.by
