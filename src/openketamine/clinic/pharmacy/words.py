"""Moments and accounts as the papers of the pharmacy write them."""

from datetime import datetime

from django.utils import timezone


def when(at: datetime) -> str:
    """`2026-11-22 14:03 -0700`, by the clinic's clock."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %z}"


def account_words(account: str) -> str:
    """`tray 3f2a91bc`: an id is named by its beginning, all else as it is."""
    kind, _, name = account.partition(":")
    return f"{kind} {name[:8]}" if len(name) == 36 else f"{kind} {name}".strip()
