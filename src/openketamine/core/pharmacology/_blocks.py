"""The quick solution for many people without anything compiled: blocks of points by one product.

The same sums of positive terms as the compiled way. The state of a person (three modes, effect
site, and 1 for what runs) times a table of 32 offsets gives 32 points at once.
"""

import numpy as np

from openketamine.core.pharmacology._cohort import Cohort, Schedule
from openketamine.core.pharmacology._disposition import modes
from openketamine.core.pharmacology._people import Floats
from openketamine.core.pharmacology._solution import NG_PER_ML_IN_MG_PER_L

_BLOCK = 32
# People at a time. Fewer cost more calls, more leave the cache: 100 takes half as long again.
_AT_ONCE = 300


def fill(people: Cohort, plan: Schedule, out: Floats) -> None:
    """ng/mL of everybody: out[person, 0 plasma | 1 effect site, point]."""
    tables = None
    for start in range(0, people.size, _AT_ONCE):
        some = people[start : start + _AT_ONCE]
        if tables is None or tables.people != some.size:
            tables = _Tables(some.size, some.disposition.volumes.shape[1], plan.points // _BLOCK)
        _fill(some, plan, tables, out[start : start + _AT_ONCE])


class _Step:
    """What one length of time does to the state, and what 1 mg/min adds meanwhile.

    Rows are people: `stays` of three modes and the site, `passes` from a mode to the site,
    `grows` of the modes and the site.
    """

    def __init__(self, stays: Floats, passes: Floats, grows: Floats) -> None:
        self.stays, self.passes, self.grows = stays, passes, grows

    def moved(self, state: Floats, rate: float) -> Floats:
        """The state after it."""
        modal = slice(0, self.passes.shape[1])
        found: Floats = state * self.stays
        found[:, -1] += np.einsum("pm,pm->p", state[:, modal], self.passes)
        return found + rate * self.grows if rate else found


def _one_step(rates: Floats, weights: Floats, ke0: Floats, length: float) -> _Step:
    site = ke0[:, None]
    slow, fast = np.minimum(rates, site), np.maximum(rates, site)
    apart = fast - slow
    same = apart == 0
    ratio = np.where(same, length, -np.expm1(-apart * length) / np.where(same, 1.0, apart))
    passed = np.exp(-slow * length) * ratio
    grown = -np.expm1(-rates * length) / rates
    fed = (weights * ((-np.expm1(-slow * length) / slow) - passed) / fast).sum(axis=1)
    return _Step(
        stays=np.exp(-np.concatenate([rates, site], axis=1) * length),
        passes=site * passed,
        grows=np.concatenate([weights * grown, site * fed[:, None]], axis=1),
    )


class _Tables:
    """What 0 … 32 steps do, by doubling: arrays (people, modes, 33) as in `_Step`.

    Made once and filled for each lot of people: memory that is fresh costs more than the sums.
    """

    def __init__(self, people: int, modal: int, blocks: int) -> None:
        self.people, self.modal = people, modal
        self.stays = np.ones((people, modal + 1, _BLOCK + 1))
        self.passes = np.zeros((people, modal, _BLOCK + 1))
        self.grows = np.zeros((people, modal + 1, _BLOCK + 1))
        self.plasma = np.zeros((people, modal + 2, _BLOCK))
        self.site = np.zeros((people, modal + 2, _BLOCK))
        self.states = np.empty((people, blocks + 1, modal + 2))

    def fill(self, step: _Step) -> None:
        """The tables of people whose single step this is."""
        modal = self.modal
        self.stays[:, :, 1], self.passes[:, :, 1], self.grows[:, :, 1] = (
            step.stays, step.passes, step.grows,
        )  # fmt: skip
        have = 1
        while have < _BLOCK:
            self._double(have, slice(0, modal))
            have *= 2
        self.plasma[:, :modal] = self.stays[:, :modal, :_BLOCK]
        np.add.reduce(self.grows[:, :modal, :_BLOCK], axis=1, out=self.plasma[:, -1])
        self.site[:, :modal] = self.passes[:, :, :_BLOCK]
        self.site[:, modal] = self.stays[:, -1, :_BLOCK]
        self.site[:, -1] = self.grows[:, -1, :_BLOCK]

    def _double(self, have: int, modal: slice) -> None:
        """Steps have + 1 … 2 have: first 1 … have, then `have` more."""
        first, then = slice(1, have + 1), slice(have + 1, 2 * have + 1)
        done = self.at(have)
        fed = np.einsum("pmk,pm->pk", self.grows[:, modal, first], done.passes)
        self.stays[:, :, then] = self.stays[:, :, first] * done.stays[:, :, None]
        self.passes[:, :, then] = (
            self.passes[:, :, first] * done.stays[:, -1:, None]
            + self.stays[:, modal, first] * done.passes[:, :, None]
        )
        self.grows[:, :, then] = (
            self.grows[:, :, first] * done.stays[:, :, None] + done.grows[:, :, None]
        )
        self.grows[:, -1, then] += fed

    def at(self, count: int) -> _Step:
        """What `count` steps do."""
        return _Step(self.stays[:, :, count], self.passes[:, :, count], self.grows[:, :, count])


def _fill(people: Cohort, plan: Schedule, tables: _Tables, out: Floats) -> None:
    cut, zero, step_min = plan.cut, plan.start_min, plan.step_min
    own = modes(people.disposition)
    weights = own.weights * NG_PER_ML_IN_MG_PER_L
    ke0 = people.ke0
    tables.fill(_one_step(own.rates, weights, ke0, step_min))
    state = np.zeros((people.size, weights.shape[1] + 1))
    out[:, :, : cut.first[0]] = 0.0
    for index, start in enumerate(cut.starts):
        rate, first, last = (
            float(cut.rates[index]),
            int(cut.first[index]),
            int(cut.first[index + 1]),
        )
        state[:, :-1] += cut.masses[index] * weights
        here = state
        if first < last:
            if not cut.aligned[index]:
                ahead = zero + step_min * first - start
                here = _one_step(own.rates, weights, ke0, ahead).moved(state, rate)
            here = _points(here, rate, tables, out[:, :, first:last])
        if index + 1 == len(cut.starts):
            return
        if first < last and cut.aligned[index] and cut.aligned[index + 1]:
            state = here
        else:
            length = float(cut.starts[index + 1] - start)
            state = _one_step(own.rates, weights, ke0, length).moved(state, rate)


def _points(state: Floats, rate: float, tables: _Tables, out: Floats) -> Floats:
    """Fills the points of one piece; the state one step after the last of them comes back."""
    blocks, left = divmod(out.shape[2], _BLOCK)
    people, width = state.shape
    states = tables.states[:, : blocks + 1]
    states[:, :, -1] = rate
    whole_block = tables.at(_BLOCK)
    for block in range(blocks + 1):
        states[:, block, :-1] = state
        if block < blocks:
            state = whole_block.moved(state, rate)
    # Without an infusion the last row adds nothing, and the site's row never touches plasma.
    used = (width + 1, width + 1) if rate else (width - 1, width)
    for place, table in enumerate((tables.plasma, tables.site)):
        rows = slice(0, used[place])
        if blocks:
            whole = out[:, place, : blocks * _BLOCK]
            by_block = np.lib.stride_tricks.as_strided(
                whole,
                (people, blocks, _BLOCK),
                (whole.strides[0], _BLOCK * whole.strides[1], whole.strides[1]),
            )
            np.matmul(states[:, :blocks, rows], table[:, rows], out=by_block)
        if left:
            rest = np.matmul(states[:, blocks:, rows], table[:, rows, :left])
            out[:, place, blocks * _BLOCK :] = rest[:, 0]
    return tables.at(left).moved(state, rate) if left else state
