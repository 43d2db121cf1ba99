"""`ledger check`: the whole answer about a book, and the reading of a book from lines of JSON."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.ledger._book import Balance, Book, balances, book
from openketamine.core.ledger._discrepancies import Discrepancy, discrepancies
from openketamine.core.ledger._entries import Count, Entry, Handling, Label, Transfer
from openketamine.core.ledger._exceptions import LateEntry, late_entries
from openketamine.core.ledger._rules import BrokenRule, broken_rules

_OPTIONAL = (
    "container", "session", "witness", "lot", "note", "reason", "by", "document", "site", "cabinet",
)  # fmt: skip
_KINDS: Mapping[str, type[Entry]] = {
    "transfer": Transfer,
    "count": Count,
    "label": Label,
    "handling": Handling,
}
_WHOLE = ("mass_ug", "volume_ul", "units", "unit_ug", "concentration_ug_per_ml", "beyond_use_days")


@dataclass(frozen=True)
class BookCheck:
    """What `check` found."""

    entries: int
    balances: tuple[Balance, ...]
    discrepancies: tuple[Discrepancy, ...]
    broken_rules: tuple[BrokenRule, ...]
    exceptions: tuple[LateEntry, ...] = ()

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
                | ({} if one.units is None else {"units": one.units})
                for one in self.balances
            },
            "discrepancies": [one.as_json() for one in self.discrepancies],
            "broken_rules": [one.as_json() for one in self.broken_rules],
            "exceptions": [one.as_json() for one in self.exceptions],
        }


def check(book: Book) -> BookCheck:
    """Balances, discrepancies and broken rules of a book in one answer."""
    return BookCheck(
        len(book.entries),
        balances(book),
        discrepancies(book),
        broken_rules(book),
        late_entries(book),
    )


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


def decode_entry(raw: object, recorded_at: datetime | None = None) -> Entry:
    """One entry from JSON: `{"kind": "transfer" | "count" | "label" | "handling", …}`. BadInput.

    `recorded_at`: when it was written down, where the journal knows and the entry does not say.
    """
    if not isinstance(raw, Mapping):
        raise BadInput("entry", "an object", raw)
    kind = raw.get("kind", "transfer")
    if kind not in _KINDS:
        raise BadInput("kind", f"one of {', '.join(_KINDS)}", kind)
    readers = _readers(kind)
    if not raw.keys() <= readers.keys() | {"kind"}:
        unknown = sorted(set(raw) - set(readers) - {"kind"})
        raise BadInput(unknown[0], f"a field of a {kind}: {', '.join(readers)}")
    said = {name: read(name, raw.get(name)) for name, read in readers.items()}
    if recorded_at is not None:
        said["recorded_at"] = recorded_at
    made: Entry = _KINDS[kind](**said)
    return made


def encode_entry(entry: Entry) -> dict[str, Any]:
    """An entry as JSON, with its kind. When it was written down is left out where nobody said."""
    plain = {field.name: getattr(entry, field.name) for field in fields(entry)}
    if entry.recorded_at is None:
        del plain["recorded_at"]
    dates = {name: value.isoformat() for name, value in plain.items() if isinstance(value, date)}
    return {"kind": kind_of(entry)} | plain | dates


def kind_of(entry: Entry) -> str:
    """`transfer`, `count`, `label` or `handling`."""
    return next(kind for kind, cls in _KINDS.items() if isinstance(entry, cls))


@cache
def _readers(kind: str) -> Mapping[str, Callable[[str, Any], Any]]:
    """The fields of a kind of entry, in their order, and what reads each."""
    return {field.name: _reader(kind, field.name) for field in fields(_KINDS[kind])}


def _reader(kind: str, name: str) -> Callable[[str, Any], Any]:
    if name == "corrects":
        return lambda name, value: None if value is None else _text(name, value)
    if name == "recorded_at":
        return lambda name, value: None if value is None else _moment(name, value)
    if name == "at":
        return _moment
    if name == "expiry":
        return lambda _, value: _day(value)
    if name in _WHOLE:
        return _whole_or_none if kind == "label" or name == "units" else _whole
    return _text


def _whole_or_none(name: str, value: object) -> int:
    return 0 if value is None else _whole(name, value)


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(name, "a whole number", value)
    return value


def _text(name: str, value: object) -> str:
    # What is absent here is a fault of the book, which a rule names; the line can be read.
    if value is None and name in _OPTIONAL:
        return ""
    if not isinstance(value, str) or (not value and name not in _OPTIONAL):
        raise BadInput(name, "text", value)
    return value


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadInput("expiry", "a day such as 2027-06-30", value) from None


def _moment(name: str, value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadInput(name, "an ISO 8601 time with offset", value)
    return moment
