"""Facts to JSON and back, the one form that journal, command line, browser and export share.

`{"id", "kind", "at", "by": {"id", "name", "role"}, "body": {…}, "recorded_at", "number"}`
"""

import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic

from openketamine.core.findings import BadInput
from openketamine.core.log._fact import Author, B, Fact

# Far beyond anything that can be true, and still small enough to reckon with.
_LARGEST = 10**12
_YEARS = (1900, 2200)


class Vocabulary(Generic[B]):
    """The kinds of fact of one log: `InfusionStarted` is written `infusion_started`."""

    def __init__(self, bodies: Any) -> None:
        """`bodies`: the union of the dataclasses."""
        self._classes: dict[str, type[Any]] = {
            _snake(cls.__name__): cls for cls in typing.get_args(bodies)
        }
        self._hints: dict[str, dict[str, Any]] = {}

    def kind_of(self, body: B) -> str:
        """`InfusionStarted` → `infusion_started`."""
        return _snake(type(body).__name__)

    def kinds(self) -> tuple[str, ...]:
        """Every kind of fact, in the order of the log."""
        return tuple(self._classes)

    def decode_body(self, kind: str, raw: object) -> B:
        """The body of a fact from JSON. Raises BadInput naming the field."""
        if kind not in self._classes:
            raise BadInput("kind", f"one of {', '.join(self.kinds())}", kind)
        if not isinstance(raw, Mapping):
            raise BadInput("body", "an object", raw)
        cls, hints = self._classes[kind], self._hints_of(kind)
        unknown = sorted(set(raw) - set(hints))
        if unknown:
            raise BadInput(f"body.{unknown[0]}", f"a field of {kind}: {', '.join(hints)}")
        absent = [f.name for f in fields(cls) if _required(f) and f.name not in raw]
        if absent:
            raise BadInput(f"body.{absent[0]}", f"a value, which every {kind} has")
        body: B = cls(**{name: _value(hints[name], raw[name], f"body.{name}") for name in raw})
        return body

    def reads(self, body: B, raw: object) -> B:
        """Another body of the same kind. Raises BadInput naming the field."""
        return self.decode_body(self.kind_of(body), raw)

    def encode_body(self, body: B) -> dict[str, Any]:
        """Plain JSON of a body; decimals as numbers, times as ISO 8601 with offset."""
        return {f.name: _plain(getattr(body, f.name)) for f in fields(body)}  # type: ignore[arg-type]

    def decode_fact(self, raw: object) -> Fact[B]:
        """A whole fact from JSON. Raises BadInput naming the field."""
        if not isinstance(raw, Mapping):
            raise BadInput("fact", "an object", raw)
        by = raw.get("by")
        if not isinstance(by, Mapping) or not all(
            isinstance(by.get(k), str) for k in ("id", "name", "role")
        ):
            raise BadInput("by", "an object with id, name and role", by)
        number = raw.get("number")
        recorded_at, device_at = raw.get("recorded_at"), raw.get("device_at")
        return Fact(
            id=_value(str, raw.get("id"), "id"),
            at=_value(datetime, raw.get("at"), "at"),
            by=Author(by["id"], by["name"], by["role"]),
            body=self.decode_body(_value(str, raw.get("kind"), "kind"), raw.get("body")),
            recorded_at=None
            if recorded_at is None
            else _value(datetime, recorded_at, "recorded_at"),
            number=None if number is None else _value(int, number, "number"),
            device_at=None if device_at is None else _value(datetime, device_at, "device_at"),
        )

    def encode_fact(self, fact: Fact[B]) -> dict[str, Any]:
        """A whole fact as JSON."""
        return {
            "id": fact.id,
            "number": fact.number,
            "kind": self.kind_of(fact.body),
            "at": fact.at.isoformat(),
            "recorded_at": None if fact.recorded_at is None else fact.recorded_at.isoformat(),
            "by": {"id": fact.by.id, "name": fact.by.name, "role": fact.by.role},
            "body": self.encode_body(fact.body),
        } | ({"device_at": fact.device_at.isoformat()} if fact.device_at else {})

    def _hints_of(self, kind: str) -> dict[str, Any]:
        if kind not in self._hints:
            self._hints[kind] = typing.get_type_hints(self._classes[kind])
        return self._hints[kind]


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _required(f: Any) -> bool:
    return f.default is MISSING and f.default_factory is MISSING


def _value(hint: Any, value: object, place: str) -> Any:
    """`value` as the type `hint`, or BadInput. Handles what facts use and nothing more."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _value(arguments[0], value, place)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise BadInput(place, "a list", value)
        return tuple(_value(arguments[0], item, f"{place}[{i}]") for i, item in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise BadInput(place, "an object", value)
        return {str(k): _value(arguments[1], v, f"{place}.{k}") for k, v in value.items()}
    return _scalar(hint, value, place)


def _scalar(hint: Any, value: object, place: str) -> Any:
    if hint is Any:
        return value
    if hint is datetime:
        return _moment(value, place)
    if hint is Decimal:
        return _decimal(value, place)
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > _LARGEST:
            raise BadInput(place, f"a whole number of at most {_LARGEST}")
        return value
    if hint in (str, bool) and isinstance(value, hint):
        return value
    expected = {int: "a whole number", str: "text", bool: "true or false"}
    raise BadInput(place, expected.get(hint, str(hint)), value)


def _moment(value: object, place: str) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise BadInput(place, "an ISO 8601 time with offset", value) from None
    if moment.tzinfo is None:
        raise BadInput(place, "an ISO 8601 time with offset", value)
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise BadInput(place, f"a time between the years {_YEARS[0]} and {_YEARS[1]}", value)
    return moment


def _decimal(value: object, place: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise BadInput(place, "a number", value)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise BadInput(place, "a number", value) from None
    if not number.is_finite() or abs(number) > _LARGEST:
        raise BadInput(place, f"a finite number of at most {_LARGEST}", value)
    return number


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
