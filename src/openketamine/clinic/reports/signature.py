"""What a signature on a report binds: every fact of the session up to the moment of signing.

The report follows from the facts alone, so the hash is taken over them, in the journal's order.
A fact that is added afterwards does not break the signature; it is shown as added afterwards.
A fact that was changed breaks it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from openketamine.core.treatment import Fact, ReportSigned, encode_fact, kind_of

MEANING = "I have read this report and it is a true account of the session."
# What belongs to the end of every session and adds nothing to what was signed.
_AFTERWARDS = frozenset({"report_signed", "session_closed", "device_detached", "reading_taken"})


@dataclass(frozen=True)
class Signature:
    """A signature with what became of the record since."""

    by: str
    role: str
    at: datetime
    meaning: str
    sha256: str
    holds: bool
    added_since: int


def digest(facts: Sequence[Fact]) -> str:
    """SHA-256 over these facts, one canonical line each."""
    hashes = list(_prefixes(facts))
    return hashes[-1] if hashes else hashlib.sha256().hexdigest()


def last_signature(facts: Sequence[Fact]) -> Signature | None:
    """The newest signature, checked against the facts that stood before it."""
    places = [place for place, fact in enumerate(facts) if isinstance(fact.body, ReportSigned)]
    return _checked(facts, places[-1]) if places else None


def _checked(facts: Sequence[Fact], place: int) -> Signature:
    signed = facts[place]
    assert isinstance(signed.body, ReportSigned)  # noqa: S101  (chosen so by the caller)
    covered = _covered(facts[:place], signed.body.content_sha256)
    rest = facts[covered or place :]
    return Signature(
        by=signed.by.name,
        role=signed.by.role,
        at=signed.at,
        meaning=signed.body.meaning,
        sha256=signed.body.content_sha256,
        holds=covered is not None,
        added_since=sum(1 for fact in rest if kind_of(fact.body) not in _AFTERWARDS),
    )


def _covered(facts: Sequence[Fact], signed: str) -> int | None:
    """How many facts the signature covers; None where no beginning of the record has this hash.

    A nurse may write while a prescriber signs, so the last fact covered need not be the last one
    before the signature.
    """
    hashes = enumerate(_prefixes(facts), 1)
    return next((count for count, one in hashes if one == signed), None)


def _prefixes(facts: Sequence[Fact]) -> Iterator[str]:
    """The hash after each fact."""
    total = hashlib.sha256()
    for fact in facts:
        line = json.dumps(encode_fact(fact), sort_keys=True, ensure_ascii=False)
        total.update(line.encode() + b"\n")
        yield total.hexdigest()
