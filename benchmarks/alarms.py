"""How often does it ring, how often for nothing, and what does it miss? On recorded bedsides.

    python benchmarks/alarms.py [FILE.csv …] [--made 8] [--seed 1]

Each recording is judged four ways:
  every number   a threshold on every number as it came: no plausibility, no delay, no repeat
  plausible      doubted numbers left out (zeros, 277 bpm, pulse against ECG), no delay, no repeat
  as we do       plausibility, delays, repeats, and what is over is over only after a while
  high waits     the same, and high priority of continuous signals waits 10 s as well

Truth, for one level of one signal: a stretch in which every number of a good sensor is beyond the
level's limit for at least 15 s, or in two rows on end where rows are further apart. Not a good
number: zero or less, a saturation above 100, a rate above 250, a heart rate that is more than 30
from the pulse of the oximeter at the same moment. A physiological finding is *false* when it was
raised where no true stretch of its level, or of a milder one of its family, was under way or began
within a row. A true stretch is *missed* when no finding of its family stood at its end. A single
high cuff between two calm ones is therefore counted as false. *Of artefacts*: physiological
findings whose own number is zero or less, or above 250.

The rule for truth knows persistence, as our rules do: where they share a mistake it does not show.
Where no number comes for five seconds the rules are asked once a second, as a live front asks.

Recordings of a row a minute cannot say what a delay of seconds is worth; the made ones, a number a
second with faults whose place is known, can, as far as their faults are like real ones.
"""

import argparse
import csv
import random
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path

from openketamine.core.monitoring import (
    Around,
    FindingCleared,
    FindingRaised,
    Limits,
    Sample,
    Step,
    Watch,
    assess_reading,
    limits_for,
    step,
    tick,
    watching,
)
from openketamine.core.monitoring._limits import Family
from openketamine.knowledge import Threshold

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "vitals"
BEGIN = datetime(2026, 11, 22, tzinfo=UTC)
COLUMNS = {
    "HR": "heart_rate", "PULSE": "pulse_rate", "RESP": "respiratory_rate", "SpO2": "spo2",
    "NBPSys": "systolic", "NBPDias": "diastolic", "NBPMean": "mean_pressure",
}  # fmt: skip
WAYS = ("every number", "plausible", "as we do", "high waits")
LASTS = timedelta(seconds=15)
PULSE_APART, RATE_MOST, FULL = 30, 250, 100
QUIET_S = 5
HOUR = 3600


@dataclass(frozen=True)
class Row:
    """One moment of a recording: signal → what the device said."""

    at_s: float
    values: Mapping[str, float]
    true: frozenset[str] | None = None  # families whose condition is real here, where that is known


@dataclass(frozen=True)
class Raised:
    """One finding of one way, from when to when."""

    finding: FindingRaised
    at_s: float
    until_s: float


def recording(path: Path) -> list[Row]:
    """A CSV with `time_s` and columns as MIMIC names them; blanks are left out."""
    with path.open(newline="") as file:
        return [_row(line) for line in csv.DictReader(file)]


def _row(line: Mapping[str, str]) -> Row:
    values = {}
    for name, said in line.items():
        signal = COLUMNS.get(name.split(" ")[0])
        if signal and said not in ("", "nan", "-"):
            values[signal] = float(said)
    return Row(float(line["time_s"]), values)


def made(hours: int, seed: int) -> list[Row]:
    """A number a second, with faults and true falls of saturation whose places are known."""
    dice = random.Random(seed)  # noqa: S311
    rows, fault, until, low = [], "", 0.0, 0.0
    for second in range(hours * HOUR):
        if second >= until:
            fault = dice.choices(
                ("", "motion", "off", "cuff", "spike", "true"), (600, 4, 1, 2, 2, 2)
            )[0]
            spans = {"motion": (2, 9), "off": (20, 120), "cuff": (20, 40), "spike": (1, 3)}
            until = second + dice.uniform(
                *spans.get(fault, (40, 150) if fault == "true" else (5, 9))
            )
            low = dice.uniform(78, 92)
        rows.append(_second(second, fault, low, dice))
    return rows


