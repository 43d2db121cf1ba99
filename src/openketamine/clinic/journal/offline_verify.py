"""Verify an export of the journal, with nothing but Python: `python3 verify.py [EXPORT]`.

EXPORT is a folder or a ZIP with journal.jsonl and heads.json, or journal.jsonl alone, or the JSON
of one person's export; without it, this folder. Each line is bound to the line before it by
SHA-256; the last hash of each stream must be the one in heads.json. Prints what is broken, by
stream and number. Exit status: 0 whole, 3 broken, 2 not an export.

A whole chain proves that nothing was changed since its heads were taken. That the heads themselves
are old ones, you prove by keeping heads.json of each visit: the next export must contain each of
those hashes at its number. `python3 verify.py EXPORT --since OLD/heads.json` does that.

An export of some days is a part: heads.json says behind which number and hash it begins. A part
proves its own lines; what lies before them is in the export of the whole, or of the visit before.
"""

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Line = dict[str, Any]
Mark = tuple[int, str]
"""A number, and the hash or the words that belong to it."""

_JOURNAL, _HEADS = "journal.jsonl", "heads.json"
_EMPTY: Mark = (0, "")
_OTHER = "it is not what it was at the visit before"


class NotAnExport(ValueError):
    """What cannot be read, and where: the line and the field are named."""


def canonical(value: object) -> str:
    """One spelling for one value: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """SHA-256 of a text, as hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def next_hash(line: Line, before: str) -> str:
    """The hash of this line behind the one before it."""
    content = line["reading"] if "reading" in line else canonical(line["fact"])
    return digest(content + before)


def place_of(line: Line) -> tuple[str, int]:
    """Its stream and its number in it, as its own content says them."""
    if "reading" in line:
        parts = line["reading"].split("\x1f")
        return str(parts[1]), int(parts[2])
    return str(line["fact"]["stream"]), int(line["fact"]["number"])


