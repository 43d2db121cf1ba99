"""The data folder: one clinic, one server at a time, secrets for its owner only."""

import stat

import pytest

from openketamine.core.findings import BadInput
from openketamine.operations._folder import DataFolder


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path / "data")


def test_secrets_are_made_once_and_only_the_owner_reads_them(folder):
    folder.prepare(demo=False)
    for name in ("secret-key", "gateway-token"):
        first = folder.secret(name)
        assert len(first) > 40
        assert folder.secret(name) == first
        assert stat.S_IMODE((folder.path / name).stat().st_mode) == 0o600


@pytest.mark.hazard("HZ-15")
@pytest.mark.parametrize("first", [True, False])
def test_a_demonstration_and_a_clinic_never_share_a_folder(folder, first):
    folder.prepare(demo=first)
    folder.database.mkdir()
    with pytest.raises(BadInput, match="--data: expected another folder"):
        folder.prepare(demo=not first)
    folder.prepare(demo=first)
    assert folder.is_demo is first


@pytest.mark.hazard("HZ-17")
def test_two_servers_never_share_a_folder(folder):
    folder.prepare(demo=False)
    folder.write_running({"web": "http://127.0.0.1:8700"})
    with (
        folder.lock(),
        pytest.raises(BadInput, match=r"--data: expected a folder that no other.*:8700"),
        DataFolder(folder.path).lock(),
    ):
        pass
    assert not folder.is_locked


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_an_unreadable_note_of_what_runs_is_no_note(folder, text):
    folder.prepare(demo=False)
    (folder.path / "running.json").write_text(text)
    assert folder.running() == {}
