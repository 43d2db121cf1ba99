"""The table of roles against the clinic's permission matrix, row by row and cell by cell."""

import re
from pathlib import Path

import pytest

from openketamine.clinic.staff.roles import ROLES, TASKS
from openketamine.knowledge import load

MATRIX = load(Path(__file__).parents[2] / "docs" / "security" / "permissions.yaml")
ROWS = {row["function"]: row for row in MATRIX["rows"]}
BUILT = [name for name, row in ROWS.items() if "row" not in row.get("not_built", {})]
pytestmark = pytest.mark.hazard("HZ-16")


def letters(cell):
    """`C/W` → C, W, R: who may write may read. What stands in parentheses only narrows."""
    said = set(re.findall(r"\b[RCSWAEb]\b", re.sub(r"\(.*?\)", "", cell)))
    return said | ({"R"} if said & set("CSWA") else set())


def wanted(row):
    """(column, letter) that the matrix gives, for roles that this house has."""
    cells = zip(MATRIX["columns"], row["cells"], strict=True)
    return {
        (column, letter)
        for column, cell in cells
        if column in MATRIX["roles"]
        for letter in letters(cell)
        if letter not in row.get("not_built", {})
    }


def given(row):
    """(column, letter) that the table of roles gives."""
    return {
        (column, letter)
        for column, role in MATRIX["roles"].items()
        for letter, tasks in row["rights"].items()
        if any(role in TASKS[task] for task in tasks)
    }


@pytest.mark.parametrize("name", BUILT)
def test_each_row_is_as_the_matrix_has_it_but_where_a_reason_is_written(name):
    row = ROWS[name]
    told = {(one["role"], one["right"]) for one in row.get("differs", ())}
    assert wanted(row) ^ given(row) == told


@pytest.mark.parametrize("name", BUILT)
def test_every_letter_of_a_row_has_tasks_or_a_reason_for_none(name):
    row = ROWS[name]
    assert {letter for _, letter in wanted(row)} == set(row["rights"])
    assert all(len(one["why"]) > 10 for one in row.get("differs", ()))


def test_every_role_of_the_house_is_a_column_and_every_column_is_explained():
    assert set(MATRIX["roles"].values()) == set(ROLES)
    assert set(MATRIX["columns"]) == set(MATRIX["roles"]) | set(MATRIX["no_role"])


def test_every_task_stands_in_a_row_or_beside_the_matrix():
    in_rows = {t for row in ROWS.values() for ts in row.get("rights", {}).values() for t in ts}
    assert in_rows | set(MATRIX["besides"]) == set(TASKS)
    assert in_rows & set(MATRIX["besides"]) == set()


class TestSeparationOfDuties:
    """What no single role may hold together, and what no single person may do alone."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("account.ask", "account.approve"),
            ("account.ask", "credentials.check"),
            ("drug.withdraw", "stock.adjust"),
            ("drug.withdraw", "vials.receive"),
            ("drug.withdraw", "stock.destroy"),
            ("stock.destroy", "destroy.witness"),
            ("stock.manage", "plan.sign"),
        ],
    )
    def test_no_role_holds_both(self, one, other):
        assert not TASKS[one] & TASKS[other]

    def test_the_auditor_writes_nothing_and_the_keeper_of_the_machine_reads_nobody(self):
        assert {t for t in TASKS if "auditor" in TASKS[t] and not t.endswith(".read")} == set()
        keeps = {task for task, roles in TASKS.items() if "system_admin" in roles}
        assert not {t for t in keeps if t.split(".")[0] in ("person", "session", "notes", "vials")}
