"""What monitoring says: a finding is raised, a finding is over. Both are facts of a session."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class FindingRaised:
    """A limit was crossed, or a device went silent. Raised by the rules, never by hand.

    `priority`: high, medium or low. `nature`: physiological or technical, never mixed.
    """

    finding_id: str
    rule: str
    signal: str
    priority: str
    nature: str
    summary: str
    advice: tuple[str, ...] = ()
    value: Decimal | None = None
    limit: str = ""
    sources: tuple[Mapping[str, Any], ...] = ()
    evidence: str = "P"


@dataclass(frozen=True)
class FindingCleared:
    """The condition is over."""

    finding_id: str


def finding_id(rule: str, signal: str, at: datetime) -> str:
    """The same rule, signal and moment give the same id, so that a replay agrees with the log."""
    words = f"{rule}|{signal}|{at.astimezone(UTC).isoformat()}"
    return hashlib.sha256(words.encode()).hexdigest()[:20]
