"""Documentation that lies fails the build."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import write_reference

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("decisions/*.md")])
SERVERS = {
    "audit", "backup", "bounce", "demo", "devices", "doctor", "export",
    "import", "packet", "populate", "restore", "serve",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(write_reference.pages()))
def test_the_reference_page_says_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == write_reference.pages()[name].rstrip() + "\n", "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("verb", sorted(write_reference.verbs()))
def test_every_verb_shows_an_example(verb: str) -> None:
    epilog = write_reference.verbs()[verb].epilog or ""
    assert epilog.startswith(f"example: openketamine {verb}")


@pytest.mark.parametrize("verb", sorted(set(write_reference.verbs()) - SERVERS))
def test_the_example_runs(verb: str, tmp_path: Path) -> None:
    words = shlex.split((write_reference.verbs()[verb].epilog or "").removeprefix("example: "))
    command = [sys.executable, "-m", "openketamine.cli", *words[1:]]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()


def test_every_setting_is_documented() -> None:
    used = set()
    for path in (ROOT / "src").rglob("*.py"):
        used |= set(re.findall(r"OPENKETAMINE_[A-Z_]+", path.read_text(encoding="utf-8")))
    documented = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert used, "the search found nothing"
    assert sorted(name for name in used if f"`{name}`" not in documented) == []


def test_nothing_names_the_machine_it_was_written_on() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    home = re.compile(r"(?<![\w.])/(work|root|home)/[a-z]")
    for name in filter(None, tracked):
        path = ROOT / name
        if path.suffix in (".png", ".pdf") or not path.is_file():
            continue
        assert not home.search(path.read_text(encoding="utf-8", errors="replace")), name


def test_the_command_line_says_no_in_one_line() -> None:
    command = [sys.executable, "-m", "openketamine.cli", "forecast", "--drug", "ketamine"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert "Traceback" not in ran.stderr
