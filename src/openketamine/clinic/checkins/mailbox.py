"""The mailbox that letters come back to, read by IMAP: each report of a delivery, once.

Only what nobody has read is looked at, and every letter that was looked at is marked as read.
Nothing is deleted and nothing is answered; what is no report stays for a person to read. A mailbox
that does not answer is tried again at the next time.
"""

import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from openketamine.clinic.checkins.bounces import take_back
from openketamine.core.findings import BadInput

_PORTS = {"imap": 143, "imaps": 993, "imap+plain": 143}
_TIMEOUT_S = 20
# So many letters a time; the rest is read at the next.
_AT_ONCE = 100
_LARGEST = 1_000_000
_log = logging.getLogger("openketamine.checkins")


@dataclass(frozen=True)
class Mailbox:
    """Where it is. `imap` speaks TLS after STARTTLS, `imaps` from the first byte, `imap+plain`
    never (inside the house only)."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str


def mailbox_from_url(url: str) -> Mailbox:
    """`imaps://user:password@host:993/INBOX`. Raises BadInput for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or not parts.username:
        raise BadInput("OPENKETAMINE_BOUNCES", "imaps://user:password@host/INBOX")
    return Mailbox(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def read_mailbox(url: str, now: datetime) -> dict[str, int]:
    """Take back what came back; how many letters were of which kind (bounced, delayed, known,
    other). Raises nothing that the mailbox can cause."""
    found: dict[str, int] = {}
    try:
        with _opened(mailbox_from_url(url)) as box:
            for number in _unread(box):
                word = _one(box, number, now)
                found[word] = found.get(word, 0) + 1
    except (OSError, imaplib.IMAP4.error) as error:
        _log.warning("the mailbox of bounces does not answer: %s", type(error).__name__)
    return found


def _one(box: imaplib.IMAP4, number: str, now: datetime) -> str:
    """Marked as read only when what it says is written down: cut off before, it is read again,
    and the same report twice changes nothing."""
    raw = _letter(box, number)
    try:
        word = take_back(raw, now) if raw else "other"
    except BadInput:
        word = "other"
    box.store(number, "+FLAGS", r"(\Seen)")
    return word


def _letter(box: imaplib.IMAP4, number: str) -> bytes:
    """The letter without marking it; nothing where it is larger than any report."""
    _, answer = box.fetch(number, f"(BODY.PEEK[]<0.{_LARGEST}>)")
    for part in answer:
        if isinstance(part, tuple) and len(part[1]) < _LARGEST:
            return bytes(part[1])
    return b""


def _unread(box: imaplib.IMAP4) -> list[str]:
    _, answer = box.search(None, "UNSEEN")
    return bytes(answer[0] or b"").decode().split()[:_AT_ONCE]


@contextmanager
def _opened(where: Mailbox) -> Iterator[imaplib.IMAP4]:
    box = _connected(where)
    try:
        box.login(where.user, where.password)
        state, said = box.select(f'"{where.folder}"')
        if state != "OK":
            raise imaplib.IMAP4.error(f"no folder {where.folder}: {said!r}")
        yield box
    finally:
        try:
            box.logout()
        except (OSError, imaplib.IMAP4.error):
            _log.debug("the mailbox was gone before we were")


def _connected(where: Mailbox) -> imaplib.IMAP4:
    checked = ssl.create_default_context()
    if where.scheme == "imaps":
        return imaplib.IMAP4_SSL(where.host, where.port, ssl_context=checked, timeout=_TIMEOUT_S)
    box = imaplib.IMAP4(where.host, where.port, timeout=_TIMEOUT_S)
    if where.scheme == "imap":
        box.starttls(checked)
    return box