def _second(second: int, fault: str, low: float, dice: random.Random) -> Row:
    rate = 76 + dice.gauss(0, 2)
    values = {
        "heart_rate": rate, "pulse_rate": rate + dice.gauss(0, 1), "spo2": 97 + dice.gauss(0, 0.6),
        "respiratory_rate": 15 + dice.gauss(0, 1.5),
    }  # fmt: skip
    if fault in ("motion", "true"):
        values["spo2"] = low + dice.gauss(0, 0.5)
    if fault in ("off", "cuff"):
        values |= {"spo2": 0.0, "pulse_rate": 0.0}
    if fault == "spike":
        values |= {"heart_rate": 277.0 if second % 2 else 165.0, "pulse_rate": rate}
    values["spo2"] = min(values["spo2"], 100.0)
    real = frozenset({"spo2-low"}) if fault == "true" else frozenset[str]()
    return Row(second, {name: round(value) for name, value in values.items()}, real)


def limits_of(way: str) -> Limits:
    """The house limits as this way takes them."""
    limits = limits_for("iv-depression")
    if way in ("every number", "plausible"):
        families = tuple(
            replace(
                family,
                clear_after=timedelta(0),
                levels=tuple(replace(one, delay=timedelta(0), readings=1) for one in family.levels),
            )
            for family in limits.families
        )
        return replace(limits, families=families)
    if way == "as we do":
        return limits
    families = tuple(
        replace(
            family,
            levels=tuple(
                replace(one, delay=max(one.delay, timedelta(seconds=10)))
                if family.signal in ("spo2", "heart_rate", "respiratory_rate")
                else one
                for one in family.levels
            ),
        )
        for family in limits.families
    )
    return replace(limits, families=families)


def judged(rows: Sequence[Row], way: str) -> tuple[list[Raised], Counter[str]]:
    """Physiological findings of a recording, and how many technical ones by rule."""
    limits = limits_of(way)
    if way == "every number":
        limits = replace(limits, technical=())
    watch = watching(limits, {}, (), ())
    standing: dict[str, tuple[FindingRaised, float]] = {}
    found, technical = [], Counter[str]()
    for at_s, row in _moments(rows):
        made_ = _asked(watch, row, way, BEGIN + timedelta(seconds=at_s))
        if made_ is None:
            continue
        watch = made_.watch
        for change in made_.changes:
            if isinstance(change, FindingCleared):
                begun = standing.pop(change.finding_id, None)
                if begun:
                    found.append(Raised(begun[0], begun[1], at_s))
            elif change.nature == "technical":
                technical[change.rule] += 1
            else:
                standing[change.finding_id] = (change, at_s)
    end = rows[-1].at_s
    found += [Raised(finding, at, end) for finding, at in standing.values()]
    return found, technical


def _moments(rows: Sequence[Row]) -> Iterator[tuple[float, Row | None]]:
    """Each row, and each second in which a front asks because nothing came for a while."""
    for row, after in pairwise((*rows, rows[-1])):
        yield row.at_s, row
        quiet = row.at_s + QUIET_S
        while quiet < after.at_s:
            yield quiet, None
            quiet += 1


def _asked(watch: Watch, row: Row | None, way: str, now: datetime) -> Step | None:
    if row is None:
        return tick(watch, now, Around())
    return step(watch, _sample(row, way), now, Around())


def _sample(row: Row, way: str) -> Sample:
    at = BEGIN + timedelta(seconds=row.at_s)
    values: dict[str, Decimal | None] = {
        name: Decimal(str(value)) for name, value in row.values.items()
    }
    doubts = {} if way == "every number" else assess_reading(values, at, at)
    return Sample(at, at, values, doubts)


def truth(rows: Sequence[Row], limits: Limits) -> dict[str, list[tuple[float, float]]]:
    """Rule of each level → its true stretches, as (from, to) in seconds."""
    found = {}
    for family in limits.families:
        for level in family.levels:
            if level.with_symptoms:
                continue
            bounds = [one.threshold for one in level.bounds if not one.against_baseline]

            found[level.rule] = _stretches(rows, partial(_beyond, family, bounds))
    return found


def _beyond(family: Family, bounds: Sequence[Threshold], row: Row) -> bool | None:
    """Whether a row is beyond a limit; None where the recording cannot say."""
    if row.true is not None and family.id not in row.true:
        return False
    value = _good(row, family.signal)
    return None if value is None else any(one.met_by(value) for one in bounds)


def _good(row: Row, signal: str) -> float | None:
    value = row.values.get(signal)
    if value is None or value <= 0:
        return None
    if signal == "spo2" and value > FULL:
        return None
    if signal == "heart_rate":
        pulse = row.values.get("pulse_rate")
        if value > RATE_MOST or (pulse and abs(pulse - value) > PULSE_APART):
            return None
    return value


