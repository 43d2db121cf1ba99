"""The page of tasks: the most urgent first, so many at a time; of one kind, or for one person."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator

from openketamine.clinic.outcomes import queries
from openketamine.clinic.outcomes.models import Task as TaskRow
from openketamine.clinic.outcomes.page import task_rows
from openketamine.clinic.outcomes.said import point_on
from openketamine.clinic.staff.models import Staff
from openketamine.core.course import Task
from openketamine.core.course.check_ins import TASK as SUICIDE

# How many of each kind, the page, and what stands on it.
_Listed = tuple[Mapping[str, int], "Page[Any]", list[tuple[TaskRow, Task]]]


@dataclass(frozen=True)
class Asked:
    """Which tasks somebody wants to see. `mine`: those that ask them now, or that they took."""

    mine: bool = False
    kind: str = ""
    page: str = ""

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Asked":
        """As the address has it."""
        return cls(said.get("for") == "me", said.get("kind", ""), said.get("page", ""))

    @property
    def query(self) -> str:
        """For the address of this list; nobody is named in it."""
        said = {"for": "me" if self.mine else "", "kind": self.kind, "page": self.page}
        return urlencode({name: one for name, one in said.items() if one})


def task_page(who: Staff, now: datetime, asked: Asked) -> dict[str, Any]:
    """What stands on one page. Nothing urgent is on a later page than what is less urgent."""
    counts, page, shown = _mine(who, now, asked) if asked.mine else _everybodys(asked)
    found = [(row.pk, one, row.person) for row, one in shown]
    rows = task_rows(found, who, now)
    point_on(rows)
    return {
        "rows": rows,
        "which": _which(asked, page),
        "people": {str(person.pk) for _, _, person in found},
        "page": page,
        "asked": asked,
        "query": asked.query,
        "total": sum(counts.values()),
        "everybody": replace(asked, mine=False, page="").query,
        "for_me": replace(asked, mine=True, page="").query,
        "every_kind": replace(asked, kind="", page="").query,
        "kinds": _kinds(counts, asked),
        "before": _turned(asked, page, -1) if page.has_previous() else "",
        "after": _turned(asked, page, 1) if page.has_next() else "",
    }


def _which(asked: Asked, page: "Page[Any]") -> str:
    """The list in words, for who hears the title of the page first."""
    kind = asked.kind.replace("_", " ").capitalize()
    number = f"page {page.number}" if page.paginator.num_pages > 1 else ""
    return ", ".join(
        one for one in ("Tasks for you" if asked.mine else "Tasks", kind, number) if one
    )


def _everybodys(asked: Asked) -> _Listed:
    page = queries.page_of_tasks(asked.kind, asked.page)
    return queries.open_by_kind(), page, [queries.opened(row) for row in page]


def _mine(who: Staff, now: datetime, asked: Asked) -> _Listed:
    """Whom a task asks changes with the clock: each that may ask them is looked at, in one
    question; of the rows only those that stand on the page are read."""
    every = queries.asked_of(who, now)
    kept = [pair for pair in every if not asked.kind or pair[1].body.kind == asked.kind]
    page = Paginator(kept, queries.ON_A_PAGE).get_page(asked.page)
    return Counter(one.body.kind for _, one in every), page, queries.with_rows(list(page))


def _kinds(counts: Mapping[str, int], asked: Asked) -> list[dict[str, Any]]:
    """Each kind with how many are open; the one that was asked for stays when none is left."""
    names = {*counts, asked.kind} - {""}
    return [_kind(one, counts.get(one, 0), asked) for one in sorted(names, key=_gravest)]


def _kind(name: str, count: int, asked: Asked) -> dict[str, Any]:
    query = replace(asked, kind=name, page="").query
    words = name.replace("_", " ").capitalize()
    return {"words": words, "count": count, "query": query, "here": name == asked.kind}


def _gravest(kind: str) -> tuple[bool, str]:
    return kind != SUICIDE, kind


def _turned(asked: Asked, page: "Page[Any]", by: int) -> str:
    return replace(asked, page=str(page.number + by)).query
