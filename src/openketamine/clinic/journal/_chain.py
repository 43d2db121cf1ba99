"""What is hashed, and how. Every byte of a fact's meaning is in here, and nothing else."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from openketamine.core.findings import BadInput


def canonical(value: Any) -> str:
    """One spelling for one value: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def moment(at: datetime) -> str:
    """One spelling for one moment: UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def content_hash(stream: str, kind: str, at: datetime, by_id: str, body: Mapping[str, Any]) -> str:
    """What a client said. The same id with another content hash is a reused key."""
    return _sha256(canonical([stream, kind, moment(at), by_id, body]))


def chain_hash(fact: Mapping[str, Any], prev_hash: str) -> str:
    """The content with its place, time of recording and author, bound to the hash before it."""
    return _sha256(canonical(fact) + prev_hash)


def plain(value: Any, place: str = "body") -> Any:
    """The value as PostgreSQL will give it back, so that a hash made now is a hash made then.

    Raises BadInput for what JSON or the database cannot hold: NaN, a NUL, half a surrogate pair.
    """
    if isinstance(value, Mapping):
        return {
            _text(str(key), place): plain(item, f"{place}.{key}") for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, (float, Decimal)):
        return _number(value, place)
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int)):
        return value
    raise BadInput(place, "plain JSON", value)


def _number(value: float | Decimal, place: str) -> int | float:
    if not math.isfinite(value):
        raise BadInput(place, "a finite number", value)
    return int(value) if value == int(value) else float(value)


def _text(value: str, place: str) -> str:
    if "\x00" in value or any(0xD800 <= ord(sign) <= 0xDFFF for sign in value):
        raise BadInput(place, "text without NUL and unpaired surrogates")
    return value


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
