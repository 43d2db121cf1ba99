"""People who do not exist go into a demonstration and nowhere else."""

import pytest

from openketamine.cli import main
from openketamine.operations._folder import DataFolder


def test_a_folder_of_a_real_clinic_is_refused(tmp_path, capsys):
    DataFolder(tmp_path / "clinic").prepare(demo=False)
    assert main(["populate", "--people", "5", "--data", str(tmp_path / "clinic")]) == 2
    assert "demonstration" in capsys.readouterr().err


@pytest.mark.parametrize("people", ["0", "-1", "100001"])
def test_so_many_are_refused_before_anything_is_opened(tmp_path, capsys, people):
    DataFolder(tmp_path / "demo").prepare(demo=True)
    assert main(["populate", "--people", people, "--data", str(tmp_path / "demo")]) == 2
    assert "--people" in capsys.readouterr().err


def test_an_export_does_not_go_where_something_is(tmp_path, capsys):
    (tmp_path / "old").write_text("an older export")
    words = ["export", "--research", str(tmp_path), "--purpose", "Study 7"]
    assert main(words) == 2
    assert "--research" in capsys.readouterr().err


def test_an_export_says_for_what(capsys):
    assert main(["export", "--research", "somewhere"]) == 2
    assert "--purpose" in capsys.readouterr().err
