"""What stands in the book: drug moves, somebody counts it, a container comes in, is kept apart."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Transfer:
    """Drug went from one account to another. Mass in µg balances everywhere; volume in µL (of a
    vial) and pieces (of a pack) are stock and balance per container only, because a bag is more
    dilute than its vial and a person swallows milligrams.

    Accounts: `supplier:<name>`, `initial:<inventory>`, `overfill:<vial>`, `found`, `vial:<id>`
    (a solution), `pack:<id>` (tablets, troches, devices), `transit:<shipment>`, `tray:<session>`,
    `patient:<session>`, `waste:<session>` (left over after a dose), `destroyed:<form>` (inventory),
    `spilled:<container>`, `returned:<distributor>`, `registrant:<number>`, `lost`.

    `document`: what this move belongs to (a count, a form, a shipment). `recorded_at`: when it was
    written down, None where the book does not say.
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
    units: int = 0
    document: str = ""
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class Count:
    """Somebody measured what is in a container: µL of a vial, pieces of a pack. It asserts a
    balance and never changes one. `document`: the inventory of which it is a line."""

    id: str
    at: datetime
    container: str
    volume_ul: int
    by: str
    witness: str = ""
    note: str = ""
    units: int = 0
    document: str = ""
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class Label:
    """A container as it came in: what is printed on it and where it was put.

    `form`: solution, tablet, troche, device, capsule, lozenge. `doses`: single or multiple. NDC as
    printed, never a number. A solution has µg per mL and a volume in µL, all else µg a piece and a
    number of pieces. `beyond_use_days`: how long it may be used once opened where its maker says
    so; 0 where nothing is printed.
    """

    id: str
    at: datetime
    container: str
    form: str
    drug: str
    ndc: str
    lot: str
    expiry: date
    doses: str
    by: str
    concentration_ug_per_ml: int = 0
    volume_ul: int = 0
    unit_ug: int = 0
    units: int = 0
    beyond_use_days: int = 0
    site: str = ""
    cabinet: str = ""
    witness: str = ""
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class Handling:
    """Something was done with a container, or about an entry, that moves no drug.

    `what`: quarantined, released, moved (to `site` and `cabinet`), explained (`document`: the count
    whose difference somebody answered for), countersigned (`document`: the entry).
    """

    id: str
    at: datetime
    container: str
    what: str
    by: str
    witness: str = ""
    reason: str = ""
    document: str = ""
    site: str = ""
    cabinet: str = ""
    recorded_at: datetime | None = None


Entry = Transfer | Count | Label | Handling

CONTAINERS = ("vial", "pack")


def account_kind(account: str) -> str:
    """`vial:K1` → `vial`."""
    return account.partition(":")[0]


def account_name(account: str) -> str:
    """`vial:K1` → `K1`; empty where the account has no name."""
    return account.partition(":")[2]


def is_container(account: str) -> bool:
    """Whether the account is a vial or a pack."""
    return account_kind(account) in CONTAINERS
