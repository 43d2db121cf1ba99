"""The packet reads parts of the book; it finds what the whole book shows, in the range it is in."""

import json
import random
import uuid
import zipfile
from datetime import date, timedelta

import pytest
from django.db import connection
from tests.clinic.test_pharmacy import change
from tests.clinic.test_stock import one_thing

from openketamine import cli
from openketamine.clinic.journal.models import Access, Fact
from openketamine.clinic.journal.offline_verify import verify_export
from openketamine.clinic.pharmacy import commands, packet_faults, queries
from openketamine.clinic.pharmacy._entries import MAIN_BOOK, new_id, post
from openketamine.clinic.pharmacy.packet import Packet
from openketamine.clinic.pharmacy.packet_files import write_zip
from openketamine.clinic.staff import sites
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.ledger import Transfer, broken_rules, late_entries
from openketamine.operations._errands import proven, write_packet

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-11")]


@pytest.fixture
def vial(ines, now):
    return commands.receive_vial(change(site="Main", cabinet="Cabinet 1"), ines, now)


@pytest.fixture
def pack(ines, now):
    label = change(
        form="troche", unit_ug=100_000, units=30, concentration_ug_per_ml=0, volume_ul=0, lot="T1"
    )
    return commands.receive_vial(label, ines, now)


@pytest.fixture
def faulty(cast, vial, pack, now):
    """A book with honest days, a tray filled from two containers, more given than drawn, a
    correction that nobody signed, one that somebody did, and waste written late."""
    chance, seen = random.Random(7), Proof(cast.wes, now, "password")  # noqa: S311
    for turn in range(12):
        one_thing(cast, vial, pack, now, chance, uuid.UUID(int=turn + 1))
    other = commands.receive_vial(change(lot="K9"), cast.ines, now)
    both, alone, signed = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    for one in (vial, other):
        commands.withdraw(both, one, 100, cast.nora, seen, now)
    commands.give(both, 10_001, cast.nora, now)
    commands.withdraw(alone, other, 200, cast.nora, seen, now)
    given = commands.give(alone, 5_000, cast.nora, now)
    commands.correct_given(alone, given, 6_000, "read again", cast.nora, now)
    later = now + timedelta(minutes=61)
    seen = Proof(cast.wes, later, "password")
    commands.waste(alone, 4_000, "residual", "sink", cast.nora, seen, later)
    commands.withdraw(signed, other, 200, cast.nora, seen, later)
    given = commands.give(signed, 5_000, cast.nora, later)
    commands.correct_given(signed, given, 10_000, "read again", cast.nora, later)
    target = next(
        one.id for one in queries.book().transfers.values()
        if one.corrects and one.session == str(signed)
    )  # fmt: skip
    commands.countersign(target, seen, later)


def packet(now, since=-1, until=1):
    day = now.date()
    return Packet(day + timedelta(since), day + timedelta(until), now, "Inés Marín")


@pytest.mark.parametrize("at_once", [1, 2, 400])
def test_exceptions_are_those_of_the_whole_book(faulty, now, monkeypatch, at_once):
    monkeypatch.setattr(packet_faults, "_CONTAINERS", at_once)
    book = queries.book()
    whole = {(one.rule, one.summary) for one in broken_rules(book)}
    whole |= {("BK-LATE-WASTE", one.summary) for one in late_entries(book)}
    rows = list(packet(now).tables()["exceptions"]())
    assert {"BK-TRAY", "BK-WITNESS-MISSING", "BK-LATE-WASTE"} <= {rule for rule, _ in whole}
    assert {(row["Rule"], row["What"]) for row in rows} == whole
    assert len(rows) == len(broken_rules(book)) + len(late_entries(book))


def test_an_exception_is_named_by_its_number_in_the_chain(faulty, now):
    rows = packet(now).tables()["exceptions"]()
    tray = next(row for row in rows if row["Rule"] == "BK-TRAY")
    fact = Fact.objects.get(stream="pharmacy:main", number=int(tray["Entry"]))
    assert fact.body["entry"]["mass_ug"] == 10_001


def test_another_range_has_none_of_them(faulty, now):
    tables = packet(now, since=-9, until=-2).tables()
    assert [name for name, rows in tables.items() if list(rows())] == []


def test_a_dose_before_midnight_that_was_written_after_it_is_in_its_own_day(vial, cast, now):
    session = uuid.uuid4()
    commands.withdraw(session, vial, 100, cast.nora, Proof(cast.wes, now, "password"), now)
    given = Transfer(
        id=new_id(), at=now, source=f"tray:{session}", destination=f"patient:{session}",
        mass_ug=5_000, volume_ul=0, lot="", container=str(vial.pk), session=str(session),
        by=str(cast.nora.pk), witness="", reason="given",
    )  # fmt: skip
    post(given, cast.nora, None, now + timedelta(days=1))
    doses = packet(now, since=0, until=0).tables()["administration"]
    assert [row["Given"] for row in doses()] == ["5 mg"]


