"""The Chromium of the machine, or the one that CHROMIUM names."""

import os
from contextlib import contextmanager

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium():
    """An open browser. Playwright's loop must end before Django's database is used in this thread
    by another test."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield opened
        opened.close()
