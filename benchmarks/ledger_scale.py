"""Ten clinics of three years in one database: what does the drug book cost an inventory officer?

A clinic is opened in a folder of its own (private PostgreSQL) and filled by COPY with the facts
that its own commands would have written: labels, receipts, doses with waste and witness, blind
counts, differences and their answers, eight facts and five rows of access of each session. Readings
of monitors are left out: they are another benchmark's. Every row is hashed by the journal's own
functions, accepted by the database's own triggers, and the chain is verified at each size. Each of
the ten sites has a book of its own; one inventory officer works at all of them, one at the first.

    benchmarks/ledger_scale.py                              # 10,000, 30,000 and 100,000 sessions
    benchmarks/ledger_scale.py --sessions 1000 --sessions 2000

Printed for each size: the packet for a month, for two years and for all, as ZIP and as PDF; the
pages of an inventory officer; a count, a withdrawal; the proof of the book, of one session and of
everything. Then how they grow, and each goal as a ratio; exit status 1 where one is missed. Seconds
by the clock are those of this machine with whatever else it does; of work, those that this process
and its database computed.
"""

import argparse
import json
import random
import resource
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import psutil
from _clinic import own_database

SITES, NURSES, PEOPLE, DAYS = 10, 40, 5_000, 1_095
GOAL_PACKET_S, GOAL_PAGE_S, GOAL_WRITE_S = 60, 1, 0.5
_FIRST = datetime(2023, 11, 20, 8, 0, tzinfo=UTC)
_BATCH = 20_000
_FACT = (
    "id", "stream", "number", "kind", "body", "at", "recorded_at", "by_id", "by_name", "by_role",
    "origin", "content_hash", "prev_hash", "hash",
)  # fmt: skip
_VIAL = (
    "id", "drug", "ndc", "lot", "expiry", "form", "concentration_ug_per_ml", "volume_ul", "unit_ug",
    "units", "doses", "beyond_use_days", "received_at", "supplier", "supplier_address",
    "supplier_dea", "invoice", "site", "cabinet", "kept_at_id",
)  # fmt: skip
_ACCESS = ("at", "by_id", "by_name", "by_role", "person_id", "what", "refused", "source")


