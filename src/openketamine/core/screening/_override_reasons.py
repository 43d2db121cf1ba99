"""The coded reasons for which a prescriber may go on in spite of a rule."""

from dataclasses import dataclass
from functools import cache

from openketamine.core.findings import Evidence
from openketamine.knowledge import documents


@dataclass(frozen=True)
class OverrideReason:
    """One reason: its code, what it says, and what the prescriber's own words must add."""

    code: str
    says: str
    write: str
    evidence: Evidence


@cache
def override_reasons() -> tuple[OverrideReason, ...]:
    """Every reason that may be chosen, in the order of the file."""
    return tuple(
        OverrideReason(str(node["value"]), str(node["says"]), str(node["write"]), node["evidence"])
        for file in documents("override-reasons")
        for node in file.body["reasons"]
    )


def reason_in_words(code: str) -> str:
    """What a code says; a code of an older file is shown as it is."""
    return next((one.says for one in override_reasons() if one.code == code), code)
