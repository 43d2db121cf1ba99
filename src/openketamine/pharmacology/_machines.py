"""A large population in parts: here, or on a Dask cluster, with the same numbers either way.

People are drawn in lots of fixed size, each lot with a seed that depends on its place only. So what
a person is like does not depend on how many machines there are or which of them did the work.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._band import percentiles
from openketamine.core.pharmacology._cohort import Schedule, cohort
from openketamine.core.pharmacology._people import NOBODY, Traits
from openketamine.core.pharmacology._simulation import Quantiles, simulate

if TYPE_CHECKING:
    from distributed import Client

_LOT = 1000


def study(
    model: str,
    plan: Schedule,
    weight_kg: float,
    people: int,
    seed: int,
    *,
    percent: Sequence[float] = (5.0, 50.0, 95.0),
    traits: Traits = NOBODY,
    client: "Client | None" = None,
    progress: bool = False,
) -> Quantiles:
    """Percentiles over people. With `client` (dask.distributed) the lots go over its workers.

    The same seed gives the same numbers to the last digit, on one machine or on many. `progress`
    shows a bar. Raises BadInput.
    """
    if people < 20:
        raise BadInput("people", "at least 20", people)
    if seed < 0:
        raise BadInput("seed", "a whole number that is not negative", seed)
    lots = list(_lots(people))
    work = [(model, plan, weight_kg, count, number, seed, traits) for number, count in lots]
    parts = (
        _here(work, progress=progress)
        if client is None
        else _there(work, client, progress=progress)
    )
    everyone = np.concatenate(parts)
    rows = [percentiles(everyone[:, place], percent) for place in (0, 1)]
    site = None if np.isnan(everyone[:, 1]).all() else rows[1]
    return Quantiles(tuple(percent), plan.time_min, rows[0], site)


def _lots(people: int) -> Iterator[tuple[int, int]]:
    for number in range(-(-people // _LOT)):
        yield number, min(_LOT, people - number * _LOT)


def _lot(
    model: str,
    plan: Schedule,
    weight_kg: float,
    people: int,
    number: int,
    seed: int,
    traits: Traits,
) -> npt.NDArray[np.float64]:
    """One lot: its people depend on the seed and its number, and its length only cuts them off."""
    own = np.random.SeedSequence(seed, spawn_key=(number,))
    drawn = cohort(model, weight_kg, _LOT, own, traits=traits)[:people]
    found = simulate(drawn, plan)
    site = np.full_like(found.plasma, np.nan) if found.effect_site is None else found.effect_site
    return np.stack([found.plasma, site], axis=1)


def _here(work: Sequence[tuple[Any, ...]], *, progress: bool) -> list[npt.NDArray[np.float64]]:
    found = []
    for number, lot in enumerate(work):
        found.append(_lot(*lot))
        if progress:
            _bar(number + 1, len(work))
    return found


def _there(
    work: Sequence[tuple[Any, ...]], client: "Client", *, progress: bool
) -> list[npt.NDArray[np.float64]]:
    from distributed import as_completed

    futures = [client.submit(_lot, *lot, pure=False) for lot in work]
    done: Iterable[Any] = as_completed(futures)  # type: ignore[no-untyped-call]
    for number, _ in enumerate(done):
        if progress:
            _bar(number + 1, len(work))
    found: list[npt.NDArray[np.float64]] = client.gather(futures)  # type: ignore[no-untyped-call]
    return found


def _bar(done: int, total: int) -> None:
    import sys

    filled = 40 * done // total
    sys.stderr.write(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done} of {total} lots")
    sys.stderr.write("\n" if done == total else "")
    sys.stderr.flush()
