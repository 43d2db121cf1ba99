"""Benzodiazepines and opioids of a day, added up as one: mg of diazepam, mg of morphine."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from openketamine.core.history import Medicine
from openketamine.core.screening._ingredients import (
    Ingredient,
    classes_of,
    ingredients,
    ingredients_of,
)

# A patch, a film or an injection is not reckoned by what is swallowed.
_OTHER_ROUTE = re.compile(
    r"\b(transdermal|patch|inject(ion|able)?|intraven\w+|iv|sublingual|buccal|film|intrathecal|"
    r"epidural|nasal|spray|rectal|suppository)\b"
)


@dataclass(frozen=True)
class DailyDose:
    """`at_least`: the regular doses that are known. `at_most`: with every dose as needed.

    `at_most` is None where one of them is not known.
    """

    at_least: Decimal
    at_most: Decimal | None


def diazepam_mg_a_day(medicines: Iterable[Medicine]) -> DailyDose:
    """The benzodiazepines of a day as mg of diazepam, by the table of equivalents."""
    return _sum(medicines, "benzodiazepine", _like_diazepam)


def mme_a_day(medicines: Iterable[Medicine]) -> DailyDose:
    """The opioids of a day as mg of morphine by mouth, by the factors of the CDC."""
    return _sum(medicines, "opioid", lambda one: one.mme_per_mg, swallowed=True)


def _like_diazepam(ingredient: Ingredient) -> Decimal | None:
    equivalent = ingredient.like_diazepam_10_mg
    return 10 / equivalent if equivalent is not None else None


def _sum(
    medicines: Iterable[Medicine],
    kind: str,
    factor: Callable[[Ingredient], Decimal | None],
    *,
    swallowed: bool = False,
) -> DailyDose:
    """Each ingredient once, although an order, a statement and a dispense may all speak of it."""
    spoken: dict[str, dict[str, list[DailyDose]]] = {}
    for medicine in medicines:
        if kind not in classes_of(medicine):
            continue
        name, dose = _one(medicine, kind, factor, swallowed=swallowed)
        spoken.setdefault(name, {}).setdefault(medicine.kind, []).append(dose)
    doses = [_agreed(kinds) for kinds in spoken.values()]
    return DailyDose(
        sum((dose.at_least for dose in doses), Decimal(0)), _all(dose.at_most for dose in doses)
    )


def _one(
    medicine: Medicine,
    kind: str,
    factor: Callable[[Ingredient], Decimal | None],
    *,
    swallowed: bool,
) -> tuple[str, DailyDose]:
    known = [ingredients()[name] for name in sorted(ingredients_of(medicine))]
    members = [one for one in known if kind in one.classes]
    if (
        len(members) == 1
        and swallowed
        and (patch := _patch(members[0], medicine.names)) is not None
    ):
        return members[0].name, DailyDose(patch, patch)
    if len(members) != 1 or (swallowed and any(map(_by_other_route, medicine.names))):
        return medicine.text, DailyDose(Decimal(0), None)
    times = factor(members[0])
    strength = _strength(members[0].name, medicine.names)
    daily = medicine.daily
    regular = _mg(daily.regular.mg, daily.regular.pieces, strength)
    most = _mg(daily.most.mg, daily.most.pieces, strength)
    if times is None:
        return members[0].name, DailyDose(Decimal(0), None)
    at_least = Decimal(0) if regular is None else regular * times
    return members[0].name, DailyDose(at_least, None if most is None else most * times)


def _patch(ingredient: Ingredient, names: tuple[str, ...]) -> Decimal | None:
    """A patch gives by the hour, whatever the days between two of them."""
    if ingredient.mme_per_ug_per_h is None:
        return None
    pattern = r"(\d{1,3}(?:\.\d)?) ?(?:mcg|ug|µg|microgram)s? ?/ ?h(?:r|our)?\b"
    found = {rate for name in names for rate in re.findall(pattern, name.lower())}
    return Decimal(found.pop()) * ingredient.mme_per_ug_per_h if len(found) == 1 else None


def _agreed(kinds: Mapping[str, list[DailyDose]]) -> DailyDose:
    """Of the kinds of resource that speak of one medicine the largest that is wholly known."""
    sums = [
        DailyDose(sum((d.at_least for d in doses), Decimal(0)), _all(d.at_most for d in doses))
        for doses in kinds.values()
    ]
    whole = [one.at_most for one in sums if one.at_most is not None]
    return DailyDose(max(one.at_least for one in sums), max(whole, default=None))


def _all(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _mg(mg: Decimal | None, pieces: Decimal | None, strength: Decimal | None) -> Decimal | None:
    if mg is not None:
        return mg
    return pieces * strength if pieces is not None and strength is not None else None


@lru_cache(maxsize=4096)
def _strength(ingredient: str, names: tuple[str, ...]) -> Decimal | None:
    """Of `oxycodone hydrochloride 5 MG / acetaminophen 325 MG` the 5 that belong to oxycodone."""
    pattern = rf"\b{re.escape(ingredient)}\b[a-z ]{{0,30}}?(\d{{1,5}}(?:\.\d{{1,4}})?) ?mg\b(?!/)"
    found = {one for name in names for one in re.findall(pattern, name.lower())}
    return Decimal(found.pop()) if len(found) == 1 else None


@lru_cache(maxsize=4096)
def _by_other_route(name: str) -> bool:
    return _OTHER_ROUTE.search(name.lower()) is not None
