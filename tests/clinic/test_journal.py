"""The journal: numbered, chained, append-only."""

import threading
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction
from django.db.utils import DatabaseError

from openketamine.clinic.journal import _reading_rows, commands, queries
from openketamine.clinic.journal._chain import content_hash
from openketamine.clinic.journal._chunks import packed, unpacked
from openketamine.clinic.journal._fact_rows import hashes, rows_of
from openketamine.clinic.journal._readings import chained, small, witness
from openketamine.clinic.journal._stored import row_hash
from openketamine.clinic.journal.commands import Entry, KeyReused
from openketamine.clinic.journal.models import Access, Chunk, Fact, Head, Reading
from openketamine.core.findings import BadInput
from openketamine.core.treatment import Author, ReadingTaken, decode_fact

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
NORA = Author("nora-1", "Nora Lindqvist", "nurse")
STREAM = "session:6a1d0f0e-0000-4000-8000-000000000001"


def entry(text="all calm", fact_id=None, **changes):
    body = {"text": text}
    return Entry(
        **{
            "id": fact_id or str(uuid.uuid4()),
            "kind": "note_charted",
            "body": body,
            "at": NOW,
            "by": NORA,
            **changes,
        }
    )


@pytest.mark.django_db
class TestAppending:
    def test_facts_are_numbered_from_one_in_the_order_in_which_they_came(self):
        commands.append(STREAM, [entry("a"), entry("b")], NOW)
        commands.append(STREAM, [entry("c")], NOW)
        assert [(f.number, f.body["text"]) for f in queries.facts(STREAM)] == [
            (1, "a"),
            (2, "b"),
            (3, "c"),
        ]
        assert queries.head(STREAM) == 3

    def test_each_stream_has_its_own_numbers(self):
        commands.append_many({STREAM: [entry()], "pharmacy:main": [entry(), entry()]}, NOW)
        assert (queries.head(STREAM), queries.head("pharmacy:main")) == (1, 2)
        assert queries.verify().ok

    @pytest.mark.hazard("HZ-05")
    def test_a_repeat_gives_the_stored_fact_and_writes_nothing(self):
        fact = entry()
        (first,) = commands.append(STREAM, [fact], NOW)
        (second,) = commands.append(STREAM, [fact], NOW + timedelta(minutes=3))
        assert second == first
        assert queries.head(STREAM) == 1

    @pytest.mark.hazard("HZ-05")
    def test_a_repeat_within_one_call_is_written_once(self):
        fact = entry()
        first, second = commands.append(STREAM, [fact, fact], NOW)
        assert first == second
        assert queries.head(STREAM) == 1

    @pytest.mark.hazard("HZ-05")
    @pytest.mark.parametrize(
        "changed",
        [
            {"body": {"text": "other"}},
            {"kind": "infusion_stopped"},
            {"at": NOW + timedelta(seconds=1)},
            {"by": Author("wes-1", "Wes Okafor", "nurse")},
        ],
    )
    def test_an_id_used_before_for_something_else_is_refused(self, changed):
        fact = entry()
        commands.append(STREAM, [fact], NOW)
        with pytest.raises(KeyReused, match="id: expected an id that was not used before"):
            commands.append(STREAM, [entry(fact_id=fact.id, **changed)], NOW)
        assert queries.head(STREAM) == 1

    def test_an_id_of_another_stream_is_refused(self):
        fact = entry()
        commands.append(STREAM, [fact], NOW)
        with pytest.raises(KeyReused):
            commands.append("session:other", [fact], NOW)

    def test_one_bad_fact_among_several_leaves_none_behind(self):
        used = entry("used")
        commands.append(STREAM, [used], NOW)
        with pytest.raises(KeyReused):
            commands.append(STREAM, [entry("new"), entry("else", fact_id=used.id)], NOW)
        assert [f.body["text"] for f in queries.facts(STREAM)] == ["used"]

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"fact_id": "7"}, "id: expected a UUID, got '7'"),
            ({"at": datetime(2026, 1, 1)}, "at: expected a time with offset"),  # noqa: DTZ001
            ({"body": {"x": float("nan")}}, "body.x: expected a finite number, got nan"),
            ({"body": {"x": "a\x00b"}}, "body.x: expected text without NUL"),
            ({"body": {"x": "\ud800"}}, "body.x: expected text without NUL and unpaired"),
            ({"body": {"x": object()}}, "body.x: expected plain JSON"),
        ],
    )
    def test_content_that_cannot_be_kept_is_named(self, changes, sentence):
        with pytest.raises(BadInput) as refused:
            commands.append(STREAM, [entry(**changes)], NOW)
        assert str(refused.value).startswith(sentence)

    @pytest.mark.parametrize(
        "value",
        [1e22, 1e-7, 0.1, -0.0, 2.0, 123456789012345678901234567890, 5e-324, "naïve 💉", [], {}],
    )
    def test_every_value_comes_back_as_it_was_hashed(self, value):
        commands.append(STREAM, [entry(body={"value": value})], NOW)
        assert queries.verify().ok
        assert queries.facts(STREAM)[0].body["value"] == value

    def test_facts_can_be_asked_for_by_kind_and_after_a_number(self):
        commands.append(STREAM, [entry("a"), entry("b", kind="x"), entry("c")], NOW)
        assert [f.number for f in queries.facts(STREAM, after=1)] == [2, 3]
        assert [f.number for f in queries.facts(STREAM, kinds=["x"])] == [2]
        assert [f.number for f in queries.facts(STREAM, exclude=["x"])] == [1, 3]


