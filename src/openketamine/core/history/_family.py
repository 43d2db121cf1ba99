"""Illnesses of relatives: of another person, and so never the person's own."""

from collections.abc import Mapping
from typing import Any

from openketamine.core.history._fields import (
    NotUnderstoodError,
    codings,
    items,
    mapping,
    text,
)
from openketamine.core.history._record import FamilyCondition

# First-degree relatives in HL7's RoleCode, and as people write them.
_CLOSE_CODES = {
    "FTH",
    "MTH",
    "PRN",
    "NFTH",
    "NMTH",
    "NPRN",
    "CHILD",
    "SON",
    "DAU",
    "NCHILD",
    "SONC",
}
_CLOSE_CODES |= {"BRO", "SIS", "SIB", "NBRO", "NSIS", "NSIB", "DAUC"}
_CLOSE_WORDS = ("father", "mother", "parent", "brother", "sister", "sibling", "son", "daughter")
_MORE_DISTANT = ("grand", "step", "half", "in law", "in-law", "adopt", "foster")


def read_family(label: str, resource: Mapping[str, Any]) -> tuple[FamilyCondition, ...]:
    """One entry for each illness of this relative; none where it was entered in error."""
    if text(resource, "status") == "entered-in-error":
        return ()
    codes, names = codings(mapping(resource, "relationship"))
    if not codes and not names:
        raise NotUnderstoodError("relationship: a relative without relationship")
    close = _is_close(codes, names)
    relation = names[0] if names else codes[0].partition("|")[2]
    found = []
    for condition in items(resource, "condition"):
        own_codes, own_names = codings(mapping(condition, "code"))
        if not own_codes and not own_names:
            raise NotUnderstoodError("condition.code: an illness without code or name")
        found.append(FamilyCondition(label, own_codes, own_names, relation, close))
    return tuple(found)


def _is_close(codes: tuple[str, ...], names: tuple[str, ...]) -> bool:
    if any(code.partition("|")[2].upper() in _CLOSE_CODES for code in codes):
        return True
    words = " ".join(names).lower()
    return any(w in words for w in _CLOSE_WORDS) and not any(w in words for w in _MORE_DISTANT)
