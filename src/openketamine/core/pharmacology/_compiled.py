"""The quick solution once more, compiled: people by the million on an even grid of times.

Needs the extra `fast` (Numba). Every number is a sum of positive terms. A step of the grid is split
as block plus offset: the table of 32 offsets is the same in every block, so the inner loop carries
nothing from point to point, and a point costs seven multiplications.
"""

import math

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

BLOCK = 32
_WIDE = 40  # a row of the table, with room to spare
_NEAR = 3e-3  # the weights of two modes this near would keep less than eleven digits
_ROWS = 12  # T of 3 modes and the site, S of 3 modes, growth of 3 modes and the site


@intrinsic
def _soon(typing, target, at):  # noqa: ARG001 - Numba hands it over
    """Fetch target[at] for writing: the memory works while the next points are computed."""

    def build(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), byte)
        prefetch = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte, number, number, number]),
            "llvm.prefetch.p0",
        )
        builder.call(prefetch, [place, number(1), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(target, at), build


@njit(cache=True, error_model="numpy")
def _fallen(x):
    """1 - exp(-x), exact for a small x; exp(-x) is then the rest."""
    return -math.expm1(-x) if x < 0.5 else 1.0 - math.exp(-x)


@njit(cache=True, error_model="numpy")
def _rates(micro, rates, weights):
    """Rates and weights of the modes; False where two are too near for this way.

    `micro` is k10, k12, k13, k21, k31 and 1/V1. Roots of the cubic, each polished once: its
    coefficients are sums of positive terms, so the smallest root is as exact as the largest.
    """
    k10, k12, k13, k21, k31, per_volume = micro
    if k13 == 0.0:
        total, product = k10 + k12 + k21, k10 * k21
        rates[0] = 0.5 * (total + math.sqrt((k10 + k12 - k21) ** 2 + 4 * k12 * k21))
        rates[1] = product / rates[0]
        rates[2] = 1.0
        gap = rates[0] - rates[1]
        weights[0] = per_volume * (rates[0] - k21) / gap
        weights[1] = per_volume * (k21 - rates[1]) / gap
        weights[2] = 0.0
        return gap > _NEAR * rates[0]
    c2 = k10 + k12 + k13 + k21 + k31
    c1 = k10 * k21 + k10 * k31 + k13 * k21 + k12 * k31 + k21 * k31
    c0 = k10 * k21 * k31
    third = c2 / 3
    p = third * third - c1 / 3
    q = third * (third * third - c1 / 2) + c0 / 2
    root = math.sqrt(max(p, 0.0))
    angle = math.acos(min(1.0, max(-1.0, q / max(root * p, 1e-300)))) / 3
    cosine, sine = math.cos(angle), math.sin(angle)
    rates[0] = third + 2 * root * cosine
    rates[1] = third + root * (1.7320508075688772 * sine - cosine)
    rates[2] = third - root * (1.7320508075688772 * sine + cosine)
    sharp = True
    for m in range(3):
        x = rates[m]
        value = c0 - x * (c1 - x * (c2 - x))
        slope = -c1 + x * (2 * c2 - 3 * x)
        rates[m] = x - value / slope
        # How far a root moves when a coefficient is rounded; near a second root, far.
        sharp = sharp and abs(slope) * x > _NEAR * (c0 + x * (c1 + x * (c2 + x)))
    a, b, c = rates[0], rates[1], rates[2]
    weights[0] = per_volume * (a - k21) * (a - k31) / ((a - b) * (a - c))
    weights[1] = per_volume * (k21 - b) * (b - k31) / ((a - b) * (b - c))
    weights[2] = per_volume * (k21 - c) * (k31 - c) / ((a - c) * (b - c))
    return sharp


@njit(cache=True, error_model="numpy")
def _one_step(rates, weights, ke0, length, table, row):
    """Column `row` of the table: what happens over one `length`."""
    x = ke0 * length
    fallen = _fallen(x)
    stays = 1.0 - fallen if x < 0.5 else math.exp(-x)
    fed = 0.0
    for m in range(3):
        rate = rates[m]
        y = rate * length
        gone = _fallen(y)
        left = 1.0 - gone if y < 0.5 else math.exp(-y)
        if rate < ke0:
            slow, fast, most, down = rate, ke0, left, gone
        else:
            slow, fast, most, down = ke0, rate, stays, fallen
        apart = fast - slow
        passed = most * (_fallen(apart * length) / apart if apart > 0.0 else length)
        table[m, row] = left
        table[4 + m, row] = ke0 * passed
        table[7 + m, row] = weights[m] * gone / rate
        fed += weights[m] * (down / slow - passed) / fast
    table[3, row] = stays
    table[10, row] = ke0 * fed


@njit(cache=True, error_model="numpy")
def _offsets(rates, weights, ke0, step, table):
    """Columns 0 to 32 of the table, by doubling: column k is k steps."""
    for row in range(_ROWS):
        table[row, 0] = 1.0 if row < 4 else 0.0
    _one_step(rates, weights, ke0, step, table, 1)
    have = 1
    while have < BLOCK:
        for m in range(4):
            factor = table[m, have]
            for k in range(1, have + 1):
                table[m, have + k] = table[m, k] * factor
        site = table[3, have]
        for k in range(1, have + 1):
            table[10, have + k] = table[10, k] * site + table[10, have]
        for m in range(3):
            passed, grown, factor = table[4 + m, have], table[7 + m, have], table[m, have]
            for k in range(1, have + 1):
                table[10, have + k] += table[7 + m, k] * passed
                table[4 + m, have + k] = table[4 + m, k] * site + table[m, k] * passed
                table[7 + m, have + k] = table[7 + m, k] * factor + grown
        have *= 2
    for k in range(BLOCK + 1):
        table[11, k] = table[7, k] + table[8, k] + table[9, k]


@njit(cache=True, error_model="numpy")
def _advance(state, table, row, rate):
    """The state after column `row` of the table."""
    site = state[3] * table[3, row] + rate * table[10, row]
    for m in range(3):
        site += state[m] * table[4 + m, row]
        state[m] = state[m] * table[m, row] + rate * table[7 + m, row]
    state[3] = site


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz", "reassoc"})
def _two_blocks(state, flat, table, plasma, site, first, last, ahead):
    """Pairs of blocks without an infusion: each number of the table is read once for both."""
    here = first
    while here + 2 * BLOCK <= last:
        a, b, c, e = state[0], state[1], state[2], state[3]
        _advance(state, table, BLOCK, 0.0)
        f, g, h, i = state[0], state[1], state[2], state[3]
        block, other = plasma[here : here + 2 * BLOCK], site[here : here + 2 * BLOCK]
        for k in range(BLOCK):
            x, y, z = flat[k], flat[_WIDE + k], flat[2 * _WIDE + k]
            block[k] = a * x + (b * y + c * z)
            block[BLOCK + k] = f * x + (g * y + h * z)
        for k in range(BLOCK):
            x, y = flat[4 * _WIDE + k], flat[5 * _WIDE + k]
            z, w = flat[6 * _WIDE + k], flat[3 * _WIDE + k]
            other[k] = (a * x + b * y) + (c * z + e * w)
            other[BLOCK + k] = (f * x + g * y) + (h * z + i * w)
        _advance(state, table, BLOCK, 0.0)
        if ahead > 0:
            for k in range(0, 2 * BLOCK, 8):
                _soon(plasma, here + ahead + k)  # type: ignore[call-arg]
                _soon(site, here + ahead + k)
        here += 2 * BLOCK
    return here


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz", "reassoc"})
def _fill(state, table, plasma, site, first, last, rate, ahead):
    """Points first … last - 1, of which the state stands at `first`. Leaves it at `last`."""
    flat = table.reshape(-1)
    here = first
    while here < last:
        if rate == 0.0 and here + 2 * BLOCK <= last:
            here = _two_blocks(state, flat, table, plasma, site, here, last, ahead)
            continue
        left = min(last - here, BLOCK)
        a, b, c, e = state[0], state[1], state[2], state[3]
        block, other = plasma[here : here + left], site[here : here + left]
        for k in range(left):
            block[k] = (rate * flat[11 * _WIDE + k] + a * flat[k]) + (
                b * flat[_WIDE + k] + c * flat[2 * _WIDE + k]
            )
        for k in range(left):
            other[k] = (
                (rate * flat[10 * _WIDE + k] + a * flat[4 * _WIDE + k])
                + (b * flat[5 * _WIDE + k] + c * flat[6 * _WIDE + k])
                + e * flat[3 * _WIDE + k]
            )
        _advance(state, table, left, rate)
        here += left


@njit(cache=True, error_model="numpy", nogil=True)
def fill(micro, ke0, starts, masses, given_rates, cuts, aligned, zero, step, out, doubtful):
    """ng/mL of everybody: out[person, 0 plasma | 1 effect site, point], from `zero` by `step`.

    `cuts[i]` is the first point of piece i, and `aligned[i]` whether it lies on its start.
    Marks in `doubtful` the people whose modes lie too near each other for this way.
    """
    points, pieces = out.shape[2], len(starts)
    rates, weights, state = np.empty(3), np.empty(3), np.empty(4)
    kept = np.empty(4)
    table = np.empty((_ROWS, _WIDE))
    spare = np.empty((_ROWS, 2))
    for person in range(len(micro)):
        if not _rates(micro[person], rates, weights):
            doubtful[person] = True
            continue
        for m in range(3):
            weights[m] *= 1000.0  # mg/L to ng/mL
        _offsets(rates, weights, ke0[person], step, table)
        plasma, site = out[person, 0], out[person, 1]
        state[:] = 0.0
        further = 2 * points if person + 1 < len(micro) else 0
        for point in range(min(cuts[0], points)):
            plasma[point] = 0.0
            site[point] = 0.0
        for piece in range(pieces):
            rate, first = given_rates[piece], cuts[piece]
            last = cuts[piece + 1]
            for m in range(3):
                state[m] += masses[piece] * weights[m]
            goes_on = piece + 1 < pieces
            on_grid = first < last and aligned[piece] and (not goes_on or aligned[piece + 1])
            if not on_grid:
                kept[:] = state
            if first < last:
                if not aligned[piece]:
                    since = zero + step * first - starts[piece]
                    _one_step(rates, weights, ke0[person], since, spare, 0)
                    _advance(state, spare, 0, rate)
                _fill(state, table, plasma, site, first, last, rate, further)
            if goes_on and not on_grid:
                state[:] = kept
                length = starts[piece + 1] - starts[piece]
                _one_step(rates, weights, ke0[person], length, spare, 0)
                _advance(state, spare, 0, rate)