class House:
    """Ten clinics as they grow: what stands in the tables so far, and what is written next."""

    def __init__(self, total: int) -> None:
        from openketamine.clinic.patients.models import BundleImport, Person
        from openketamine.clinic.staff.models import Site, Staff

        Site.objects.bulk_create(Site(pk=f"s{n}", name=f"Site {n}") for n in range(SITES))
        self.chance = random.Random(6)  # noqa: S311
        self.per_day = max(1, -(-total // DAYS))
        self.heads: dict[str, tuple[int, str]] = {}
        self.facts: list[tuple[Any, ...]] = []
        self.sessions: list[tuple[Any, ...]] = []
        self.access: list[tuple[Any, ...]] = []
        self.vials: list[tuple[Any, ...]] = []
        self.open: dict[int, tuple[SimpleNamespace, int]] = {}
        self.at = _FIRST
        self.done = 0
        self.site = 0
        self.nurses = [_hired(f"nurse{n}", "nurse") for n in range(NURSES)]
        self.ines = _hired("ines", "inventory_officer")
        self.miriam = _hired("miriam", "medical_director")
        self.olive = _hired("olive", "inventory_officer")
        Staff.objects.bulk_create([*self.nurses, self.ines, self.miriam, self.olive])
        for one in (self.ines, self.miriam):
            one.sites.set([f"s{n}" for n in range(SITES)])
        self.olive.sites.set(["s0"])
        self.people = Person.objects.bulk_create(
            Person(
                mrn=f"MRN{n:06d}",
                family=f"Family{n}",
                given="A.",
                created=_FIRST,
                site_id=f"s{n % SITES}",
            )
            for n in range(PEOPLE)
        )
        BundleImport.objects.bulk_create(
            BundleImport(
                person=one, bundle=_bundle(n), report={}, sha256=f"{n:064d}", at=_FIRST,
                by=self.ines,
            )
            for n, one in enumerate(self.people)
        )  # fmt: skip

    def grow(self, to: int) -> None:
        """On to so many sessions, day by day."""
        while self.done < to:
            self._day(min(self.per_day, to - self.done))
            self.at = (self.at + timedelta(days=1)).replace(hour=8, minute=0)
            if len(self.facts) > _BATCH:
                self._write()
        self._write()

    def _day(self, sessions: int) -> None:
        if self.at.weekday() == 0:
            for site in sorted(self.open):
                self._count(site)
        for _ in range(sessions):
            self.at += timedelta(seconds=int(9 * 3600 / sessions))
            self._session(self.chance.randrange(SITES))
        self.done += sessions

    # --- what happens --------------------------------------------------------------------------

    def _session(self, site: int) -> None:
        identity = _new(self)
        person = self.people[self.chance.randrange(PEOPLE // SITES) * SITES + site]
        nurse, wes = self.chance.sample(self.nurses[site * 4 : site * 4 + 4], 2)
        vial = self._vial(site, 1_000)
        self.site = site
        self.sessions.append(
            (identity, str(person.pk), "iv-depression", self.at, "", None, self.at)
        )
        stream, at = f"session:{identity}", self.at
        for kind, body in _of_session(str(person.pk)):
            at += timedelta(minutes=8)
            self._fact(stream, kind, body, at, nurse, "console")
        given = 30_000 + 500 * self.chance.randrange(30)
        own = {"session": identity, "container": str(vial.id), "lot": vial.lot}
        tray = f"tray:{identity}"
        self._move(f"vial:{vial.id}", tray, 50_000, 1_000, nurse, wes, "for the session", own)
        self._move(tray, f"patient:{identity}", given, 0, nurse, None, "given", own)
        self._move(tray, f"waste:{identity}", 50_000 - given, 0, nurse, wes, "residual", own)
        for what in ("drug.withdraw", "drug.witness", "waste.witness", "session.read", "plan.read"):
            self.access.append(
                (self.at, str(nurse.pk), nurse.display_name, nurse.role, None, what, False, "")
            )

    def _vial(self, site: int, need: int) -> SimpleNamespace:
        """The open vial of this site with enough in it; else a new one is received."""
        vial, left = self.open.get(site, (None, 0))
        if vial is None or left < need:
            vial, left = self._receive(site), 10_000
        self.open[site] = vial, left - need
        return vial

    def _receive(self, site: int) -> SimpleNamespace:
        from openketamine.core.ledger import Label

        made = SimpleNamespace(
            id=uuid.UUID(int=self.chance.getrandbits(128), version=4), drug="Ketamine",
            ndc="67457-001-10", lot=f"K{len(self.heads)}-{site}",
            expiry=(self.at + timedelta(days=500)).date(), form="solution",
            concentration_ug_per_ml=50_000, volume_ul=10_000, unit_ug=0, units=0, doses="multiple",
            beyond_use_days=0, received_at=self.at, supplier="A wholesaler",
            supplier_address="1 Road, Town", supplier_dea="RX0000000", invoice="INV-1",
            site=f"Site {site}", cabinet="Cabinet 1", kept_at_id=f"s{site}",
        )  # fmt: skip
        self.site = site
        self.vials.append(tuple(getattr(made, name) for name in _VIAL))
        printed = {name: getattr(made, name) for name in (
            "form", "drug", "ndc", "lot", "expiry", "doses", "concentration_ug_per_ml",
            "volume_ul", "unit_ug", "units", "beyond_use_days", "site", "cabinet")}  # fmt: skip
        who = {"container": str(made.id), "by": str(self.ines.pk)}
        self._entry(Label(id=_new(self), at=self.at, **who, **printed), self.ines, None)
        own = {"session": "", "container": str(made.id), "lot": made.lot}
        source = "supplier:A wholesaler"
        self._move(source, f"vial:{made.id}", 500_000, 10_000, self.ines, None, "received", own)
        return made

    def _count(self, site: int) -> None:
        """A blind count of the open vial; one in forty finds 0.2 mL less, which is explained."""
        from openketamine.core.ledger import Count, Handling

        vial, left = self.open[site]
        self.site = site
        short = self.chance.random() < 1 / 40
        found, nurse = left - 200 * short, self.nurses[site * 4]
        lines = {str(vial.id): found}
        sheet = self._note("count_first", {
            "purpose": "shift", "moment": "opening", "vials": [str(vial.id)], "lines": lines,
        }, self.ines)  # fmt: skip
        self._note("count_second", {"sheet": sheet, "lines": lines, "apart": []}, nurse)
        counted = Count(
            id=_new(self), at=self.at, container=str(vial.id), volume_ul=found,
            by=str(self.ines.pk), witness=str(nurse.pk), note="shift", document=sheet,
        )  # fmt: skip
        self._entry(counted, self.ines, nurse)
        if not short:
            return
        said = {
            "kind": "count", "account": f"vial:{vial.id}", "expected_ug": left * 50,
            "found_ug": found * 50, "expected_ul": left, "found_ul": found, "entry": 1,
            "summary": "The count and the book differ by -0.2 mL.", "expected_units": None,
            "found_units": None, "entry_id": counted.id,
        }  # fmt: skip
        self._note("difference_found", {"case": counted.id, "difference": said}, self.ines)
        for step in ("looked_into", "not_significant"):
            body = {"case": counted.id, "step": step, "words": "x", "at": self.at.isoformat()}
            self._note("case_step", body, self.miriam)
        answer = Handling(
            id=_new(self), at=self.at, container=str(vial.id), what="explained",
            by=str(self.miriam.pk), reason="read wrongly", document=counted.id,
        )  # fmt: skip
        self._entry(answer, self.miriam, None)

    # --- rows ----------------------------------------------------------------------------------

    def _move(
        self, source: str, to: str, mass: int, volume: int, by: Any, witness: Any, why: str,
        own: dict[str, str],
    ) -> None:  # fmt: skip
        from openketamine.core.ledger import Transfer

        entry = Transfer(
            id=_new(self), at=self.at, source=source, destination=to, mass_ug=mass,
            volume_ul=volume, by=str(by.pk), witness=str(witness.pk) if witness else "",
            reason=why, **own,
        )  # fmt: skip
        self._entry(entry, by, witness)

    def _entry(self, entry: Any, by: Any, witness: Any) -> None:
        from openketamine.core.ledger import encode_entry, kind_of

        body = {
            "entry": encode_entry(entry), "method": "",
            "witness_name": witness.display_name if witness else "",
        }  # fmt: skip
        self._in_book(kind_of(entry), body, by, entry.id)

    def _note(self, kind: str, body: dict[str, Any], by: Any) -> str:
        identity = _new(self)
        self._in_book(kind, body, by, identity)
        return identity

    def _in_book(self, kind: str, body: dict[str, Any], by: Any, identity: str) -> None:
        """Into the book of the site at which it happens."""
        site = f"s{self.site}"
        body = {**body, "site": site}
        self._fact(f"pharmacy:{site}", kind, body, self.at, by, "pharmacy", identity)

    def _fact(
        self, stream: str, kind: str, body: dict[str, Any], at: datetime, by: Any, origin: str,
        identity: str = "",
    ) -> None:  # fmt: skip
        from openketamine.clinic.journal._chain import content_hash, plain
        from openketamine.clinic.journal._stored import row_hash

        number, before = self.heads.get(stream, (0, ""))
        body = plain(body)
        row = SimpleNamespace(
            id=uuid.UUID(identity or _new(self)), stream=stream, number=number + 1, kind=kind,
            body=body, at=at, recorded_at=at, by_id=str(by.pk), by_name=by.display_name,
            by_role=by.role, origin=origin, prev_hash=before,
            content_hash=content_hash(stream, kind, at, str(by.pk), body),
        )  # fmt: skip
        row.hash = row_hash(row)
        row.body = json.dumps(body)
        self.heads[stream] = row.number, row.hash
        self.facts.append(tuple(getattr(row, name) for name in _FACT))

    def _write(self) -> None:
        """What has gathered, in the order that the keys want."""
        from django.db import connection, transaction

        names = sorted({row[1] for row in self.facts})
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO journal_head (stream, number, hash) SELECT unnest(%s::text[]), 0, ''"
                " ON CONFLICT DO NOTHING",
                [names],
            )
            columns = (
                "id",
                "person_id",
                "protocol_id",
                "created",
                "chair",
                "nurse_id",
                "closed_at",
            )
            _copy(cursor, "treatments_session", columns, self.sessions)
            _copy(cursor, "pharmacy_vial", _VIAL, self.vials)
            _copy(cursor, "journal_fact", _FACT, self.facts)
            _copy(cursor, "journal_access", _ACCESS, self.access)
        for rows in (self.sessions, self.vials, self.facts, self.access):
            rows.clear()


def _hired(name: str, role: str) -> Any:
    from openketamine.clinic.staff.models import Staff

    return Staff(username=name, role=role, display_name=name.title())


def _new(house: House) -> str:
    return str(uuid.UUID(int=house.chance.getrandbits(128), version=4))


def _bundle(n: int) -> str:
    patient = {"resourceType": "Patient", "address": [{"text": f"{n} Street, Phoenix, AZ"}]}
    return json.dumps({"resourceType": "Bundle", "entry": [{"resource": patient}]})


def _of_session(person: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "session_opened", {"person_id": person, "protocol_id": "iv-depression"}
    yield "chair_assigned", {"chair": "Chair 1"}
    for item in ("identity", "consent", "allergies"):
        yield (
            "checklist_answered",
            {"checklist": "pre-dose", "item": item, "answer": "yes", "note": ""},
        )
    yield "plan_signed", {"drug": "ketamine", "route": "intravenous", "dose_ug": 35_000}
    yield "observation_charted", {"values": {"moaas": 5}, "note": ""}
    yield "session_closed", {"reason": "complete"}


def _copy(cursor: Any, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


# --- what is measured ----------------------------------------------------------------------------


Took = tuple[float, float]  # by the clock; of work, by this process and its database together


def timed(do: Callable[[], Any]) -> Took:
    from django.db import connection

    connection.ensure_connection()
    server = psutil.Process(connection.connection.info.backend_pid)

    def work() -> float:
        spent = server.cpu_times()
        return time.process_time() + spent.user + spent.system

    begun, before = time.perf_counter(), work()
    do()
    return time.perf_counter() - begun, work() - before


def measures(house: House, only: list[str]) -> dict[str, Took]:
    """Seconds of everything (or of what begins with one of these words), in the order of an
    inspector's visit. Told at once: the last may take long."""
    found: dict[str, Took] = {}
    for words, do in _things(house):
        if not only or words.startswith(tuple(only)):
            found[words] = min(timed(do) for _ in range(3 if words.startswith("page") else 1))
            print(f"  {words}: {found[words][0]:.2f} ({found[words][1]:.2f})", file=sys.stderr)
    return found


def _things(house: House) -> Iterator[tuple[str, Callable[[], Any]]]:
    from django.test import Client

    from openketamine.clinic.journal import clock

    clock.now = lambda: house.at  # the pages look back from the clinic's own today
    ines, miriam, olive = Client(), Client(), Client()
    for client, who in ((ines, house.ines), (miriam, house.miriam), (olive, house.olive)):
        client.force_login(who)
    last = house.at.date()
    ranges = {
        "a month": (last - timedelta(days=30), last),
        "two years": (last - timedelta(days=730), last),
        "all": (_FIRST.date(), last),
    }
    for words, (since, until) in ranges.items():
        for kind in ("zip", "pdf"):
            yield f"packet, {words}, {kind}", partial(_packet, ines, kind, since, until)
    month = ranges["a month"]
    # An inspector comes to one registration, which is one site.
    for words in ("a month", "two years", "all"):
        yield f"packet, {words} of one site, zip", partial(_packet, olive, "zip", *ranges[words])
    yield "packet, all of one site, pdf", partial(_packet, olive, "pdf", *ranges["all"])
    yield "whole book: one site", partial(_packet, olive, "book", *month)
    yield "whole book: all ten", partial(_packet, ines, "book", *month)
    for words, address, who in (
        ("page: inventory", "/vials/", ines),
        ("page: counts", "/stock/counts/", ines),
        ("page: differences", "/stock/differences/", ines),
        ("page: destroy or return", "/stock/dispose/", ines),
        ("page: patterns of a quarter", "/stock/patterns/", miriam),
        ("page: one container", f"/vials/{house.open[0][0].id}/", ines),
        ("page: all containers ever", "/vials/?all=1", ines),
        ("page: inventory of one site", "/vials/", olive),
        ("page: differences of one site", "/stock/differences/", olive),
    ):
        yield words, partial(_page, who, address)
    yield "write: a withdrawal", partial(_withdrawal, house)
    yield "write: a count by two", partial(_sheet, house)
    yield from _proofs()


def _page(client: Any, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code, answer.content[:500])


def _packet(client: Any, kind: str, since: date, until: date) -> None:
    answer = client.get(f"/stock/packet/{kind}/", {"since": since, "until": until})
    assert answer.status_code == 200, answer.content[:500]
    parts = answer.streaming_content if answer.streaming else [answer.content]
    assert sum(len(part) for part in parts) > 1000


def _withdrawal(house: House) -> None:
    from django.db import transaction

    from openketamine.clinic.pharmacy import commands
    from openketamine.clinic.pharmacy.models import Vial
    from openketamine.clinic.staff.proofs import Proof

    with transaction.atomic():
        fullest = max(house.open.values(), key=lambda one: one[1])[0]
        vial = Vial.objects.get(pk=fullest.id)
        nurse, wes = house.nurses[:2]
        commands.withdraw(uuid.uuid4(), vial, 10, nurse, Proof(wes, house.at, "password"), house.at)
        transaction.set_rollback(True)


def _sheet(house: House) -> None:
    from django.db import transaction

    from openketamine.clinic.pharmacy import commands, queries
    from openketamine.clinic.staff import sites

    with transaction.atomic(), sites.only({"s0"}):
        here = [one for one in queries.vials(house.at) if one.status != "empty"]
        vials = [one.vial for one in here]
        lines = {str(one.vial.pk): one.on_hand_ul for one in here}
        sheet = commands.begin_sheet(vials, lines, house.ines, house.at)
        commands.finish_sheet(sheet, lines, house.nurses[0], house.at)
        transaction.set_rollback(True)


def _proofs() -> Iterator[tuple[str, Callable[[], Any]]]:
    from openketamine.clinic.journal import queries as journal
    from openketamine.clinic.journal.models import Head

    one = Head.objects.filter(stream__startswith="session:").first()
    assert one is not None

    def whole(ask: Callable[[], Any]) -> None:
        answer = ask()
        assert answer.ok, answer.broken

    yield "verify: one session", partial(whole, partial(journal.verify_stream, one.stream))
    yield (
        "verify: the book of one site",
        partial(whole, partial(journal.verify_stream, "pharmacy:s0")),
    )
    yield "verify: everything", partial(whole, journal.verify)


GOALS = {"packet": GOAL_PACKET_S, "page": GOAL_PAGE_S, "write": GOAL_WRITE_S}


def show(sizes: list[int], found: list[dict[str, Took]]) -> bool:
    """A table; True where every goal is met at the largest size."""
    print(
        "| seconds | " + " | ".join(f"{n:,} sessions" for n in sizes) + " | growth | of the goal |"
    )
    print("|---" * (len(sizes) + 3) + "|")
    good = True
    for words in found[-1]:
        row = [one[words] for one in found]
        goal = GOALS.get(words.split(":")[0].split(",")[0])
        share = f"{row[-1][0] / goal:.2f} of {goal} s" if goal else ""
        good = good and (goal is None or row[-1][0] <= goal)
        growth = f"x {row[-1][1] / max(row[0][1], 0.01):.1f} for x {sizes[-1] / sizes[0]:.0f}"
        said = " | ".join(f"{clock:.2f} ({work:.2f})" for clock, work in row)
        print(f"| {words} | {said} | {growth} | {share} |")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, action="append")
    parser.add_argument("--only", action="append", default=[], help="measures that begin so")
    words = parser.parse_args()
    sizes = sorted(words.sessions or [10_000, 30_000, 100_000])
    with own_database():
        return measured(sizes, words.only)


def measured(sizes: list[int], only: list[str]) -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    house, found = House(sizes[-1]), []
    for size in sizes:
        begun = time.perf_counter()
        house.grow(size)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"{size:,} sessions filled in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        found.append(measures(house, only))
    return 0 if show(sizes, found) else 1


if __name__ == "__main__":
    sys.exit(main())
