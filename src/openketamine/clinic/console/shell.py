"""What a tablet keeps so that the console opens without a server: files that are everybody's.

Never a page with a person on it: the shell page is empty, and the service worker fetches it without
a cookie. What it fills in comes from the tablet's own disk (decisions/0011).
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.templatetags.static import static

WORKER = "console/worker.js"
_FOLDERS = ("console", "uplot", "site")
_KEPT = (".js", ".css", ".svg")
# The other builds of uPlot and what only the type checker reads.
_LEFT_OUT = ("uPlot.cjs.js", "uPlot.iife.js", "uPlot.iife.min.js", "worker.js")


@cache
def worker_script(shell_path: str) -> str:
    """The service worker, with the list of files before it and their digest as its version."""
    files = shell_files()
    shell = {"version": _version(files), "page": shell_path, "files": [static(f) for f in files]}
    return f"self.SHELL = {json.dumps(shell)};\n{_content(WORKER).decode()}"


@cache
def shell_files() -> tuple[str, ...]:
    """Static files of the console, in order."""
    found = {
        f"{storage.prefix}/{name}" if getattr(storage, "prefix", "") else name
        for finder in finders.get_finders()
        for name, storage in finder.list([])
    }
    return tuple(sorted(name for name in found if _is_of_the_shell(name)))


def _is_of_the_shell(name: str) -> bool:
    folder, _, file = name.partition("/")
    return folder in _FOLDERS and file.endswith(_KEPT) and file not in _LEFT_OUT


def _version(files: tuple[str, ...]) -> str:
    total = hashlib.sha256(render_to_string("console/shell.html").encode())
    for name in (*files, WORKER):
        total.update(name.encode() + b"\0" + _content(name))
    return total.hexdigest()[:16]


def _content(name: str) -> bytes:
    path = finders.find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(name)
    return Path(path).read_bytes()
