"""Many bedsides at one reading a second, eight values each, over real sockets: how many are enough?

A clinic is opened in a folder of its own (private PostgreSQL, the web process as it is served, and
with `--door mllp` the device gateway). Virtual bedsides speak, each at its own moment of the
second; readers follow some of them by server-sent events. Once in five minutes each bed says
one heart rate of 30, which is a finding of high priority without a delay.

    benchmarks/bedsides.py --beds 3000               # as gateways post, to the ingest door
    benchmarks/bedsides.py --beds 500 --door mllp    # HL7 over MLLP through the gateway
    benchmarks/bedsides.py --table --warm 15 --seconds 30    # 1,000, 2,000, 3,000 as one table

Printed as ratios to the goals: acknowledged within 50 ms, finding on a reader's screen within
250 ms of the wire (p99), at most 0.5 MB a session-hour while it runs and 0.2 MB once packed, three
hours opened within 300 ms; and the floor: COPY of the same rows by bare psycopg into a bare table,
100 rows a commit, on the same disk in the same run.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg

from openketamine.operations import _postgres
from openketamine.operations._ports import first_free
from openketamine.simulator.wire import END, START, Bedside, monitor_message

HOST, TOKEN, GATEWAYS = "127.0.0.1", "bench-token", 2
GOAL_ACK_MS, GOAL_FINDING_MS, GOAL_HOUR_MB = 50, 250, 0.5
GOAL_PACKED_MB, GOAL_OPEN_MS = 0.2, 300
TABLE = (1000, 2000, 3000)
_EVERY_S = 300
_RECEIVED = re.compile(rb'"received_at":"([^"]+)"')
_SEED = """
import sys, uuid, json
from datetime import datetime, UTC, timedelta
import django; django.setup()
from django.test import Client
from django.core.management import call_command
call_command("migrate", verbosity=0)
from openketamine.clinic.journal import commands as journal
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions._writing import entry
from openketamine.clinic.sessions.models import Attachment, Session
from openketamine.clinic.staff.models import Staff
from openketamine.core.treatment import facts
beds, now = int(sys.argv[1]), datetime.now(UTC) - timedelta(seconds=5)
nora = Staff.objects.create_user("nora", password="bench-bench-bench", role="nurse",
    display_name="Nora")
people = Person.objects.bulk_create([
    Person(mrn=f"MRN{n:06d}", family="Bench", given=f"B{n}", created=now) for n in range(beds)])
sessions = Session.objects.bulk_create([
    Session(person=one, protocol_id="iv-depression", created=now, chair=f"C{n}")
    for n, one in enumerate(people)])
Attachment.objects.bulk_create([
    Attachment(device_id=f"BENCH{n:06d}", device_kind="monitor", session=one, since=now)
    for n, one in enumerate(sessions)])
for start in range(0, beds, 200):
    journal.append_many({
        one.stream: [
            entry(facts.SessionOpened(str(one.person_id), "iv-depression", 1), now, nora),
            entry(facts.ChairAssigned(one.chair), now, nora),
        ] for one in sessions[start:start + 200]}, now)
# No fact tells of the attaching: or all monitors were silent, and known to be, while this starts.
client = Client(); client.force_login(nora)
print(json.dumps({"cookie": client.cookies["openketamine_session"].value,
    "sessions": [str(one.id) for one in sessions]}))
"""

_STORAGE = """
import json, statistics, sys, time
from datetime import datetime, UTC, timedelta
import django; django.setup()
from django.db import connection
sys.path.insert(0, sys.argv[1])
from bedsides import message
from openketamine.clinic.sessions import _fold, commands, queries
from openketamine.clinic.sessions.models import Session
beds, hours = 12, 3
now = datetime.now(UTC) + timedelta(minutes=5)
def size():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('journal_reading')"
            " + pg_total_relation_size('journal_voice'), pg_total_relation_size('journal_chunk'),"
            " (SELECT count(*) FROM journal_reading)")
        return cursor.fetchone()
before = size()
for second in range(hours * 3600):
    wire = now.timestamp() + second
    some = [json.loads(message(bed, second, wire)) for bed in range(beds)]
    commands.record_readings("bench", some, now + timedelta(seconds=second))
rows = size()
one = Session.objects.get(chair="C0")
# As a server answers that runs: its knowledge is read; the session is one that nobody had open.
queries.state_json(Session.objects.get(chair="C1"), now + timedelta(hours=hours))
def once(do):
    _fold._kept.clear()
    begun = time.perf_counter(); do(); return (time.perf_counter() - begun) * 1000
