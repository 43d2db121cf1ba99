"""Many people on an even grid of times: the arrays that a study of thousands works with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._disposition import Disposition, disposition_of
from openketamine.core.pharmacology._model import Model, usable
from openketamine.core.pharmacology._people import (
    NOBODY,
    Floats,
    Traits,
    finished,
    moved,
    typical,
    variability,
)
from openketamine.core.pharmacology._regimen import Bolus, Dose, Regimen, Segment, pieces


@dataclass(frozen=True, eq=False)
class Cohort:
    """People of one model: every parameter by name, one number a person (L, L/min, /min, min)."""

    model: Model
    values: Mapping[str, Floats] = field(repr=False)

    @property
    def size(self) -> int:
        """How many people."""
        return len(self.values["V1"])

    def __getitem__(self, some: slice) -> "Cohort":
        """Part of the people."""
        return Cohort(self.model, {name: value[some] for name, value in self.values.items()})

    @cached_property
    def disposition(self) -> Disposition:
        """Volumes and clearances; only of a mammillary model."""
        return disposition_of(self.model, self.values)

    @cached_property
    def micro(self) -> Floats:
        """k10, k12, k13, k21, k31 (/min) and 1/V1 (/L), a row a person; zeros where two rooms."""
        volumes, clearances = self.disposition.volumes, self.disposition.clearances
        rows = np.zeros((self.size, 6))
        size = volumes.shape[1]
        rows[:, :size] = clearances / volumes[:, :1]
        rows[:, 3 : 2 + size] = clearances[:, 1:] / volumes[:, 1:]
        rows[:, 5] = 1 / volumes[:, 0]
        return rows

    @cached_property
    def ke0(self) -> Floats:
        """Of the effect site (/min); where the model has none, a stand-in that is not shown."""
        return np.array(self.values.get("ke0", np.ones(self.size)), dtype=np.float64, order="C")


def cohort(
    which: str | Model,
    weight_kg: float | Sequence[float],
    people: int,
    seed: "int | np.random.SeedSequence | None",
    *,
    traits: Traits = NOBODY,
    factors: Mapping[str, Sequence[float]] | None = None,
    simulator: bool = False,
) -> Cohort:
    """People who differ as the model says (or its surrogate); `seed` None for typical people.

    `weight_kg` is one weight for all or one a person. `factors` multiplies parameters by name, one
    number a person. Raises BadInput.
    """
    used = usable(which, simulator=simulator)
    weights = np.broadcast_to(np.asarray(weight_kg, dtype=float), (_counted(people),))
    values = {
        name: np.broadcast_to(v, (people,)) for name, v in typical(used, weights, traits).items()
    }
    if seed is not None:
        spread = variability(used)
        rng = np.random.default_rng(seed)
        effects = rng.standard_normal((people, len(spread.names)))
        values = moved(values, spread, effects @ np.linalg.cholesky(spread.covariance).T)
    values = finished(used, values, traits)
    for name, factor in (factors or {}).items():
        if name not in values:
            raise BadInput("factors", f"names among {', '.join(values)}", name)
        values[name] = values[name] * np.asarray(factor, dtype=float)
    return Cohort(used, {name: np.ascontiguousarray(value) for name, value in values.items()})


def _counted(people: int) -> int:
    if people < 1:
        raise BadInput("people", "one or more", people)
    return people


@dataclass(frozen=True, eq=False)
class Schedule:
    """What is given, on an even grid of times: made once, used for any number of people."""

    regimen: tuple[Segment | Bolus | Dose, ...]
    start_min: float
    step_min: float
    points: int

    @cached_property
    def time_min(self) -> Floats:
        """The times of the grid."""
        return self.start_min + self.step_min * np.arange(self.points, dtype=np.float64)

    @cached_property
    def by_vein(self) -> tuple[Segment | Bolus, ...] | None:
        """The regimen where all of it goes into a vein, else None."""
        entries = tuple(entry for entry in self.regimen if not isinstance(entry, Dose))
        return entries if len(entries) == len(self.regimen) else None

    @cached_property
    def cut(self) -> "Cut":
        """The regimen as arrays: pieces between two events, and where each begins on the grid."""
        found = pieces(self.by_vein or ()) or pieces((Bolus(self.start_min, 0.0),))
        # Always the same kind of number: the compiler would make a way of its own for whole ones.
        starts = np.array([piece.start_min for piece in found], dtype=np.float64)
        place = (starts - self.start_min) / self.step_min
        near = np.rint(place)
        exact = self.start_min + self.step_min * near
        # A time that differs from the grid in its last digits only lies on the grid.
        aligned = np.abs(exact - starts) <= 4e-15 * np.maximum(np.abs(starts), self.step_min)
        first = np.where(aligned, near, np.ceil(place)).clip(0, self.points).astype(np.int64)
        aligned &= (place > -0.5) & (near <= self.points)
        return Cut(
            starts=starts,
            masses=np.array([piece.mass_mg for piece in found], dtype=np.float64),
            rates=np.array([piece.rate_mg_per_min for piece in found], dtype=np.float64),
            first=np.append(first, self.points),
            aligned=aligned,
        )


@dataclass(frozen=True, eq=False)
class Cut:
    """Pieces between events: start, mass at the start, rate, first point, and if it lies on it."""

    starts: Floats
    masses: Floats
    rates: Floats
    first: npt.NDArray[np.int64]
    aligned: npt.NDArray[np.bool_]


def schedule(regimen: Regimen, *, start_min: float = 0.0, step_min: float, points: int) -> Schedule:
    """A regimen and the times at which levels are asked for. Raises BadInput."""
    if not (np.isfinite(start_min) and 0 < step_min < np.inf):
        raise BadInput("step_min", "more than 0 min", step_min)
    if points < 1:
        raise BadInput("points", "one or more", points)
    return Schedule(tuple(regimen), float(start_min), float(step_min), points)
