"""The table of the sixteen invariants names tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "explanation" / "drug-book.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if re.match(r"\| (I\d+|B3\.3) ", line)
]


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


def test_every_invariant_has_its_row() -> None:
    assert [row[0] for row in ROWS] == [*(f"I{n}" for n in range(1, 17)), "B3.3"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_test_of_the_table_exists(row: list[str]) -> None:
    for cell in row[2:]:
        named = re.findall(r"`([^`:]+)::([^`]+)`", cell)
        assert named or cell.startswith("none: ")
        for file, name in named:
            assert name in names_in(file), f"{file} has no {name}"
    assert any("::" in cell for cell in row[2:])
