"""Which ingredients, and so which classes, a medicine holds: by RxNorm code or by its words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from openketamine.core.history import Medicine
from openketamine.core.screening._names import plain
from openketamine.core.screening._spelling import nearest
from openketamine.knowledge import documents

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm|"
ATC = "http://www.whocc.no/atc|"


@dataclass(frozen=True)
class Ingredient:
    """An active ingredient with the names it goes by.

    `like_diazepam_10_mg`: how many mg of it count as 10 mg of diazepam.
    """

    name: str
    rxcui: str | None
    also: tuple[str, ...]
    classes: frozenset[str]
    products: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()
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
                products=tuple(map(str, node.get("products", ()))),
                atc=tuple(map(str, node.get("atc", ()))),
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
    """Ingredients by RxNorm code, of the ingredient or of a product of it, and by ATC code."""
    found = {f"{RXNORM}{code}": i.name for i in ingredients().values() for code in _rxnorm(i)}
    return found | {f"{ATC}{code}": i.name for i in ingredients().values() for code in i.atc}


def _rxnorm(ingredient: Ingredient) -> tuple[str, ...]:
    return (*((ingredient.rxcui,) if ingredient.rxcui else ()), *ingredient.products)


@cache
def _atc_classes() -> tuple[tuple[str, str], ...]:
    """Whole groups of ATC that belong to a class: (prefix, class)."""
    files = documents("ingredients")
    return tuple((f"{ATC}{c}", file.id) for file in files for c in file.body.get("atc_classes", ()))


def ingredients_of(medicine: Medicine) -> frozenset[str]:
    """Names of the ingredients that we know in it; whole words only."""
    return _ingredients_of(medicine.codes, medicine.names)


@lru_cache(maxsize=16384)
def _ingredients_of(codes: tuple[str, ...], names: tuple[str, ...]) -> frozenset[str]:
    pattern, whose = _pattern()
    coded = {_by_code()[code] for code in codes if code in _by_code()}
    worded = {whose[word] for name in names for word in pattern.findall(plain(name))}
    return frozenset(coded | worded)


def classes_of(medicine: Medicine) -> frozenset[str]:
    """Classes of all its ingredients, and of the ATC group that it was coded with."""
    return _classes_of(medicine.codes, medicine.names)


@lru_cache(maxsize=16384)
def _classes_of(codes: tuple[str, ...], names: tuple[str, ...]) -> frozenset[str]:
    found = (ingredients()[name].classes for name in _ingredients_of(codes, names))
    by_group = {
        name for prefix, name in _atc_classes() for code in codes if code.startswith(prefix)
    }
    return frozenset(one for classes in found for one in classes) | by_group


def reads_like(medicine: Medicine) -> str | None:
    """The ingredient whose name it nearly has, where it holds none that we know; else None."""
    if ingredients_of(medicine) or classes_of(medicine):
        return None
    return _reads_like(medicine.names)


@lru_cache(maxsize=16384)
def _reads_like(names: tuple[str, ...]) -> str | None:
    whose = _pattern()[1]
    for name in names:
        for word in plain(name).split():
            if (found := nearest(word, _by_letter().get(word[:1], ()))) is not None:
                return whose[found]
    return None


@cache
def _by_letter() -> Mapping[str, tuple[str, ...]]:
    """The names of all ingredients by their first letter."""
    found: dict[str, list[str]] = {}
    for name in _pattern()[1]:
        found.setdefault(name[0], []).append(name)
    return {letter: tuple(names) for letter, names in found.items()}


def diazepam_mg_a_day(medicines: Iterable[Medicine]) -> Decimal | None:
    """The benzodiazepines of a day as mg of diazepam; None where one dose is not known."""
    doses = list(_diazepam_mg(medicines))
    return sum((d for d in doses if d is not None), Decimal(0)) if None not in doses else None


def known_diazepam_mg_a_day(medicines: Iterable[Medicine]) -> Decimal:
    """The same as far as it is known: at least so much."""
    return sum((dose for dose in _diazepam_mg(medicines) if dose is not None), Decimal(0))


def _diazepam_mg(medicines: Iterable[Medicine]) -> Iterator[Decimal | None]:
    for medicine in medicines:
        if "benzodiazepine" not in classes_of(medicine):
            continue
        known = [ingredients()[name] for name in ingredients_of(medicine)]
        equivalents = [i.like_diazepam_10_mg for i in known if "benzodiazepine" in i.classes]
        equivalent = equivalents[0] if len(equivalents) == 1 else None
        if equivalent is None or medicine.daily_mg is None:
            yield None
        else:
            yield medicine.daily_mg * 10 / equivalent
