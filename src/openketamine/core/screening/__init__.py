"""A person's facts against the rules: findings with their reasons, and what is not known."""

from openketamine.core.screening._compare import Change, Difference, compare, differences
from openketamine.core.screening._evaluate import evaluate
from openketamine.core.screening._evaluation import Evaluation, Override, Unknown
from openketamine.core.screening._pressure import pre_dose_blood_pressure
from openketamine.core.screening._rule import Question
from openketamine.core.screening._rules import questions
from openketamine.core.screening._site import Tightened
from openketamine.core.screening._unasked import unasked

__all__ = [
    "Change",
    "Difference",
    "Evaluation",
    "Override",
    "Question",
    "Tightened",
    "Unknown",
    "compare",
    "differences",
    "evaluate",
    "pre_dose_blood_pressure",
    "questions",
    "unasked",
]
