"""`ledger check`: the whole answer about a book, and the reading of a book from lines of JSON."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.ledger._book import Balance, Book, balances, book
from openketamine.core.ledger._discrepancies import Discrepancy, discrepancies
from openketamine.core.ledger._entries import Count, Entry, Transfer
from openketamine.core.ledger._rules import BrokenRule, broken_rules

_OPTIONAL = ("container", "session", "witness", "lot", "note", "reason", "by")
_KINDS: Mapping[str, type[Transfer] | type[Count]] = {"transfer": Transfer, "count": Count}


@dataclass(frozen=True)
class BookCheck:
    """What `check` found."""

    entries: int
    balances: tuple[Balance, ...]
    discrepancies: tuple[Discrepancy, ...]
    broken_rules: tuple[BrokenRule, ...]

    @property
    def balances_ok(self) -> bool:
        """Nothing is missing and no rule is broken."""
        return not self.discrepancies and not self.broken_rules

    def as_json(self) -> dict[str, Any]:
        """The answer of `openketamine ledger check`."""
        return {
            "balances_ok": self.balances_ok,
            "entries": self.entries,
            "sum_ug": sum(balance.mass_ug for balance in self.balances),
            "balances": {
                one.account: {"mass_ug": one.mass_ug, "volume_ul": one.volume_ul}
                for one in self.balances
            },
            "discrepancies": [one.as_json() for one in self.discrepancies],
            "broken_rules": [one.as_json() for one in self.broken_rules],
        }


def check(book: Book) -> BookCheck:
    """Balances, discrepancies and broken rules of a book in one answer."""
    return BookCheck(len(book.entries), balances(book), discrepancies(book), broken_rules(book))


def check_lines(lines: Iterable[str]) -> BookCheck:
    """Check a book of JSON lines. Raises BadInput that names the line and the field."""
    return check(read_book(lines))


def read_book(lines: Iterable[str]) -> Book:
    """A book from JSON lines, one entry a line; empty lines are skipped.

    Raises BadInput that names the line and the field.
    """
    entries = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entries.append(decode_entry(json.loads(line)))
        except json.JSONDecodeError as error:
            raise BadInput(f"line {number}", f"one JSON object ({error.msg})") from None
        except RecursionError:
            raise BadInput(f"line {number}", "one flat JSON object") from None
        except BadInput as error:
            raise BadInput(f"line {number}, {error.field}", error.expected, error.got) from None
    return book(entries)


def decode_entry(raw: object) -> Entry:
    """One entry from JSON: `{"kind": "transfer" | "count", …}`. Raises BadInput."""
    if not isinstance(raw, Mapping):
        raise BadInput("entry", "an object", raw)
    kind = raw.get("kind", "transfer")
    if kind not in _KINDS:
        raise BadInput("kind", "transfer or count", kind)
    names = {field.name: str(field.type) for field in fields(_KINDS[kind])}
    unknown = sorted(set(raw) - set(names) - {"kind"})
    if unknown:
        raise BadInput(unknown[0], f"a field of a {kind}: {', '.join(names)}")
    return _KINDS[kind](**{name: _value(name, raw) for name in names})


def encode_entry(entry: Entry) -> dict[str, Any]:
    """An entry as JSON, with its kind."""
    kind = "transfer" if isinstance(entry, Transfer) else "count"
    plain = {field.name: getattr(entry, field.name) for field in fields(entry)}
    return {"kind": kind} | plain | {"at": entry.at.isoformat()}


def _value(name: str, raw: Mapping[str, Any]) -> Any:
    value = raw.get(name)
    if name == "at":
        return _moment(value)
    if name in ("mass_ug", "volume_ul"):
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadInput(name, "a whole number", value)
        return value
    if name == "corrects" and value is None:
        return None
    return _text(name, value)


def _text(name: str, value: object) -> str:
    # What is absent here is a fault of the book, which a rule names; the line can be read.
    if value is None and name in _OPTIONAL:
        return ""
    if not isinstance(value, str) or (not value and name not in _OPTIONAL):
        raise BadInput(name, "text", value)
    return value


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadInput("at", "an ISO 8601 time with offset", value)
    return moment
