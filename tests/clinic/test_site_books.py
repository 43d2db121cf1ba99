"""Each site has a book of its own: it proves itself without the others, and what goes from one to
another stands in both."""

import json
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from tests.clinic.conftest import CAST, PASSWORD, Cast, hire
from tests.clinic.test_pharmacy import LABEL, change
from tests.clinic.test_sites import client_of

from openketamine import cli
from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.models import Fact
from openketamine.clinic.journal.offline_verify import verify_export
from openketamine.clinic.pharmacy import commands, queries
from openketamine.clinic.pharmacy._entries import MAIN_BOOK, book_at, post
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.pharmacy.packet import Packet
from openketamine.clinic.pharmacy.packet_files import write_whole
from openketamine.clinic.staff import sites
from openketamine.clinic.staff.commands import system_account
from openketamine.clinic.staff.places import open_site
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.ledger import Handling

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-11")]
SOUTH = "pharmacy:south"


@pytest.fixture
def south(cast, now):
    """A second site with people of its own, one of each role."""
    opened, _ = open_site("south", "Southside", [], system_account(now), now)
    people = {name: hire(f"s-{name}", role, f"South {name}") for name, (role, _) in CAST.items()}
    opened.people.set(people.values())
    return Cast(people)


@pytest.fixture
def ours(cast, now):
    """A container at the first site, and a dose from it."""
    seen = Proof(cast.wes, now, "password")
    with sites.only({"main"}):
        vial = commands.receive_vial(LABEL, cast.ines, now)
        dose(vial, cast.nora, seen, now)
    return vial


@pytest.fixture
def theirs(south, ours, now):
    """One at the second, with a dose of their own."""
    seen = Proof(south.wes, now, "password")
    with sites.only({"south"}):
        vial = commands.receive_vial(change(lot="S77", supplier="South Supply"), south.ines, now)
        dose(vial, south.nora, seen, now)
    return vial


def dose(vial, nurse, seen, now):
    session = uuid.uuid4()
    commands.withdraw(session, vial, 1_000, nurse, seen, now)
    commands.give(session, 40_000, nurse, now)
    commands.waste(session, 10_000, "residual", "sink", nurse, seen, now)


def whole_of(site, now, folder):
    """The book of one site as its auditor takes it home."""
    with (folder / "book.zip").open("wb") as to, sites.only({site}):
        write_whole(to, now)
    with zipfile.ZipFile(folder / "book.zip") as packed:
        packed.extractall(folder / "book")
    return folder / "book"


