"""The rows of OWASP ASVS 5.0 at levels 1 and 2, and how this house answers each."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

ABOUT = (
    "What each row asks stands in the standard (OWASP ASVS 5.0.0). Nobody outside has verified "
    "these answers: they are ours. Source: `docs/security/asvs.yaml`."
)
FOLDER = Path(__file__).parent / "security"
HOW = {
    "test": "Held by a test",
    "design": "Built so, without a test of its own",
    "platform": "Whoever runs the house does it",
    "none": "There is no such thing here",
    "open": "Not met, or in part",
}


@dataclass(frozen=True)
class Row:
    """One row of the standard and the answer to it."""

    id: str
    level: int
    section: str
    how: str
    why: str
    tests: tuple[str, ...]


def rows() -> list[Row]:
    """Every row of levels 1 and 2, in the order of the standard. Raises KeyError for one without an
    answer."""
    said = YAML(typ="safe").load((FOLDER / "asvs.yaml").read_text(encoding="utf-8"))
    listed = (FOLDER / "asvs-rows.txt").read_text(encoding="utf-8").splitlines()
    return [_row(*line.split(" ", 2), said) for line in listed]


def _row(name: str, level: str, section: str, said: dict) -> Row:
    chapter, part = name.split(".")[0], name.rpartition(".")[0]
    none = said["none"].get(part) or said["none"].get(chapter)
    if none and name not in said["rows"]:
        return Row(name, int(level), section, "none", none, ())
    one = said["rows"][name]
    return Row(name, int(level), section, one["how"], one["why"], tuple(one.get("tests", ())))


def page() -> str:
    """The page of docs/reference."""
    every = rows()
    counts = Counter(row.how for row in every)
    lines = ["# OWASP ASVS 5.0, level 2, row by row", ""]
    lines += [ABOUT, ""]
    lines += [f"- {words}: {counts[how]} of {len(every)}" for how, words in HOW.items()]
    section = ""
    for row in every:
        if row.section != section:
            section = row.section
            lines += ["", f"## {row.id.rpartition('.')[0]} {section}", ""]
            lines += ["| row | level | answer | how | tests |", "|---|---|---|---|---|"]
        tests = "<br>".join(f"`{one}`" for one in row.tests)
        lines.append(f"| {row.id} | {row.level} | {row.how} | {row.why} | {tests} |")
    return "\n".join(lines) + "\n"
