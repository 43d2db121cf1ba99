"""Amounts that carry their unit. Nothing that is counted or dispensed is a bare float."""

from openketamine.core.quantities._quantity import Quantity, QuantityError, parse
from openketamine.core.quantities._words import format_number, words

__all__ = ["Quantity", "QuantityError", "format_number", "parse", "words"]
