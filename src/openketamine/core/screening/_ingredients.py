"""Which ingredients, and so which classes, a medicine holds: by RxNorm code or by its words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from openketamine.core.history import Medicine
from openketamine.core.screening._names import plain
from openketamine.knowledge import documents

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm|"


@dataclass(frozen=True)
class Ingredient:
    """An active ingredient with the names it goes by.

    `like_diazepam_10_mg`: how many mg of it count as 10 mg of diazepam.
    """

    name: str
    rxcui: str | None
    also: tuple[str, ...]
    classes: frozenset[str]
    like_diazepam_10_mg: Decimal | None = None


@cache
def ingredients() -> Mapping[str, Ingredient]:
    """Every ingredient that a rule may speak of, by name."""
    found: dict[str, Ingredient] = {}
    for file in documents("ingredients"):
        for node in file.body["ingredients"]:
            name = str(node["name"])
            before = found[name].classes if name in found else frozenset()
            equivalent = node.get("like_diazepam_10_mg", {}).get("value")
            found[name] = Ingredient(
                name=name,
                rxcui=str(node["rxcui"]) if node.get("rxcui") else None,
                also=tuple(map(str, node.get("also", ()))),
                classes=before | {file.id, *map(str, node.get("classes", ()))},
                like_diazepam_10_mg=Decimal(str(equivalent)) if equivalent else None,
            )
    return found


@cache
def _pattern() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """One pattern for every name of every ingredient, and whose name it is."""
    names = {plain(word): i.name for i in ingredients().values() for word in (i.name, *i.also)}
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b"), names


@cache
def _by_code() -> Mapping[str, str]:
    return {f"{RXNORM}{i.rxcui}": i.name for i in ingredients().values() if i.rxcui}


@lru_cache(maxsize=2048)
def ingredients_of(medicine: Medicine) -> frozenset[str]:
    """Names of the ingredients that we know in it; whole words only."""
    pattern, whose = _pattern()
    coded = {_by_code()[code] for code in medicine.codes if code in _by_code()}
    worded = {whose[word] for name in medicine.names for word in pattern.findall(plain(name))}
    return frozenset(coded | worded)


def classes_of(medicine: Medicine) -> frozenset[str]:
    """Classes of all its ingredients."""
    found = (ingredients()[name].classes for name in ingredients_of(medicine))
    return frozenset(one for classes in found for one in classes)


def mentions(medicine: Medicine, names: Iterable[str]) -> bool:
    """Whether it holds one of these ingredients."""
    return bool(ingredients_of(medicine) & set(names))


def diazepam_mg_a_day(medicines: Iterable[Medicine]) -> Decimal | None:
    """The benzodiazepines of a day as mg of diazepam; None where one dose is not known."""
    total = Decimal(0)
    for medicine in medicines:
        for name in ingredients_of(medicine):
            if "benzodiazepine" not in ingredients()[name].classes:
                continue
            equivalent = ingredients()[name].like_diazepam_10_mg
            if equivalent is None or medicine.daily_mg is None:
                return None
            total += medicine.daily_mg * 10 / equivalent
    return total
