"""Answers as they are handed in, checked, by item number."""

from collections.abc import Mapping, Sequence

from openketamine.core.findings import BadInput
from openketamine.core.scoring._instrument import Instrument, Item

Answers = Sequence[int | None] | Mapping[str | int, int | None]


def by_item(known: Instrument, answers: object) -> dict[int, int | None]:
    """Every item with its answer; None is "not answered". Raises BadInput naming the answer."""
    numbers = [item.number for item in known.items]
    if isinstance(answers, Mapping):
        listed = _numbered(known, answers)
    elif isinstance(answers, Sequence) and not isinstance(answers, str | bytes):
        if len(answers) > len(numbers):
            raise BadInput("answers", f"at most {len(numbers)} answers", len(answers))
        listed = dict(zip(numbers, answers, strict=False))
    else:
        raise BadInput("answers", "a list in item order or an object by item number", answers)
    return {item.number: _checked(item, listed.get(item.number)) for item in known.items}


def _numbered(known: Instrument, answers: Mapping[object, object]) -> dict[int, object]:
    listed: dict[int, object] = {}
    for key, value in answers.items():
        number = _number(known, key)
        if number in listed:
            raise BadInput("answers", f"one answer to item {number}", key)
        listed[number] = value
    return listed


def _number(known: Instrument, key: object) -> int:
    numbers = {str(item.number): item.number for item in known.items}
    if str(key) not in numbers:
        span = f"an item number from {min(numbers.values())} to {max(numbers.values())}"
        raise BadInput("answers", span, key)
    return numbers[str(key)]


def _checked(item: Item, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value not in item.answers:
        raise BadInput(f"answers[{item.number}]", f"{_may_be(item)}, or null", value)
    return value


def _may_be(item: Item) -> str:
    allowed = item.answers
    if allowed == tuple(range(allowed[0], allowed[-1] + 1)):
        return f"a whole number from {allowed[0]} to {allowed[-1]}"
    listed = ", ".join(str(one) for one in allowed[:-1])
    return f"{listed} or {allowed[-1]}"
