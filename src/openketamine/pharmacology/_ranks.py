"""Exact percentiles of levels that are never all in one place.

Levels are not negative, and the bits of such numbers, read as whole numbers, are in the same order
as the numbers. So a rank is found by counting: each reading of the people counts how many lie in
each of 256 bins of a bracket, and the next reading looks into the one bin that holds the rank. When
few are left they are kept and sorted. Counts add up the same in any order, so it is of no matter
who counted whom; and what is held depends on the times asked for, not on the number of people.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]

_BIN_BITS = 8
_BINS = 1 << _BIN_BITS
_BEYOND_ALL = int(np.array(np.inf).view(np.uint64))


@dataclass(frozen=True, eq=False)
class Brackets:
    """Where each rank may still lie: bins of 2**shift keys from `first` on.

    One row a percentile and one column a series. A closed bracket holds nothing any more.
    """

    first: Keys
    shift: Keys


@dataclass(frozen=True, eq=False)
class Tally:
    """People below each bracket, in each of its bins, and the lowest level beyond it."""

    below: Counts
    inside: Counts
    beyond: Floats

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.below + other.below,
            self.inside + other.inside,
            np.minimum(self.beyond, other.beyond),
        )


@dataclass(frozen=True, eq=False)
class Kept:
    """The levels inside the brackets, and to which bracket (row × columns + column) each belongs.

    With how many people lie below each bracket, and the lowest level beyond it.
    """

    below: Counts
    beyond: Floats
    place: Counts
    value: Floats

    def __add__(self, other: "Kept") -> "Kept":
        return Kept(
            self.below + other.below,
            np.minimum(self.beyond, other.beyond),
            np.concatenate([self.place, other.place]),
            np.concatenate([self.value, other.value]),
        )


def around(pilot: Floats, percent: Sequence[float]) -> Brackets:
    """Brackets that very likely hold each percentile, from the first people alone."""
    ordered = np.sort(_clean(pilot), axis=0)
    last = len(ordered) - 1
    low, high = [], []
    for one in percent:
        share = one / 100
        reach = 6 * (share * (1 - share) * len(ordered)) ** 0.5 + 3
        low.append(ordered[max(0, int(share * last - reach))])
        high.append(ordered[min(last, int(share * last + reach) + 1)])
    return _spanning(_keys(np.array(low)), _keys(np.array(high)) + np.uint64(1))


def tally(levels: Floats, brackets: Brackets) -> Tally:
    """Counts these people (rows) in every bracket of each series (columns)."""
    clean = _clean(levels)
    keys, columns = _keys(clean), clean.shape[1]
    place = np.arange(columns) * _BINS
    below, inside, beyond = [], [], []
    for first, shift in zip(brackets.first, brackets.shift, strict=True):
        bins, within = _bins(keys, first, shift)
        counted = np.bincount((place + bins)[within], minlength=columns * _BINS)
        inside.append(counted.reshape(columns, _BINS))
        below.append((keys < first).sum(axis=0))
        beyond.append(_lowest_beyond(clean, keys, first, within))
    return Tally(np.array(below), np.array(inside), np.array(beyond))


def keep(levels: Floats, brackets: Brackets) -> Kept:
    """The levels themselves inside every bracket."""
    clean = _clean(levels)
    keys, columns = _keys(clean), clean.shape[1]
    below, beyond, places, values = [], [], [], []
    for row, (first, shift) in enumerate(zip(brackets.first, brackets.shift, strict=True)):
        _, within = _bins(keys, first, shift)
        values.append(clean[within])
        places.append(row * columns + np.nonzero(within)[1])
        below.append((keys < first).sum(axis=0))
        beyond.append(_lowest_beyond(clean, keys, first, within))
    return Kept(np.array(below), np.array(beyond), np.concatenate(places), np.concatenate(values))


class Search:
    """The ranks below and above each percentile of so many people, until both are known."""

    def __init__(self, brackets: Brackets, percent: Sequence[float], people: int) -> None:
        self.brackets, self.people = brackets, people
        shape = brackets.first.shape
        places = np.array(percent) / 100 * (people - 1)
        self._rank = np.floor(places).astype(np.int64)
        self._share = (places - self._rank)[:, None]
        self._low, self._high = np.full(shape, np.nan), np.full(shape, np.nan)

    def narrow(self, found: Tally) -> int:
        """Takes a reading in; gives how many levels the brackets hold now."""
        first, shift = self.brackets.first.copy(), self.brackets.shift.copy()
        left = 0
        for place in np.ndindex(first.shape):
            if not np.isnan(self._low[place]):
                continue
            before = np.cumsum(found.inside[place])
            rank = int(self._rank[place[0]] - found.below[place])
            start, size = int(first[place]), int(shift[place])
            if not 0 <= rank < before[-1]:
                end = start + (_BINS << size)
                span = (0, start) if rank < 0 else (end, _BEYOND_ALL)
                first[place], shift[place] = span[0], _shift(span[1] - span[0])
                left += self.people
                continue
            bin_ = int(np.searchsorted(before, rank, side="right"))
            if size == 0:  # one key a bin: the level is known, however many people share it
                self._settle(place, start, bin_, rank, before, float(found.beyond[place]))
                first[place] = _BEYOND_ALL
                continue
            first[place] = start + (bin_ << size)
            shift[place] = max(0, size - _BIN_BITS)
            left += int(found.inside[place][bin_])
        self.brackets = Brackets(first, shift)
        return left

    def _settle(
        self,
        place: tuple[int, ...],
        start: int,
        bin_: int,
        rank: int,
        before: Counts,
        beyond: float,
    ) -> None:
        self._low[place] = _level(start + bin_)
        after = int(np.searchsorted(before, rank + 1, side="right"))
        self._high[place] = _level(start + after) if after < _BINS else beyond

    def finished(self, found: Kept) -> Floats:
        """The percentiles, from the levels that were kept; linear between two people."""
        order = np.lexsort((found.value, found.place))
        value = found.value[order]
        columns = self.brackets.first.shape[1]
        cuts = np.searchsorted(found.place[order], np.arange(self._low.size + 1))
        for place in np.ndindex(self._low.shape):
            if not np.isnan(self._low[place]):
                continue
            flat = place[0] * columns + place[1]
            mine = value[cuts[flat] : cuts[flat + 1]]
            rank = int(self._rank[place[0]] - found.below[place])
            self._low[place] = mine[rank]
            self._high[place] = mine[rank + 1] if rank + 1 < len(mine) else found.beyond[place]
        # The last of all people has nobody above; their share is nought.
        high = np.where(np.isfinite(self._high), self._high, self._low)
        rows: Floats = self._low * (1 - self._share) + high * self._share
        return rows


def _clean(levels: Floats) -> Floats:
    """Without the rounding below nought, and with one nought only: −0 has other bits."""
    clean: Floats = np.ascontiguousarray(np.maximum(levels, 0.0) + 0.0)
    return clean


def _keys(clean: Floats) -> Keys:
    return clean.view(np.uint64)


def _level(key: int) -> float:
    return float(np.array(key, dtype=np.uint64).view(np.float64))


def _bins(keys: Keys, first: Keys, shift: Keys) -> tuple[Counts, npt.NDArray[np.bool_]]:
    bins = (keys - first) >> shift  # what lies below wraps round, and is left out next
    within = (keys >= first) & (bins < _BINS)
    return bins.astype(np.int64), within


def _lowest_beyond(clean: Floats, keys: Keys, first: Keys, within: npt.NDArray[np.bool_]) -> Floats:
    lowest: Floats = np.where((keys >= first) & ~within, clean, np.inf).min(axis=0)
    return lowest


def _spanning(low: Keys, end: Keys) -> Brackets:
    shift = np.array([[_shift(int(one)) for one in row] for row in end - low], dtype=np.uint64)
    return Brackets(low, shift)


def _shift(keys: int) -> int:
    """How far 256 bins of 2**shift reach over so many keys."""
    return max(0, (max(keys, 1) - 1).bit_length() - _BIN_BITS)
