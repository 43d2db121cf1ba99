"""The journal as files that an auditor takes home, with a program that verifies them there."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from openketamine.clinic.journal._chain import canonical, moment
from openketamine.clinic.journal._readings import chained, hashed
from openketamine.clinic.journal._verify import in_order
from openketamine.clinic.journal.models import Fact, Head

_VERIFIER = Path(__file__).parent / "offline_verify.py"
# Streams about people are taken with their session only; the rest is the clinic's own book.
_OF_PEOPLE = ("session:", "person:", "notes:")
README = """\
What this is: a part of the journal of a clinic, taken on {at}.
journal.jsonl   every fact of these streams, one a line, in order
heads.json      the last number and hash of each stream; keep it for your next visit
verify.py       python3 verify.py            is all of it as it was written?
                python3 verify.py . --since OLD/heads.json   and since your last visit?
"""


def streams_of_the_house() -> list[str]:
    """Every stream that is about the clinic and not about one person."""
    names = Head.objects.order_by("stream").values_list("stream", flat=True)
    return [name for name in names if not name.startswith(_OF_PEOPLE)]


def write_export(to: IO[bytes], streams: Iterable[str], now: datetime) -> str:
    """A zip of these streams; the SHA-256 of its heads comes back, to be noted on paper."""
    heads: dict[str, Any] = {}
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as folder:
        with folder.open("journal.jsonl", "w", force_zip64=True) as raw:
            lines = io.TextIOWrapper(raw, encoding="utf-8", newline="\n")
            for stream in streams:
                heads[stream] = _write(lines, stream)
            lines.flush()
        said = canonical({"at": moment(now), "streams": heads})
        folder.writestr("heads.json", said)
        folder.writestr("verify.py", _VERIFIER.read_text(encoding="utf-8"))
        folder.writestr("README.txt", README.format(at=now.isoformat(timespec="seconds")))
    return hashlib.sha256(said.encode()).hexdigest()


def _write(lines: IO[str], stream: str) -> dict[str, Any]:
    number, last = 0, ""
    for number, last, line in _lines(stream):  # noqa: B007  (the last of them is the head)
        lines.write(json.dumps(line, sort_keys=True) + "\n")
    return {"number": number, "hash": last}


def _lines(stream: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    before = ""
    for one in in_order(stream):
        if isinstance(one, Fact):
            before = one.hash
            yield one.number, before, {"fact": _content(one), "hash": before}
        else:
            text = hashed(stream, one.reading)
            before = chained(stream, one.reading, before)
            yield one.reading.number, before, {"reading": text, "hash": before}


def _content(row: Fact) -> dict[str, Any]:
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
