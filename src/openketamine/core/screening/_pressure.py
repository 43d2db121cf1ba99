"""The blood pressure gate before every dose."""

from decimal import Decimal
from functools import cache

from openketamine.core.findings import BadInput, Because, Finding
from openketamine.core.screening._rule import MeasuredMatch, Rule
from openketamine.core.screening._rules import rules


@cache
def _grades() -> tuple[tuple[Rule, MeasuredMatch], ...]:
    """Grades of the gate, strictest first."""
    found = [
        (rule, rule.measured)
        for rule in rules()
        if rule.measured and rule.group == "pre-dose-pressure" and rule.locales in ((), ("us",))
    ]
    return tuple(sorted(found, key=lambda pair: -pair[0].action.strictness))


def pre_dose_blood_pressure(
    systolic: Decimal | int, diastolic: Decimal | int, age: int | None
) -> tuple[Finding, ...]:
    """What the pressure before a dose asks for, in mmHg; empty where it may go ahead.

    Only the strictest grade is returned. Raises BadInput for a pressure that is none.
    """
    given = f"{systolic}/{diastolic}"
    values = {"systolic": Decimal(systolic), "diastolic": Decimal(diastolic)}
    if not values["systolic"] > values["diastolic"] > 0:
        raise BadInput("blood pressure", "systolic above diastolic, in mmHg", given)
    fact = Because(f"blood pressure {given} mmHg")
    for rule, match in _grades():
        if any(threshold.met_by(values[name]) for name, threshold in match.thresholds):
            return (rule.finding((fact,), age),)
    return ()
