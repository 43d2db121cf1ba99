"""A clinic goes into a folder and comes back: nothing lost, and proven."""

import json
import sqlite3
import stat
from contextlib import closing

import pytest
from tests.operations.test_house import House, openketamine


def import_one(folder, name):
    bundle = {
        "resourceType": "Bundle", "type": "collection",
        "entry": [{"resource": {"resourceType": "Patient", "id": "p1",
                                "identifier": [{"value": name}],
                                "name": [{"family": name, "given": ["A"]}]}}],
    }  # fmt: skip
    (folder / f"{name}.json").write_text(json.dumps(bundle))
    done = openketamine("import", f"{name}.json", "--data", "data", cwd=folder)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """A clinic that is open while it is backed up, with a message that waits in the gateway."""
    folder = tmp_path_factory.mktemp("clinic")
    house = House(folder).open()
    try:
        import_one(folder, "Holt")
        done = openketamine("backup", "copy", "--data", "data", "--json", cwd=folder)
        assert done.returncode == 0, done.stderr
        import_one(folder, "Later")
    finally:
        house.close()
    return folder


def test_the_backup_of_an_open_clinic_is_one_moment_and_secret(clinic):
    manifest = json.loads((clinic / "copy" / "manifest.json").read_text())
    assert manifest["rows"]["patients_person"] == 1
    assert stat.S_IMODE((clinic / "copy").stat().st_mode) == 0o700
    modes = {
        stat.S_IMODE(one.stat().st_mode) for one in (clinic / "copy").rglob("*") if one.is_file()
    }
    assert modes == {0o600}
    assert {"secret-key", "gateway-token"} <= set(manifest["files"])
    # A running gateway holds its disk for itself; the backup says so instead of waiting for ever.
    assert manifest["gateway_in_use"]
    assert "gateway" not in {one.partition("/")[0] for one in manifest["files"]}


def test_everything_comes_back_and_is_verified(clinic):
    done = openketamine("restore", "copy", "--data", "again", "--json", cwd=clinic)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["verified"]["ok"] is True
    manifest = json.loads((clinic / "copy" / "manifest.json").read_text())
    assert said["rows"] == sum(manifest["rows"].values())
    assert said["verified"]["facts"] == manifest["rows"]["journal_fact"]
    assert (clinic / "again" / "secret-key").read_bytes() == (
        clinic / "data" / "secret-key"
    ).read_bytes()
    again = openketamine("restore", "copy", "--data", "again", cwd=clinic)
    assert (again.returncode, again.stdout) == (2, "")
    assert "never" in again.stderr or "no clinic was ever opened" in again.stderr


def test_a_backup_with_a_changed_byte_is_refused_before_anything_is_written(clinic):
    dump = clinic / "copy" / "database.dump"
    raw = dump.read_bytes()
    dump.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    try:
        done = openketamine("restore", "copy", "--data", "third", cwd=clinic)
    finally:
        dump.write_bytes(raw)
    assert done.returncode == 2
    assert "database.dump as it was written" in done.stderr
    assert not (clinic / "third").exists()


def test_what_waits_in_the_gateway_of_a_closed_clinic_is_in_it(clinic):
    done = openketamine("backup", "closed", "--data", "data", "--json", cwd=clinic)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["not_in_it"] == []
    copies = list((clinic / "closed" / "gateway").iterdir())
    assert copies
    for path in copies:
        with closing(sqlite3.connect(path)) as there:
            assert there.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_folder_that_is_no_backup_or_no_empty_place_is_refused(clinic):
    assert openketamine("restore", "data", "--data", "fourth", cwd=clinic).returncode == 2
    done = openketamine("backup", "copy", "--data", "data", cwd=clinic)
    assert done.returncode == 2
    assert "an empty or a new folder" in done.stderr
