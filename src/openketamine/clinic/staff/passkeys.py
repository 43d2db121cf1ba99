"""A passkey instead of a typed secret: for a signature, for a witness, for a second reader.

The person touches their key at this screen; what they get for it is a word that stands for their
secret once, here, for two minutes. It goes where a password would go, so that no form and no
command knows of passkeys. Of the word only its hash is kept.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError

from openketamine.clinic.journal.commands import record_access
from openketamine.clinic.staff.models import PasskeyWord, Staff
from openketamine.clinic.staff.proofs import FAILED, FRESH_FOR, PASSKEY
from openketamine.core.findings import BadInput

_EXPECTED = "a passkey of a person who works here"


def ask(username: str) -> dict[str, Any]:
    """What the browser shows to the key. Raises BadInput for somebody who has none here."""
    return dict(auth.begin_authentication(_who(username)))


def word_for(username: str, credential: Mapping[str, Any], source: str, now: datetime) -> str:
    """The word for what the key said. Raises BadInput where it is not this person's key, or said it
    to another question; that is on record as a failed proof."""
    who = _who(username)
    try:
        used = auth.complete_authentication(who, dict(credential))
    except (ValidationError, ValueError, TypeError, KeyError):
        record_access(who, None, FAILED, now, refused=True, source=f"{username}@{source}"[:200])
        raise BadInput("passkey", _EXPECTED) from None
    used.record_usage()
    word = PASSKEY + secrets.token_urlsafe(32)
    PasskeyWord.objects.create(
        staff=who, source=source[:80], until=now + FRESH_FOR, sha256=_hash(word)
    )
    return word


def _who(username: str) -> Staff:
    who = Staff.colleagues.filter(username=username, is_active=True).first()
    if who is None or not auth.get_credentials(who):
        raise BadInput("passkey", _EXPECTED)
    return who


def _hash(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
