"""What a scanner types: the GS1 code of a vial or carton, or the plain NDC of an older label.

A keyboard-wedge scanner is a keyboard: it types the code into the field and presses Enter. What
cannot be read without guessing is refused with the reason; the label is then typed by hand.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from openketamine.core.findings import BadInput

# Application identifier → how many digits follow; 0 for up to 20 characters that a separator ends.
_FIXED = {"01": 14, "11": 6, "13": 6, "15": 6, "17": 6}
_OPEN = ("10", "21")
_SEPARATOR = "\x1d"
_MOST = 20
# A US drug's number of trade is 03, ten digits of NDC, a check digit, with one digit for the pack.
_US_DRUG = re.compile(r"\d03(\d{10})\d")
_PLAIN = re.compile(r"\d{4,6}-\d{3,4}-\d{1,2}|\d{10,12}")
_CENTURY_AHEAD = 50


@dataclass(frozen=True)
class Scanned:
    """What stood in the code; empty or None where it did not."""

    ndc: str = ""
    lot: str = ""
    expiry: date | None = None
    gtin: str = ""
    serial: str = ""


def read_code(typed: str, year: int) -> Scanned:
    """Read one burst of a scanner. `year`: this year, since the code has two digits of it.

    Raises BadInput for what is no code, a wrong check digit, a date that is none, and for a code
    whose separators the scanner swallowed where it can be read in more than one way.
    """
    text = _plain_form(typed)
    if _PLAIN.fullmatch(text):
        return Scanned(ndc=text)
    if not text.startswith("01"):
        raise BadInput("scan", "a GS1 code that begins with (01), or an NDC", typed[:60])
    parts = _split(text)
    return Scanned(
        ndc=_ndc(parts["01"]),
        lot=parts.get("10", ""),
        expiry=_day(parts["17"], year) if "17" in parts else None,
        gtin=parts["01"],
        serial=parts.get("21", ""),
    )


def _plain_form(typed: str) -> str:
    """Without the scanner's own prefix, with one sign for the separator, brackets taken out."""
    text = typed.strip(" \r\n\t")
    text = re.sub(r"^\](d2|C1|Q3|e0)", "", text)
    text = re.sub(r"<GS>|\^\]|\u241d", _SEPARATOR, text)
    if text.startswith("("):
        text = re.sub(r"\((\d\d)\)", rf"{_SEPARATOR}\1", text)
    return text.strip(_SEPARATOR)


def _split(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    while text:
        key, rest = text[:2], text[2:]
        if key in _FIXED:
            value, text = rest[: _FIXED[key]], rest[_FIXED[key] :]
            if len(value) < _FIXED[key] or not value.isdigit():
                raise BadInput("scan", f"{_FIXED[key]} digits after ({key})", value)
        elif key in _OPEN:
            value, _, text = rest.partition(_SEPARATOR)
            _check_open(key, value)
        else:
            raise BadInput("scan", f"({') ('.join([*_FIXED, *_OPEN])}) and no other part", key)
        if key in parts:
            raise BadInput("scan", f"({key}) once")
        parts[key], text = value, text.lstrip(_SEPARATOR)
    return parts


def _check_open(key: str, value: str) -> None:
    if not value or len(value) > _MOST or _SWALLOWED.search(value):
        raise BadInput(
            "scan",
            f"({key}) of up to {_MOST} signs with its separator; set the scanner to send it, or "
            "type the label",
            value,
        )


# A date with a lot behind it inside a serial or lot is most likely a separator that got lost.
_SWALLOWED = re.compile(
    r"17\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])10.|.17\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])$"
)


def _ndc(gtin: str) -> str:
    weights = [3, 1] * 7
    digits = [int(one) for one in gtin]
    check = -sum(w * d for w, d in zip(weights, digits[:13], strict=False)) % 10
    if check != digits[13]:
        raise BadInput("scan", f"a number with the check digit {check}", gtin)
    found = _US_DRUG.fullmatch(gtin)
    return found.group(1) if found else ""


def _day(text: str, year: int) -> date:
    """`271231`; a day of 00 is the last of its month."""
    short, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    full = year - year % 100 + short
    if full - year > _CENTURY_AHEAD:
        full -= 100
    try:
        return date(full, month, day or calendar.monthrange(full, month)[1])
    except (ValueError, calendar.IllegalMonthError):
        raise BadInput("scan", "a date after (17)", text) from None