def read(number: int, text: str) -> Line:
    """One line of the journal. Raises NotAnExport that names the line and the field."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        raise NotAnExport(f"line {number}: expected one JSON object") from None
    if not isinstance(line, dict):
        raise NotAnExport(f"line {number}: expected one JSON object")
    if not isinstance(line.get("hash"), str):
        raise NotAnExport(f"line {number}, hash: expected a value, which every line of a chain has")
    if not isinstance(line.get("fact"), dict) and not isinstance(line.get("reading"), str):
        raise NotAnExport(f"line {number}: expected a fact or a reading of a chain")
    try:
        place_of(line)
    except (LookupError, TypeError, ValueError):
        raise NotAnExport(f"line {number}: expected its stream and its number") from None
    return line


def verify(
    lines: Iterable[str],
    heads: Line | None = None,
    since: Line | None = None,
    begins: Line | None = None,
) -> Line:
    """How many facts and streams, the first break of each stream, and the heads that were found.

    `heads`: what must stand at the end; None where nobody said. `since`: heads of a visit before.
    `begins`: behind which number and hash a stream begins here, where only a part of it is given.
    """
    at = {s: (int(top["number"]), str(top["hash"])) for s, top in (begins or {}).items()}
    wanted = {(s, top["number"]): top["hash"] for s, top in (since or {}).items()}
    broken = {
        stream: (number, _OTHER)
        for stream, (number, sign) in at.items()
        if wanted.get((stream, number), sign) != sign
    }
    # What lies before a part was seen at the visit before, and cannot be seen in it.
    wanted = {key: sign for key, sign in wanted.items() if key[1] > at.get(key[0], _EMPTY)[0]}
    counted = 0
    for place, text in enumerate(lines, 1):
        if not text.strip():
            continue
        line = read(place, text)
        counted += 1
        stream, number = place_of(line)
        before_number, before = at.get(stream, _EMPTY)
        now = next_hash(line, before)
        if number != before_number + 1:
            broken.setdefault(stream, (before_number + 1, "a line is missing or out of order"))
        elif now != line["hash"]:
            broken.setdefault(stream, (number, "its content was changed"))
        elif wanted.pop((stream, number), now) != now:
            broken.setdefault(stream, (number, _OTHER))
        at[stream] = (number, now)
    for stream, found in (*_ends(at, heads), *_gone(wanted, heads)):
        broken.setdefault(stream, found)
    return {
        "ok": not broken,
        "streams": len(at),
        "facts": counted,
        "broken": [{"stream": s, "number": n, "why": w} for s, (n, w) in sorted(broken.items())],
        "heads": {s: {"number": n, "hash": sign} for s, (n, sign) in sorted(at.items())},
    }


def _gone(wanted: Iterable[tuple[str, int]], heads: Line | None) -> Iterator[tuple[str, Mark]]:
    """Lines of the visit before that were not met, of the streams that are here."""
    for stream, number in wanted:
        if heads is None or stream in heads:
            yield stream, (number, "the line of the visit before is missing")


def _ends(at: dict[str, Mark], heads: Line | None) -> Iterator[tuple[str, Mark]]:
    """Streams that do not end where their head says."""
    if heads is None:
        return
    for stream, top in heads.items():
        number, sign = at.get(stream, _EMPTY)
        if (number, sign) != (top["number"], top["hash"]):
            yield stream, (number + 1, "the last lines are missing")
    for stream in set(at) - set(heads):
        yield stream, (1, "the stream has no head")


@contextmanager
def opened(export: Path) -> Iterator[tuple[Iterable[str], Line | None, Line]]:
    """The lines of an export, the heads that it names (None for lines alone), and behind what it
    begins where it is a part."""
    if export.is_file() and zipfile.is_zipfile(export):
        with zipfile.ZipFile(export) as folder, folder.open(_JOURNAL) as raw:
            said = folder.read(_HEADS) if _HEADS in folder.namelist() else None
            yield io.TextIOWrapper(raw, encoding="utf-8"), *_heads(said)
        return
    if export.is_file() and export.suffix == ".json":
        chain = _chain(export.read_bytes())
        yield chain["lines"], *_heads(json.dumps(chain["heads"]).encode())
        return
    journal = export / _JOURNAL if export.is_dir() else export
    beside = export / _HEADS
    with journal.open(encoding="utf-8") as lines:
        yield lines, *_heads(beside.read_bytes() if beside.is_file() else None)


def _chain(text: bytes) -> Line:
    """The chain inside of one document, as `openketamine export PATIENT` writes it."""
    try:
        chain = json.loads(text)["chain"]
        if isinstance(chain["lines"], list) and isinstance(chain["heads"], dict):
            return dict(chain)
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    raise NotAnExport("chain: expected the lines and the heads of an export")


def _heads(text: bytes | None) -> tuple[Line | None, Line]:
    if text is None:
        return None, {}
    return _streams(text), _streams(text, "begins", {})


def _streams(text: bytes, key: str = "streams", otherwise: Line | None = None) -> Line:
    try:
        said = json.loads(text)
        heads = said[key] if otherwise is None else said.get(key, otherwise)
        return {name: {"number": top["number"], "hash": top["hash"]} for name, top in heads.items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        raise NotAnExport("heads.json: expected the streams with number and hash") from None


def verify_export(export: Path, since: Path | None = None) -> Line:
    """The whole answer about an export. Raises NotAnExport, OSError."""
    with opened(export) as (lines, heads, begins):
        return verify(lines, heads, _streams(since.read_bytes()) if since else None, begins)


def main(words: list[str]) -> int:
    """Exit status."""
    since = None
    if "--since" in words:
        place = words.index("--since")
        since, words = Path(*words[place + 1 : place + 2]), words[:place] + words[place + 2 :]
    try:
        answer = verify_export(Path(*words[:1]), since)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"not an export: {error}\n")
        return 2
    for one in answer["broken"]:
        sys.stdout.write("BROKEN {stream} number {number}: {why}\n".format(**one))
    broken = len(answer["broken"])
    sys.stdout.write(f"{answer['facts']} lines, {answer['streams']} streams, {broken} broken\n")
    return 3 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
