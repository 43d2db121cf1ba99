"""Volumes and clearances of people, and the modes in which drug leaves them.

A mammillary model written in sqrt(volume) × concentration has a symmetric matrix. Its eigenvectors
are orthogonal whatever its eigenvalues are, so nothing is lost when two of them coincide, which
is where partial fractions fail.
"""

from dataclasses import dataclass

import numpy as np

from openketamine.core.pharmacology._model import Model
from openketamine.core.pharmacology._people import Floats, Values, person


@dataclass(frozen=True)
class Disposition:
    """Volumes (L) and clearances (L/min) of one or more people, one row a person.

    `volumes[:, 0]` is the central volume, `clearances[:, 0]` elimination; the others exchange
    with the compartment of the same column. `ke0` is per minute, one number or one a person,
    None without an effect site.
    """

    volumes: Floats
    clearances: Floats
    ke0: Floats | float | None


def disposition(model: Model, weight_kg: float) -> Disposition:
    """The typical person of this weight, as a single row."""
    return disposition_of(model, person(model, weight_kg))


def disposition_of(model: Model, values: Values, *, with_site: bool = True) -> Disposition:
    """The rows of a mammillary model, from the parameters of its people."""
    others = range(2, model.compartments + 1)
    volumes = np.stack([values[f"V{i}"] for i in (1, *others)], axis=1)
    clearances = np.stack([values["CL"], *(values[f"Q{i}"] for i in others)], axis=1)
    return Disposition(volumes, clearances, values.get("ke0") if with_site else None)


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
