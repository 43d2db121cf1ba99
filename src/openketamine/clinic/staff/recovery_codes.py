"""Recovery codes are kept as salted hashes from the moment that they were shown.

The library keeps a seed, out of which all codes follow. Here a seed opens nothing: it stands for
codes that nobody has seen yet. When the page shows them, once, it is replaced by a salt and a hash
of each (PBKDF2-SHA256), and a code that was used loses its hash.
The library has no setting for this, so that three methods of its class are replaced (`install`).
"""

import hmac
import secrets
from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction
from django.utils.crypto import pbkdf2

_seeded_codes = RecoveryCodes.generate_codes
_unused_seeded_codes = RecoveryCodes.get_unused_codes
_SHOWN = "shown_now"
# With twelve digits (settings.py) as dear to guess as a good password, and ten of them are hashed
# while somebody waits for the page.
ROUNDS = 100_000


def install() -> None:
    """Let the library's class keep hashes."""
    for name, method in (
        ("mark_as_viewed", _mark_as_viewed),
        ("get_unused_codes", _unused),
        ("generate_codes", _all),
        ("validate_code", _validate),
    ):
        setattr(RecoveryCodes, name, method)


def keep_hashes(data: dict[str, Any], codes: list[str]) -> dict[str, Any]:
    """What is stored of these codes instead of their seed."""
    salt, rounds = secrets.token_hex(16), ROUNDS
    hashes = [_hash(normalize_user_code(code), salt, rounds) for code in codes]
    kept = {name: said for name, said in data.items() if name not in ("seed", "used_mask")}
    return {**kept, "salt": salt, "rounds": rounds, "hashes": hashes, "made": len(codes)}


def _hash(code: str, salt: str, rounds: int) -> str:
    return pbkdf2(code, salt, rounds).hex()


def _mark_as_viewed(self: Any) -> None:
    """The page shows them now, out of memory; the database knows their hashes only."""
    if self.did_view:
        return
    codes = _unused_seeded_codes(self)
    setattr(self, _SHOWN, codes)
    self.instance.data = keep_hashes(self.instance.data, codes) | {"viewed_at": True}
    self.instance.save(update_fields=["data"])


def _unused(self: Any) -> list[str]:
    """The codes, while the page shows them; else as many blanks as there are left."""
    if hasattr(self, _SHOWN):
        shown: list[str] = getattr(self, _SHOWN)
        return shown
    data = self.instance.data
    return [""] * len(data["hashes"]) if "hashes" in data else _unused_seeded_codes(self)


def _all(self: Any) -> list[str]:
    data = self.instance.data
    return [""] * data["made"] if "hashes" in data else _seeded_codes(self)


@transaction.atomic
def _validate(self: Any, code: str) -> bool:
    """Once: its hash goes with it. A code that was never shown is none."""
    self.instance = Authenticator.objects.select_for_update().get(pk=self.instance.pk)
    data = self.instance.data
    if "hashes" not in data:
        if not self.did_view:
            return False
        # Shown by a version that kept the seed.
        data = self.instance.data = keep_hashes(data, _unused_seeded_codes(self))
    given = _hash(normalize_user_code(code), data["salt"], data["rounds"])
    left = [one for one in data["hashes"] if not hmac.compare_digest(one, given)]
    was_right = len(left) < len(data["hashes"])
    data["hashes"] = left
    self.instance.save(update_fields=["data"])
    return was_right