def test_on_hand_is_as_it_was_at_the_end_of_the_range(vial, cast, now):
    later = now + timedelta(days=3)
    seen = Proof(cast.wes, later, "password")
    commands.withdraw(uuid.uuid4(), vial, 1_000, cast.nora, seen, later)
    made = Packet(now.date(), now.date(), later, "x")
    assert [row["On hand"] for row in made.tables()["on hand"]()] == ["10 mL"]
    made = Packet(now.date(), later.date(), later, "x")
    assert [row["On hand"] for row in made.tables()["on hand"]()] == ["9 mL"]
    assert made.head["accounts"] == {"as_the_book_adds_up": True, "off": []}


def test_another_site_sees_nothing_of_this_one_and_no_book_of_the_house(faulty, now, tmp_path):
    with sites.only({"north"}):
        made = packet(now)
        assert [name for name, rows in made.tables().items() if list(rows())] == []
        with (tmp_path / "p.zip").open("wb") as to:
            write_zip(made, to)
    with zipfile.ZipFile(tmp_path / "p.zip") as folder:
        assert not any(name.startswith("book") for name in folder.namelist())
        assert folder.read("journal.jsonl") == b""


def test_some_days_are_proved_as_a_part_of_the_book(cast, vial, now, tmp_path):
    """A packet of one day costs what the day holds: its lines, bound to what stands before them."""
    days = [now + timedelta(days=day) for day in range(3)]
    for day in days:
        commands.withdraw(uuid.uuid4(), vial, 100, cast.nora, Proof(cast.wes, day, "password"), day)
    made = Packet(days[1].date(), days[1].date(), days[2], "x")
    with (tmp_path / "p.zip").open("wb") as to:
        write_zip(made, to)
    assert made.head["chain"]["facts"] == 1
    with zipfile.ZipFile(tmp_path / "p.zip") as folder:
        folder.extractall(tmp_path / "p")
        assert "book.jsonl" not in folder.namelist()
    assert verify_export(tmp_path / "p")["ok"]
    heads = json.loads((tmp_path / "p" / "heads.json").read_text())
    assert heads["begins"][MAIN_BOOK]["number"] == 3
    for key in ("begins", "streams"):
        forged = json.loads(json.dumps(heads))
        forged[key][MAIN_BOOK]["hash"] = "0" * 64
        (tmp_path / "p" / "heads.json").write_text(json.dumps(forged))
        (broken,) = verify_export(tmp_path / "p")["broken"]
        assert broken["number"] in (4, 5)


def test_a_packet_of_all_days_costs_no_other_proof_than_the_book(faulty, now):
    assert packet(now).is_whole
    assert not packet(now, since=1, until=2).is_whole


class TestAtTheCommandLine:
    def test_it_is_written_and_proves_itself(self, faulty, now, tmp_path, capsys):
        answer = write_packet(
            now.date() - timedelta(1), now.date() + timedelta(1), tmp_path / "p.zip"
        )
        assert (answer["whole"], answer["accounts"]["off"]) == (True, [])
        assert Access.objects.filter(what="packet.read · command line").count() == 1
        assert cli.main(["audit", "verify", str(tmp_path / "p.zip"), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["facts"] == answer["chain"]["facts"]

    @pytest.mark.parametrize("end", [".json", ".pdf"])
    def test_paper_and_json_too(self, vial, now, tmp_path, end):
        out = tmp_path / f"p{end}"
        write_packet(now.date(), now.date(), out)
        assert out.read_bytes().startswith({".json": b"{", ".pdf": b"%PDF"}[end])

    @pytest.mark.parametrize(
        ("since", "until", "name", "field"),
        [
            ("2026-02-01", "2026-01-01", "p.zip", "TO"),
            ("2026-01-01", "2026-02-01", "p.doc", "--out"),
        ],
    )
    def test_what_cannot_be_made_is_said_and_not_written(
        self, db, tmp_path, since, until, name, field
    ):
        with pytest.raises(BadInput) as refused:
            write_packet(date.fromisoformat(since), date.fromisoformat(until), tmp_path / name)
        assert (refused.value.field, list(tmp_path.iterdir())) == (field, [])

    @pytest.mark.parametrize("words", [["x", "2026-01-01"], ["2026-01-01", "y"]])
    def test_a_day_that_is_none_is_one_line(self, tmp_path, capsys, words):
        assert cli.main(["packet", *words, "--out", str(tmp_path / "p.zip")]) == 2
        assert "2026-11-22" in capsys.readouterr().err

    def test_a_file_that_is_there_is_left_alone(self, tmp_path, capsys):
        (tmp_path / "p.zip").write_text("mine")
        words = ["packet", "2026-01-01", "2026-01-02", "--out", str(tmp_path / "p.zip")]
        assert cli.main(words) == 2
        assert (tmp_path / "p.zip").read_text() == "mine"


def test_an_account_that_is_off_is_no_proof(vial):
    assert proven()["ok"] is True
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE pharmacy_account SET mass_ug = 1 WHERE account = %s", [vial.account])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert (proven()["ok"], proven()["accounts_off"]) == (False, [vial.account])
