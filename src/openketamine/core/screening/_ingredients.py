"""Which ingredients, and so which classes, a medicine holds: by RxNorm code or by its words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from openketamine.core.history import Medicine
from openketamine.core.screening._names import plain
from openketamine.core.screening._spelling import nearest
from openketamine.knowledge import documents

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm|"
ATC = "http://www.whocc.no/atc|"


@dataclass(frozen=True)
class Ingredient:
    """An active ingredient with the names it goes by.

    `like_diazepam_10_mg`: how many mg of it count as 10 mg of diazepam. `mme_per_mg`: how many mg
    of morphine by mouth 1 mg of it counts as; `mme_per_ug_per_h`: the same for a patch.
    """

    name: str
    rxcui: str | None
    also: tuple[str, ...]
    classes: frozenset[str]
    products: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()
    like_diazepam_10_mg: Decimal | None = None
    mme_per_mg: Decimal | None = None
    mme_per_ug_per_h: Decimal | None = None


@cache
def ingredients() -> Mapping[str, Ingredient]:
    """Every ingredient that a rule may speak of, by name."""
    found: dict[str, Ingredient] = {}
    for file in documents("ingredients"):
        for node in file.body["ingredients"]:
            one = _ingredient(file.id, node)
            found[one.name] = _together(found[one.name], one) if one.name in found else one
    return found


def _ingredient(kind: str, node: Mapping[str, Any]) -> Ingredient:
    return Ingredient(
        name=str(node["name"]),
        rxcui=str(node["rxcui"]) if node.get("rxcui") else None,
        also=tuple(map(str, node.get("also", ()))),
        products=tuple(map(str, node.get("products", ()))),
        atc=tuple(map(str, node.get("atc", ()))),
        classes=frozenset({kind, *map(str, node.get("classes", ()))}),
        like_diazepam_10_mg=_factor(node, "like_diazepam_10_mg"),
        mme_per_mg=_factor(node, "mme_per_mg"),
        mme_per_ug_per_h=_factor(node, "mme_per_ug_per_h"),
    )


def _together(one: Ingredient, other: Ingredient) -> Ingredient:
    """Phenobarbital is an inducer and a depressant: what either file says of it counts."""
    return replace(
        other,
        rxcui=other.rxcui or one.rxcui,
        also=tuple(dict.fromkeys((*one.also, *other.also))),
        products=tuple(dict.fromkeys((*one.products, *other.products))),
        atc=tuple(dict.fromkeys((*one.atc, *other.atc))),
        classes=one.classes | other.classes,
    )


def _factor(node: Mapping[str, Any], key: str) -> Decimal | None:
    return Decimal(str(node[key]["value"])) if key in node else None


@cache
def _pattern() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """One pattern for every name of every ingredient, and whose name it is."""
    names = {plain(word): i.name for i in ingredients().values() for word in (i.name, *i.also)}
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b"), names


@cache
def by_code() -> Mapping[str, str]:
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
    coded = {by_code()[code] for code in codes if code in by_code()}
    worded = {whose[word] for name in names for word in pattern.findall(plain(name))}
    return frozenset(coded | worded)


def classes_of(medicine: Medicine) -> frozenset[str]:
    """Classes of all its ingredients, and of the ATC group that it was coded with."""
    return _classes_of(medicine.codes, medicine.names)


# On the skin, in the eye or in the ear it does not reach the rest of the body in any amount.
_OUTSIDE = re.compile(
    r"\b(shampoo|cream|ointment|lotion|topical|foam|gel|ophthalmic|eye drops?|otic|ear drops?)\b"
)


@lru_cache(maxsize=16384)
def _classes_of(codes: tuple[str, ...], names: tuple[str, ...]) -> frozenset[str]:
    if any(_OUTSIDE.search(plain(name)) for name in names):
        return frozenset()
    found = (ingredients()[name].classes for name in _ingredients_of(codes, names))
    by_group = {
        name for prefix, name in _atc_classes() for code in codes if code.startswith(prefix)
    }
    return frozenset(one for classes in found for one in classes) | by_group


def is_recognised(medicine: Medicine) -> bool:
    """Whether we know what is in it, so that no rule speaking is an answer and no gap."""
    if any(_OUTSIDE.search(plain(name)) for name in medicine.names):
        return True
    return bool(ingredients_of(medicine) or classes_of(medicine))


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
