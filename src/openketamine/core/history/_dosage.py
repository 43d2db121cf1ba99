"""How much of a medicine a day, from its coded dose and timing; None is "not known", never zero."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openketamine.core.history._fields import codings, items, mapping, number, text
from openketamine.core.history._sig import read_sig

_HOURS = {"h": Decimal(1), "d": Decimal(24), "wk": Decimal(168), "min": Decimal(1) / 60}
_HOURS |= {"mo": Decimal(730), "s": Decimal(1) / 3600}
_IN_MG = {"mg": Decimal(1), "ug": Decimal("0.001"), "mcg": Decimal("0.001"), "g": Decimal(1000)}
_TABLETS = ("{tbl}", "{tablet}", "tbl", "tab", "tablet", "tablets", "tablet(s)", "pill", "pills")
_CAPSULES = ("{capsule}", "{cap}", "cap", "capsule", "capsules", "capsule(s)")
_PIECES = ("", "1", *_TABLETS, *_CAPSULES)
# Timing abbreviations of HL7 (GTSAbbreviation): so many times a day.
_TIMES = {
    "QD": Decimal(1),
    "AM": Decimal(1),
    "PM": Decimal(1),
    "BED": Decimal(1),
    "HS": Decimal(1),
    "BID": Decimal(2),
    "TID": Decimal(3),
    "QID": Decimal(4),
    "Q4H": Decimal(6),
    "Q6H": Decimal(4),
    "Q8H": Decimal(3),
    "QOD": Decimal("0.5"),
    "WK": Decimal(1) / 7,
}


@dataclass(frozen=True)
class Amount:
    """So much of it: milligrams where they are known, else pieces of which the names say more."""

    mg: Decimal | None = None
    pieces: Decimal | None = None


@dataclass(frozen=True)
class Daily:
    """Of a day: what is taken regularly, and the most that with the doses as needed is allowed."""

    regular: Amount = Amount()
    most: Amount = Amount()
    as_needed: bool = False


NOT_KNOWN = Daily()


def daily(resource: Mapping[str, Any], names: tuple[str, ...]) -> Daily:
    """What the dosage of an order, a statement or a dispense comes to; of a range the most.

    Instructions that follow each other (`sequence`) are not added up: the largest counts.
    """
    instructions = list(items(resource, "dosageInstruction"))
    if not instructions and isinstance(resource.get("dosage"), list):
        instructions = list(items(resource, "dosage"))
    if not instructions:
        return NOT_KNOWN
    strength = _strength_mg(names)
    read = [(_step(one), _as_needed(one), _a_day(one, strength)) for one in instructions]
    regular = [(step, amount) for step, as_needed, amount in read if not as_needed]
    return Daily(
        regular=_largest(regular) if regular else NOT_KNOWN.regular,
        most=_largest((step, amount) for step, _, amount in read),
        as_needed=not regular,
    )


def _largest(steps: Iterable[tuple[Decimal, Amount]]) -> Amount:
    by_step: dict[Decimal, list[Amount]] = {}
    for step, amount in steps:
        by_step.setdefault(step, []).append(amount)
    sums = list(by_step.values())
    return Amount(
        mg=_most(_sum(amount.mg for amount in one) for one in sums),
        pieces=_most(_sum(amount.pieces for amount in one) for one in sums),
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _most(sums: Iterable[Decimal | None]) -> Decimal | None:
    known = list(sums)
    return None if None in known else max((one for one in known if one is not None), default=None)


def _step(instruction: Mapping[str, Any]) -> Decimal:
    return number(instruction, "sequence") or Decimal(0)


def _as_needed(instruction: Mapping[str, Any]) -> bool:
    if instruction.get("asNeededBoolean") is True or "asNeededCodeableConcept" in instruction:
        return True
    said = f"{text(instruction, 'text')} {text(instruction, 'patientInstruction')}".lower()
    return instruction.get("asNeeded") is True or bool(re.search(r"\b(as needed|prn)\b", said))


def _a_day(instruction: Mapping[str, Any], strength: Decimal | None) -> Amount:
    each, times = _dose(instruction, strength), _times_a_day(instruction)
    if each is None or times is None:
        each, times = _from_words(instruction, strength, each, times)
    limit = _limit(instruction, strength)
    if each is None or times is None:
        return limit
    found = Amount(_times(each.mg, times), _times(each.pieces, times))
    return Amount(_smaller(found.mg, limit.mg), _smaller(found.pieces, limit.pieces))


def _times(amount: Decimal | None, times: Decimal) -> Decimal | None:
    return None if amount is None else amount * times


def _smaller(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    known = [amount for amount in (one, other) if amount is not None]
    return min(known, default=None)


def _from_words(
    instruction: Mapping[str, Any],
    strength: Decimal | None,
    each: Amount | None,
    times: Decimal | None,
) -> tuple[Amount | None, Decimal | None]:
    """What the words say, where they are plain and do not contradict what is coded."""
    sig = read_sig(text(instruction, "text"))
    if sig is None:
        return each, times
    return each or _amount(sig.amount, sig.unit, strength), times or sig.times


def _dose(instruction: Mapping[str, Any], strength: Decimal | None) -> Amount | None:
    found = [_quantity(one, strength) for one in _doses(instruction)]
    known = [amount for amount in found if amount is not None]
    return known[0] if known else None


def _doses(instruction: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    # An ordered dose stands beside a calculated one; older servers put it straight in the dosage.
    for holder in (*items(instruction, "doseAndRate"), instruction):
        yield mapping(holder, "doseQuantity") or mapping(mapping(holder, "doseRange"), "high")


def _quantity(quantity: Mapping[str, Any], strength: Decimal | None) -> Amount | None:
    amount = number(quantity, "value") if quantity else None
    if amount is None:
        return None
    unit = (text(quantity, "code") or text(quantity, "unit")).lower()
    return _amount(amount, unit, strength)


def _amount(amount: Decimal, unit: str, strength: Decimal | None) -> Amount | None:
    if unit in _IN_MG:
        return Amount(mg=amount * _IN_MG[unit])
    if unit in _PIECES:
        return Amount(mg=_times(strength, amount), pieces=amount)
    return None


def _limit(instruction: Mapping[str, Any], strength: Decimal | None) -> Amount:
    """`maxDosePerPeriod`, where its period is a day."""
    ratio = mapping(instruction, "maxDosePerPeriod")
    period = mapping(ratio, "denominator")
    unit = (text(period, "code") or text(period, "unit")).lower()
    length = number(period, "value")
    hours = length * _HOURS.get({"day": "d", "hour": "h"}.get(unit, unit), 0) if length else 0
    if hours != 24:
        return Amount()
    return _quantity(mapping(ratio, "numerator"), strength) or Amount()


def _strength_mg(names: tuple[str, ...]) -> Decimal | None:
    """The one strength in `Lorazepam 1 MG Oral Tablet`; None for combinations and solutions."""
    found = {
        m for name in names for m in re.findall(r"(\d{1,6}(?:\.\d{1,4})?) ?mg\b(?!/)", name.lower())
    }
    return Decimal(found.pop()) if len(found) == 1 else None


def _times_a_day(instruction: Mapping[str, Any]) -> Decimal | None:
    timing = mapping(instruction, "timing")
    repeat = mapping(timing, "repeat")
    if not repeat:
        codes, names = codings(mapping(timing, "code"))
        said = {*(code.partition("|")[2].upper() for code in codes), *(n.upper() for n in names)}
        return next((_TIMES[word] for word in sorted(said) if word in _TIMES), None)
    period, unit = number(repeat, "period"), text(repeat, "periodUnit")
    frequency = number(repeat, "frequencyMax") or number(repeat, "frequency")
    if period is None and not unit:
        return _moments(repeat)
    if period is None or period <= 0 or unit not in _HOURS:
        return None
    return (frequency if frequency is not None else Decimal(1)) * 24 / (period * _HOURS[unit])


def _moments(repeat: Mapping[str, Any]) -> Decimal | None:
    """Times of day or meals that are listed: each of them is once, every day."""
    for key in ("timeOfDay", "when"):
        listed = repeat.get(key)
        if isinstance(listed, list) and listed and not repeat.get("dayOfWeek"):
            return Decimal(len(listed))
    return None