@pytest.mark.django_db
@pytest.mark.hazard("HZ-13")
class TestTheDatabaseRefuses:
    @pytest.fixture(autouse=True)
    def _two_facts(self):
        commands.append(STREAM, [entry("a"), entry("b")], NOW)
        commands.record_access(None, None, "chart.read", NOW, refused=True)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE journal_fact SET body = '{}'",
            "DELETE FROM journal_fact",
            "TRUNCATE journal_fact",
            "UPDATE journal_access SET refused = false",
            "DELETE FROM journal_access",
            "TRUNCATE journal_access",
            "UPDATE journal_head SET number = 9",
            "DELETE FROM journal_head",
            "TRUNCATE journal_head",
            "INSERT INTO journal_head (stream, number, hash) VALUES ('x', 3, 'y')",
        ],
    )
    def test_to_change_or_remove_what_was_written(self, statement):
        with (
            pytest.raises(DatabaseError, match="refused"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert queries.verify().ok

    @pytest.mark.parametrize(
        "wrong", [{"number": 4}, {"number": 2}, {"prev_hash": "0" * 64}, {"stream": "no head"}]
    )
    def test_a_fact_that_does_not_continue_its_stream(self, wrong):
        last = Fact.objects.get(stream=STREAM, number=2)
        values = {name: getattr(last, name) for name in (f.attname for f in Fact._meta.fields)}
        values |= {"id": uuid.uuid4(), "number": 3, "prev_hash": last.hash, **wrong}
        with pytest.raises(DatabaseError), transaction.atomic():
            Fact.objects.bulk_create([Fact(**values)])
        assert Fact.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.hazard("HZ-13")
class TestTampering:
    """Someone with the database's own keys lifts the rules and changes a row."""

    @pytest.fixture(autouse=True)
    def _facts(self):
        commands.append(STREAM, [entry("a"), entry("b"), entry("c")], NOW)
        commands.append("staff", [entry("x")], NOW)

    def tamper(self, statement, *values):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE journal_fact DISABLE TRIGGER USER")
            cursor.execute(statement, values)
            cursor.execute("ALTER TABLE journal_fact ENABLE TRIGGER USER")

    def test_untouched_it_verifies(self):
        report = queries.verify()
        assert report.as_json() == {"ok": True, "streams": 2, "facts": 4, "broken": []}

    @pytest.mark.parametrize(
        "change",
        [
            """body = '{"text": "B"}'""",
            "at = at + interval '1 microsecond'",
            "recorded_at = recorded_at - interval '1 hour'",
            "by_name = 'Somebody Else'",
            "kind = 'infusion_stopped'",
            "origin = 'paper'",
            "content_hash = ''",
        ],
    )
    def test_a_changed_fact_is_named_by_stream_and_number(self, change):
        where = "WHERE stream = %s AND number = 2"
        self.tamper(" ".join(("UPDATE journal_fact SET", change, where)), STREAM)
        (broken,) = queries.verify().broken
        assert (broken.stream, broken.number) == (STREAM, 2)

    def test_a_removed_fact_is_named(self):
        self.tamper("DELETE FROM journal_fact WHERE stream = %s AND number = 2", STREAM)
        (broken,) = queries.verify().broken
        assert (broken.stream, broken.number, broken.why) == (STREAM, 2, "a fact is missing")

    def test_removed_last_facts_are_named(self):
        self.tamper("DELETE FROM journal_fact WHERE stream = %s AND number = 3", STREAM)
        (broken,) = queries.verify().broken
        assert (broken.stream, broken.number) == (STREAM, 3)

    def test_a_fact_changed_together_with_its_hash_breaks_the_next_one(self):
        row = Fact.objects.get(stream=STREAM, number=1)
        row.body = {"text": "A"}
        row.content_hash = content_hash(STREAM, row.kind, row.at, row.by_id, row.body)
        self.tamper(
            "UPDATE journal_fact SET body = %s, content_hash = %s, hash = %s WHERE id = %s",
            '{"text": "A"}',
            row.content_hash,
            row_hash(row),
            row.id,
        )
        assert [(b.stream, b.number) for b in queries.verify().broken] == [(STREAM, 2)]

    def test_a_head_that_was_moved_back_is_named(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE journal_head DISABLE TRIGGER USER")
            cursor.execute(
                "UPDATE journal_head SET number = 2, hash = f.hash FROM journal_fact f"
                " WHERE journal_head.stream = %s AND f.stream = %s AND f.number = 2",
                [STREAM, STREAM],
            )
            cursor.execute("ALTER TABLE journal_head ENABLE TRIGGER USER")
        (broken,) = queries.verify().broken
        assert (broken.stream, broken.number) == (STREAM, 3)
        assert "behind the end" in broken.why

    @pytest.mark.parametrize("changed", [1, 2, 3])
    def test_a_part_of_a_stream_is_proved_alone(self, changed):
        self.tamper(
            "UPDATE journal_fact SET origin = 'paper' WHERE stream = %s AND number = %s",
            STREAM,
            changed,
        )
        part = queries.verify_stream(STREAM, after=1, until=2)
        assert part.ok == (changed != 2)
        assert [one.number for one in part.broken] == ([2] if changed == 2 else [])

    def test_both_hashes_are_what_the_journal_wrote_whatever_the_body_says(self):
        bodies = ({"text": '\u2028 “ä\\" 𝄞', "list": [1, 2.5, None, True, {}]}, {"n": 1e-7}, {})
        commands.append("person:x", [entry(body=body) for body in bodies], NOW)
        for row in rows_of("person:x"):
            assert hashes(row) == (row.content_hash, row.hash)


@pytest.mark.django_db(transaction=True)
class TestManyWritersAtOnce:
    @pytest.mark.hazard("HZ-05")
    def test_eight_writers_leave_gapless_numbers_and_one_unbroken_chain(self):
        streams = ["session:a", "session:b"]

        def write(offset):
            try:
                for turn in range(10):
                    order = streams if (turn + offset) % 2 else streams[::-1]
                    commands.append_many({stream: [entry(), entry()] for stream in order}, NOW)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        report = queries.verify()
        assert (report.ok, report.facts) == (True, 320)
        assert {head.stream: head.number for head in Head.objects.all()} == dict.fromkeys(
            streams, 160
        )

    @pytest.mark.hazard("HZ-05")
    def test_the_same_fact_from_eight_senders_is_written_once(self):
        fact, answers = entry(), []

        def write():
            try:
                answers.extend(commands.append(STREAM, [fact], NOW))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.number for answer in answers] == [1] * 8
        assert Fact.objects.count() == 1

    def test_listeners_hear_once_of_each_stream_that_grew(self):
        import psycopg

        with psycopg.connect(**listener_address(), autocommit=True) as listener:
            listener.execute("LISTEN journal")
            commands.append_many({"session:a": [entry(), entry()], "staff": [entry()]}, NOW)
            (heard,) = [n.payload for n in listener.notifies(timeout=5, stop_after=1)]
        assert heard.split("\n") == ["session:a 2", "staff 1"]


def listener_address():
    where = connection.settings_dict
    return {"dbname": where["NAME"], "user": where["USER"], "host": where["HOST"]}


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
def test_an_access_names_who_and_whose_record(nora):
    person = uuid.uuid4()
    commands.record_access(nora, person, "person.read", NOW)
    (access,) = queries.accesses(person)
    assert (access.by_name, access.by_role, access.what) == (
        "Nora Lindqvist",
        "nurse",
        "person.read",
    )
    assert Access.objects.count() == 1


DEVICE = "080019FFFE000001"


def spoken(n, **values):
    at = NOW + timedelta(seconds=n, milliseconds=7)
    numbers = {"heart_rate": Decimal(70 + n % 20), "spo2": None, "temperature": Decimal("36.6")}
    return ReadingTaken(
        DEVICE, at - timedelta(milliseconds=7), at, {**numbers, **values}, {}, f"KET|{n:06d}"
    )


def say(*bodies, stream=STREAM):
    with transaction.atomic():
        commands.lock(stream)
        places = commands.take([stream])
        first = places[stream].number + 1
        made = [
            small(number, one.message_key, one, one.doubts, NOW + timedelta(hours=1))
            for number, one in enumerate(bodies, first)
        ]
        assert None not in made
        commands.append_readings(places, {stream: made})


@pytest.mark.django_db
class TestReadings:
    """A reading in its small form is a fact like every other."""

    @pytest.fixture(autouse=True)
    def _told(self):
        commands.append(STREAM, [entry("a")], NOW)
        say(*(spoken(n) for n in range(5)))
        commands.append(STREAM, [entry("b")], NOW)
        say(spoken(5, spo2=Decimal("97.5"), etco2=Decimal(-1)))

    def test_numbers_run_through_both_kinds_and_the_chain_does(self):
        assert [one.number for one in queries.facts(STREAM)] == [1, 2, 3, 4, 5, 6, 7, 8]
        assert queries.verify().as_json() == {
            "ok": True, "streams": 1, "facts": 8, "broken": [],
        }  # fmt: skip

    def test_what_comes_back_is_what_was_said(self):
        last = queries.facts(STREAM, after=7)[0]
        known = decode_fact(last.as_json())
        assert known.body == spoken(5, spo2=Decimal("97.5"), etco2=Decimal(-1))
        assert last.body["values"] == {
            "heart_rate": 75, "spo2": 97.5, "temperature": 36.6, "etco2": -1,
        }  # fmt: skip
        assert (last.by.name, last.origin) == (f"Monitor {DEVICE}", "gateway")
        assert queries.fact(last.id) == last
        assert queries.grown({STREAM: 6}, 10)[STREAM] == queries.facts(STREAM, after=6)

    @pytest.mark.parametrize(
        "values",
        [
            {"spo2": Decimal("97.55")},
            {"st_segment": Decimal(1)},
            {"heart_rate": Decimal(4000)},
        ],
    )
    def test_what_does_not_fit_is_no_small_reading(self, values):
        body = spoken(9, **values)
        assert small(9, body.message_key, body, {}, NOW) is None

    @pytest.mark.hazard("HZ-13")
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE journal_reading SET heart_rate = 1",
            "DELETE FROM journal_reading",
            "TRUNCATE journal_reading",
            "UPDATE journal_voice SET device_id = 'x'",
            "DELETE FROM journal_voice",
            "UPDATE journal_chunk SET readings = 1",
            "UPDATE journal_head SET number = number + 1",
        ],
    )
    def test_the_database_refuses_to_change_or_remove_them(self, statement):
        with (
            pytest.raises(DatabaseError, match="refused"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert queries.verify().ok

    def test_a_reading_that_does_not_continue_its_stream_is_refused(self):
        body = spoken(20)
        made = small(12, body.message_key, body, {}, NOW)
        places = commands.take([STREAM])
        with pytest.raises(DatabaseError, match="does not continue"), transaction.atomic():
            commands.append_readings(places, {STREAM: [made]})
        assert queries.verify().ok

    def tamper(self, statement):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE journal_reading DISABLE TRIGGER USER")
            cursor.execute(statement)
            cursor.execute("ALTER TABLE journal_reading ENABLE TRIGGER USER")

    @pytest.mark.hazard("HZ-13")
    @pytest.mark.parametrize(
        "change",
        [
            "heart_rate = 10",
            "received = received + 1",
            "doubts = 'x'",
            "key = '9'",
            "key_number = 9",
            "witness = 0",
        ],
    )
    def test_a_changed_reading_is_named(self, change):
        self.tamper(f"UPDATE journal_reading SET {change} WHERE number = 4")  # noqa: S608
        (broken,) = queries.verify().broken
        assert (broken.stream, broken.number, broken.why) == (
            STREAM, 4, "its content was changed",
        )  # fmt: skip

    @pytest.mark.hazard("HZ-13")
    @pytest.mark.parametrize(("gone", "why"), [(4, "a fact"), (8, "the last facts")])
    def test_a_removed_reading_is_named(self, gone, why):
        self.tamper(f"DELETE FROM journal_reading WHERE number = {gone}")  # noqa: S608
        (broken,) = queries.verify().broken
        assert broken.number == gone
        assert broken.why.startswith(why)

    @pytest.mark.hazard("HZ-13")
    @pytest.mark.parametrize(("forged", "named"), [(4, 5), (6, 7), (8, 8)])
    def test_a_reading_changed_together_with_its_witness_breaks_what_follows(self, forged, named):
        rows = {one.reading.number: one for one in _reading_rows.rows(STREAM)}
        previous = ""
        for fact in queries.facts(STREAM):
            if fact.number == forged:
                break
            small_one = rows.get(fact.number)
            previous = chained(STREAM, small_one.reading, previous) if small_one else fact.hash
        tenths = (10, *rows[forged].reading.tenths[1:])
        mark = witness(chained(STREAM, rows[forged].reading._replace(tenths=tenths), previous))
        change = f"heart_rate = 10, witness = {mark} WHERE number = {forged}"
        self.tamper(f"UPDATE journal_reading SET {change}")  # noqa: S608
        assert [one.number for one in queries.verify().broken] == [named]


@pytest.mark.django_db
class TestPacking:
    """Packed, a stream says the same, in less room."""

    @pytest.fixture(autouse=True)
    def _told(self):
        commands.append(STREAM, [entry("a")], NOW)
        say(*(spoken(n) for n in range(1000)))
        commands.append(STREAM, [entry("b")], NOW)
        say(*(spoken(n, spo2=Decimal(97)) for n in range(1000, 2500)))
        self.before = queries.facts(STREAM)
        self.packed = commands.pack(STREAM)

    def test_everybody_reads_the_same(self):
        assert self.packed == 2500
        assert queries.facts(STREAM) == self.before
        assert queries.facts(STREAM, after=1500) == self.before[1500:]
        assert Chunk.objects.count() == 2
        assert not Reading.objects.exists()
        assert queries.verify().ok
        assert commands.pack(STREAM) == 0

    def test_it_takes_little_room(self):
        size = sum(len(one.packed) for one in Chunk.objects.all())
        assert size / 2500 * 3600 < 200_000

    def test_a_stream_goes_on_after_it_and_a_repeated_key_is_known(self):
        say(spoken(2500))
        assert [one.number for one in queries.facts(STREAM, after=2501)] == [2502, 2503]
        assert queries.verify().ok
        assert commands.pack(STREAM) == 1
        assert set(queries.readings_by_key(["KET|000003", "KET|x"], [STREAM])) == {"KET|000003"}

    @pytest.mark.hazard("HZ-13")
    def test_a_changed_reading_is_named_in_a_chunk_too(self):
        one = Chunk.objects.order_by("first").first()
        marked = unpacked(bytes(one.packed))
        reading, mark = marked[700]
        marked[700] = (reading._replace(tenths=(10, *reading.tenths[1:])), mark)
        self.replace(one, packed(marked))
        (broken,) = queries.verify().broken
        assert (broken.number, broken.why) == (reading.number, "its content was changed")

    @pytest.mark.hazard("HZ-13")
    @pytest.mark.parametrize("content", [b"", b"r1", b"r1\x00\x00\x00\x05abcde", b"zz"])
    def test_a_chunk_that_cannot_be_read_is_named(self, content):
        self.replace(Chunk.objects.order_by("first").first(), content)
        (broken,) = queries.verify().broken
        assert broken.why.startswith("packed readings")

    def replace(self, one, content):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE journal_chunk DISABLE TRIGGER USER")
            cursor.execute(
                "UPDATE journal_chunk SET packed = %s WHERE first = %s", [content, one.first]
            )
            cursor.execute("ALTER TABLE journal_chunk ENABLE TRIGGER USER")