def took(do):
    return statistics.median(once(do) for _ in range(5))
state_ms = took(lambda: queries.state_json(one, now + timedelta(hours=hours)))
columns_ms = took(lambda: json.dumps(queries.readings(one)))
end = now + timedelta(hours=hours + 2)
Session.objects.filter(chair__in=[f"C{n}" for n in range(beds)]).update(
    closed_at=end - timedelta(hours=1.5))
pack_ms = once(lambda: commands.pack_closed(end, end - timedelta(days=2)))
packed_ms = took(lambda: json.dumps(queries.readings(one)))
after = size()
print(json.dumps({"live": (rows[0] - before[0]) / (rows[2] - before[2]) * 3600 / 1e6,
    "packed": (after[1] - before[1]) / (beds * hours) / 1e6, "state_ms": state_ms,
    "columns_ms": columns_ms, "packed_ms": packed_ms, "pack_ms": pack_ms / beds}))
"""


def percentile(values: list[float], hundredth: int) -> float:
    if len(values) < 2:
        return float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[hundredth - 1]


def values_of(bed: int, second: int) -> dict[str, float]:
    low = (second + bed * 37) % _EVERY_S == 7
    rate = 30 if low else 66 + (bed + second) % 9
    return {
        "heart_rate": rate, "pulse_rate": rate,
        "spo2": 97, "respiratory_rate": 14, "systolic": 122 + second % 5,
        "diastolic": 74, "mean_pressure": 90, "temperature": 36.6,
    }  # fmt: skip


class Posting:
    """A keep-alive connection that posts JSON, without a client library's cost."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> bytes:
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self._port, limit=2**24)
        reader, writer = self._streams
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {TOKEN}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])
        answer = await reader.readexactly(size)
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(f"{head!r} {answer[:300]!r}")
        return answer


class Told:
    """What one run measured."""

    def __init__(self) -> None:
        self.acks: list[float] = []
        self.findings: list[float] = []
        self.seen: list[float] = []
        self.sent = self.charted = 0
        self.from_ = float("inf")


async def speak_to_ingest(port: int, beds: range, until: float, told: Told) -> None:
    """One gateway's worth of beds: whatever is due is posted when the last post was answered."""
    line = Posting(port)
    due = sorted((bed % 997 / 997, bed) for bed in beds)
    whole = float(int(time.time()) + 1)
    place = 0
    while time.time() < until:
        batch, wires, now = [], [], time.time()
        while len(batch) < 1000 and whole + due[place][0] <= now:
            wire, bed = whole + due[place][0], due[place][1]
            batch.append(message(bed, int(whole), wire))
            wires.append(wire)
            place += 1
            if place == len(due):
                place, whole = 0, whole + 1
        if not batch:
            await asyncio.sleep(max(0.0005, whole + due[place][0] - time.time()))
            continue
        body = '{"gateway":"bench","messages":[' + ",".join(batch) + "]}"
        answer = await line.post("/live/gateway/readings", body.encode())
        done = time.time()
        told.charted += answer.count(b'"charted"')
        told.sent += len(batch)
        told.acks += [(done - wire) * 1000 for wire in wires if wire > told.from_]


def message(bed: int, second: int, wire: float) -> str:
    at = datetime.fromtimestamp(wire, UTC).isoformat(timespec="microseconds")
    values = ",".join(f'"{name}":{value}' for name, value in values_of(bed, second).items())
    device = f"BENCH{bed:06d}"
    return (
        f'{{"key":"KETMON^{device}^EUI-64|{second % 10**6}","device_id":"{device}",'
        f'"device_kind":"monitor","mrn":"MRN{bed:06d}","received_at":"{at}",'
        f'"measured_at":"{at[:19]}+00:00","values":{{{values}}},"doubts":{{}},"texts":{{}},'
        '"unmapped":[],"remarks":[]}'
    )


