"""A clinic of 1,000 people in treatment: what does its clock cost, every fifteen seconds?

A clinic is opened in a folder of its own (private PostgreSQL), filled with the simulated year, and
everybody gets a mail address. No message leaves: the sender is not run.

    benchmarks/check_ins.py                 # 1,000 people
    benchmarks/check_ins.py --people 200

Printed: the first look at everybody; a look at which nothing is due; a look at which everybody
has to be looked at again; the hourly review; each in seconds by the clock and in seconds computed
(this process and its database), and how many queries it asked. Then the part of fifteen seconds
that a quiet look takes. Exit status 1 where a quiet look takes more than a second or asks more
queries of more people.
"""

import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from _clinic import computed, fill, own_database, people_asked, set_up, tidy

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
EVERY_S, GOAL_QUIET_S = 15, 1.0


@dataclass(frozen=True)
class Cost:
    """What one look cost: seconds by the clock, seconds computed, queries, what it gave back."""

    says: str
    wall_s: float
    cpu_s: float
    queries: int
    result: Any


def main() -> int:
    people = people_asked(__doc__)
    with own_database() as database:
        return measured(people, database)


def measured(people: int, database: Path) -> int:
    set_up()
    few, many = people // 10, people
    fill_with_addresses(few)
    quiet_few = looks(database)[1]
    fill_with_addresses(many)
    tidy()
    found = looks(database)
    return 0 if show(people, found, quiet_few) else 1


def fill_with_addresses(people: int) -> None:
    """So many people in all, each with a mail address."""
    from openketamine.clinic.outcomes.commands import CLOCK, record
    from openketamine.clinic.patients.models import Person
    from openketamine.core.course import facts

    fill(people, NOW)
    for place, person in enumerate(Person.objects.order_by("mrn")):
        contact = facts.ContactSet("email", f"p{place}@example.org", zone="America/Denver")
        name = str(uuid.uuid5(uuid.NAMESPACE_OID, f"contact {person.pk}"))
        record(person, contact, CLOCK, NOW, id=name)


def looks(database: Path) -> list[Cost]:
    """What the clock does: for the first time, at once again, and when all must be looked at."""
    from openketamine.clinic.checkins import planning
    from openketamine.clinic.outcomes.commands import review_everybody

    soon, later = NOW + timedelta(seconds=15), NOW + timedelta(minutes=16)
    return [
        cost("the first look at everybody", lambda: planning.plan(NOW), database),
        cost("a look: nothing is due", lambda: planning.plan(soon), database),
        cost("a look a quarter of an hour later", lambda: planning.plan(later), database),
        cost("the hourly review", lambda: review_everybody(NOW), database),
        cost("the hourly review again", lambda: review_everybody(later), database),
    ]  # fmt: skip


def cost(says: str, look: Callable[[], Any], database: Path) -> Cost:
    """Measure one look. CPU: of this process and of the private PostgreSQL."""
    from django.db import connection

    count = Counter()
    cpu, begun = computed(database), time.perf_counter()
    with connection.execute_wrapper(count):
        result = look()
    wall = time.perf_counter() - begun
    return Cost(says, wall, computed(database) - cpu, count.queries, result)


class Counter:
    """Counts queries; the log of Django keeps no more than 9,000."""

    queries = 0

    def __call__(self, execute: Any, *words: Any) -> Any:
        self.queries += 1
        return execute(*words)


def show(people: int, found: list[Cost], few: Cost) -> bool:
    """The table, and whether the goals are met."""
    print(f"{people} people\n{'':42}{'clock s':>9}{'computed s':>12}{'queries':>9}  gave")
    for one in found:
        print(f"{one.says:42}{one.wall_s:9.2f}{one.cpu_s:12.2f}{one.queries:9}  {one.result}")
    quiet = found[1]
    share = quiet.wall_s / EVERY_S
    print(f"a quiet look takes {100 * share:.2f} % of the fifteen seconds between two")
    print(f"queries of a quiet look: {few.queries} for a tenth of the people, {quiet.queries}")
    return quiet.wall_s < GOAL_QUIET_S and quiet.queries <= few.queries + 5


if __name__ == "__main__":
    sys.exit(main())
