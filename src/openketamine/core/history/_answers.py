"""Answers that are numbers: "70 kg", "178 cm", "128/76" become measurements of the day."""

import re
from decimal import Decimal

from openketamine.core.findings import BadInput
from openketamine.core.history._fields import NotUnderstoodError
from openketamine.core.history._measurements import convert, possible, signal
from openketamine.core.history._record import Answer, Measurement

_ONE = {
    "weight": ("weight",),
    "height": ("height",),
    "blood-pressure-today": ("systolic", "diastolic"),
}
_EXPECTED = {
    "weight": "a weight with its unit, such as 70 kg",
    "height": "a height with its unit, such as 170 cm",
    "blood-pressure-today": "systolic over diastolic in mmHg, such as 128/76",
}


def expected(question: str) -> str:
    """What is to be typed for an answer that is a number; empty where nothing can be typed."""
    return _EXPECTED.get(question, "")


def measured(answer: Answer) -> tuple[Measurement, ...]:
    """The measurements that an answer holds; none for a question with choices."""
    names = _ONE.get(answer.question)
    if names is None:
        return ()
    pattern = r"\s*(\d{1,4}(?:\.\d{1,3})?)\s*"
    if len(names) == 1:
        match = re.fullmatch(pattern + r"([\[\]_a-zA-Z]+)\s*", answer.value)
    else:
        match = re.fullmatch(pattern + "/" + pattern + r"(?:mmHg)?\s*", answer.value)
    if match is None:
        raise BadInput(answer.question, _EXPECTED[answer.question], answer.value)
    unit = match.group(2) if len(names) == 1 else "mm[Hg]"
    return tuple(_one(answer, name, match.group(n + 1), unit) for n, name in enumerate(names))


def _one(answer: Answer, name: str, amount: str, unit: str) -> Measurement:
    known = signal(name)
    try:
        value = possible(known, convert(Decimal(amount), unit, known.unit))
    except NotUnderstoodError as fault:
        raise BadInput(
            answer.question, f"{_EXPECTED[answer.question]}; {fault}", answer.value
        ) from None
    resource = f"answer/{answer.question}"
    return Measurement(resource, name, value, known.unit, answer.at.date(), answer.at)
