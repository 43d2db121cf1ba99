"""A person's facts against the rules: findings with their reasons, and what is not known."""

from openketamine.core.screening._evaluate import evaluate
from openketamine.core.screening._evaluation import Evaluation, Override, Unknown
from openketamine.core.screening._pressure import pre_dose_blood_pressure
from openketamine.core.screening._rules import Question, questions
from openketamine.core.screening._unasked import unasked

__all__ = [
    "Evaluation",
    "Override",
    "Question",
    "Unknown",
    "evaluate",
    "pre_dose_blood_pressure",
    "questions",
    "unasked",
]
