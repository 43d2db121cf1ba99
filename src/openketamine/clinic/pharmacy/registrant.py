"""Who is registered here with the DEA, as the papers name them; the clinic sets it."""

import os

_SET = {
    "name": "OPENKETAMINE_REGISTRANT",
    "address": "OPENKETAMINE_REGISTRANT_ADDRESS",
    "dea": "OPENKETAMINE_DEA_NUMBER",
}


def registrant() -> dict[str, str]:
    """Name, address and DEA number; `not set` where nobody did, so that a paper shows the gap."""
    return {name: os.environ.get(key, "").strip() or "not set" for name, key in _SET.items()}
