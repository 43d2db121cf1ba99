"""The two kinds of entry in the book: drug moves, or somebody counts it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Transfer:
    """Drug went from one account to another. Mass in µg balances everywhere; volume in µL is
    volume of stock, and balances per vial only, because a bag is more dilute than its vial.

    Accounts: `supplier:<name>`, `overfill:<vial>`, `vial:<id>`, `tray:<session>`,
    `patient:<session>`, `waste:<session>`, `lost`.
    """

    id: str
    at: datetime
    source: str
    destination: str
    mass_ug: int
    volume_ul: int
    lot: str
    container: str
    session: str
    by: str
    witness: str
    reason: str
    corrects: str | None = None


@dataclass(frozen=True)
class Count:
    """Somebody measured what is in a vial. It asserts a balance and never changes one."""

    id: str
    at: datetime
    container: str
    volume_ul: int
    by: str
    witness: str = ""
    note: str = ""


Entry = Transfer | Count


def account_kind(account: str) -> str:
    """`vial:K1` → `vial`."""
    return account.partition(":")[0]


def account_name(account: str) -> str:
    """`vial:K1` → `K1`; empty where the account has no name."""
    return account.partition(":")[2]