async def speak_mllp(port: int, bed: int, until: float, told: Told) -> None:
    """One monitor on its own connection; it waits for AA before it speaks again."""
    reader, writer = await asyncio.open_connection(HOST, port)
    bedside = Bedside(f"BENCH{bed:06d}", f"MRN{bed:06d}")
    whole = float(int(time.time()) + 1)
    while True:
        wire = whole + bed % 997 / 997
        if wire >= until:
            break
        await asyncio.sleep(max(0.0, wire - time.time()))
        values = {name: f"{value}" for name, value in values_of(bed, int(whole)).items()}
        at = datetime.fromtimestamp(wire, UTC)
        name = f"{int(whole) % 10**6}"
        frame = START + monitor_message(bedside, values, at=at, control_id=name) + END
        wire = time.time()
        writer.write(frame)
        answer = await reader.readuntil(END)
        if b"|AA|" not in answer:
            raise RuntimeError(answer)
        told.sent += 1
        if wire > told.from_:
            told.acks.append((time.time() - wire) * 1000)
        whole = max(whole + 1, float(int(time.time())))
    writer.close()


async def follow(port: int, session: str, cookie: str, told: Told) -> None:
    """One reader of one bed: when did a reading, and when a finding, come to the screen?"""
    reader, writer = await asyncio.open_connection(HOST, port, limit=2**22)
    writer.write(
        f"GET /live/sessions/{session}/events HTTP/1.1\r\nHost: {HOST}\r\n"
        f"Cookie: openketamine_session={cookie}\r\n\r\n".encode()
    )
    low = 0.0
    while True:
        line = await reader.readline()
        if not line:
            raise RuntimeError("the stream ended")
        if not line.startswith(b"data: ") or b'"kind"' not in line:
            continue
        now = time.time()
        if b'"reading_taken"' in line:
            wire = datetime.fromisoformat(_RECEIVED.search(line)[1].decode()).timestamp()
            if b'"heart_rate":30' in line:
                low = wire
            if wire > told.from_:
                told.seen.append((now - wire) * 1000)
        elif b'"finding_raised"' in line and b'"AL-HR-LOW-3"' in line and low > told.from_:
            told.findings.append((now - low) * 1000)


def load(words: argparse.Namespace) -> int:
    """The process that speaks and reads, apart from what is measured."""
    told = Told()
    plan = json.loads(sys.stdin.readline())

    async def run() -> None:
        readers = [
            asyncio.create_task(follow(words.port, one, plan["cookie"], told))
            for one in plan["sessions"][: words.readers]
        ]
        await asyncio.sleep(1 + words.readers / 300)
        until = time.time() + words.warm + words.seconds
        told.from_ = time.time() + words.warm
        if words.door == "mllp":
            speaking = [speak_mllp(words.mllp, bed, until, told) for bed in range(words.beds)]
        else:
            shares = [range(n, words.beds, GATEWAYS) for n in range(GATEWAYS)]
            speaking = [speak_to_ingest(words.port, one, until, told) for one in shares]
        await asyncio.gather(*speaking)
        await asyncio.sleep(1.5)
        for one in readers:
            if one.done():
                one.result()
            one.cancel()

    asyncio.run(run())
    print(json.dumps(vars(told)))
    return 0


@contextmanager
def process(*arguments: str, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    with log.open("ab") as out:
        made = subprocess.Popen(
            [sys.executable, *arguments], env={**os.environ, **environment}, stdout=out, stderr=out
        )
    try:
        yield made
    finally:
        made.terminate()
        with suppress(subprocess.TimeoutExpired):
            made.wait(10)
        made.kill()


def wait_for(port: int) -> None:
    import socket

    for _ in range(600):
        with suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(port)


def floor(url: str, seconds: float = 2.0) -> float:
    """Rows a second of the same shape by COPY, 100 a commit, into a table without anything."""
    row = "1763805600000000\t1\t2\t{n}\t1\t1\t1" + "\t700" * 9 + "\t123456\t\n"
    with psycopg.connect(url) as db:
        db.execute(
            "CREATE TABLE bench_floor (received bigint, key_hash bigint, voice int, number int,"
            " measured int, recorded int, witness int, a smallint, b smallint, c smallint,"
            " d smallint, e smallint, f smallint, g smallint, h smallint, i smallint,"
            " key text, doubts text, PRIMARY KEY (voice, number))"
        )
        db.commit()
        done, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            with db.cursor() as cursor, cursor.copy("COPY bench_floor FROM STDIN") as copy:
                copy.write("".join(row.replace("{n}", str(done + n)) for n in range(100)))
            db.commit()
            done += 100
        db.execute("DROP TABLE bench_floor")
    return done / seconds


def stored(url: str) -> int:
    with psycopg.connect(url) as db:
        return db.execute("SELECT count(*) FROM journal_reading").fetchone()[0]


def counted(url: str) -> dict[str, float]:
    """What the database has done until now: transactions committed, log flushed and written."""
    with psycopg.connect(url) as db:
        commits = db.execute("SELECT sum(xact_commit) FROM pg_stat_database").fetchone()[0]
        flushes = db.execute("SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'").fetchone()
        (written,) = db.execute("SELECT pg_current_wal_lsn() - '0/0'").fetchone()
    return {"commits": float(commits), "flushes": float(flushes[0]), "written": float(written)}


def run_here(code: str, *arguments: str, environment: dict[str, str]) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.strip().splitlines()[-1])


