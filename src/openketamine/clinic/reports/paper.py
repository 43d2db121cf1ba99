"""Which paper is in the printer: a setting, else what the machine's own locale says."""

import os
from collections.abc import Mapping

_SAID = {"a4": "a4", "letter": "us-letter", "us-letter": "us-letter"}
_LOCALE = ("LC_ALL", "LC_PAPER", "LANG")
# Territories whose paper is Letter in the supplemental data of the Unicode CLDR.
_LETTER = frozenset(
    ("BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE")
)


def paper(told: Mapping[str, str] = os.environ) -> str:
    """`a4` or `us-letter`, as typst calls them. A word that is no paper is as none."""
    asked = _SAID.get(told.get("OPENKETAMINE_PAPER", "").strip().lower())
    if asked:
        return asked
    locale = next((told[key] for key in _LOCALE if told.get(key)), "")
    territory = locale.partition("_")[2][:2].upper()
    return "us-letter" if territory in _LETTER else "a4"
