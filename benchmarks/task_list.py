"""1,500 open tasks: what do the lists for one person cost, beside everybody's list?

A clinic is opened in a folder of its own (private PostgreSQL). The tasks are of ten days, of the
kinds and roles that courses and check-ins open; two in five were taken by somebody.

    benchmarks/task_list.py                 # 900 people
    benchmarks/task_list.py --people 90

Printed, by role: everybody's page (fifty of the tasks are read), the page for that person, and what
the bar of calls asks for every three seconds; each as the median of nine requests in milliseconds
by the clock, as milliseconds computed (this process and its database), and as the ratio of what is
computed to everybody's page of the same run. Exit status 1 where a list for one person computes
three times as much.
"""

import random
import statistics
import sys
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from _clinic import computed, own_database, people_asked, set_up, tidy

TASKS, TIMES, GOAL = 1500, 9, 3.0
# Kind: how often of a hundred, whom it asks, level, minutes that it has.
KINDS: dict[str, tuple[int, tuple[str, ...], str, int]] = {
    "suicide_answer": (2, ("nurse", "prescriber", "medical_director"), "block", 60),
    "not_ready": (20, ("nurse", "prescriber"), "caution", 240),
    "side_effect": (30, ("nurse", "prescriber", "medical_director"), "caution", 1440),
    "relapse": (8, ("prescriber", "medical_director"), "override", 3 * 1440),
    "check_due": (40, ("nurse", "prescriber"), "caution", 14 * 1440),
}
PATHS = {"everybody's": "/tasks/", "for me": "/tasks/?for=me", "the bar": "/calls/mine"}


def main() -> int:
    people = people_asked(__doc__)
    with own_database() as database:
        set_up()
        staff = fill(people)
        tidy()
        return 0 if show([measured(one, database) for one in staff]) else 1


def fill(people: int) -> list[Any]:
    """Tasks as rows; who works here comes back."""
    from django.utils import timezone

    from openketamine.clinic.outcomes.models import Task
    from openketamine.clinic.patients.models import Person
    from openketamine.clinic.staff.models import Staff

    now, chance = timezone.now(), random.Random(2026)  # noqa: S311  (tasks, not keys)
    staff = [
        Staff.objects.create(username=role, role=role, display_name=role.replace("_", " "))
        for role in ("nurse", "prescriber", "medical_director")
    ]
    everybody = [
        Person(mrn=f"M{one}", family=f"Okafor{one}", given="Ada", created=now)
        for one in range(people)
    ]
    Person.objects.bulk_create(everybody)
    by_role = {one.role: one for one in staff}
    rows = [row(one, chance.choice(everybody), by_role, now, chance) for one in range(TASKS)]
    Task.objects.bulk_create(rows)
    return staff


def row(
    number: int, person: Any, staff: dict[str, Any], now: datetime, chance: random.Random
) -> Any:
    """One open task, as it stands beside the log."""
    from openketamine.clinic.outcomes import _task_rows, commands
    from openketamine.clinic.outcomes.models import Task
    from openketamine.clinic.staff.authors import author_of
    from openketamine.core.course import Fact, encode_fact, facts

    kind = chance.choices(list(KINDS), [often for often, *_ in KINDS.values()])[0]
    _, roles, level, minutes = KINDS[kind]
    at = now - timedelta(minutes=chance.randrange(10 * 1440))
    due, name = at + timedelta(minutes=minutes), f"{kind}:{number}"
    body = facts.TaskOpened(name, kind, f"{kind} number {number}", due, roles, level=level)
    said = [Fact(str(uuid.uuid4()), at, commands.CLOCK, body, at, 1)]
    taken = at + timedelta(minutes=chance.randrange(600))
    if chance.random() < 0.4 and taken < now:
        by = author_of(staff[roles[0]])
        said.append(Fact(str(uuid.uuid4()), taken, by, facts.TaskTaken(name), taken, 2))
    return Task(
        id=_task_rows.row_id(person.pk, name), person=person, task_id=name, due_at=due,
        facts=[encode_fact(one) for one in said],
    )  # fmt: skip


def measured(who: Any, database: Path) -> tuple[str, dict[str, tuple[float, float]]]:
    """Milliseconds by the clock and computed, of each address."""
    from django.test import Client

    client = Client()
    client.force_login(who)
    return who.role, {name: cost(client, path, database) for name, path in PATHS.items()}


def cost(client: Any, path: str, database: Path) -> tuple[float, float]:
    assert client.get(path).status_code == 200  # what is kept from the first time on
    took, before = [], computed(database)
    for _ in range(TIMES):
        begun = time.perf_counter()
        client.get(path)
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took), (computed(database) - before) / TIMES * 1000


def show(found: list[tuple[str, dict[str, tuple[float, float]]]]) -> bool:
    fits = True
    for role, costs in found:
        peer = costs["everybody's"][1]
        for name, (wall, cpu) in costs.items():
            ratio = cpu / peer
            fits = fits and ratio < GOAL
            print(f"{role:17} {name:12} {wall:7.0f} ms  {cpu:7.0f} ms computed  {ratio:5.2f}")
    return fits


if __name__ == "__main__":
    sys.exit(main())
