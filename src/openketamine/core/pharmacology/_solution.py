"""The exact solution between two events: no step size, no tolerance.

The state of a person at an event is what each mode adds to the plasma concentration, and the
effect site's concentration. It is carried from piece to piece, so that a point costs the same
however many doses came before it. Every difference of exponentials goes through expm1, so
that ke0 may equal a rate of elimination, and the first second is as exact as the last hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openketamine.core.pharmacology._disposition import Disposition, Modes, modes
from openketamine.core.pharmacology._people import Floats
from openketamine.core.pharmacology._regimen import Bolus, Segment, pieces

NG_PER_ML_IN_MG_PER_L = 1000.0


@dataclass(frozen=True)
class Levels:
    """Concentrations in ng/mL, one row a person and one column a time."""

    plasma: Floats
    effect_site: Floats | None


@dataclass(frozen=True)
class _State:
    modal: Floats  # (people, modes), mg/L
    site: Floats  # (people,), mg/L


def solve(people: Disposition, regimen: Sequence[Segment | Bolus], time_min: Floats) -> Levels:
    """Concentrations at each time; a bolus counts from its own moment on."""
    return by_modes(modes(people), people.ke0, regimen, time_min)


def by_modes(
    own: Modes,
    site_ke0: Floats | float | None,
    regimen: Sequence[Segment | Bolus],
    time_min: Floats,
) -> Levels:
    """The same for people whose modes are known."""
    shape = (len(own.rates), len(time_min))
    plasma, site = np.zeros(shape), np.zeros(shape)
    ke0 = None if site_ke0 is None else np.reshape(site_ke0, (-1, 1, 1))
    cuts = pieces(regimen)
    starts = np.array([piece.start_min for piece in cuts])
    belongs_to = np.searchsorted(starts, time_min, side="right") - 1
    state = _State(np.zeros_like(own.rates), np.zeros(shape[0]))
    for index, piece in enumerate(cuts):
        state = _State(state.modal + piece.mass_mg * own.weights, state.site)
        here = belongs_to == index
        elapsed = time_min[here] - piece.start_min
        plasma[:, here] = _modal(own, state, piece.rate_mg_per_min, elapsed).sum(axis=1)
        if ke0 is not None:
            site[:, here] = _site(own, state, piece.rate_mg_per_min, elapsed, ke0)
        if index + 1 < len(cuts):
            length = np.array([starts[index + 1] - piece.start_min])
            state = _after(own, state, piece.rate_mg_per_min, length, ke0)
    plasma *= NG_PER_ML_IN_MG_PER_L
    site *= NG_PER_ML_IN_MG_PER_L
    return Levels(plasma, None if ke0 is None else site)


def _after(own: Modes, state: _State, rate: float, length: Floats, ke0: Floats | None) -> _State:
    modal = _modal(own, state, rate, length)[:, :, 0]
    if ke0 is None:
        return _State(modal, state.site)
    return _State(modal, _site(own, state, rate, length, ke0)[:, 0])


def _modal(own: Modes, state: _State, rate: float, elapsed: Floats) -> Floats:
    """What each mode adds to plasma after `elapsed`: (people, modes, times)."""
    rates = own.rates[:, :, None]
    left: Floats = state.modal[:, :, None] * np.exp(-rates * elapsed)
    if rate == 0:
        return left
    return left + rate * own.weights[:, :, None] * grown(rates, elapsed)


def _site(own: Modes, state: _State, rate: float, elapsed: Floats, ke0: Floats) -> Floats:
    """The effect site after `elapsed`: (people, times)."""
    rates = own.rates[:, :, None]
    reach = passed(rates, ke0, elapsed)
    inflow: Floats = state.modal[:, :, None] * reach
    if rate != 0:
        growing = _passed_growing(rates, ke0, elapsed, reach)
        inflow = inflow + rate * own.weights[:, :, None] * growing
    total: Floats = state.site[:, None] * np.exp(-ke0[:, 0] * elapsed) + ke0[:, 0] * inflow.sum(
        axis=1
    )
    return total


def grown(rate: Floats, elapsed: Floats) -> Floats:
    """∫ exp(-rate s) ds from 0 to elapsed, also for a rate of 0."""
    still = rate == 0
    safe = np.where(still, 1.0, rate)
    so_far: Floats = -np.expm1(-safe * elapsed) / safe
    return np.where(still, elapsed, so_far) if still.any() else so_far


def passed(rates: Floats, ke0: Floats, elapsed: Floats) -> Floats:
    """∫ exp(-rate s) exp(-ke0 (elapsed - s)) ds: smooth where ke0 equals a rate.

    The slower exponential is taken out, so that what remains can neither overflow nor cancel.
    """
    slow, fast = np.minimum(rates, ke0), np.maximum(rates, ke0)
    through: Floats = np.exp(-slow * elapsed) * grown(fast - slow, elapsed)
    return through


def _passed_growing(rates: Floats, ke0: Floats, elapsed: Floats, reach: Floats) -> Floats:
    """The same for a mode that grows under a constant rate: ∫ grown(rate, s) exp(-ke0 (…)) ds.

    Divided by the faster of the two, which is never small: a second after the start, the
    difference still has twelve digits.
    """
    slow, fast = np.minimum(rates, ke0), np.maximum(rates, ke0)
    growing: Floats = (grown(slow, elapsed) - reach) / fast
    return growing
