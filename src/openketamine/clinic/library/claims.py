"""Claims that are common in writing about ketamine: one page for anyone, read without a sign-in.

Nothing of a clinic or a person is on it. The order is that of how often a reader meets them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from openketamine.clinic.library.cards import EVIDENCE_WORDS, SourceLine, source_lines
from openketamine.knowledge import Document, documents

_ORDER = (
    "no-approved-form",
    "ketamine-is-approved",
    "safe-in-children",
    "minimal-side-effects",
    "easy-at-home",
    "seventy-percent-success",
    "works-for-ptsd",
    "one-and-done",
    "blocks-glutamate",
    "prevents-suicide",
    "no-addiction-risk",
    "no-bladder-harm",
    "more-is-better",
    "half-to-two-mg-per-kg",
    "benzodiazepines",
    "safe-with-mao-inhibitors",
    "ect-is-obsolete",
    "who-calls-it-safe",
)
_PLAINLY_WRONG = ("wrong", "both wrong")


@dataclass(frozen=True)
class Known:
    """One sentence of what is known, with the numbers of its sources at the foot of the page."""

    says: str
    notes: tuple[tuple[int, str], ...]
    evidence: str


@dataclass(frozen=True)
class Claim:
    """What is written, our verdict, and what is known."""

    id: str
    title: str
    claim: str
    verdict: str
    level: str
    summary: str
    known: tuple[Known, ...]


@require_GET
def claims(request: HttpRequest) -> HttpResponse:
    """All claims, with their sources at the foot."""
    files = sorted(documents("claims"), key=_place)
    notes = _Notes()
    found = [_claim(file, notes) for file in files]
    context = {
        "claims": found,
        "sources": list(notes.sources.values()),
        "checked": _oldest(files),
        "reviewed": all(file.reviewed_by for file in files),
    }
    return render(request, "library/claims.html", context)


class _Notes:
    """Sources in the order in which they are first cited, each with its number."""

    def __init__(self) -> None:
        self.sources: dict[str, tuple[int, SourceLine]] = {}

    def of(self, cited: Iterable[Mapping[str, Any]]) -> tuple[tuple[int, str], ...]:
        """The number of each source, and where in it."""
        return tuple((self._number(line), line.where) for line in source_lines(cited))

    def _number(self, line: SourceLine) -> int:
        number, _ = self.sources.setdefault(line.id, (len(self.sources) + 1, line))
        return number


def _claim(file: Document, notes: _Notes) -> Claim:
    verdict = str(file.body["verdict"])
    return Claim(
        id=file.id,
        title=file.title,
        claim=str(file.body["claim"]),
        verdict=verdict,
        level="block" if verdict in _PLAINLY_WRONG else "caution",
        summary=str(file.body["summary"]),
        known=tuple(
            Known(str(node["says"]), notes.of(node["sources"]), EVIDENCE_WORDS[node["evidence"]])
            for node in file.body["what_is_known"]
        ),
    )


def _place(file: Document) -> int:
    return _ORDER.index(file.id) if file.id in _ORDER else len(_ORDER)


def _oldest(files: Iterable[Document]) -> date:
    return min(file.last_checked for file in files)
