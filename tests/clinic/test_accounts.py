"""Accounts: a right is given by two and taken by one; a guest's ends by itself; an auditor verifies
at home what was exported here."""

import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from tests.clinic.test_pharmacy import LABEL

from openketamine.clinic.journal.export import streams_of_the_house, write_export
from openketamine.clinic.journal.models import Access
from openketamine.clinic.live._who import guest
from openketamine.clinic.pharmacy.commands import receive_vial
from openketamine.clinic.staff import accounts, commands, proofs
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.roles import TASKS, can
from openketamine.core.findings import BadInput

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]
PASSWORD = "a-test-password"
GOOD = "correct-horse-battery-staple"


def prove(name, now):
    return proofs.prove(name, PASSWORD, now=now)


class TestTwoPeople:
    def test_one_asks_another_approves_and_then_it_is_so(self, cast, now):
        asked = accounts.ask(cast.theo, "prescriber", None, "finished residency", cast.sam, now)
        assert not can(Staff.objects.get(username="theo"), "plan.sign")
        accounts.approve(asked, prove("miriam", now), now)
        assert can(Staff.objects.get(username="theo"), "plan.sign")
        assert accounts.waiting() == []

    @pytest.mark.parametrize("who", ["sam", "priya", "aude", "theo"])
    def test_who_asked_and_who_may_not_approve_nothing(self, cast, now, who):
        asked = accounts.ask(cast.theo, "prescriber", None, "finished residency", cast.sam, now)
        with pytest.raises(BadInput):
            accounts.approve(asked, prove(who, now), now)
        assert Staff.objects.get(username="theo").role == "therapist"

    def test_nobody_is_their_own_second_person(self, cast, now):
        asked = accounts.ask(cast.miriam, "system_admin", None, "wants to", cast.sam, now)
        with pytest.raises(BadInput, match="neither who asked nor who it is about"):
            accounts.approve(asked, prove("miriam", now), now)
        with pytest.raises(BadInput, match="nobody asks for themselves"):
            accounts.ask(cast.sam, "medical_director", None, "why not", cast.sam, now)

    def test_it_is_approved_once_and_with_a_fresh_proof(self, cast, now):
        asked = accounts.ask(cast.theo, "nurse", None, "retrained", cast.sam, now)
        with pytest.raises(BadInput, match="just now"):
            accounts.approve(asked, prove("miriam", now), now + timedelta(minutes=3))
        accounts.approve(asked, prove("miriam", now), now)
        with pytest.raises(BadInput, match="still waits"):
            accounts.approve(asked, prove("miriam", now), now)

    def test_a_right_is_taken_by_one_and_at_once(self, cast, now, clock_at):
        nora = Client()
        nora.force_login(cast.nora)
        assert nora.get("/").status_code == HTTPStatus.OK
        accounts.close(cast.nora, "has left", cast.sam, now)
        assert nora.get("/").status_code == HTTPStatus.FOUND


class TestAnAccountThatEnds:
    @pytest.fixture
    def eve(self, now):
        return commands.hire("eve", "Eve from outside", "auditor", GOOD, now)

    def test_an_auditors_always_does(self, eve, now):
        assert eve.ends_at == now + accounts.AUDITORS_STAY
        with pytest.raises(BadInput, match="an auditor is a guest"):
            commands.hire("z", "Z", "auditor", GOOD, now, until=now + timedelta(days=91))

    def test_it_ends_on_the_minute_for_page_stream_proof_and_sign_in(self, eve, now, clock_at):
        client = Client()
        client.post("/account/login/", {"login": "eve", "password": GOOD})
        key = client.session.session_key
        # So that only the end of the account can be what closes the door.
        clock_at(eve.ends_at - timedelta(minutes=5))
        client.force_login(eve)
        key = client.session.session_key
        assert client.get("/staff/access/").status_code == HTTPStatus.OK
        assert guest(key, eve.ends_at - timedelta(seconds=1)) is not None
        assert guest(key, eve.ends_at) is None
        clock_at(eve.ends_at)
        assert client.get("/staff/access/").status_code == HTTPStatus.FOUND
        with pytest.raises(BadInput):
            proofs.prove("eve", GOOD, now=eve.ends_at)
        again = Client()
        again.post("/account/login/", {"login": "eve", "password": GOOD})
        assert again.get("/staff/access/").status_code == HTTPStatus.FOUND

    def test_it_reads_and_writes_nothing(self, eve):
        assert {task.rpartition(".")[2] for task in TASKS if can(eve, task)} == {"read"}


