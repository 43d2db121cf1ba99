"""A person's facts against the rules: findings with their reasons, and what is not known."""

from openketamine.core.screening._compare import Change, Difference, compare, differences
from openketamine.core.screening._evaluate import LOCALES, evaluate
from openketamine.core.screening._evaluation import Evaluation, Override, Unknown
from openketamine.core.screening._ingredients import ingredients_of
from openketamine.core.screening._override_reasons import (
    OverrideReason,
    override_reasons,
    reason_in_words,
)
from openketamine.core.screening._pressure import pre_dose_blood_pressure
from openketamine.core.screening._recorded import recorded
from openketamine.core.screening._rule import Question
from openketamine.core.screening._rules import known_programmes, questions
from openketamine.core.screening._site import HouseLimit, Tightened, digest_with, house_limits
from openketamine.core.screening._unasked import unasked

__all__ = [
    "LOCALES",
    "Change",
    "Difference",
    "Evaluation",
    "HouseLimit",
    "Override",
    "OverrideReason",
    "Question",
    "Tightened",
    "Unknown",
    "compare",
    "differences",
    "digest_with",
    "evaluate",
    "house_limits",
    "ingredients_of",
    "known_programmes",
    "override_reasons",
    "pre_dose_blood_pressure",
    "questions",
    "reason_in_words",
    "recorded",
    "unasked",
]
