"""The two ways out of the house: mail over SMTP, and text through a gateway.

A text gateway takes one request: `POST {"id", "to", "text"}` as JSON, with the header
`Authorization: Bearer …` where a token is set. It answers 2xx when it has taken the message, 4xx
when it never will, anything else to be asked again; the same `id` again must send nothing twice.
A 4xx that speaks of the clinic and not of the number (a wrong key, a wrong address, too many at
once) is asked again too. `file:` instead of an address writes each text into the data folder, for a
demonstration.

A mail server knows no id. Until the whole letter was read out to it, it has taken nothing, and is
asked again; once it was and no answer came, nobody knows: the letter is not sent again. Nor is it
known of a text whose request went out and was not answered; asking again sends nothing twice.
"""

import http.client
import json
import smtplib
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

_TIMEOUT_S = 20
_PERMANENT = range(500, 600)
_REFUSED = range(400, 500)
# Answers of a text gateway that say nothing of the number: key, address, way of asking, haste.
_OURS = (401, 403, 404, 405, 407, 408, 425, 429)
# RFC 3463: 5.7.x is of security or policy, such as a relay that does not know the clinic.
_POLICY = b"5.7."
_END_OF_LETTER = b"\r\n.\r\n"


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """The text and the token go to the address that the clinic set, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """An answer that points elsewhere is an error like any other."""


_straight = urllib.request.build_opener(_NoDetour)


@dataclass(frozen=True)
class Ready:
    """A message as it leaves. `id` makes it the same message wherever it turns up again."""

    id: str
    channel: str
    to: str
    subject: str
    body: str
    stop: str = ""


@dataclass(frozen=True)
class Outcome:
    """sent; retry: surely not sent; failed: never will be; unknown: nobody can say."""

    state: str
    why: str = ""
    cause: str = ""


def carry(message: Ready) -> Outcome:
    """Hand it over by its channel. Raises nothing that the post can cause."""
    return _text(message) if message.channel == "text" else _mail(message)


def message_id(identity: str) -> str:
    """The Message-ID, by which a bounce finds its message."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    return f"<{identity}@{host}>"


def _mail(message: Ready) -> Outcome:
    if not settings.OPENKETAMINE_MAIL and not settings.OPENKETAMINE_DEMO:
        return Outcome("retry", "no mail server is set")
    headers = {"Message-ID": message_id(message.id), "Auto-Submitted": "auto-generated"}
    if message.stop:
        headers["List-Unsubscribe"] = f"<{message.stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    connection = (
        get_connection(timeout=_TIMEOUT_S) if settings.OPENKETAMINE_MAIL else get_connection()
    )
    letter = EmailMessage(message.subject, message.body, to=[message.to], headers=headers)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("retry", f"the mail server does not answer: {type(error).__name__}")
    was_read_out = _listen(connection)
    try:
        connection.send_messages([letter])
    except (OSError, smtplib.SMTPException) as error:
        return _of_error(error, was_read_out())
    else:
        return Outcome("sent")
    finally:
        _close(connection)


def _listen(connection: Any) -> Callable[[], bool]:
    """Asks whether the end of a letter was handed to the server by now."""
    smtp, ends = getattr(connection, "connection", None), []
    if smtp is not None:
        plain = smtp.send

        def send(words: str | bytes) -> None:
            if isinstance(words, bytes) and words.endswith(_END_OF_LETTER):
                ends.append(True)
            plain(words)

        smtp.send = send
    return lambda: bool(ends)


def _of_error(error: Exception, was_read_out: bool) -> Outcome:  # noqa: FBT001
    """What a letter came to that was not taken with a 250."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _of_address(*next(iter(error.recipients.values())))
    if isinstance(error, smtplib.SMTPDataError) and error.smtp_code in _PERMANENT:
        return Outcome("failed", f"the mail server refuses the letter: {error.smtp_code}")
    if isinstance(error, smtplib.SMTPResponseException):
        return Outcome("retry", f"the mail server says later: {error.smtp_code}")
    said = f"the mail server was cut off: {type(error).__name__}"
    return Outcome("unknown" if was_read_out else "retry", said)


def _of_address(code: int, words: bytes) -> Outcome:
    """An address is refused for good, or the clinic is, or it is asked again."""
    if code in _PERMANENT and not words.startswith(_POLICY):
        return Outcome("failed", f"the mail server refuses it: {code}", "bounced")
    return Outcome("retry", f"the mail server says later: {code}")


def _close(connection: object) -> None:
    try:
        connection.close()  # type: ignore[attr-defined]
    except (OSError, smtplib.SMTPException):
        return


def _text(message: Ready) -> Outcome:
    gateway = settings.OPENKETAMINE_TEXT_GATEWAY
    if not gateway:
        return Outcome("retry", "no text gateway is set")
    told = {"id": message.id, "to": message.to, "text": message.body}
    if gateway == "file:":
        return _file(told)
    request = urllib.request.Request(  # noqa: S310  (the clinic's own setting, checked at the start)
        gateway, json.dumps(told).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    if settings.OPENKETAMINE_TEXT_TOKEN:
        request.add_header("Authorization", f"Bearer {settings.OPENKETAMINE_TEXT_TOKEN}")
    try:
        with _straight.open(request, timeout=_TIMEOUT_S):
            return Outcome("sent")
    except urllib.error.HTTPError as error:
        if error.code in _REFUSED and error.code not in _OURS:
            return Outcome("failed", f"the text gateway refuses it: {error.code}", "bounced")
        return Outcome("retry", f"the text gateway says later: {error.code}")
    except (OSError, http.client.HTTPException) as error:
        # The request is out as a whole unless urllib says that it could not be made.
        state = "retry" if isinstance(error, urllib.error.URLError) else "unknown"
        return Outcome(state, f"the text gateway does not answer: {type(error).__name__}")


def _file(told: dict[str, str]) -> Outcome:
    folder = Path(settings.OPENKETAMINE_DATA) / "texts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{told['id']}.json").write_text(json.dumps(told, indent=2), encoding="utf-8")
    return Outcome("sent")
