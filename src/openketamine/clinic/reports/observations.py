"""Extremes of what was observed, each with its time, out of every believed reading."""

from collections.abc import Sequence
from typing import Any

from openketamine.clinic.reports.times import Clock
from openketamine.core.monitoring import Sample
from openketamine.core.quantities import format_number

SIGNALS = {
    "systolic": ("Systolic", "mmHg"),
    "diastolic": ("Diastolic", "mmHg"),
    "heart_rate": ("Heart rate", "bpm"),
    "spo2": ("SpO₂", "%"),
    "respiratory_rate": ("Respiratory rate", "/min"),
    "etco2": ("EtCO₂", "mmHg"),
    "temperature": ("Temperature", "°C"),
    "moaas": ("Sedation, MOAA/S", "0–5"),
    "dissociation": ("Dissociation", "0–10"),
    "nausea": ("Nausea", "0–10"),
    "distress": ("Distress", "0–10"),
    "pain": ("Pain", "0–10"),
}


def extremes(samples: Sequence[Sample], clock: Clock) -> list[dict[str, Any]]:
    """For each signal: first, lowest, highest and last with their times; how many were believed.

    A signal that nobody measured has no row; the first one is the baseline only where it was taken
    before the dose, which its time tells.
    """
    rows = (_row(signal, samples, clock) for signal in SIGNALS)
    return [row for row in rows if row is not None]


def _row(signal: str, samples: Sequence[Sample], clock: Clock) -> dict[str, Any] | None:
    ordered = sorted(samples, key=lambda sample: sample.at)
    found = [(s.at, value) for s in ordered if (value := s.believed(signal)) is not None]
    doubted = sum(1 for sample in ordered if signal in sample.doubts)
    if not found:
        return None
    name, unit = SIGNALS[signal]
    chosen = {
        "first": found[0],
        "lowest": min(found, key=lambda pair: pair[1]),
        "highest": max(found, key=lambda pair: pair[1]),
        "last": found[-1],
    }
    shown = {
        key: {"value": format_number(value, 1), "at": clock.time(at)}
        for key, (at, value) in chosen.items()
    }
    return {"name": name, "unit": unit, "count": len(found), "doubted": doubted, **shown}
