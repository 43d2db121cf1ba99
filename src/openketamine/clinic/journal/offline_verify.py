"""Verify an export of the journal, with nothing but Python: `python3 verify.py [FOLDER]`.

Reads journal.jsonl and heads.json of the export. Each line is bound to the line before it by
SHA-256; the last hash of each stream must be the one in heads.json. Prints what is broken, by
stream and number. Exit status: 0 whole, 3 broken, 2 not an export.

A whole chain proves that nothing was changed since its heads were taken. That the heads themselves
are old ones, you prove by keeping heads.json of each visit: the next export must contain each of
those hashes at its number. `python3 verify.py FOLDER --since OLD/heads.json` does that.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Line = dict[str, Any]


def canonical(value: object) -> str:
    """One spelling for one value: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """SHA-256 of a text, as hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def next_hash(line: Line, before: str) -> str:
    """The hash of this line behind the one before it."""
    content = line["reading"] if "reading" in line else canonical(line["fact"])
    return digest(content + before)


def number_of(line: Line) -> int:
    """Its place, as its own content says it."""
    if "reading" in line:
        return int(line["reading"].split("\x1f")[2])
    return int(line["fact"]["number"])


def stream_of(line: Line) -> str:
    """Its stream, as its own content says it."""
    if "reading" in line:
        return str(line["reading"].split("\x1f")[1])
    return str(line["fact"]["stream"])


def verify(
    lines: Iterable[str], heads: Line, since: Line | None = None
) -> tuple[int, list[tuple[str, int, str]]]:
    """(lines read, [(stream, number, what is wrong)])."""
    at: dict[str, tuple[int, str]] = {}
    broken: dict[str, tuple[int, str]] = {}
    read = 0
    wanted = {(s, top["number"]): top["hash"] for s, top in (since or {}).items()}
    for text in lines:
        line = json.loads(text)
        read += 1
        stream, number = stream_of(line), number_of(line)
        before_number, before = at.get(stream, (0, ""))
        now = next_hash(line, before)
        if number != before_number + 1:
            broken.setdefault(stream, (before_number + 1, "a line is missing or out of order"))
        elif now != line["hash"]:
            broken.setdefault(stream, (number, "its content was changed"))
        elif wanted.pop((stream, number), now) != now:
            broken.setdefault(stream, (number, "it is not what it was at the visit before"))
        at[stream] = (number, now)
    for stream, top in heads.items():
        if at.get(stream, (0, "")) != (top["number"], top["hash"]):
            broken.setdefault(
                stream, (at.get(stream, (0, ""))[0] + 1, "the last lines are missing")
            )
    for stream in set(at) - set(heads):
        broken.setdefault(stream, (1, "the stream has no head"))
    for stream, number in wanted:
        if stream in heads:
            broken.setdefault(stream, (number, "the line of the visit before is missing"))
    return read, [(stream, number, why) for stream, (number, why) in sorted(broken.items())]


def main(words: list[str]) -> int:
    """Exit status."""
    folder = Path(words[0]) if words and not words[0].startswith("--") else Path()
    try:
        heads = json.loads((folder / "heads.json").read_text(encoding="utf-8"))["streams"]
        since = None
        if "--since" in words:
            old = Path(words[words.index("--since") + 1])
            since = json.loads(old.read_text(encoding="utf-8"))["streams"]
        with (folder / "journal.jsonl").open(encoding="utf-8") as lines:
            read, broken = verify(lines, heads, since)
    except (OSError, ValueError, KeyError, IndexError) as error:
        sys.stderr.write(f"not an export: {error}\n")
        return 2
    for stream, number, why in broken:
        sys.stdout.write(f"BROKEN {stream} number {number}: {why}\n")
    sys.stdout.write(f"{read} lines, {len(heads)} streams, {len(broken)} broken\n")
    return 3 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
