"""One evaluator for every instrument: check the answers, count, find the band, raise the flags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.scoring._instrument import Instrument, instrument


@dataclass(frozen=True)
class Flag:
    """An answer that somebody must see, whatever the total."""

    item: int | None
    says: str

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        return {"item": self.item, "says": self.says}


@dataclass(frozen=True)
class Score:
    """A total with its band; `total` is None where too many items are missing."""

    instrument: str
    total: int | None
    band: str | None
    valid: bool
    missing: tuple[int, ...]
    flags: tuple[Flag, ...]
    loinc: str | None

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        return {
            "instrument": self.instrument,
            "total": self.total,
            "band": self.band,
            "valid": self.valid,
            "missing": list(self.missing),
            "flags": [flag.as_json() for flag in self.flags],
            "loinc": self.loinc,
        }


Answers = Sequence[int | None] | Mapping[str | int, int | None]


def score(name: str, answers: Answers) -> Score:
    """Score an instrument. Answers come in item order, or by item number; None is "not answered".

    Raises BadInput for an unknown instrument or item, or an answer outside the item's range.
    """
    known = instrument(name)
    given = _by_item(known, answers)
    required = _required(known, given)
    missing = tuple(number for number in required if given[number] is None)
    valid = len(missing) <= known.most_missing
    total = _total(known, given, required) if valid else None
    return Score(
        instrument=known.id,
        total=total,
        band=_risk(known, given, valid=valid) if known.triage else _band(known, total),
        valid=valid,
        missing=missing,
        flags=_flags(known, given, total),
        loinc=known.loinc,
    )


def _by_item(known: Instrument, answers: object) -> dict[int, int | None]:
    numbers = [item.number for item in known.items]
    if isinstance(answers, Mapping):
        listed = {_number(known, key): value for key, value in answers.items()}
    elif isinstance(answers, Sequence) and not isinstance(answers, str | bytes):
        if len(answers) > len(numbers):
            raise BadInput("answers", f"at most {len(numbers)} answers", len(answers))
        listed = dict(zip(numbers, answers, strict=False))
    else:
        raise BadInput("answers", "a list in item order or an object by item number", answers)
    return {
        item.number: _checked(item.number, item.low, item.high, listed.get(item.number))
        for item in known.items
    }


def _number(known: Instrument, key: object) -> int:
    numbers = {str(item.number): item.number for item in known.items}
    if str(key) not in numbers:
        raise BadInput(
            "answers",
            f"an item number from {min(numbers.values())} to {max(numbers.values())}",
            key,
        )
    return numbers[str(key)]


def _checked(number: int, low: int, high: int, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadInput(f"answers[{number}]", f"a whole number from {low} to {high}, or null", value)
    return value


def _required(known: Instrument, given: Mapping[int, int | None]) -> list[int]:
    """Items that must be answered; a yes to one may make others necessary."""
    numbers = {item.number for item in known.items if not item.optional}
    for opener, followers in known.asked_if:
        if given[opener] == 1:
            numbers.update(followers)
    return sorted(numbers)


def _total(
    known: Instrument, given: Mapping[int, int | None], required: Sequence[int]
) -> int | None:
    """The sum; the few missing items that the file allows count as the mean of the others."""
    if known.method == "triage":
        return None
    answered = [value for number in required if (value := given[number]) is not None]
    if not answered:
        return None
    # Whole-number arithmetic, half up: a score is a whole number.
    return (2 * sum(answered) * len(required) + len(answered)) // (2 * len(answered))


def _risk(known: Instrument, given: Mapping[int, int | None], *, valid: bool) -> str | None:
    """The highest level proven by a yes. With items missing it is a lower bound, never "none"."""
    for level in known.triage:
        if any(given.get(item) == 1 for item in level.any_of):
            return level.band if valid or level is known.triage[0] else f"at least {level.band}"
    return "no risk found" if valid else None


def _band(known: Instrument, total: int | None) -> str | None:
    return next(
        (says for low, high, says in known.bands if total is not None and low <= total <= high),
        None,
    )


def _flags(
    known: Instrument, given: Mapping[int, int | None], total: int | None
) -> tuple[Flag, ...]:
    raised = []
    for rule in known.flags:
        value = total if rule.item is None else given.get(rule.item)
        if value is not None and rule.threshold.met_by(value):
            raised.append(Flag(rule.item, rule.says))
    unanswered = [number for number in known.must_answer if given[number] is None]
    return (*raised, *(Flag(number, "not answered: ask the person") for number in unanswered))
