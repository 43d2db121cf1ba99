"""Files that take long to make: two at once in one process, and a sentence for who comes third.

Pages have threads of their own, and as many people as there are threads could ask for two years of
the drug book; then nobody at a bedside would get a page.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
AT_ONCE = 2
LATER = "Two files are being made already. Ask again in a minute: nothing was lost."
_slots = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def turn() -> Iterator[bool]:
    """True for one of those whose file may be made now; whoever gets False comes back later."""
    mine = _slots.acquire(blocking=False)
    try:
        yield mine
    finally:
        if mine:
            _slots.release()


def in_turn(view: View[P]) -> View[P]:
    """Let the view answer two at once, and whoever comes third later."""

    @wraps(view)
    def waits(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with turn() as mine:
            if mine:
                return view(request, *args, **kwargs)
        status = HTTPStatus.TOO_MANY_REQUESTS
        answer = render(request, "429.html", {"why": LATER}, status=status)
        answer["Retry-After"] = "60"
        return answer

    return waits
