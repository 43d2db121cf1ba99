"""Readings → plausibility, freshness, findings. The primary alarm is the bedside monitor's."""

from openketamine.core.monitoring._assess import assess
from openketamine.core.monitoring._freshness import freshness
from openketamine.core.monitoring._limits import Limits, limits_for
from openketamine.core.monitoring._plausibility import assess_reading
from openketamine.core.monitoring._raised import FindingCleared, FindingRaised
from openketamine.core.monitoring._sample import Sample
from openketamine.core.monitoring._symptoms import (
    is_emergency_symptom,
    symptom_finding,
    symptom_lasts,
)
from openketamine.core.monitoring._watch import Around, Step, Watch, fed, step, tick, told, watching

__all__ = [
    "Around",
    "FindingCleared",
    "FindingRaised",
    "Limits",
    "Sample",
    "Step",
    "Watch",
    "assess",
    "assess_reading",
    "fed",
    "freshness",
    "is_emergency_symptom",
    "limits_for",
    "step",
    "symptom_finding",
    "symptom_lasts",
    "tick",
    "told",
    "watching",
]
