"""The two ways out of the house: mail over SMTP, and text through a gateway.

A text gateway takes one request: `POST {"id", "to", "text"}` as JSON, with the header
`Authorization: Bearer …` where a token is set. It answers 2xx when it has taken the message, 4xx
when it never will, anything else to be asked again; the same `id` again must send nothing twice.
`file:` instead of an address writes each text into the data folder, for a demonstration.
"""

import json
import smtplib
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

_TIMEOUT_S = 20
_PERMANENT = range(500, 600)
_REFUSED = range(400, 500)


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
    try:
        connection.send_messages([letter])
    except smtplib.SMTPRecipientsRefused as error:
        return _of_code(next(iter(error.recipients.values()))[0])
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        return _cut_off(error)
    except smtplib.SMTPResponseException as error:
        return _of_code(error.smtp_code)
    else:
        return Outcome("sent")
    finally:
        _close(connection)


def _cut_off(error: Exception) -> Outcome:
    """The link broke while the letter was read out: it may have been taken or not."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _of_code(error.smtp_code)
    return Outcome("unknown", f"the mail server was cut off: {type(error).__name__}")


def _of_code(code: int) -> Outcome:
    if code in _PERMANENT:
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
        if error.code in _REFUSED and error.code != 429:
            return Outcome("failed", f"the text gateway refuses it: {error.code}", "bounced")
        return Outcome("retry", f"the text gateway says later: {error.code}")
    except OSError as error:
        # The gateway knows the id: asking again sends nothing twice.
        return Outcome("retry", f"the text gateway does not answer: {type(error).__name__}")


def _file(told: dict[str, str]) -> Outcome:
    folder = Path(settings.OPENKETAMINE_DATA) / "texts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{told['id']}.json").write_text(json.dumps(told, indent=2), encoding="utf-8")
    return Outcome("sent")
