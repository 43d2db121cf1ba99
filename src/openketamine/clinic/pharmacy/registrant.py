"""Who is registered here with the DEA, as the papers name them; the clinic sets it."""

import os

from openketamine.clinic.staff.sites import told_of

_SET = {
    "name": "OPENKETAMINE_REGISTRANT",
    "address": "OPENKETAMINE_REGISTRANT_ADDRESS",
    "dea": "OPENKETAMINE_DEA_NUMBER",
}


def registrant() -> dict[str, str]:
    """Name, address and DEA number; `not set` where nobody did, so that a paper shows the gap.

    Drug is kept under the registration of its place: address and number are those of the one site
    that is seen, where they are on record, and else the house's own.
    """
    known = {name: os.environ.get(key, "").strip() for name, key in _SET.items()}
    at = told_of()
    if len(at) == 1:
        known["address"] = at[0].address or known["address"]
        known["dea"] = at[0].dea_number or known["dea"]
    return {name: said or "not set" for name, said in known.items()}