def measured(words: argparse.Namespace, folder: Path) -> dict[str, object]:
    with ExitStack() as stack:
        url = _postgres.start(folder / "database").url
        stack.callback(_postgres.stop, folder / "database")
        port = first_free(HOST, 29700)
        environment = {
            "OPENKETAMINE_DATA": str(folder), "OPENKETAMINE_PORT": str(port),
            "OPENKETAMINE_GATEWAY_TOKEN": TOKEN, "OPENKETAMINE_SECRET_KEY": uuid.uuid4().hex,
            "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "openketamine.clinic.site.settings",
        }  # fmt: skip
        plan = run_here(_SEED, str(words.beds), environment=environment)
        bare = floor(url)
        server = ("-m", "uvicorn", "openketamine.clinic.site.asgi:application", "--host", HOST)
        quiet = ("--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "1")
        web = stack.enter_context(
            process(*server, "--port", str(port), *quiet, environment=environment,
                    log=folder / "web.log")
        )  # fmt: skip
        wait_for(port)
        watched = {"web": web.pid, "database": _postmaster(folder / "database")}
        mllp = 0
        if words.door == "mllp":
            mllp = first_free(HOST, 23575)
            gateway = ("-m", "openketamine.devices", "--clinic", f"http://{HOST}:{port}")
            where = ("--data", str(folder / "spool"), "--mllp-port", str(mllp))
            made = stack.enter_context(
                process(*gateway, *where, environment=environment, log=folder / "gateway.log")
            )
            wait_for(mllp)
            watched["gateway"] = made.pid
            time.sleep(3)
        speaker = subprocess.Popen(
            [sys.executable, __file__, "--load", "--beds", str(words.beds), "--port", str(port),
             "--mllp", str(mllp), "--readers", str(words.readers), "--door", words.door,
             "--seconds", str(words.seconds), "--warm", str(words.warm)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        watched["load"] = speaker.pid
        before = {name: busy(pid) for name, pid in watched.items()}
        all_before, done = busy_machine(), counted(url)
        begun = time.monotonic()
        speaker.stdin.write(json.dumps(plan) + "\n")
        speaker.stdin.flush()
        time.sleep(words.warm + words.seconds)
        memory = {
            name: psutil.Process(pid).memory_info().rss / 1e6
            for name, pid in watched.items()
            if name != "database"
        }
        took = time.monotonic() - begun
        cores = {name: (busy(pid) - before[name]) / took for name, pid in watched.items()}
        others = (busy_machine() - all_before) / took - sum(cores.values())
        done = {name: value - done[name] for name, value in counted(url).items()}
        out, _ = speaker.communicate(timeout=120)
        if speaker.returncode:
            raise RuntimeError((folder / "web.log").read_text()[-3000:])
        rows = stored(url)
        room = {}
        if words.storage:
            web.terminate()
            here = str(Path(__file__).parent)
            room = run_here(_STORAGE, here, environment=environment)
        return json.loads(out) | {
            "floor": bare, "memory": memory, "cores": cores, "room": room, "rows": rows,
            "done": done, "others": max(0.0, others),
        }  # fmt: skip


def _postmaster(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split()[0])


def busy(pid: int) -> float:
    """Seconds of a processor, its children's included: the database is one process a connection."""
    own = psutil.Process(pid)
    times = own.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    return spent + sum(sum(one.cpu_times()[:2]) for one in own.children())


def busy_machine() -> float:
    """Seconds that all processors together worked, for whomever."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system


def show(words: argparse.Namespace, said: dict) -> bool:
    seconds = words.warm + words.seconds
    rate = said["rows"] / seconds
    print(f"{words.beds} beds by {words.door}, {words.readers} readers, {words.seconds} s")
    print(f"  readings stored        {said['rows']:>8}  {rate:8.0f}/s, {rate * 8:8.0f} values/s")
    print(f"  bare COPY, 100 a commit          {said['floor']:8.0f}/s: "
          f"{said['floor'] / rate:.1f} times what was asked for here")  # fmt: skip
    lines = (
        ("acknowledged", said["acks"], GOAL_ACK_MS),
        ("reading on the screen", said["seen"], GOAL_FINDING_MS),
        ("finding on the screen", said["findings"], GOAL_FINDING_MS),
    )
    well = True
    for name, took, goal in lines:
        late = percentile(took, 99)
        well = well and late <= goal
        middle = statistics.median(took) if took else float("nan")
        print(f"  {name:<22} p50 {middle:7.1f} ms  p99 {late:7.1f} ms  "
              f"{late / goal:5.2f} of the goal of {goal} ms  ({len(took)})")  # fmt: skip
    if room := said["room"]:
        for name, what, goal, unit in (
            ("storage, while it runs", room["live"], GOAL_HOUR_MB, "MB a session-hour"),
            ("storage, once packed", room["packed"], GOAL_PACKED_MB, "MB a session-hour"),
            ("three hours: numbers", room["columns_ms"], GOAL_OPEN_MS, "ms"),
            ("three hours: state", room["state_ms"], GOAL_OPEN_MS, "ms"),
            ("three packed hours", room["packed_ms"], GOAL_OPEN_MS, "ms"),
        ):
            print(f"  {name:<22} {what:9.3f} {unit}: {what / goal:.2f} of the goal of {goal}")
    show_where(said, rate)
    return well


def show_where(said: dict, rate: float) -> None:
    """In which process the time goes, and what the database did for each reading."""
    for name, cores in said["cores"].items():
        memory = said["memory"].get(name)
        beside = f"{memory:6.0f} MB" if memory else ""
        print(f"  {name:<8} {cores:5.2f} cores  {cores / rate * 1e6:6.0f} µs a reading  {beside}")
    print(f"  others   {said['others']:5.2f} cores: the times above are those of a quiet machine "
          "only where this is nearly nothing")  # fmt: skip
    done, rows = said["done"], said["rows"]
    print(f"  database: {rows / done['commits']:.0f} readings a commit, "
          f"{rows / done['flushes']:.0f} a flush of its log, "
          f"{done['written'] / rows:.0f} bytes of log a reading")  # fmt: skip


def show_table(runs: dict[int, dict], seconds: int) -> None:
    """Several runs beside each other, for a note."""
    print("\n| beds | kept up | acknowledged p50 / p99 ms | finding p50 / p99 ms | reading p99 ms "
          "| web / database µs a reading "
          "| readings a flush | others, cores |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for beds, said in runs.items():
        rate = said["rows"] / seconds
        cost = [said["cores"][name] / rate * 1e6 for name in ("web", "database")]
        cells = (
            f"{beds}", f"{rate / beds:.0%}", _both(said["acks"]), _both(said["findings"]),
            f"{percentile(said['seen'], 99):.0f}", f"{cost[0]:.0f} / {cost[1]:.0f}",
            f"{said['rows'] / said['done']['flushes']:.0f}", f"{said['others']:.2f}",
        )  # fmt: skip
        print(f"| {' | '.join(cells)} |")


def _both(took: list[float]) -> str:
    return f"{percentile(took, 50):.0f} / {percentile(took, 99):.0f}"


def run(words: argparse.Namespace, beds: int) -> dict:
    words.beds = beds
    words.readers = max(1, beds // 10) if words.follow is None else words.follow
    with tempfile.TemporaryDirectory() as made:
        folder = words.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        said = measured(words, folder)
    show(words, said)
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beds", type=int, default=200)
    parser.add_argument("--table", type=int, nargs="*", metavar="BEDS", help="several, as a table")
    parser.add_argument("--readers", type=int, dest="follow", help="default: a tenth of the beds")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--warm", type=int, default=5)
    parser.add_argument("--door", choices=("ingest", "mllp"), default="ingest")
    parser.add_argument("--storage", action="store_true", help="measure room and opening as well")
    parser.add_argument("--keep", type=Path, help="use this folder and leave it there")
    parser.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--mllp", type=int, default=0, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.load:
        words.readers = words.follow
        return load(words)
    if words.table is None:
        run(words, words.beds)
        return 0
    runs = {beds: run(words, beds) for beds in words.table or TABLE}
    show_table(runs, words.warm + words.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
