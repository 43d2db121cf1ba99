"""Which tasks of a list may be taken, or closed, in one act: those of one check-in and one kind."""

from collections.abc import Sequence
from typing import Any

from openketamine.clinic.outcomes import queries
from openketamine.clinic.patients.models import Person
from openketamine.core.course import Task


def offer_together(
    rows: Sequence[dict[str, Any]], found: Sequence[tuple[Any, Task, Person]]
) -> None:
    """Put `take_all` and `close_all`, the ids, into the first row of several that belong together.

    Only of what stands on the same page: nobody takes or closes what they have not seen.
    """
    checked = queries.check_ins_of((person.pk, one) for _, one, person in found if one.is_open)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row, (_, one, _) in zip(rows, found, strict=True):
        if row["may"] and one.fact in checked and (row["mine"] or not row["owner"]):
            groups.setdefault((one.body.kind, checked[one.fact]), []).append(row)
    for own in groups.values():
        _offer("close_all", own)
        _offer("take_all", [row for row in own if not row["mine"]])


def _offer(name: str, rows: Sequence[dict[str, Any]]) -> None:
    if len(rows) > 1:
        rows[0][name] = [str(one["id"]) for one in rows]
