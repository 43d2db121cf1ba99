"""The numbers of a session as FHIR Observations.

What a person charted goes along whole. Of what devices sent goes along the first believed number of
each signal in every five minutes; the JSON export holds all of it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.clinic.dossier._words import amount, coded, concept, loinc, own, reference
from openketamine.clinic.dossier.whole import Sitting
from openketamine.knowledge import document

_EVERY_S = 300
_PANEL = "85354-9"
_PRESSURE = ("systolic", "diastolic")
_NOTE = "The first believed number of these five minutes, as a device sent it."
Resource = dict[str, Any]


def observations(one: Sitting, subject: Mapping[str, str]) -> Iterator[Resource]:
    """Of one session, in time."""
    for fact in one.facts:
        if fact.kind == "observation_charted":
            values = {name: Decimal(str(v)) for name, v in fact.body["values"].items()}
            by = {"performer": [{"display": fact.by.name}]}
            yield from _made(one, subject, fact.id, fact.at, values, by)
    note = {"note": [{"text": _NOTE}]}
    for place, (at, values) in enumerate(_thinned(one), 1):
        yield from _made(one, subject, f"{one.row.pk}-d{place}", at, values, note)


def _thinned(one: Sitting) -> Iterator[tuple[datetime, dict[str, Decimal]]]:
    seen: set[tuple[str, int]] = set()
    for body in one.readings:
        window = int(body.measured_at.timestamp()) // _EVERY_S
        new = {
            signal: value
            for signal, value in body.values.items()
            if value is not None and signal not in body.doubts and (signal, window) not in seen
        }
        seen |= {(signal, window) for signal in new}
        if new:
            yield body.measured_at, new


def _made(
    one: Sitting,
    subject: Mapping[str, str],
    name: str,
    at: datetime,
    values: Mapping[str, Decimal],
    more: Mapping[str, Any],
) -> Iterator[Resource]:
    about = {
        "resourceType": "Observation",
        "status": "final",
        "subject": dict(subject),
        "encounter": reference("Encounter", str(one.row.pk)),
        "effectiveDateTime": at.isoformat(),
        **more,
    }
    vital = {"category": [{"coding": [coded("observation-category", "vital-signs")]}]}
    pressures = [signal for signal in _PRESSURE if signal in values]
    if pressures:
        parts = [
            {"code": _code(signal), "valueQuantity": _quantity(signal, values[signal])}
            for signal in pressures
        ]
        code = {"coding": [loinc(_PANEL)], "text": "Blood pressure"}
        yield about | vital | {"id": f"{name}-bp", "code": code, "component": parts}
    for signal, value in values.items():
        if signal not in _PRESSURE:
            kind = vital if signal in _known() else {}
            quantity = {"code": _code(signal), "valueQuantity": _quantity(signal, value)}
            yield about | kind | {"id": f"{name}-{signal.replace('_', '-')}"} | quantity


def _code(signal: str) -> Resource:
    known = _known().get(signal)
    if known is None:
        return concept(own("signal", signal), signal.replace("_", " "))
    return concept(loinc(known["loinc"][0]), "")


def _quantity(signal: str, value: Decimal) -> Resource:
    known = _known().get(signal)
    return amount(float(value), _UNITS.get(signal) or (known["unit"] if known else "{score}"))


# What devices send beside what knowledge/measurements names; the rest is a score from 0 to 10.
_UNITS = {"pulse_rate": "/min", "mean_pressure": "mm[Hg]", "etco2": "mm[Hg]"}


@cache
def _known() -> Mapping[str, Any]:
    signals: Mapping[str, Any] = document("measurements", "vital-signs").body["signals"]
    return signals
