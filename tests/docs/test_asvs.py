"""Every row of the security standard has an answer, and every test it names exists."""

import ast
from functools import cache
from pathlib import Path

import asvs
import pytest

ROOT = Path(__file__).parents[2]
ROWS = asvs.rows()


def test_every_row_of_levels_one_and_two_has_an_answer_once():
    assert len(ROWS) == 253
    assert len({row.id for row in ROWS}) == 253


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_an_answer_says_how_and_why_and_its_tests_exist(row):
    assert row.how in asvs.HOW
    assert row.why
    assert bool(row.tests) == (row.how == "test")
    for one in row.tests:
        path, _, name = one.partition("::")
        assert (ROOT / path).is_file(), path
        assert not name or name in names(path), one


@cache
def names(path):
    """The tests and classes of a file, methods too."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
