"""Sealing with the clinic's keys, which lie outside of the database.

A key is any secret of at least 32 signs, one a line, the newest first: it seals, all of them open.
To change keys: put a new one in front, start again, run `rotate_note_keys`, take the old one away.
"""

import base64
import hashlib
import json
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from openketamine.core.findings import BadInput

_SHORTEST = 32


class NoKey(BadInput):
    """The clinic has no key for these notes, or not the one that sealed this one."""


def seal(text: str) -> tuple[str, str]:
    """The sealed text, and the fingerprint that binds it to its fact in the journal.

    The fingerprint is over text and salt, and the salt is sealed too: a short note cannot be
    guessed from it.
    """
    salt = secrets.token_hex(16)
    sealed = _ring().encrypt(json.dumps([salt, text]).encode())
    return sealed.decode(), _fingerprint(salt, text)


def open_seal(token: str, fingerprint: str) -> str:
    """What was written. Raises NoKey where no key fits, BadInput where it is another text."""
    try:
        salt, text = json.loads(_ring().decrypt(token.encode()))
    except InvalidToken:
        raise NoKey("note-keys", "the key that sealed this note") from None
    if _fingerprint(salt, text) != fingerprint:
        raise BadInput("note", "the text that was written; this is another one")
    return str(text)


def renewed(token: str) -> str:
    """The same under the newest key. Raises NoKey."""
    try:
        return _ring().rotate(token.encode()).decode()
    except InvalidToken:
        raise NoKey("note-keys", "the key that sealed this note") from None


def _fingerprint(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def _ring() -> MultiFernet:
    keys = settings.OPENKETAMINE_NOTE_KEYS
    if not keys:
        raise NoKey("note-keys", "a key in the data folder or in OPENKETAMINE_NOTE_KEYS")
    if any(len(one) < _SHORTEST for one in keys):
        raise NoKey("note-keys", f"keys of at least {_SHORTEST} signs")
    return MultiFernet([Fernet(_derived(one)) for one in keys])


def _derived(secret: str) -> bytes:
    kdf = HKDF(SHA256(), length=32, salt=None, info=b"openketamine notes 1")
    return base64.urlsafe_b64encode(kdf.derive(secret.encode()))
