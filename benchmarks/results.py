"""The director's page of a clinic of 1,000 people: what does it cost, and what made again?

A clinic is opened in a folder of its own (private PostgreSQL) and filled with the simulated year.

    benchmarks/results.py                 # 1,000 people
    benchmarks/results.py --people 200

Printed, in seconds by the clock and in seconds computed (this process and its database): the first
look, at which everybody is folded; a look after it, the quickest of five; a look when facts of ten
people were added, the quickest of three; and the bytes of the page. Exit status 1 where a look
computes longer than its limit: what other programs do on the machine is not counted.
"""

import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from _clinic import computed, fill, own_database, people_asked, set_up, tidy

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
# The waits that a person at a desk bears: a page at once, and one that is made anew once a day.
LOOK_S, FIRST_S = 2.0, 60.0
_CHANGED = 10


@dataclass(frozen=True, order=True)
class Look:
    """What one look at the page cost, and how many bytes it was."""

    cpu_s: float
    wall_s: float
    size: int


def main() -> int:
    people = people_asked(__doc__)
    with own_database() as database:
        return measured(people, database)


def measured(people: int, database: Path) -> int:
    """Fill, look, look again."""
    set_up()
    fill(people, NOW)
    tidy()
    look = _looking(database)
    rows = [
        ("the first look: everybody is folded", look(), FIRST_S),
        ("a look after it", min(look() for _ in range(5)), LOOK_S),
        (f"a look after facts of {_CHANGED} people", min(_changed(look)), LOOK_S),
    ]
    print(f"{people} people\n{'':38}{'computed s':>11}{'clock s':>9}  of its limit")
    for says, one, limit in rows:
        print(
            f"{says:38}{one.cpu_s:11.2f}{one.wall_s:9.2f}{one.cpu_s / limit:7.2f} of {limit:.0f} s"
        )
    print(f"the page: {rows[0][1].size / 1024:.0f} kB")
    return 0 if all(one.cpu_s < limit for _, one, limit in rows) else 1


def _changed(look: Callable[[], Look]) -> Iterator[Look]:
    """Three looks, each after something was told of some people."""
    for _ in range(3):
        _add_facts()
        yield look()


def _looking(database: Path) -> Callable[[], Look]:
    """Looks at the page as the director."""
    from django.test import Client

    from openketamine.clinic.staff.models import Staff

    miriam = Staff.objects.create_user(
        "miriam", password=uuid.uuid4().hex, display_name="A director", role="medical_director"
    )
    client = Client()
    client.force_login(miriam)

    def look() -> Look:
        cpu, begun = computed(database), time.perf_counter()
        answer = client.get("/results/")
        assert answer.status_code == HTTPStatus.OK
        wall = time.perf_counter() - begun
        return Look(computed(database) - cpu, wall, len(answer.content))

    return look


def _add_facts() -> None:
    from openketamine.clinic.outcomes.commands import CLOCK, record
    from openketamine.clinic.patients.models import Person
    from openketamine.core.course import facts

    for person in Person.objects.order_by("mrn")[:_CHANGED]:
        record(person, facts.EventRecorded("hospitalised"), CLOCK, NOW)


if __name__ == "__main__":
    sys.exit(main())
