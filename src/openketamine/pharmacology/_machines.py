"""A large population in parts: here, or on a Dask cluster, with the same numbers either way.

People are drawn in lots of fixed size, each lot with a seed that depends on its place only. So what
a person is like does not depend on how many machines there are or which of them did the work. No
curve outlives its lot: people are read two or three times over, and only counted.
"""

import functools
import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._cohort import Schedule, cohort
from openketamine.core.pharmacology._model import Model, usable
from openketamine.core.pharmacology._people import NOBODY, Traits
from openketamine.core.pharmacology._simulation import Quantiles, named, simulate
from openketamine.pharmacology._ranks import Brackets, Kept, Search, Tally, around, keep, tally

if TYPE_CHECKING:
    from distributed import Client

_LOT = 1000
_LOTS_A_PART = 10
_MOST_KEPT = 4_000_000  # levels: what a bracket holds before it is sorted instead of counted again
_MOST_PEOPLE = 1_000_000_000

Part = TypeVar("Part", Tally, Kept)


@dataclass(frozen=True)
class _Study:
    """Everything that says who the people are and what they are given."""

    model: Model
    plan: Schedule
    weight_kg: float
    people: int
    seed: int
    traits: Traits
    simulator: bool
    series: int = field(init=False)

    def __post_init__(self) -> None:
        sites = 1 if self.model.effect_site is None else 2
        object.__setattr__(self, "series", sites * self.plan.points)

    @property
    def lots(self) -> int:
        """How many, the last of them not full."""
        return -(-self.people // _LOT)

    def levels(self, number: int) -> npt.NDArray[np.float64]:
        """One lot: its people depend on the seed and its number; the end only cuts them off."""
        own = np.random.SeedSequence(self.seed, spawn_key=(number,))
        drawn = cohort(
            self.model, self.weight_kg, _LOT, own, traits=self.traits, simulator=self.simulator
        )
        some = drawn[: min(_LOT, self.people - number * _LOT)]
        room = np.empty((some.size, 2, self.plan.points))
        simulate(some, self.plan, out=room)
        return room.reshape(some.size, -1)[:, : self.series]


def study(
    model: str | Model,
    plan: Schedule,
    weight_kg: float,
    people: int,
    seed: int,
    *,
    percent: Sequence[float] = (5.0, 50.0, 95.0),
    traits: Traits = NOBODY,
    client: "Client | None" = None,
    progress: bool = True,
    simulator: bool = False,
) -> Quantiles:
    """Percentiles over people, exact. With `client` (dask.distributed) its workers do the work.

    The same seed gives the same numbers to the last digit, on one machine or on many. What is held
    in memory depends on the times and not on the people: a thousand curves a worker, and counts.
    A bar shows how far it is, on a terminal only. Raises BadInput.
    """
    asked = _asked(
        _Study(
            usable(model, simulator=simulator), plan, weight_kg, people, seed, traits, simulator
        ),
        percent,
    )
    search = Search(around(asked.levels(0), percent), percent, people)
    reading = 1
    while True:
        bar = _Bar(f"reading {reading}", enabled=progress)
        counted = _read(_counted, asked, search.brackets, client, bar)
        if search.narrow(counted) <= _MOST_KEPT:
            break
        reading += 1
    bar = _Bar("last reading", enabled=progress)
    rows = search.finished(_read(_kept, asked, search.brackets, client, bar))
    plasma, site = rows[:, : plan.points], rows[:, plan.points :]
    found = Quantiles(tuple(percent), plan.time_min, plasma, site if site.size else None)
    return named(found, asked.model)


def _asked(asked: _Study, percent: Sequence[float]) -> _Study:
    if not 20 <= asked.people <= _MOST_PEOPLE:
        raise BadInput("people", f"from 20 to {_MOST_PEOPLE:,}", asked.people)
    if asked.seed < 0:
        raise BadInput("seed", "a whole number that is not negative", asked.seed)
    if not percent or not all(0 <= one <= 100 for one in percent):
        raise BadInput("percent", "percentiles from 0 to 100", percent)
    return asked


def _counted(asked: _Study, lots: Sequence[int], brackets: Brackets) -> Tally:
    return functools.reduce(operator.add, (tally(asked.levels(one), brackets) for one in lots))


def _kept(asked: _Study, lots: Sequence[int], brackets: Brackets) -> Kept:
    return functools.reduce(operator.add, (keep(asked.levels(one), brackets) for one in lots))


def _read(
    function: Callable[[_Study, Sequence[int], Brackets], Part],
    asked: _Study,
    brackets: Brackets,
    client: "Client | None",
    bar: "_Bar",
) -> Part:
    """One reading of everybody, part by part; the parts may come in any order."""
    parts = [
        range(first, min(first + _LOTS_A_PART, asked.lots))
        for first in range(0, asked.lots, _LOTS_A_PART)
    ]
    work = [(asked, part, brackets) for part in parts]
    done: Iterator[Part] = (
        (function(*one) for one in work) if client is None else _there(function, work, client)
    )
    total = next(done)
    bar.show(1, len(parts))
    for number, part in enumerate(done, start=2):
        total = total + part
        bar.show(number, len(parts))
    return total


def _there(
    function: Callable[..., Part], work: Sequence[tuple[Any, ...]], client: "Client"
) -> Iterator[Part]:
    """A few parts ahead of the workers and no more, so that answers do not pile up."""
    from distributed import as_completed

    threads = sum(client.nthreads().values())  # type: ignore[no-untyped-call]
    waiting = iter(work)
    first = [
        client.submit(function, *one, pure=False)
        for _, one in zip(range(2 * max(1, threads)), waiting, strict=False)
    ]
    running = as_completed(first, with_results=True)  # type: ignore[no-untyped-call]
    for future, part in running:
        future.release()
        following = next(waiting, None)
        if following is not None:
            running.add(client.submit(function, *following, pure=False))  # type: ignore[no-untyped-call]
        yield part


class _Bar:
    """How far a reading is, on a terminal; nothing in a pipe."""

    def __init__(self, name: str, *, enabled: bool) -> None:
        self._name, self._shown = name, enabled and sys.stderr.isatty()

    def show(self, done: int, total: int) -> None:
        """Draws over the line that stood there."""
        if not self._shown:
            return
        filled = 40 * done // total
        sys.stderr.write(f"\r{self._name} [{'#' * filled}{'.' * (40 - filled)}] {done} of {total}")
        sys.stderr.write("\n" if done == total else "")
        sys.stderr.flush()
