"""Names that are nearly another name: offered as a question, never taken for it."""

from collections.abc import Iterable

# Shorter words have too many neighbours; in a longer one two letters may be wrong.
_SHORTEST, _LONG = 6, 9


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that is one letter off (two in a long word), with the same first letter."""
    if len(word) < _SHORTEST or not word.isalpha():
        return None
    allowed = 2 if len(word) >= _LONG else 1
    near = [
        (distance, name)
        for name in names
        if name[0] == word[0]
        if abs(len(name) - len(word)) <= allowed
        if 0 < (distance := _apart(word, name, allowed)) <= allowed
    ]
    return min(near)[1] if near else None


def _apart(one: str, other: str, allowed: int) -> int:
    """Letters to change, add, drop or swap with a neighbour; more than `allowed` is not counted."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, mark in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != mark))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == mark:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > allowed:
            return allowed + 1
    return row[-1]
