"""The vocabulary of advice: a finding says what, how strict, why, and on whose word."""

from openketamine.core.findings._finding import (
    Action,
    Because,
    Evidence,
    Finding,
    Refusal,
    Source,
    sources_of,
    strictest,
)
from openketamine.core.findings._input import BadInput

__all__ = [
    "Action",
    "BadInput",
    "Because",
    "Evidence",
    "Finding",
    "Refusal",
    "Source",
    "sources_of",
    "strictest",
]
