"""The one place where a dose is reckoned: refuse, then clamp, then round down, then check again."""

from openketamine.core.dosing._past import PastSession, read_history
from openketamine.core.dosing._proposal import DoseProposal, Limit, Wish, as_json
from openketamine.core.dosing._propose import propose
from openketamine.core.dosing._protocol import Protocol, protocol, protocols

__all__ = [
    "DoseProposal",
    "Limit",
    "PastSession",
    "Protocol",
    "Wish",
    "as_json",
    "propose",
    "protocol",
    "protocols",
    "read_history",
]
