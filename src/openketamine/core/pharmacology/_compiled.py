"""The quick solution once more, compiled: people by the million on an even grid of times.

Needs the extra `fast` (Numba). Every number is a sum of positive terms. A step of the grid is split
as block plus offset: the table of 32 offsets is the same in every block, so a point costs nine
multiplications and no exponential, and eight points are computed at once.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, njit, types
from numba.core import cgutils

BLOCK = 32
_NEAR = 3e-3  # the weights of two modes this near would keep less than eleven digits
intrinsic: Any = extending.intrinsic  # what it makes is called with other arguments than it has

# A step is eleven numbers: what stays of three modes and of the site, what passes from each mode
# to the site, and what 1 mg/min adds to each mode and to the site.
_STEP = 11
# The table has twelve rows of 32 offsets: four that make plasma (three modes, growth), five that
# make the site (what passes from three modes, what stays, growth), and the growth of each mode.
_ROWS = 12
_PLASMA, _SITE, _GROWTH = 0, 4, 9

# What Numba has no words for. It decides by itself whether a loop runs eight numbers at a time, and
# on short loops over arrays that might overlap it decides wrongly: so the eight are spelled out.
_EIGHT = ir.VectorType(ir.DoubleType(), 8)
_WHOLE = ir.IntType(64)
_PART = ir.IntType(32)


def _alike(builder, value, kind):
    """Eight times the same number."""
    empty, zeros = ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(_PART, 8), [0] * 8)
    return builder.shuffle_vector(builder.insert_element(empty, value, _PART(0)), empty, zeros)


def _at(builder, array, place):
    """The address of eight numbers of an array."""
    return builder.bitcast(builder.gep(array.data, [place]), _EIGHT.as_pointer())


def _eights(context, builder, signature, arguments):
    """For each eight of a block: its offset, its address in the target, and its sums."""
    arrays = [context.make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 2)]
    factors = cgutils.unpack_tuple(builder, arguments[4], len(signature.args[4]))
    wide = [_alike(builder, factor, _EIGHT) for factor in factors]
    first = builder.mul(arguments[3], _WHOLE(BLOCK))
    for offset in range(0, BLOCK, 8):
        total = None
        for row, factor in enumerate(wide):
            place = builder.add(first, _WHOLE(row * BLOCK + offset))
            entries = builder.load(_at(builder, arrays[1], place), align=8)
            term = builder.fmul(entries, factor, flags=("contract",))
            total = term if total is None else builder.fadd(total, term, flags=("contract",))
        yield offset, _at(builder, arrays[0], builder.add(arguments[1], _WHOLE(offset))), total


@intrinsic
def _block(typing, target, at, table, row, factors):  # noqa: ARG001 - Numba hands it over
    """target[at : at + 32] = factors[0] × table[row] + factors[1] × table[row + 1] + …"""

    def build(context, builder, signature, arguments):
        for _, address, total in _eights(context, builder, signature, arguments):
            builder.store(total, address, align=8)
        return context.get_dummy_value()

    return types.void(target, at, table, row, factors), build


@intrinsic
def _part_of_block(typing, target, at, table, row, factors, count):  # noqa: ARG001
    """The same for the first `count` points of a block: the others are left as they are."""
    bits, numbers = ir.VectorType(ir.IntType(1), 8), ir.VectorType(_WHOLE, 8)

    def build(context, builder, signature, arguments):
        store = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [_EIGHT, _EIGHT.as_pointer(), _PART, bits]),
            "llvm.masked.store.v8f64.p0",
        )
        limit = _alike(builder, arguments[5], numbers)
        for offset, address, total in _eights(context, builder, signature, arguments):
            places = ir.Constant(numbers, list(range(offset, offset + 8)))
            wanted = builder.icmp_signed("<", places, limit)
            builder.call(store, [total, address, _PART(8), wanted])
        return context.get_dummy_value()

    return types.void(target, at, table, row, factors, count), build


@intrinsic
def _soon(typing, target, at):  # noqa: ARG001
    """Fetch target[at] for writing: the memory works while the next points are computed."""

    def build(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte = ir.IntType(8).as_pointer()
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), byte)
        prefetch = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte, _PART, _PART, _PART]),
            "llvm.prefetch.p0",
        )
        builder.call(prefetch, [place, _PART(1), _PART(3), _PART(1)])
        return context.get_dummy_value()

    return types.void(target, at), build


@njit(cache=True, error_model="numpy")
def _fallen(x):
    """1 - exp(-x), exact for a small x; exp(-x) is then the rest."""
    return -math.expm1(-x) if x < 0.5 else 1.0 - math.exp(-x)


@njit(cache=True, error_model="numpy")
def _rates(micro, person, rates, weights):
    """Rates and weights of the modes of a person; False where two are too near for this way.

    `micro` is k10, k12, k13, k21, k31 and 1/V1. Roots of the cubic, each polished once: its
    coefficients are sums of positive terms, so the smallest root is as exact as the largest.
    """
    k10, k12, k13 = micro[person, 0], micro[person, 1], micro[person, 2]
    k21, k31, per_volume = micro[person, 3], micro[person, 4], micro[person, 5]
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
def _one_step(rates, weights, ke0, length, step):
    """What happens over one `length`."""
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
        step[m] = left
        step[4 + m] = ke0 * passed
        step[7 + m] = weights[m] * gone / rate
        fed += weights[m] * (down / slow - passed) / fast
    step[3] = stays
    step[10] = ke0 * fed


@njit(cache=True, error_model="numpy")
def _advance(state, step, rate):
    """The state (three modes and the site) after a step."""
    site = state[3] * step[3] + rate * step[10]
    for m in range(3):
        site += state[m] * step[4 + m]
        state[m] = state[m] * step[m] + rate * step[7 + m]
    state[3] = site


@njit(cache=True, error_model="numpy")
def _column(table, offset, step):
    """The step of so many offsets, out of the table."""
    for m in range(3):
        step[m] = table[(_PLASMA + m) * BLOCK + offset]
        step[4 + m] = table[(_SITE + m) * BLOCK + offset]
        step[7 + m] = table[(_GROWTH + m) * BLOCK + offset]
    step[3] = table[(_SITE + 3) * BLOCK + offset]
    step[10] = table[(_SITE + 4) * BLOCK + offset]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _twice(table, step, have):
    """Offsets have … 2 have - 1 from those below, and the step of `have` offsets doubled."""
    a, b, c, stays = step[0], step[1], step[2], step[3]
    p, q, r = step[4], step[5], step[6]
    u, v, w, fed = step[7], step[8], step[9], step[10]
    for k in range(have):
        x, y, z = table[k], table[BLOCK + k], table[2 * BLOCK + k]
        f, g, h = table[9 * BLOCK + k], table[10 * BLOCK + k], table[11 * BLOCK + k]
        then = have + k
        table[then], table[BLOCK + then], table[2 * BLOCK + then] = x * a, y * b, z * c
        table[4 * BLOCK + then] = table[4 * BLOCK + k] * stays + x * p
        table[5 * BLOCK + then] = table[5 * BLOCK + k] * stays + y * q
        table[6 * BLOCK + then] = table[6 * BLOCK + k] * stays + z * r
        table[7 * BLOCK + then] = table[7 * BLOCK + k] * stays
        table[8 * BLOCK + then] = (table[8 * BLOCK + k] * stays + fed) + (f * p + g * q + h * r)
        f, g, h = f * a + u, g * b + v, h * c + w
        table[9 * BLOCK + then], table[10 * BLOCK + then], table[11 * BLOCK + then] = f, g, h
        table[3 * BLOCK + then] = f + g + h
    step[10] = (fed * stays + fed) + (u * p + v * q + w * r)
    step[7], step[8], step[9] = u * a + u, v * b + v, w * c + w
    step[4], step[5], step[6] = p * stays + a * p, q * stays + b * q, r * stays + c * r
    step[0], step[1], step[2], step[3] = a * a, b * b, c * c, stays * stays


@njit(cache=True, error_model="numpy")
def _offsets(table, step):
    """The table of 0 to 31 steps, by doubling; `step` becomes that of a whole block."""
    for row in range(_ROWS):
        table[row * BLOCK] = 0.0
    for row in (0, 1, 2, 7):
        table[row * BLOCK] = 1.0
    _twice(table, step, 1)
    _twice(table, step, 2)
    _twice(table, step, 4)
    _twice(table, step, 8)
    _twice(table, step, 16)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _fill(state, table, whole, out, plasma, site, count, rate, ahead):
    """`count` points from out[plasma] and from out[site] on. The state moves along.

    `ahead` is how far on the same points of the next person lie, 0 after the last.
    """
    a, b, c, e = state[0], state[1], state[2], state[3]
    x, y, z, stays = whole[0], whole[1], whole[2], whole[3]
    p, q, r = whole[4], whole[5], whole[6]
    u, v, w, fed = rate * whole[7], rate * whole[8], rate * whole[9], rate * whole[10]
    left = count
    while left >= BLOCK:
        _block(out, plasma, table, _PLASMA, (a, b, c, rate))
        _block(out, site, table, _SITE, (a, b, c, e, rate))
        e = (fed + a * p + (b * q + c * r)) + e * stays
        a, b, c = a * x + u, b * y + v, c * z + w
        if ahead > 0:
            for k in range(0, BLOCK, 8):
                _soon(out, plasma + ahead + k)
                _soon(out, site + ahead + k)
        plasma, site, left = plasma + BLOCK, site + BLOCK, left - BLOCK
    if left > 0:
        _part_of_block(out, plasma, table, _PLASMA, (a, b, c, rate), left)
        _part_of_block(out, site, table, _SITE, (a, b, c, e, rate), left)
    state[0], state[1], state[2], state[3] = a, b, c, e
    return left


@njit(cache=True, error_model="numpy")
def _aligned(count):
    """Room that begins where a line of the cache does."""
    room = np.empty(count + 8)
    first = (-room.ctypes.data // 8) % 8
    return room[first : first + count]


@njit(cache=True, error_model="numpy", inline="always")
def _follow(modal, ke0, plan, table, whole, out, plasma, ahead):
    """One person through all pieces; `modal` is rates, weights, state, and room for a state."""
    starts, masses, given_rates, cuts, aligned, zero, step, points = plan
    rates, weights, state, kept, other = modal
    state[0] = state[1] = state[2] = state[3] = 0.0
    for piece in range(len(starts)):
        rate, first, last = given_rates[piece], cuts[piece], cuts[piece + 1]
        for m in range(3):
            state[m] += masses[piece] * weights[m]
        goes_on = piece + 1 < len(starts)
        on_grid = first < last and aligned[piece] and (not goes_on or aligned[piece + 1])
        for m in range(4):
            kept[m] = state[m]
        if first < last:
            if not aligned[piece]:
                since = zero + step * first - starts[piece]
                _one_step(rates, weights, ke0, since, other)
                _advance(state, other, rate)
            here, count = plasma + first, last - first
            left = _fill(state, table, whole, out, here, here + points, count, rate, ahead)
            if left > 0 and on_grid:
                _column(table, left, other)
                _advance(state, other, rate)
        if goes_on and not on_grid:
            _one_step(rates, weights, ke0, starts[piece + 1] - starts[piece], other)
            _advance(kept, other, rate)
            for m in range(4):
                state[m] = kept[m]


@njit(cache=True, error_model="numpy", nogil=True)
def fill(micro, ke0, starts, masses, given_rates, cuts, aligned, zero, step, out, doubtful):
    """ng/mL of everybody: out[person, 0 plasma | 1 effect site, point], from `zero` by `step`.

    `cuts[i]` is the first point of piece i, and `aligned[i]` whether it lies on its start.
    Marks in `doubtful` the people whose modes lie too near each other for this way.
    """
    # No row of an array is taken inside the loop: Numba counts who holds one, and to count is to
    # wait for the memory.
    points, people = out.shape[2], len(micro)
    flat = out.reshape(-1)
    rates, weights = np.empty(3), np.empty(3)
    table, whole = _aligned(_ROWS * BLOCK), np.empty(_STEP)
    plan = (starts, masses, given_rates, cuts, aligned, zero, step, points)
    modal = (rates, weights, np.empty(4), np.empty(4), np.empty(_STEP))
    for person in range(people):
        if not _rates(micro, person, rates, weights):
            doubtful[person] = True
            continue
        for m in range(3):
            weights[m] *= 1000.0  # mg/L to ng/mL
        _one_step(rates, weights, ke0[person], step, whole)
        _offsets(table, whole)
        plasma = 2 * points * person
        for point in range(min(cuts[0], points)):
            flat[plasma + point] = flat[plasma + points + point] = 0.0
        ahead = 2 * points if person + 1 < people else 0
        _follow(modal, ke0[person], plan, table, whole, flat, plasma, ahead)
