"""Long lists some at a time, so that three years of a clinic are never held at once."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
MOST = 1000


def pieces(things: Iterable[T], most: int = MOST) -> Iterator[list[T]]:
    """Lists of at most so many, in their order."""
    rest = iter(things)
    while some := list(islice(rest, most)):
        yield some
