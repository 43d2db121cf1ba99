"""Double-entry book of a controlled substance. Nothing is edited: a mistake is compensated."""

from openketamine.core.ledger._around import Around, Course, Score, Visit
from openketamine.core.ledger._book import Balance, Book, balances, book
from openketamine.core.ledger._check import (
    check,
    check_lines,
    decode_entry,
    encode_entry,
    kind_of,
)
from openketamine.core.ledger._containers import beyond_use, opened_at, overfill_allowance
from openketamine.core.ledger._deadlines import form_106_by, inventory_by, notify_by
from openketamine.core.ledger._discrepancies import (
    Discrepancy,
    count_differs,
    discrepancies,
    left_on_tray,
    pump_agrees,
)
from openketamine.core.ledger._entries import (
    Count,
    Entry,
    Handling,
    Label,
    Transfer,
    account_kind,
    account_name,
)
from openketamine.core.ledger._exceptions import LateEntry, late_entries
from openketamine.core.ledger._pattern import Pattern
from openketamine.core.ledger._patterns import patterns
from openketamine.core.ledger._rules import broken_rules
from openketamine.core.ledger._trace import Whereabouts, whereabouts

__all__ = [
    "Around",
    "Balance",
    "Book",
    "Count",
    "Course",
    "Discrepancy",
    "Entry",
    "Handling",
    "Label",
    "LateEntry",
    "Pattern",
    "Score",
    "Transfer",
    "Visit",
    "Whereabouts",
    "account_kind",
    "account_name",
    "balances",
    "beyond_use",
    "book",
    "broken_rules",
    "check",
    "check_lines",
    "count_differs",
    "decode_entry",
    "discrepancies",
    "encode_entry",
    "form_106_by",
    "inventory_by",
    "kind_of",
    "late_entries",
    "left_on_tray",
    "notify_by",
    "opened_at",
    "overfill_allowance",
    "patterns",
    "pump_agrees",
    "whereabouts",
]
