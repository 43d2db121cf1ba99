"""The blood pressure gate before every dose."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from openketamine.core.findings import BadInput, Because, Finding
from openketamine.core.screening._rule import MeasuredMatch, Rule
from openketamine.core.screening._site import Tightened, rules_of, with_own_words


@lru_cache(maxsize=64)
def _grades(site: tuple[Tightened, ...] = ()) -> tuple[tuple[Rule, MeasuredMatch], ...]:
    """Grades of the gate, strictest first."""
    found = [
        (rule, rule.measured)
        for rule in rules_of(site)
        if rule.measured and rule.group == "pre-dose-pressure" and rule.locales in ((), ("us",))
    ]
    return tuple(sorted(found, key=lambda pair: -pair[0].action.strictness))


def pre_dose_blood_pressure(
    systolic: Decimal | int,
    diastolic: Decimal | int,
    age: int | None,
    site: tuple[Tightened, ...] = (),
) -> tuple[Finding, ...]:
    """What the pressure before a dose asks for, in mmHg; empty where it may go ahead.

    Only the strictest grade is returned. `site`: thresholds that this clinic has tightened. Raises
    BadInput for a pressure that is none.
    """
    given = f"{systolic}/{diastolic}"
    values = {"systolic": Decimal(systolic), "diastolic": Decimal(diastolic)}
    if not values["systolic"] > values["diastolic"] > 0:
        raise BadInput("blood pressure", "systolic above diastolic, in mmHg", given)
    fact = Because(f"blood pressure {given} mmHg")
    for rule, match in _grades(site):
        if _meets(match, values):
            found = rule.finding((fact,), age)
            house = _house_agrees(found, values)
            return (with_own_words(found, site, values, house_agrees=house),)
    return ()


def _meets(match: MeasuredMatch, values: Mapping[str, Decimal]) -> bool:
    return any(threshold.met_by(values[name]) for name, threshold in match.thresholds)


def _house_agrees(found: Finding, values: Mapping[str, Decimal]) -> bool:
    return any(
        _meets(match, values)
        for rule, match in _grades()
        if (rule.id, rule.action) == (found.rule, found.action)
    )
