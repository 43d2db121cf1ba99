"""A mail server's address as Django wants it."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


def mail_from_url(url: str) -> dict[str, Any]:
    """Django's settings for `smtp://user:password@host:587`; none where no server is named.

    Encryption is the default: `smtp+plain` must be asked for by name.
    """
    if not url:
        return {}
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ImproperlyConfigured("OPENKETAMINE_MAIL: expected smtp://, smtps:// or smtp+plain://")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or _PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }
