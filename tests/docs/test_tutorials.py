"""Tutorials run as they are written: shell lines, files to save, and Python with its answers."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from openketamine import cli

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", sorted(TUTORIALS.glob("*.md")), ids=lambda path: path.stem)
def test_a_tutorial_runs_as_written(path, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    for number, (kind, text) in enumerate(BLOCK.findall(path.read_text(encoding="utf-8"))):
        if kind == "yaml":
            saved = re.search(r"^id: (\w+)$", text, re.MULTILINE)
            assert saved, "the first line of a file says what it is"
            (tmp_path / f"{saved[1]}.yaml").write_text(text, encoding="utf-8")
        elif kind == "python":
            said: list[str] = []
            test = doctest.DocTestParser().get_doctest(
                text, names, f"{path.name} block {number}", str(path), 0
            )
            failed = runner.run(test, out=said.append, clear_globs=False).failed
            names = test.globs
            assert not failed, "".join(said)
        elif kind == "":
            for line in text.splitlines():
                if line.startswith("openketamine "):
                    assert cli.main(shlex.split(line)[1:]) == 0, capsys.readouterr().err
