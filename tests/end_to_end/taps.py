"""How many taps an act takes, held against the page that says so (docs/explanation/taps.md)."""

import re
from contextlib import contextmanager
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "taps.md"


def documented():
    """Act → taps, as the page says."""
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    return {act: int(taps) for act, taps in rows}


@contextmanager
def counted(somebody, act):
    """The act inside takes as many taps as the page says: one less where a wider bar of buttons
    has room for it, never one more."""
    before = somebody.taps
    yield
    taken, said = somebody.taps - before, documented()[act]
    assert said - 1 <= taken <= said, f"{act} takes {taken} taps; {PAGE.name} says {said}"
