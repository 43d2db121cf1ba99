"""The most probable person once more, compiled: a fit in less than a tenth of a millisecond.

The same steps as in `_fit`, for mammillary models by vein. Needs the extra `fast` (Numba).
"""

import math

import numpy as np
from numba import njit

from openketamine.core.pharmacology._compiled import _fallen, _rates

_NUDGE = 1e-4
_MOST_STEPS = 60


@njit(cache=True, error_model="numpy")
def _move(modal, length, rate):
    """The three modes after `length` under a constant rate."""
    rates, weights, state = modal[0], modal[1], modal[2]
    for m in range(3):
        gone = _fallen(rates[m] * length)
        state[m] += (rate * weights[m] / rates[m] - state[m]) * gone


@njit(cache=True, error_model="numpy")
def _predict(design, where, effects, micro, modal, out):
    """ng/mL at each rising time, for V1, V2, V3, CL, Q2, Q3 moved by the effects."""
    typical, starts, masses, given_rates, times = design
    own = micro[1]
    own[:] = typical
    for k in range(len(where)):
        own[where[k]] *= math.exp(effects[k])
    row = micro[0]
    row[0], row[1], row[2] = own[3] / own[0], own[4] / own[0], own[5] / own[0]
    row[3], row[4], row[5] = own[4] / own[1], own[5] / own[2], 1000.0 / own[0]
    if not _rates(micro, 0, modal[0], modal[1]):
        return False
    state = modal[2]
    state[:] = 0.0
    pieces, point = len(starts), 0
    while point < len(times) and times[point] < starts[0]:
        out[point] = 0.0
        point += 1
    for piece in range(pieces):
        for m in range(3):
            state[m] += masses[piece] * modal[1, m]
        here, rate = starts[piece], given_rates[piece]
        end = starts[piece + 1] if piece + 1 < pieces else np.inf
        while point < len(times) and times[point] < end:
            _move(modal, times[point] - here, rate)
            here = times[point]
            out[point] = state[0] + state[1] + state[2]
            point += 1
        if point == len(times):
            break
        _move(modal, end - here, rate)
    return True


@njit(cache=True, error_model="numpy")
def _objective(found, effects, measured, precision, scatter):
    total = 0.0
    for i in range(len(found)):
        spread = scatter * found[i]
        total += ((measured[i] - found[i]) / spread) ** 2 + 2 * math.log(spread)
    for k in range(len(effects)):
        for j in range(len(effects)):
            total += effects[k] * precision[k, j] * effects[j]
    return total


@njit(cache=True, error_model="numpy")
def _downhill(bend, slope, step):
    """step = -bend⁻¹ slope, by Cholesky in place; bend is positive definite."""
    size = len(slope)
    for j in range(size):
        for i in range(j, size):
            left = bend[i, j]
            for k in range(j):
                left -= bend[i, k] * bend[j, k]
            bend[i, j] = math.sqrt(left) if i == j else left / bend[j, j]
    for i in range(size):
        left = -slope[i]
        for k in range(i):
            left -= bend[i, k] * step[k]
        step[i] = left / bend[i, i]
    for i in range(size - 1, -1, -1):
        left = step[i]
        for k in range(i + 1, size):
            left -= bend[k, i] * step[k]
        step[i] = left / bend[i, i]


@njit(cache=True, error_model="numpy")
def _changes(design, where, effects, micro, modal, tried, there, change):
    """How each level changes with each effect: central differences. False where modes meet."""
    tried[:] = effects
    for k in range(len(where)):
        tried[k] = effects[k] + _NUDGE
        sharp = _predict(design, where, tried, micro, modal, change[k])
        tried[k] = effects[k] - _NUDGE
        sharp &= _predict(design, where, tried, micro, modal, there)
        tried[k] = effects[k]
        if not sharp:
            return False
        change[k] = (change[k] - there) / (2 * _NUDGE)
    return True


@njit(cache=True, error_model="numpy")
def _slope_and_bend(here, change, measured, precision, effects, scatter, slope, bend):
    """Of the objective, as in `_fit`."""
    size = len(effects)
    for k in range(size):
        slope[k] = 0.0
        for j in range(size):
            slope[k] += 2 * precision[k, j] * effects[j]
            bend[k, j] = 2 * precision[k, j]
    for i in range(len(here)):
        ratio = measured[i] / here[i]
        pull = (2 - 2 * ratio * (ratio - 1) / scatter**2) / here[i]
        weight = (2 / scatter**2 + 4) / here[i] ** 2
        for k in range(size):
            slope[k] += change[k, i] * pull
            for j in range(size):
                bend[k, j] += change[k, i] * weight * change[j, i]


@njit(cache=True, error_model="numpy")
def most_probable(design, where, precision, scatter, measured, effects):
    """Leaves the most probable effects in `effects`; the objective, or NaN where modes meet.

    `design` is the typical V1, V2, V3, CL, Q2, Q3, then starts, masses and rates of the pieces,
    then the times; `where` says which of the six each effect moves.
    """
    size, count = len(where), len(measured)
    micro, modal = np.empty((2, 6)), np.empty((3, 3))
    here, there, change = np.empty(count), np.empty(count), np.empty((size, count))
    slope, step, tried = np.empty(size), np.empty(size), np.empty(size)
    bend = np.empty((size, size))
    if not _predict(design, where, effects, micro, modal, here):
        return np.nan
    best = _objective(here, effects, measured, precision, scatter)
    for _ in range(_MOST_STEPS):
        if not _changes(design, where, effects, micro, modal, tried, there, change):
            return np.nan
        _slope_and_bend(here, change, measured, precision, effects, scatter, slope, bend)
        _downhill(bend, slope, step)
        if -np.sum(slope * step) < 1e-13 * max(1.0, abs(best)):
            break
        length, value = 1.0, np.inf
        while length > 1e-3 and not value < best:
            tried[:] = effects + length * step
            if _predict(design, where, tried, micro, modal, there):
                value = _objective(there, tried, measured, precision, scatter)
            length *= 0.5
        if not value < best:
            break
        best = value
        effects[:], here[:] = tried, there
    return best
