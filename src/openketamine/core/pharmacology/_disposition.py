"""Volumes and clearances of people, and the modes in which drug leaves them.

A mammillary model written in sqrt(volume) × concentration has a symmetric matrix. Its eigenvectors
are orthogonal whatever its eigenvalues are, so nothing is lost when two of them coincide, which
is where partial fractions fail.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._model import Model

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Disposition:
    """Volumes (L) and clearances (L/min) of one or more people, one row a person.

    `volumes[:, 0]` is the central volume, `clearances[:, 0]` elimination; the others exchange
    with the compartment of the same column. `ke0` is per minute, None without an effect site.
    """

    volumes: Floats
    clearances: Floats
    ke0: float | None

    def scaled(self, factors: dict[str, Floats]) -> Self:
        """These parameters times a factor a person; a name that the model lacks is left out."""
        columns = range(self.volumes.shape[1])
        ones = np.ones_like(next(iter(factors.values())))
        volume_factors = [factors.get(f"V{column + 1}", ones) for column in columns]
        clearance_names = ["CL", *(f"Q{column + 1}" for column in columns[1:])]
        clearance_factors = [factors.get(name, ones) for name in clearance_names]
        return type(self)(
            self.volumes * np.stack(volume_factors, axis=1),
            self.clearances * np.stack(clearance_factors, axis=1),
            self.ke0,
        )


def disposition(model: Model, weight_kg: float) -> Disposition:
    """The typical person of this weight, as a single row."""
    if not 0 < weight_kg < np.inf:
        raise BadInput("weight_kg", "a body weight above 0 kg", weight_kg)
    at = {p.name: p.at(weight_kg, model.reference_weight_kg) for p in model.parameters}
    others = range(2, model.compartments + 1)
    if "CL" in at:
        volumes = [at["V1"], *(at[f"V{i}"] for i in others)]
        clearances = [at["CL"], *(at[f"Q{i}"] for i in others)]
    else:
        clearances = [at["V1"] * at["k10"], *(at["V1"] * at[f"k1{i}"] for i in others)]
        volumes = [at["V1"], *(at["V1"] * at[f"k1{i}"] / at[f"k{i}1"] for i in others)]
    site = model.effect_site
    ke0 = None if site is None else site.ke0.at(weight_kg, model.reference_weight_kg)
    return Disposition(np.array([volumes]), np.array([clearances]), ke0)


@dataclass(frozen=True)
class Modes:
    """1 mg at once gives plasma sum(weights × exp(-rates × t)) mg/L; no weight is negative."""

    rates: Floats
    weights: Floats


def modes(people: Disposition) -> Modes:
    """Rates (1/min) and weights (1/L), one row a person and one column a mode."""
    volumes, clearances = people.volumes, people.clearances
    rates, vectors = np.linalg.eigh(_symmetric(volumes, clearances))
    weights: Floats = vectors[:, 0, :] ** 2 / volumes[:, :1]
    return Modes(rates, weights)


def _symmetric(volumes: Floats, clearances: Floats) -> Floats:
    count, size = volumes.shape
    matrix: Floats = np.zeros((count, size, size))
    diagonal = np.arange(size)
    matrix[:, diagonal, diagonal] = clearances / volumes
    matrix[:, 0, 0] = clearances.sum(axis=1) / volumes[:, 0]
    exchange = -clearances[:, 1:] / np.sqrt(volumes[:, :1] * volumes[:, 1:])
    matrix[:, 0, 1:] = exchange
    matrix[:, 1:, 0] = exchange
    return matrix
