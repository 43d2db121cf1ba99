"""What a pump says against what was charted. A difference is a technical finding, never a remedy.

Pure. Tolerances are in knowledge/alarms/pump.yaml. What the pump said at a moment is compared with
what was charted for that moment, so that a rate charted late with its real time clears itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.monitoring import FindingCleared, FindingRaised, Sample
from openketamine.core.monitoring import finding_id as named
from openketamine.core.quantities import format_number
from openketamine.core.treatment._infusion import Infusion, Segment
from openketamine.knowledge import Threshold, document, read_threshold

RATE, VOLUME, CONCENTRATION = (
    "pump_rate_ml_per_h",
    "pump_volume_delivered_ml",
    "pump_concentration_mg_per_ml",
)
RUNNING = "pump_running"
_THOUSAND = Decimal(1000)
Change = FindingRaised | FindingCleared


@dataclass(frozen=True)
class PumpReading:
    """What a pump said at one moment; numbers in mL/h, mL and mg/mL."""

    at: datetime
    received_at: datetime
    values: Mapping[str, Decimal | None]

    def said(self, signal: str) -> Decimal | None:
        """The number; a pump that stands gives nothing, whatever rate it is set to."""
        if signal == RATE and self.values.get(RUNNING) == 0:
            return Decimal(0)
        return self.values.get(signal)


@dataclass(frozen=True)
class PumpWatch:
    """The last readings of the pump, oldest first, and the findings of it that stand."""

    readings: tuple[PumpReading, ...] = ()
    active: tuple[FindingRaised, ...] = ()


@dataclass(frozen=True)
class _Compared:
    """One number that pump and chart both know."""

    rule: str
    signal: str
    priority: str
    differs: Threshold
    advice: tuple[str, ...]
    sources: tuple[Mapping[str, Any], ...]
    evidence: str


def pump_reading(sample: Sample) -> PumpReading | None:
    """What a sample says of a pump; None where it is none of a pump."""
    if not any(signal.startswith("pump_") for signal in sample.values):
        return None
    believed = {signal: sample.believed(signal) for signal in sample.values}
    return PumpReading(sample.moment, sample.received_at, believed)


def of_pump(active: Sequence[FindingRaised]) -> tuple[FindingRaised, ...]:
    """Those findings that this module raises and clears."""
    rules = {one.rule for one in _compared()} | {_body()["silence"]["rule"]}
    return tuple(one for one in active if one.rule in rules)


def pump_heard(watch: PumpWatch, reading: PumpReading) -> PumpWatch:
    """With one reading more; what lies too far back is forgotten."""
    since = reading.received_at - timedelta(seconds=float(_body()["look_back"]["value"]))
    kept = [one for one in watch.readings if one.received_at >= since]
    in_time = sorted([*kept, reading], key=lambda one: one.at)
    return replace(watch, readings=tuple(in_time))


def pump_step(
    watch: PumpWatch,
    infusion: Infusion | None,
    now: datetime,
    zone: tzinfo = UTC,
    *,
    attached: bool = True,
) -> tuple[PumpWatch, tuple[Change, ...]]:
    """What pump and chart raise and clear at `now`. `attached`: the pump speaks for this person.

    `zone`: in which the sentences tell the time.
    """
    if not watch.readings or not attached:
        # Without a pump nothing is compared, and nothing stands.
        changes: list[Change] = [FindingCleared(one.finding_id) for one in watch.active]
    else:
        changes = [change for one in _compared() for change in _compare(one, watch, infusion, zone)]
        changes += _silence(watch, infusion, now)
    gone = {one.finding_id for one in changes if isinstance(one, FindingCleared)}
    raised = [one for one in changes if isinstance(one, FindingRaised)]
    stand = (*(one for one in watch.active if one.finding_id not in gone), *raised)
    return replace(watch, active=stand), tuple(changes)


def charted(signal: str, infusion: Infusion | None, at: datetime) -> Decimal | None:
    """What the chart says of this signal at a moment; None where it says nothing of it."""
    if signal == RATE:
        segment = _segment(infusion, at)
        return Decimal(segment.rate_ul_per_h) / _THOUSAND if segment else Decimal(0)
    if infusion is None or at < infusion.started_at:
        return None
    if signal == VOLUME:
        given = infusion.given_ul(at)
        return Decimal(given.numerator) / Decimal(given.denominator) / _THOUSAND
    return Decimal(infusion.concentration_ug_per_ml) / _THOUSAND


def _compare(
    one: _Compared, watch: PumpWatch, infusion: Infusion | None, zone: tzinfo
) -> list[Change]:
    standing = [found for found in watch.active if found.rule == one.rule]
    spoken = [reading for reading in watch.readings if reading.said(one.signal) is not None]
    differing: list[PumpReading] = []
    for reading in reversed(spoken):
        # A number that was set anew is another difference; a volume grows all the time.
        same = one.signal == VOLUME or reading.said(one.signal) == spoken[-1].said(one.signal)
        if not same or not _differs(one, reading, infusion):
            break
        differing.append(reading)
    over = [FindingCleared(found.finding_id) for found in standing]
    if not differing:
        return [*over] if spoken else []
    newest, first = differing[0], differing[-1]
    lasted = Decimal(str((newest.at - first.at).total_seconds()))
    long = _limit("persists").met_by(lasted) and _limit("readings").met_by(len(differing))
    told = one.signal == VOLUME or any(o.value == newest.said(one.signal) for o in standing)
    if not long or (standing and told):
        return []
    return [*over, _finding(one, newest, first.at, infusion, zone)]


def _differs(one: _Compared, reading: PumpReading, infusion: Infusion | None) -> bool:
    says, known = reading.said(one.signal), charted(one.signal, infusion, reading.at)
    if says is None or known is None:
        return False
    return one.differs.met_by(abs(says - known))


def _finding(
    one: _Compared,
    reading: PumpReading,
    since: datetime,
    infusion: Infusion | None,
    zone: tzinfo,
) -> FindingRaised:
    known = charted(one.signal, infusion, reading.at) or Decimal(0)
    says = reading.said(one.signal) or Decimal(0)
    return FindingRaised(
        finding_id=named(one.rule, one.signal, since),
        rule=one.rule,
        signal=one.signal,
        priority=one.priority,
        nature="technical",
        summary=_words(one.signal, says, known, _segment(infusion, reading.at), infusion, zone),
        advice=one.advice,
        value=says,
        limit=f"differs by more than {format_number(one.differs.value)} {one.differs.unit}",
        sources=one.sources,
        evidence=one.evidence,
    )


def _words(
    signal: str,
    says: Decimal,
    known: Decimal,
    segment: Segment | None,
    infusion: Infusion | None,
    zone: tzinfo,
) -> str:
    if signal == VOLUME:
        return f"Pump says {_short(says)} mL given, charted {_short(known)} mL"
    if signal == CONCENTRATION:
        return f"Pump is set to {_short(says)} mg/mL, charted {_short(known)} mg/mL"
    pump = "Pump stands still" if says == 0 else f"Pump says {_short(says)} mL/h"
    if segment is None:
        return f"{pump}, charted as {'not started' if infusion is None else 'standing still'}"
    return f"{pump}, charted {_short(known)} mL/h since {segment.start.astimezone(zone):%H:%M}"


def _short(number: Decimal) -> str:
    return format_number(round(number, 2))


def _segment(infusion: Infusion | None, at: datetime) -> Segment | None:
    """What was charted to run at this moment."""
    running = [
        one
        for one in (infusion.segments if infusion else ())
        if one.start <= at and (one.end is None or at < one.end)
    ]
    return running[-1] if running else None


def _silence(watch: PumpWatch, infusion: Infusion | None, now: datetime) -> list[Change]:
    rule = _body()["silence"]
    standing = [one for one in watch.active if one.rule == rule["rule"]]
    last = max(one.received_at for one in watch.readings)
    waited = Decimal(str((now - last).total_seconds()))
    runs = infusion is not None and infusion.running
    if not runs or not read_threshold(rule["after"]).met_by(waited):
        return [FindingCleared(one.finding_id) for one in standing]
    if standing:
        return []
    return [
        FindingRaised(
            finding_id=named(rule["rule"], rule["signal"], last),
            rule=rule["rule"],
            signal=rule["signal"],
            priority=rule["priority"],
            nature="technical",
            summary=rule["summary"],
            advice=tuple(rule["advice"]),
            limit=f"longer than {rule['after']['value']} s",
            sources=tuple(rule["sources"]),
            evidence=rule["evidence"],
        )
    ]


@cache
def _compared() -> tuple[_Compared, ...]:
    return tuple(
        _Compared(
            node["rule"],
            node["signal"],
            node["priority"],
            read_threshold(node["differs"]),
            tuple(node["advice"]),
            tuple(node["sources"]),
            node["evidence"],
        )
        for node in _body()["compared"]
    )


@cache
def _limit(name: str) -> Threshold:
    return read_threshold(_body()[name])


def _body() -> Mapping[str, Any]:
    return document("alarms", "pump").body
