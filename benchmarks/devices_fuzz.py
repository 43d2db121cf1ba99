"""Damaged messages and frames at the door of the gateway: nothing crashes, memory stays flat.

    python benchmarks/devices_fuzz.py --messages 1000000 --frames 50000

First the pure half (frames, batches, decoding, answers), message by message; then a real listener
on a real socket with a real spool, beside hostile company: senders that drip, senders that never
read, two hundred connections. Prints rates, and the resident memory at the start and at the end.
"""

import argparse
import asyncio
import json
import logging
import os
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.devices.captures import FULL_MONITOR, FULL_PUMP
from tests.devices.mutations import handle, mutated, mutated_frames

from openketamine.devices.connectors.mllp.framing import Framer, wrap
from openketamine.devices.connectors.mllp.listener import MllpListener, Settings
from openketamine.devices.spool import Spool

NOW = datetime(2026, 7, 3, 7, 0, 1, tzinfo=UTC)
BHS = b"BHS|^~\\&|BEDMON|WARD|OPENKET|WARD|20260703090000+0200||||B1\r"
ORIGINALS = (FULL_MONITOR, FULL_PUMP, BHS + FULL_MONITOR + FULL_PUMP + b"BTS|2\r")


def rss_mib():
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def show(done, total, since):
    """A bar on a terminal, a line now and then in a pipe."""
    rate = done / max(time.perf_counter() - since, 1e-9)
    words = f"{done:>9,} of {total:,}  {rate:>8,.0f}/s  {rss_mib():6.1f} MiB"
    if sys.stderr.isatty():
        bar = "█" * (30 * done // total)
        print(f"\r{bar:<30} {words}", end="\n" if done == total else "", file=sys.stderr)
    elif done == total or done % (total // 10 or 1) == 0:
        print(words, file=sys.stderr)


def pure(total, seed):
    """The pure half. Any exception ends the run."""
    chance, understood, faults = random.Random(seed), 0, 0  # noqa: S311  (seeded on purpose)
    framer = Framer()
    for warm in range(2000):
        handle(mutated(random.Random(warm), ORIGINALS[warm % 3]))  # noqa: S311  (seeded)
    before, since = rss_mib(), time.perf_counter()
    for number in range(1, total + 1):
        raw = mutated(chance, ORIGINALS[number % 3])
        for found in framer.feed(mutated_frames(chance, raw)):
            if isinstance(found, bytes):
                understood += handle(found) is not None
            else:
                faults += 1
                framer = Framer() if found.fatal else framer
        if number % 1000 == 0 or number == total:
            show(number, total, since)
    took = time.perf_counter() - since
    return {
        "messages": total, "understood": understood, "bad_frames": faults,
        "per_second": round(total / took), "rss_start_mib": round(before, 1),
        "rss_end_mib": round(rss_mib(), 1),
    }  # fmt: skip


async def sockets(total, seed, folder):
    """A listener among hostile senders. Every well-meant message must still be answered."""
    spool = Spool(folder / "spool.sqlite3")
    settings = Settings("127.0.0.1", 0, UTC, frame_timeout_s=2.0, most_connections=300)
    listener = MllpListener(settings, spool, dict, lambda: datetime.now(UTC))
    await listener.start()
    drain = asyncio.create_task(_drain(spool))
    company = [asyncio.create_task(_drips(listener.port)) for _ in range(150)]
    company += [asyncio.create_task(_deaf(listener.port)) for _ in range(20)]
    await asyncio.sleep(1)
    before, since = rss_mib(), time.perf_counter()
    chance, answered, honest, waits = random.Random(seed), 0, 0, []  # noqa: S311  (seeded on purpose)
    reader = writer = None
    for number in range(1, total + 1):
        if number % 20 == 1:
            if writer is not None:
                writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            own = FULL_MONITOR.replace(b"|C1|", f"|H{number}|".encode())
            sent = time.perf_counter()
            writer.write(wrap(own))
            said = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 30)
            waits.append(time.perf_counter() - sent)
            honest += 1
            answered += b"|AE|H" in said
        if not writer.transport.is_closing():
            raw = mutated(chance, ORIGINALS[number % 3])
            writer.write(mutated_frames(chance, raw))
            await asyncio.sleep(0)
        if number % 200 == 0:
            await asyncio.sleep(0.01)
            show(number, total, since)
    took = time.perf_counter() - since
    rss = rss_mib()
    for task in (*company, drain):
        task.cancel()
    await asyncio.gather(*company, drain, return_exceptions=True)
    writer.close()
    await listener.stop()
    await spool.close()
    return {
        "frames": total, "honest": honest, "honest_answered": answered,
        "unreadable": listener.unreadable, "per_second": round(total / took),
        "answer_p50_ms": _ms(waits, 0.5), "answer_p99_ms": _ms(waits, 0.99),
        "rss_start_mib": round(before, 1), "rss_end_mib": round(rss, 1),
    }  # fmt: skip


def _ms(waits, share):
    return round(sorted(waits)[min(len(waits) - 1, int(share * len(waits)))] * 1000, 1)


async def _drain(spool):
    """As the clinic would, so that the spool stays small."""
    while True:
        rows = await spool.oldest(500)
        if rows:
            await spool.accepted([row.number for row in rows], datetime.now(UTC))
        await asyncio.sleep(0.01)


async def _drips(port):
    """A message that never ends, byte by byte, again and again."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x0bMSH|^~")
            for _ in range(100):
                writer.write(b"x" * 200)
                await asyncio.sleep(0.05)
        except OSError:
            await asyncio.sleep(0.1)
        finally:
            writer.close()


async def _deaf(port):
    """Sends noise, and never reads what it is answered."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.transport.pause_reading()
            for _ in range(400):
                writer.write(wrap(b"PID|no"))
                await asyncio.sleep(0.02)
        except OSError:
            await asyncio.sleep(0.1)
        finally:
            writer.transport.abort()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--frames", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    logging.disable(logging.CRITICAL)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    )
    said = {"pure": pure(words.messages, words.seed)} if words.messages else {}
    if words.frames:
        with tempfile.TemporaryDirectory() as folder:
            said["sockets"] = asyncio.run(sockets(words.frames, words.seed, Path(folder)))
    print(json.dumps(said, indent=2))


if __name__ == "__main__":
    main()
