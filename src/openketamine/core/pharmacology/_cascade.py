"""The exact solution for any compartments: no step size, no tolerance, no eigenvalues.

Nothing off the diagonal of `flow` is negative, so with q added to the diagonal no number in the
series of the matrix exponential is negative either. Sums of positive numbers do not cancel: equal
and nearly equal rates lose nothing, and a level a thousandth of another is as exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from openketamine.core.pharmacology._compartments import Compartments, Inflow
from openketamine.core.pharmacology._people import Floats

_SMALL = 1.0  # q × time of one series before its square is taken
_LONG = 40.0  # beyond this, squaring a matrix costs less than following a vector


@dataclass(frozen=True)
class _Flow:
    """The matrix with its diagonal lifted to zero or more: `lifted` = flow / q + 1."""

    matrix: Floats

    @cached_property
    def q(self) -> float:
        return float(max(-np.diagonal(self.matrix, axis1=1, axis2=2).min(), 1e-300))

    @cached_property
    def lifted(self) -> Floats:
        size = self.matrix.shape[1]
        return np.maximum(self.matrix / self.q + np.eye(size), 0.0)


def amounts(
    system: Compartments, inflows: Sequence[Inflow], time_min: Floats, rows: Sequence[int]
) -> Floats:
    """mg in the places `rows` at each time: (people, rows, times). A bolus counts at once."""
    flow = _Flow(system.flow)
    people, size, _ = system.flow.shape
    order = np.argsort(time_min, kind="stable")
    wanted = time_min[order]
    events = _events(inflows, wanted)
    steps = _Steps(flow, np.diff(events))
    starting: dict[float, list[Inflow]] = {}
    for entry in inflows:
        starting.setdefault(entry.start, []).append(entry)
    running: list[Inflow] = []
    state = np.zeros((people, size))
    found = np.zeros((people, len(rows), len(wanted)))
    written = int(np.searchsorted(wanted, events[0])) if len(events) else len(wanted)
    for index, moment in enumerate(events.tolist()):
        for entry in starting.get(moment, ()):
            if entry.mass is not None:
                state[:, entry.place] += entry.mass
            else:
                running.append(entry)
        while written < len(wanted) and wanted[written] == moment:
            found[:, :, written] = state[:, list(rows)]
            written += 1
        if index + 1 < len(events):
            running = [entry for entry in running if entry.last > moment]
            state = _advance(flow, steps, state, running, moment, float(events[index + 1]))
    result = np.empty_like(found)
    result[:, :, order] = found
    return result


def _events(inflows: Sequence[Inflow], wanted: Floats) -> Floats:
    """Every moment at which something starts or is asked for, and each end that all share."""
    moments = [wanted, np.array([entry.start for entry in inflows])]
    moments += [e.end[:1] for e in inflows if e.end is not None and np.ptp(e.end) == 0]
    every = np.unique(np.concatenate(moments))
    first = min((entry.start for entry in inflows), default=np.inf)
    events: Floats = every[(every >= first) & (every <= wanted[-1])]
    return events


def _advance(
    flow: _Flow,
    steps: "_Steps",
    state: Floats,
    running: Sequence[Inflow],
    start: float,
    end: float,
) -> Floats:
    steady = np.zeros_like(state)
    partial = np.zeros_like(state)
    for entry in running:
        if entry.rate is None or entry.end is None:
            continue
        whole = entry.end >= end
        steady[:, entry.place] += np.where(whole, entry.rate, 0.0)
        some = np.flatnonzero(~whole & (entry.end > start))
        if len(some):
            partial[some] += _until_its_end(flow, entry, some, start, end)
    return steps.after(state, steady, end - start) + partial


def _until_its_end(
    flow: _Flow, entry: Inflow, some: npt.NDArray[np.intp], start: float, end: float
) -> Floats:
    """What an inflow that ends within the step leaves at the step's end, for these people."""
    assert entry.rate is not None  # noqa: S101 - told the type checker; the caller looked
    assert entry.end is not None  # noqa: S101
    own = _Flow(flow.matrix[some])
    source = np.zeros((len(some), flow.matrix.shape[1]))
    source[:, entry.place] = entry.rate[some]
    until = entry.end[some]
    grown = _follow(own, np.zeros_like(source), source, until - start)
    return _follow(own, grown, np.zeros_like(source), end - until)


class _Steps:
    """Steps of time; a length that comes back is solved once for all."""

    def __init__(self, flow: _Flow, lengths: Floats) -> None:
        self._flow = flow
        keys, counts = np.unique([_key(length) for length in lengths], return_counts=True)
        self._often = {float(key) for key, count in zip(keys, counts, strict=True) if count > 3}
        self._known: dict[float, tuple[Floats, Floats]] = {}

    def after(self, state: Floats, source: Floats, length: float) -> Floats:
        key = _key(length)
        if key in self._often or length * self._flow.q > _LONG:
            if key not in self._known:
                self._known[key] = _exponential(self._flow, length)
            decay, growth = self._known[key]
            moved: Floats = np.matmul(decay, state[:, :, None])[:, :, 0]
            if source.any():
                moved = moved + np.matmul(growth, source[:, :, None])[:, :, 0]
            return moved
        return _follow(self._flow, state, source, np.full(len(state), length))


def _key(length: float) -> float:
    """Ten digits: steps of one grid differ in the last digits of their times only."""
    return float(f"{length:.10g}")


def _follow(flow: _Flow, state: Floats, source: Floats, length: Floats) -> Floats:
    """exp(flow × length) state + ∫exp(flow × s) ds source, each person for a time of their own."""
    longest = float(length.max(initial=0.0)) * flow.q
    if longest > _LONG:
        half = _follow(flow, state, source, length / 2)
        return _follow(flow, half, source, length / 2)
    now, later = _poisson(flow.q * length, longest)
    carried, entering = state, source
    total = now[0][:, None] * carried + later[0][:, None] / flow.q * entering
    moving = source.any()
    for here, beyond in zip(now[1:], later[1:], strict=True):
        carried = np.matmul(flow.lifted, carried[:, :, None])[:, :, 0]
        total += here[:, None] * carried
        if moving:
            entering = np.matmul(flow.lifted, entering[:, :, None])[:, :, 0]
            total += beyond[:, None] / flow.q * entering
    return total


def _exponential(flow: _Flow, length: float) -> tuple[Floats, Floats]:
    """exp(flow × length) and its integral from 0 to length."""
    doublings = max(0, int(np.ceil(np.log2(max(flow.q * length / _SMALL, 1e-300)))))
    z = flow.q * length / 2**doublings
    now, later = _poisson(np.array([z]), z)
    power = np.broadcast_to(np.eye(flow.matrix.shape[1]), flow.matrix.shape)
    decay, growth = now[0] * power, later[0] / flow.q * power
    for here, beyond in zip(now[1:], later[1:], strict=True):
        power = np.matmul(flow.lifted, power)
        decay = decay + here * power
        growth = growth + beyond / flow.q * power
    for _ in range(doublings):
        growth = growth + np.matmul(decay, growth)
        decay = np.matmul(decay, decay)
    return decay, growth


def _poisson(z: Floats, longest: float) -> tuple[list[Floats], list[Floats]]:
    """Probabilities of 0, 1, 2 … events where z are expected, and of more than that many."""
    terms = int(longest + 9 * np.sqrt(longest) + 22)
    now = [np.exp(-z)]
    for number in range(1, terms):
        now.append(now[-1] * z / number)
    beyond = [now[-1] * z / terms]  # what the cut leaves out, to one term
    for here in reversed(now[1:]):
        beyond.append(beyond[-1] + here)
    return now, beyond[::-1]
