"""The room of pharmacology opens at once: a name is fetched when it is first asked for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from openketamine import pharmacology
from openketamine.core import pharmacology as core

ROOMS = [core, pharmacology]


def names_for_the_type_checker(room) -> set[str]:
    """What stands in the imports that never run."""
    tree = ast.parse(Path(room.__file__).read_text(encoding="utf-8"))
    (never,) = (node for node in tree.body if isinstance(node, ast.If) and
                getattr(node.test, "id", "") == "TYPE_CHECKING")  # fmt: skip
    return {alias.name for line in never.body for alias in line.names}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_every_name_that_is_offered_is_there_and_typed(room) -> None:
    assert names_for_the_type_checker(room) == set(room.__all__)
    for name in room.__all__:
        assert getattr(room, name) is not None
    assert set(room.__all__) <= set(dir(room))


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_a_name_that_is_misspelt_is_refused_in_the_usual_words(room) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'forcast'"):
        _ = room.forcast


def test_to_import_costs_no_numpy_and_a_curve_no_compiler() -> None:
    script = (
        "import sys; from openketamine import pharmacology as pk\n"
        "assert 'numpy' not in sys.modules\n"
        "pk.forecast([pk.Segment(0, 40, 0.875)], 70, ['domino_3c'], [10, 20])\n"
        "print([m for m in ('numba', 'openketamine.core.pharmacology._fit') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
