"""The one place where a dose is reckoned: refuse, then clamp, then round down, then check again."""

from openketamine.core.dosing._counting import is_within, mean_interval, of_first_days
from openketamine.core.dosing._exposure import current_course as current_sessions
from openketamine.core.dosing._past import PastSession, read_history
from openketamine.core.dosing._proposal import DoseProposal, Limit, Wish, as_json
from openketamine.core.dosing._propose import propose
from openketamine.core.dosing._protocol import Protocol, protocol, protocols
from openketamine.core.dosing._tolerability import (
    FINE,
    HOLD,
    LOWER,
    UNKNOWN,
    Judged,
    strictest_verdict,
    tolerability,
)

__all__ = [
    "FINE",
    "HOLD",
    "LOWER",
    "UNKNOWN",
    "DoseProposal",
    "Judged",
    "Limit",
    "PastSession",
    "Protocol",
    "Wish",
    "as_json",
    "current_sessions",
    "is_within",
    "mean_interval",
    "of_first_days",
    "propose",
    "protocol",
    "protocols",
    "read_history",
    "strictest_verdict",
    "tolerability",
]
