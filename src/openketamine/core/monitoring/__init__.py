"""Readings → plausibility, freshness, findings. The primary alarm is the bedside monitor's."""

from openketamine.core.monitoring._assess import assess
from openketamine.core.monitoring._freshness import freshness
from openketamine.core.monitoring._limits import Limits, alarm_limits, delay_of, limits_for
from openketamine.core.monitoring._plausibility import assess_reading
from openketamine.core.monitoring._presentation import PRIORITIES, Presentation, presentation
from openketamine.core.monitoring._raised import FindingCleared, FindingRaised, finding_id
from openketamine.core.monitoring._sample import Sample
from openketamine.core.monitoring._symptoms import (
    answer_finding,
    is_emergency_symptom,
    plain_words,
    score_finding,
    symptom_finding,
    symptom_lasts,
)
from openketamine.core.monitoring._watch import Around, Step, Watch, fed, step, tick, told, watching

__all__ = [
    "PRIORITIES",
    "Around",
    "FindingCleared",
    "FindingRaised",
    "Limits",
    "Presentation",
    "Sample",
    "Step",
    "Watch",
    "alarm_limits",
    "answer_finding",
    "assess",
    "assess_reading",
    "delay_of",
    "fed",
    "finding_id",
    "freshness",
    "is_emergency_symptom",
    "limits_for",
    "plain_words",
    "presentation",
    "score_finding",
    "step",
    "symptom_finding",
    "symptom_lasts",
    "tick",
    "told",
    "watching",
]