def _stretches(
    rows: Sequence[Row], beyond: Callable[[Row], bool | None]
) -> list[tuple[float, float]]:
    """Runs of rows beyond; a row without a good number neither carries one on nor ends it."""
    found: list[tuple[float, float]] = []
    run: list[float] = []
    for row in rows:
        is_beyond = beyond(row)
        if is_beyond:
            run.append(row.at_s)
        elif is_beyond is False:
            found += _long(run)
            run = []
    return [*found, *_long(run)]


def _long(run: Sequence[float]) -> Iterator[tuple[float, float]]:
    if len(run) > 1 and run[-1] - run[0] >= LASTS.total_seconds():
        yield run[0], run[-1]


@dataclass(frozen=True)
class Verdict:
    """One way on one recording. `waits`: from the begin of a true stretch of high priority to the
    finding."""

    raised: Counter[str]
    false: Counter[str]
    missed: int
    stretches: int
    technical: int
    artefacts: int
    waits: tuple[float, ...]


def verdict(rows: Sequence[Row], way: str) -> Verdict:
    """Compare what was raised with what was true."""
    limits = limits_for("iv-depression")
    true = truth(rows, limits)
    found, technical = judged(rows, way)
    slack = statistics.median(b.at_s - a.at_s for a, b in pairwise(rows)) + 1
    raised, false = Counter[str](), Counter[str]()
    for one in found:
        raised[one.finding.priority] += 1
        if not _is_true(one, true, limits, slack):
            false[one.finding.priority] += 1
    missed, stretches, waits = 0, 0, []
    for family in limits.families:
        rules = [level.rule for level in family.levels]
        mildest = family.levels[-1].rule
        own = [one for one in found if one.finding.rule in rules]
        for _, end in true.get(mildest, ()):
            stretches += 1
            missed += not any(one.at_s <= end + slack and one.until_s >= end for one in own)
        for begin, end in true.get(rules[0], ()):
            at = [one.at_s - begin for one in own if begin <= one.at_s <= end
                  and one.finding.rule == rules[0]]  # fmt: skip
            waits += at[:1]
    artefacts = sum(_is_artefact(one.finding) for one in found)
    of_machines = sum(technical.values())
    return Verdict(raised, false, missed, stretches, of_machines, artefacts, tuple(waits))


def _is_artefact(finding: FindingRaised) -> bool:
    """Whether the number that raised it is one that nobody has."""
    return finding.value is not None and not 0 < finding.value <= RATE_MOST


def _is_true(
    one: Raised, true: Mapping[str, list[tuple[float, float]]], limits: Limits, slack: float
) -> bool:
    family = next(
        f for f in limits.families if one.finding.rule in [level.rule for level in f.levels]
    )
    return any(
        begin - slack <= one.at_s <= end + slack
        for level in family.levels
        for begin, end in true.get(level.rule, ())
    )


def show(name: str, rows: Sequence[Row]) -> None:
    """One table for one recording."""
    hours = (rows[-1].at_s - rows[0].at_s) / HOUR
    print(f"\n{name}: {hours:.1f} h, {len(rows)} rows")
    print(f"{'':14}{'findings/h':>11}{'of them false':>15}{'high':>6}{'false':>6}"
          f"{'missed':>14}{'of artefacts':>14}{'technical/h':>13}{'high waits':>12}")  # fmt: skip
    for way in WAYS:
        said = verdict(rows, way)
        raised, false = said.raised.total(), said.false.total()
        share = f"{false} of {raised}"
        wait = f"{statistics.median(said.waits):.0f} s" if said.waits else "–"
        print(f"{way:14}{raised / hours:11.1f}{share:>15}{said.raised['high']:6}"
              f"{said.false['high']:6}{f'{said.missed} of {said.stretches}':>14}{said.artefacts:14}"
              f"{said.technical / hours:13.1f}{wait:>12}")  # fmt: skip


def main() -> None:
    """Every recording that is there, then a made one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--made", type=int, default=24, metavar="HOURS")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    files = asked.files or sorted(DATA.glob("*.csv"))
    if not files:
        print(f"no recordings in {DATA}: left out")
    for path in files:
        show(path.name, recording(path))
    if asked.made:
        show(f"made, seed {asked.seed}", made(asked.made, asked.seed))


if __name__ == "__main__":
    main()
