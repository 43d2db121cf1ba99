"""A protocol in plain words, and what exactly a signature is given for."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.course.papers._written import FIRST, filled
from openketamine.core.dosing import Protocol
from openketamine.knowledge import document

_LONG_S = 3 * 3600


@dataclass(frozen=True)
class Covers:
    """What a consent was signed for: another drug, use or route, or a higher dose asks again."""

    drug: str
    route: str
    area: str
    protocol: str
    most_ug: int
    most_ug_per_kg: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The form in which a fact keeps it."""
        return asdict(self)


def covers(protocol: Protocol) -> Covers:
    """What a consent to this protocol is given for: doses up to its hard limits."""
    per_kg = protocol.absolute.dose_ug_per_kg
    return Covers(
        drug=protocol.drug,
        route=protocol.route,
        area=protocol.area,
        protocol=protocol.id,
        most_ug=int(protocol.absolute.total_ug.amount),
        most_ug_per_kg=None if per_kg is None else int(per_kg.amount),
    )


def in_plain_words(protocol: Protocol, language: str) -> dict[str, str]:
    """`drug`, `way`, `purpose`, `start`, `most`, `over`: what the texts have in braces."""
    return {
        "drug": _word("drugs", protocol.drug, language),
        "way": _word("ways", protocol.route, language),
        "purpose": _word("purposes", protocol.area, language),
        "start": _amount(protocol.start, language, per_kg=protocol.per_kg),
        "most": _most(covers(protocol), language),
        "over": _over(protocol, language),
    }


def drug_and_way(drug: str, route: str, language: str) -> dict[str, str]:
    """The same of a drug that was given; the bare word where no plain one is known."""
    return {
        "drug": _plain("drugs", drug, language),
        "way": _plain("ways", route, language),
    }


def _most(limit: Covers, language: str) -> str:
    total = _amount(limit.most_ug, language, per_kg=False)
    if limit.most_ug_per_kg is None:
        return total
    per_kg = _amount(limit.most_ug_per_kg, language, per_kg=True)
    return filled(_word("amounts", "both", language), {"per_kg": per_kg, "total": total})


def _over(protocol: Protocol, language: str) -> str:
    minutes, hours = protocol.over_s // 60, protocol.over_s // 3600
    long = protocol.form == "infusion" and protocol.over_s >= _LONG_S
    form = "hours" if long else protocol.form
    said = {"minutes": str(minutes), "hours": str(hours)}
    return filled(_word("forms", form, language), said)


def _amount(micrograms: int, language: str, *, per_kg: bool) -> str:
    mg = f"{(Decimal(micrograms) / 1000).normalize():f}"
    return filled(_word("amounts", "per_kg" if per_kg else "fixed", language), {"mg": mg})


def _word(group: str, name: str, language: str) -> str:
    known: Mapping[str, str] = _wording()[group][name]
    return known.get(language, known[FIRST])


def _plain(group: str, name: str, language: str) -> str:
    return _word(group, name, language) if name in _wording()[group] else name


@cache
def _wording() -> Mapping[str, Any]:
    return document("wording", "doses").body
