"""Recorded bedside numerics from a CSV, sent as a monitor would have sent them.

What the device said is sent as it was written: a zero stays a zero, and a blank becomes "not
available". Times are those of the replay, because a monitor measures now.
"""

import asyncio
import csv
import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from openketamine.core.findings import BadInput
from openketamine.simulator.sender import MllpSender
from openketamine.simulator.wire import Bedside, layout, monitor_message

_BLANK = frozenset({"", "nan", "-", "--", "na", "null"})


@dataclass(frozen=True)
class Step:
    """One row: seconds from the start, and the digits of each signal, None where blank."""

    at_s: float
    values: dict[str, str | None]


@dataclass(frozen=True)
class Recording:
    """A CSV as read; `ignored` are columns that no row of the monitor speaks of."""

    steps: tuple[Step, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Replayed:
    """What was sent and how it was answered, by acknowledgement code."""

    sent: int
    answers: dict[str, int]
    ignored_columns: tuple[str, ...]


def read_recording(path: Path) -> Recording:
    """All rows of a CSV, by its header. Raises BadInput, naming the row and column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(str(path), f"a readable CSV file ({type(error).__name__})") from error
    if len(lines) < 2:
        raise BadInput(str(path), "a header and at least one row")
    header = [name.strip() for name in lines[0]]
    time, signals = _columns(path, header)
    rows = [(number, line) for number, line in enumerate(lines[1:], start=2) if any(line)]
    steps = tuple(_step(path, number, line, header, time, signals) for number, line in rows)
    for earlier, later in itertools.pairwise(steps):
        if later.at_s < earlier.at_s:
            raise BadInput(f"{path}: {header[time[0]]}", "times that never go back", later.at_s)
    used = {time[0], *signals}
    return Recording(steps, tuple(name for place, name in enumerate(header) if place not in used))


def replay_csv(
    path: Path,
    *,
    host: str,
    port: int,
    mrn: str,
    device_id: str,
    speed: float = 1.0,
    family: str = "TEST",
    given: str = "PATIENT",
    tries: int = 5,
) -> Replayed:
    """Send a recording to an MLLP listener. `speed` 60: an hour a minute; 0: without waiting.

    Each message is sent up to `tries` times until it is acknowledged.

    Raises BadInput for the file or the words, NobodyAnswersError where nothing is acknowledged.
    """
    if speed < 0:
        raise BadInput("speed", "0 (no waiting) or a positive factor", speed)
    recording = read_recording(path)
    bedside = Bedside(device_id, mrn, family, given)
    sender = MllpSender(host, port)
    sent = asyncio.run(_play(recording.steps, bedside, sender, speed, tries, _progress()))
    return Replayed(sent, dict(sender.answers), recording.ignored)


async def _play(
    steps: Sequence[Step],
    bedside: Bedside,
    sender: MllpSender,
    speed: float,
    tries: int,
    progress: Callable[[int, int], None],
) -> int:
    loop = asyncio.get_running_loop()
    begun, born = loop.time(), f"R{int(datetime.now(UTC).timestamp() * 1000):x}"
    try:
        for number, step in enumerate(steps, start=1):
            if speed:
                due = begun + (step.at_s - steps[0].at_s) / speed
                await asyncio.sleep(max(0.0, due - loop.time()))
            control_id = f"{born}{number:05d}"
            now = datetime.now(UTC)
            payload = monitor_message(bedside, step.values, at=now, control_id=control_id)
            await sender.send(payload, control_id, tries=tries)
            progress(number, len(steps))
    finally:
        await sender.close()
    return len(steps)


def _columns(path: Path, header: Sequence[str]) -> tuple[tuple[int, float], dict[int, str]]:
    """The time column with its factor to seconds, and column number → signal."""
    times = layout()["time_columns"]
    known = {
        name.casefold(): row["signal"]
        for row in layout()["rows"]
        for name in row.get("columns", ())
    }
    names = [name.casefold() for name in header]
    time = next(((place, times[name]) for place, name in enumerate(names) if name in times), None)
    if time is None:
        raise BadInput(f"{path}: header", f"a time column ({', '.join(times)})", list(header))
    signals = {place: known[name] for place, name in enumerate(names) if name in known}
    if not signals:
        raise BadInput(f"{path}: header", "a column such as HR (bpm) or SpO2 (%)", list(header))
    if len(set(signals.values())) < len(signals):
        raise BadInput(f"{path}: header", "each signal in one column only", list(header))
    return time, signals


def _step(
    path: Path,
    number: int,
    line: Sequence[str],
    header: Sequence[str],
    time: tuple[int, float],
    signals: dict[int, str],
) -> Step:
    cells = dict(zip(range(len(header)), (cell.strip() for cell in line), strict=False))
    values: dict[str, str | None] = {}
    for place, signal in signals.items():
        cell = cells.get(place, "")
        blank = cell.casefold() in _BLANK
        values[signal] = None if blank else _digits(path, number, header[place], cell)
    at = _digits(path, number, header[time[0]], cells.get(time[0], ""))
    return Step(float(at) * time[1], values)


def _digits(path: Path, number: int, column: str, cell: str) -> str:
    """The cell as written, where it is a plain number."""
    if not cell.lstrip("+-").replace(".", "", 1).isdecimal() or not cell.isascii():
        raise BadInput(f"{path}: row {number}, {column}", "a number or a blank", cell)
    return cell


def _progress() -> Callable[[int, int], None]:
    """A bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        return lambda _done, _all: None

    def show(done: int, total: int) -> None:
        bar = "█" * (30 * done // total)
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r{bar:<30} {done}/{total}{end}")
        sys.stderr.flush()

    return show