class TestTakenHome:
    """The export, verified by its own program in a Python without this project."""

    @pytest.fixture
    def taken(self, cast, now, tmp_path):
        receive_vial(LABEL, cast.ines, now)
        accounts.ask(cast.theo, "nurse", None, "Ümläute, <b>, and a\u2028line", cast.sam, now)
        return self.unpacked(tmp_path / "first", now)

    def unpacked(self, folder, now):
        made = io.BytesIO()
        write_export(made, streams_of_the_house(), now)
        zipfile.ZipFile(made).extractall(folder)
        return folder

    def verify(self, folder, *words):
        ran = subprocess.run(
            [sys.executable, "-I", "-S", "verify.py", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout + ran.stderr

    def test_it_is_whole(self, taken):
        status, said = self.verify(taken)
        assert status == 0
        assert "0 broken" in said
        assert "pharmacy" in (taken / "heads.json").read_text()

    def test_a_changed_sign_is_named_by_stream_and_number(self, taken):
        journal = taken / "journal.jsonl"
        journal.write_text(journal.read_text().replace('"nurse"', '"owner"', 1))
        status, said = self.verify(taken)
        assert (status, "BROKEN accounts number 1: its content was changed" in said) == (3, True)

    def test_a_missing_line_and_a_missing_end_are_named(self, taken):
        journal = taken / "journal.jsonl"
        lines = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(lines[1:]))
        assert self.verify(taken)[0] == 3
        journal.write_text("".join(lines[:-1]))
        assert "the last lines are missing" in self.verify(taken)[1]

    def test_a_book_rewritten_whole_is_found_by_the_heads_of_the_visit_before(
        self, taken, cast, now, tmp_path
    ):
        accounts.ask(cast.theo, "nurse", None, "asked again", cast.sam, now)
        later = self.unpacked(tmp_path / "later", now)
        old = str(taken / "heads.json")
        assert self.verify(later, ".", "--since", old)[0] == 0
        heads = json.loads((taken / "heads.json").read_text())
        heads["streams"]["accounts"]["hash"] = "0" * 64
        (tmp_path / "old.json").write_text(json.dumps(heads))
        status, said = self.verify(later, ".", "--since", str(tmp_path / "old.json"))
        assert (status, "it is not what it was at the visit before" in said) == (3, True)

    def test_what_is_no_export_is_said_to_be_none(self, taken):
        (taken / "heads.json").write_text("{")
        assert self.verify(taken)[0] == 2

    def test_an_auditor_takes_it_from_the_page_and_that_is_on_record(self, cast, clock_at):
        aude = Client()
        aude.force_login(cast.aude)
        answer = aude.get("/staff/export/")
        folder = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        assert set(folder.namelist()) == {"journal.jsonl", "heads.json", "verify.py", "README.txt"}
        assert Access.objects.filter(
            what__startswith="audit.export", by_name="Aude Keller"
        ).exists()

    def test_sessions_of_people_are_not_in_it(self, taken):
        streams = json.loads((taken / "heads.json").read_text())["streams"]
        assert not [one for one in streams if one.startswith(("session:", "person:", "notes:"))]


class TestTheRecordOfAccess:
    def test_an_auditor_reads_it_and_takes_it_as_a_file(self, cast, clock_at, now):
        Access.objects.create(at=now, by_name="=cmd|' /C calc'!A0", what="x", refused=True)
        aude = Client()
        aude.force_login(cast.aude)
        day = timezone.localdate(now).isoformat()
        answer = aude.get(f"/staff/access/?refused=on&since={day}&as=csv")
        assert "'=cmd|" in answer.content.decode()
        assert ",=cmd|" not in answer.content.decode()
        assert "Refused" in aude.get("/staff/access/?refused=on").content.decode()
