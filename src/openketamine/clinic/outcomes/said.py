"""What is said of an act on a list of tasks, and where: above the row where one goes on.

The page leads there, so that whoever works by keyboard or hears the page goes on from where they
were, and not from its top.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

HERE = "#said"


def said_of(request: HttpRequest, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """For a page with these rows. `said_at`: the row, None where it is not on the page (any more):
    then it stands above them all. `said_before`: what was said of something else."""
    every = list(messages.get_messages(request))
    place = every[-1].extra_tags if every else ""
    at = next((row["id"] for row in rows if str(row["id"]) == place), None)
    here: dict[bool, list[Any]] = {True: [], False: []}
    for one in every:
        here[at is None or one.extra_tags == place].append(one)
    return {"said_at": at, "said": here[True], "said_before": here[False]}


def point_on(rows: Sequence[dict[str, Any]]) -> None:
    """Each row knows the one after it: where one goes on when it is closed and gone."""
    for row, following in pairwise(rows):
        row["after"] = following["id"]
