"""Every row of the two clinical files has an id here, or a written reason why not."""

import re
from pathlib import Path

import clinical_rows
import pytest
from clinical_rows import DEPRESSION, PAIN

from openketamine.core.screening._ingredients import ingredients
from openketamine.core.screening._rules import rules
from openketamine.knowledge import documents, kinds

CLINICAL = Path(__file__).parents[3] / "shared" / "clinical"
ROWS = (*DEPRESSION, *PAIN)
SECTIONS = {
    "depression.md": {"1.1", "1.2", "1.3", "1.4", "2.1", "2.3", "3.2", "4.1", "4.2", "4.3", "4.4"},
    "pain-pharmacy-regulation.md": {"A1.1", "A1.2", "A1.3", "A1.4", "A1.5", "A1.6", "A1.7", "A2"},
}
SECTIONS["depression.md"] |= {"8", "8.1"}
here = pytest.mark.skipif(
    not CLINICAL.is_dir(), reason="the clinical files are not on this machine"
)


def rows_of(path: Path, wanted: set[str]) -> set[tuple[str, str]]:
    """(section, first cell) of every row of the tables of those sections."""
    section, in_header, found = "", True, set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"#{1,4} \**(A?\d+(?:\.\d+)*)", line):
            section, in_header = heading.group(1).rstrip("."), True
        elif not line.startswith("|"):
            in_header = True
        elif in_header:
            in_header = False
        else:
            cell = line.strip("|").split("|")[0].strip()
            if section in wanted and set(cell) - set("-: "):
                found.add((section, cell))
    return found


def known() -> set[str]:
    """Every id that a row may name: a rule, a rule of a checklist, a file."""
    files = {f"{kind}/{file.id}" for kind in kinds() for file in documents(kind)}
    checks = {str(n) for file in documents("checklists") for n in _rules_in(file.body)}
    return {rule.id for rule in rules()} | files | checks


def _rules_in(node: object) -> list[object]:
    if isinstance(node, dict):
        own = [node["rule"]] if "rule" in node else []
        return own + [rule for value in node.values() for rule in _rules_in(value)]
    return [rule for one in node for rule in _rules_in(one)] if isinstance(node, list) else []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.section} {row.row}"[:50])
def test_a_row_names_what_exists_or_says_why_it_has_nothing(row):
    assert set(row.held) <= known()
    assert row.held or len(row.why.split()) >= 3


@here
@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_no_row_of_a_clinical_file_is_left_out(name):
    table = {(row.section, row.row) for row in (DEPRESSION if name[0] == "d" else PAIN)}
    written = rows_of(CLINICAL / name, SECTIONS[name])
    assert written - table == set()
    assert table - written == set()


@here
def test_every_code_of_the_interaction_table_is_known():
    text = (CLINICAL / "depression.md").read_text(encoding="utf-8")
    table = text[text.index("### 3.1") : text.index("### 3.2")]
    rxnorm = {c for i in ingredients().values() for c in (i.rxcui, *i.products)}
    atc = {code for i in ingredients().values() for code in i.atc}
    assert (
        set(re.findall(r"(?<![\w-])\d{3,7}(?![\w-])", table)) - rxnorm - {"2014", "2026"} == set()
    )
    assert set(re.findall(r"\b[A-Z]\d\d[A-Z]{2}\d\d\b", table)) - atc == set()


def test_the_page_shows_every_row():
    assert clinical_rows.page().count("\n| ") == len(ROWS) + 2
