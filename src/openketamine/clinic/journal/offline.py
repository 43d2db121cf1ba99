"""A chain on paper: facts of one stream as lines of JSON, and the proof that they are whole, which
needs nothing but this file and the lines: no database, no web framework."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from openketamine.clinic.journal._chain import chain_hash, content_hash, moment
from openketamine.core.findings import BadInput

_FIELDS = (
    "stream", "number", "id", "kind", "at", "recorded_at", "by", "origin", "body", "content_hash",
    "prev_hash", "hash",
)  # fmt: skip


def verify_lines(lines: Iterable[str]) -> dict[str, Any]:
    """The answer of `audit verify FILE`: how many facts, and the first break of each stream.

    Each stream begins with its first fact and has no gap. Raises BadInput that names the line and
    the field where a line cannot be read.
    """
    last: dict[str, tuple[int, str]] = {}
    broken: dict[str, dict[str, Any]] = {}
    counted = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        fact = _read(number, line)
        counted += 1
        stream = fact["stream"]
        before = last.get(stream, (0, ""))
        why = _wrong(fact, before)
        if why and stream not in broken:
            broken[stream] = {"stream": stream, "number": fact["number"], "why": why}
        last[stream] = fact["number"], fact["hash"]
    heads = {name: {"number": top, "hash": sign} for name, (top, sign) in sorted(last.items())}
    return {
        "ok": not broken,
        "streams": len(last),
        "facts": counted,
        "broken": list(broken.values()),
        "heads": heads,
    }


def _read(number: int, line: str) -> Mapping[str, Any]:
    try:
        raw = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        raise BadInput(f"line {number}", "one JSON object") from None
    if not isinstance(raw, Mapping):
        raise BadInput(f"line {number}", "one JSON object")
    missing = [name for name in _FIELDS if name not in raw]
    if missing:
        raise BadInput(f"line {number}, {missing[0]}", "a value, which every fact of a chain has")
    if not isinstance(raw["number"], int) or not isinstance(raw["by"], Mapping):
        raise BadInput(f"line {number}", "a fact of a chain with its number and its author")
    return raw


def _wrong(fact: Mapping[str, Any], before: tuple[int, str]) -> str:
    if fact["number"] != before[0] + 1:
        return "a fact is missing" if fact["number"] > before[0] + 1 else "a number stands twice"
    if fact["prev_hash"] != before[1]:
        return "it does not follow the fact before it"
    try:
        at, recorded = (datetime.fromisoformat(fact[name]) for name in ("at", "recorded_at"))
    except (TypeError, ValueError):
        return "its time cannot be read"
    content = {
        "stream": fact["stream"], "number": fact["number"], "id": fact["id"], "kind": fact["kind"],
        "at": moment(at), "recorded_at": moment(recorded), "by": fact["by"],
        "origin": fact["origin"], "body": fact["body"],
    }  # fmt: skip
    if chain_hash(content, fact["prev_hash"]) != fact["hash"]:
        return "its content was changed"
    key = content_hash(fact["stream"], fact["kind"], at, fact["by"].get("id", ""), fact["body"])
    return "" if key == fact["content_hash"] else "its content key was changed"
