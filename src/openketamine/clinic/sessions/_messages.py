"""One message of a gateway, read with nothing guessed."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from openketamine.clinic.sessions._writing import body_of
from openketamine.core.findings import BadInput
from openketamine.core.monitoring import assess_reading
from openketamine.core.treatment import facts

_NAMES = ("device_id", "measured_at", "received_at", "values")


class Message(NamedTuple):
    """A reading with the key of its message, and whom the device names."""

    key: str
    mrn: str
    reading: facts.ReadingTaken
    raw: Mapping[str, Any]


def read_message(raw: object) -> Message:
    """Raises BadInput naming the field."""
    if not isinstance(raw, Mapping):
        raise BadInput("message", "an object", raw)
    key, mrn = raw.get("key"), raw.get("mrn")
    if not isinstance(key, str) or not key:
        raise BadInput("key", "the sender and control id of the message", key)
    if mrn is not None and not isinstance(mrn, str):
        raise BadInput("mrn", "text or null", mrn)
    return Message(key, mrn or "", _doubted(_usual(raw) or _any(raw)), raw)


def _doubted(body: facts.ReadingTaken) -> facts.ReadingTaken:
    """With the server's own doubts beside those of the gateway."""
    ours = assess_reading(body.values, body.measured_at, body.received_at)
    if not ours:
        return body
    return facts.ReadingTaken(
        body.device_id,
        body.measured_at,
        body.received_at,
        body.values,
        {**ours, **body.doubts},
        body.message_key,
    )


def _usual(raw: Mapping[str, Any]) -> facts.ReadingTaken | None:
    """A message as nearly all of them are, read in a few steps; None: it must be looked at well."""
    try:
        measured = datetime.fromisoformat(raw["measured_at"])
        received = datetime.fromisoformat(raw["received_at"])
        values = {
            signal: None if value is None else _number(value)
            for signal, value in raw["values"].items()
        }
        device_id = raw["device_id"]
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    plain = (
        isinstance(device_id, str)
        and not raw.get("doubts")
        and measured.tzinfo is not None
        and received.tzinfo is not None
        and 2000 <= measured.year <= 2100
        and 2000 <= received.year <= 2100
    )
    if not plain:
        return None
    return facts.ReadingTaken(device_id, measured, received, values, {}, raw["key"])


@lru_cache(maxsize=8192, typed=True)
def _number(value: object) -> Decimal:
    """Most numbers of a bedside were heard before. Raises ValueError for what is none."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) < 10**6:
        raise ValueError(value)
    return Decimal(str(value))


def _any(raw: Mapping[str, Any]) -> facts.ReadingTaken:
    given = {name: raw[name] for name in _NAMES if name in raw}
    doubts = raw.get("doubts") or {}
    body = body_of("reading_taken", {**given, "doubts": doubts, "message_key": raw["key"]})
    assert isinstance(body, facts.ReadingTaken)  # noqa: S101  (a body is what its kind names)
    return body