def tamper(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journal_fact DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE journal_fact ENABLE TRIGGER USER")


def test_each_book_is_numbered_from_one_without_a_gap(theirs):
    for book in (MAIN_BOOK, SOUTH):
        numbers = Fact.objects.filter(stream=book).order_by("number")
        assert list(numbers.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


class TestAnAuditorOfOneSite:
    def test_proves_it_at_home_and_sees_nothing_of_another(self, theirs, cast, now, tmp_path):
        taken = whole_of("south", now, tmp_path)
        assert verify_export(taken) | {"heads": ()} == {
            "ok": True, "streams": 1, "facts": 5, "broken": [], "heads": (),
        }  # fmt: skip
        said = "".join(one.read_text() for one in taken.glob("*.json*"))
        assert "S77" in said
        for canary in ("K2291", "Northside", "Nora Lindqvist", str(cast.nora.pk), "pharmacy:main"):
            assert canary not in said

    def test_and_the_book_keeps_its_rules_alone(self, theirs, now, tmp_path, capsys):
        taken = whole_of("south", now, tmp_path)
        assert cli.main(["ledger", "check", str(taken / "book.jsonl"), "--json"]) == 0
        capsys.readouterr()

    @pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
    def test_a_changed_entry_of_its_own_is_named_by_its_number(self, theirs, now, tmp_path, number):
        taken = whole_of("south", now, tmp_path)
        lines = (taken / "journal.jsonl").read_text().splitlines()
        lines[number - 1] = lines[number - 1].replace("S77", "S78")
        (taken / "journal.jsonl").write_text("\n".join(lines))
        (broken,) = verify_export(taken)["broken"]
        assert (broken["stream"], broken["number"]) == (SOUTH, number)

    @pytest.mark.parametrize("number", [1, 3, 5])
    def test_an_entry_that_was_left_out_is_named(self, theirs, now, tmp_path, number):
        taken = whole_of("south", now, tmp_path)
        lines = (taken / "journal.jsonl").read_text().splitlines()
        (taken / "journal.jsonl").write_text("\n".join(lines[: number - 1] + lines[number:]))
        (broken,) = verify_export(taken)["broken"]
        assert (broken["stream"], broken["number"]) == (SOUTH, number)

    @pytest.mark.parametrize(("book", "site"), [(MAIN_BOOK, "south"), (SOUTH, "main")])
    def test_an_entry_of_another_site_that_was_changed_is_named_there_and_breaks_nothing_here(
        self, theirs, now, tmp_path, book, site
    ):
        tamper("UPDATE journal_fact SET by_name = 'Nobody' WHERE stream = %s AND number = 3", book)
        assert [(one.stream, one.number) for one in journal.verify().broken] == [(book, 3)]
        assert verify_export(whole_of(site, now, tmp_path))["ok"]

    def test_takes_it_from_the_page(self, theirs, south):
        answer = client_of(south.ines).get("/stock/packet/book/")
        assert answer.getvalue().startswith(b"PK")
        answer.close()

    def test_finds_the_next_visit_to_continue_this_one(self, theirs, south, now, tmp_path):
        before = whole_of("south", now, tmp_path) / "heads.json"
        kept = tmp_path / "kept.json"
        kept.write_text(before.read_text())
        with sites.only({"south"}):
            dose(theirs, south.nora, Proof(south.wes, now, "password"), now)
        assert verify_export(whole_of("south", now, tmp_path), since=kept)["ok"]


class TestABookFromBeforeEachSiteHadItsOwn:
    @pytest.fixture
    def old(self, theirs, south, now):
        """An entry of the second site that stands in the main book and says so."""
        entry = Handling(
            str(uuid.uuid4()), now, str(theirs.pk), "quarantined", str(south.ines.pk), reason="old"
        )
        body_site = {"site": "south"}
        post(entry, south.ines, None, now, site="main")
        tamper(
            "UPDATE journal_fact SET body = body || %s::jsonb WHERE id = %s",
            json.dumps(body_site), entry.id,
        )  # fmt: skip
        return entry

    def test_is_read_by_its_site_and_by_no_other(self, old):
        with sites.only({"south"}):
            assert old.id in {one.id for one in queries.book().entries}
        with sites.only({"main"}):
            assert old.id not in {one.id for one in queries.book().entries}

    def test_is_given_to_nobody_who_does_not_work_at_all_of_it(self, old, cast, now, tmp_path):
        with pytest.raises(BadInput, match="every site"):
            whole_of("main", now, tmp_path)
        answer = client_of(cast.ines).get("/stock/packet/book/")
        assert answer.status_code == 400
        with (tmp_path / "all.zip").open("wb") as to:
            write_whole(to, now)


class TestFromOneSiteToAnother:
    @pytest.fixture
    def sent(self, ours, south, cast, now):
        with sites.only({"main"}):
            seen = Proof(cast.wes, now, "password")
            return commands.send(ours, "south", cast.ines, seen, now)

    def arrive(self, sent, south, now):
        with sites.only({"south"}):
            seen = Proof(south.wes, now, "password")
            commands.arrive(sent, "Safe", south.ines, seen, now)

    def test_it_is_listed_at_both_and_kept_at_neither_cabinet(self, sent, ours):
        for site in ("main", "south"):
            with sites.only({site}):
                (one,) = queries.under_way()
                assert (one.id, one.vial.pk, one.site) == (sent, ours.pk, "Southside")
        with sites.only({"main"}):
            assert queries.stocked(one.sent_at) == []

    def test_the_other_site_puts_it_into_a_named_cabinet(self, sent, ours, south, now):
        self.arrive(sent, south, now)
        assert Vial.everywhere.get(pk=ours.pk).kept_at_id == "south"
        with sites.only({"south"}):
            (one,) = queries.stocked(now)
            assert (one.vial.pk, one.status) == (ours.pk, "open")
            assert (one.place.site, one.place.cabinet) == ("Southside", "Safe")
        with sites.only({"main"}):
            assert queries.vials(now) == []
        assert queries.under_way() == queries.accounts_off() == []

    def test_by_hand(self, sent, ours, south, cast):
        ines = client_of(south.ines)
        assert "Under way" in ines.get("/vials/").content.decode()
        address = f"/stock/arrive/{sent}/"
        assert ours.lot in ines.get(address).content.decode()
        secret = {"witness": "s-wes", "witness_password": PASSWORD}
        answer = ines.post(address, {"cabinet": "Safe", **secret})
        assert answer.status_code == 302, answer.content.decode()
        assert ours.lot in ines.get("/vials/").content.decode()
        assert client_of(cast.ines).get(f"/vials/{ours.pk}/").status_code == 403

    def test_both_books_keep_their_rules_and_prove_themselves(
        self,
        sent,
        south,
        now,
        tmp_path,
        capsys,
    ):
        self.arrive(sent, south, now)
        for site, left in (("main", 3), ("south", 0)):
            folder = tmp_path / site
            folder.mkdir()
            taken = whole_of(site, now, folder)
            assert verify_export(taken)["ok"]
            # What was sent stands as under way in the book that sent it.
            assert cli.main(["ledger", "check", str(taken / "book.jsonl"), "--json"]) == left
        capsys.readouterr()

    def test_what_was_received_and_is_on_hand_stands_in_the_packet_of_each(
        self,
        sent,
        ours,
        south,
        now,
    ):
        later = now + timedelta(days=2)
        self.arrive(sent, south, later)

        def rows(site, name, until):
            with sites.only({site}):
                made = Packet(now.date() - timedelta(1), until, later, "x")
                return [row["Lot"] for row in made.tables()[name]()]

        assert rows("main", "receipts", later.date()) == [ours.lot]
        assert rows("south", "receipts", later.date()) == [ours.lot]
        assert rows("main", "on hand", later.date()) == []
        assert rows("south", "on hand", later.date()) == [ours.lot]
        assert rows("south", "on hand", now.date()) == []

    def test_what_was_opened_at_the_first_ends_28_days_later_at_the_second(
        self,
        sent,
        ours,
        south,
        now,
    ):
        self.arrive(sent, south, now)
        late = now + timedelta(days=29)
        seen = Proof(south.wes, late, "password")
        with sites.only({"south"}), pytest.raises(BadInput, match="opened too long ago"):
            commands.withdraw(uuid.uuid4(), Vial.objects.get(), 100, south.nora, seen, late)

    def test_it_comes_back_where_nobody_took_it(self, sent, ours, cast, now):
        with sites.only({"main"}):
            seen = Proof(cast.wes, now, "password")
            commands.arrive(sent, "Cabinet 1", cast.ines, seen, now)
            assert [one.vial.pk for one in queries.stocked(now)] == [ours.pk]

    def test_a_third_site_neither_sees_nor_takes_it(self, sent, south, now):
        seen = Proof(south.wes, now, "password")
        with sites.only({"west"}):
            assert queries.under_way() == []
            with pytest.raises(BadInput, match="was sent"):
                commands.arrive(sent, "Safe", south.ines, seen, now)

    @pytest.mark.parametrize("to", ["main", "North", "nowhere"])
    def test_it_goes_only_to_another_site_of_the_house(self, ours, south, cast, now, to):
        seen = Proof(cast.wes, now, "password")
        with sites.only({"main"}), pytest.raises(BadInput, match="another site of this house"):
            commands.send(ours, to, cast.ines, seen, now)

    def test_nothing_else_moves_a_container(self, ours):
        with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
            cursor.execute("UPDATE pharmacy_vial SET kept_at_id = 'south'")


def test_a_book_is_named_by_its_site():
    assert book_at("south") == SOUTH
