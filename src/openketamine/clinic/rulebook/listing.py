"""The rules as a list: one line each, and which of them were asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from openketamine.clinic.library.catalogue import RuleEntry, rule_entries
from openketamine.clinic.library.queries import (
    OwnLimit,
    ReviewState,
    own_limits,
    review_state,
    reviews_by_rule,
)
from openketamine.clinic.rulebook.uses import Use, uses

REVIEW_WORDS: Mapping[str, tuple[str, str]] = {
    "never": ("caution", "Never reviewed"),
    "filed": ("done", "Reviewed in the file"),
    "due": ("caution", "Review due"),
    "changed": ("caution", "Changed since review"),
    "change": ("override", "Change wanted"),
    "ok": ("done", "Reviewed"),
}


@dataclass(frozen=True)
class Line:
    """One rule in the list."""

    entry: RuleEntry
    use: Use
    review: ReviewState
    own: tuple[OwnLimit, ...]

    @property
    def review_level(self) -> str:
        """Its level, for the badge."""
        return REVIEW_WORDS[self.review.state][0]

    @property
    def review_word(self) -> str:
        """How it stands with its review."""
        return REVIEW_WORDS[self.review.state][1]

    @property
    def tags(self) -> str:
        """`B P`: every evidence tag in it."""
        return " ".join(tag for tag in "RBP" if tag in self.entry.tags)


def lines(now: datetime) -> list[Line]:
    """Every rule, in the order of the files."""
    used, reviewed, today = uses(now), reviews_by_rule(), timezone.localdate(now)
    own = own_limits()
    return [_line(entry, used, reviewed, own, today) for entry in rule_entries().values()]


def _line(
    entry: RuleEntry,
    used: Mapping[str, Use],
    reviewed: Mapping[str, Any],
    own: Iterable[OwnLimit],
    today: date,
) -> Line:
    return Line(
        entry=entry,
        use=used.get(entry.id, Use()),
        review=review_state(entry, reviewed.get(entry.id, []), today),
        own=tuple(one for one in own if one.rule == entry.id),
    )


def asked_for(found: Iterable[Line], said: Mapping[str, str]) -> list[Line]:
    """Those that hold every word and fit the kind, the evidence and what is to be shown."""
    words = said.get("q", "").lower().split()
    return [
        line
        for line in found
        if all(word in line.entry.text for word in words)
        if said.get("kind", "") in ("", *line.entry.kinds)
        if said.get("evidence", "") in ("", *line.entry.tags)
        if _shown(line, said.get("show", ""))
    ]


def _shown(line: Line, show: str) -> bool:
    return {
        "": True,
        "never": line.review.state == "never",
        "due": line.review.state in ("due", "changed", "change"),
        "own": bool(line.own),
        "overridden": line.use.overridden_lately > 0,
    }.get(show, True)


def counts(found: Iterable[Line]) -> dict[str, int]:
    """How many rules each choice would show."""
    every = list(found)
    shows = ("never", "due", "own", "overridden")
    return {show: sum(_shown(line, show) for line in every) for show in shows}
