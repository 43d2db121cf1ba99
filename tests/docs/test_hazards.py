"""Every hazard names a test, every hazard mark names a hazard, and the page says what is true."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
MARK = re.compile(r"pytest\.mark\.hazard\(([^)]*)\)")


def _hazards() -> dict:
    return YAML(typ="safe", pure=True).load((ROOT / "safety" / "hazards.yaml").read_text())["hazards"]


def _marks() -> dict[str, set[str]]:
    """Hazard id → the test files that carry its mark."""
    marks: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if path == Path(__file__):
            continue
        for arguments in MARK.findall(path.read_text()):
            for hazard in re.findall(r"HZ-\d+", arguments):
                marks.setdefault(hazard, set()).add(path.relative_to(ROOT).as_posix())
    return marks


def page() -> str:
    """docs/reference/hazards.md, as the hazards and the marks make it."""
    lines = ["# Hazards, their controls, and the tests that hold them", ""]
    lines += ["Generated from `safety/hazards.yaml` and the marks in `tests/`; do not edit.", ""]
    marks = _marks()
    for name, hazard in _hazards().items():
        lines += [f"## {name}: {hazard['what']}", "", f"- Harm ({hazard['severity']}): {hazard['harm']}"]
        lines += [f"- Control: {hazard['control']}", "- Tests: " + ", ".join(f"`{t}`" for t in sorted(marks.get(name, ())))]
        lines.append("")
    return "\n".join(lines)


@pytest.mark.parametrize("hazard", sorted(_hazards()))
def test_every_hazard_is_held_by_a_test(hazard: str) -> None:
    assert _marks().get(hazard), f"{hazard} has no test marked with it"


def test_every_mark_names_a_hazard() -> None:
    assert set(_marks()) <= set(_hazards())


def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs" / "reference" / "hazards.md").read_text()
    assert written == page(), "run `make docs`"
