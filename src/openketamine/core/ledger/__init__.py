"""Double-entry book of a controlled substance. Nothing is edited: a mistake is compensated."""

from openketamine.core.ledger._book import Book, balances, book
from openketamine.core.ledger._check import (
    check,
    check_lines,
    decode_entry,
    encode_entry,
)
from openketamine.core.ledger._discrepancies import Discrepancy, discrepancies, pump_agrees
from openketamine.core.ledger._entries import Count, Transfer
from openketamine.core.ledger._rules import broken_rules

__all__ = [
    "Book",
    "Count",
    "Discrepancy",
    "Transfer",
    "balances",
    "book",
    "broken_rules",
    "check",
    "check_lines",
    "decode_entry",
    "discrepancies",
    "encode_entry",
    "pump_agrees",
]
