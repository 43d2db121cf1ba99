"""A filled-in questionnaire: each answer under a LOINC code is read as the Observation it would be.

Scores travel both ways in FHIR; who sends the form alone must not lose what was said on it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openketamine.core.history._fields import items, mapping, text

_LOINC = "http://loinc.org"
_FILLED_IN = ("completed", "amended")
_CODE = re.compile(r"(?:^|[/#|.])(\d{1,7}-\d)$")
_DEEPEST = 10


def answered(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An Observation for each item that has a LOINC code and an answer; none of a form that is in
    progress, stopped or entered in error."""
    if text(resource, "status") not in _FILLED_IN:
        return
    for item in _items(resource, 0):
        code = _loinc(item)
        for answer in items(item, "answer") if code else ():
            if value := _value(answer):
                yield {
                    "resourceType": "Observation",
                    "status": "final",
                    "code": {
                        "coding": [{"system": _LOINC, "code": code}],
                        "text": text(item, "text"),
                    },
                    "effectiveDateTime": resource.get("authored"),
                    **value,
                }


def _items(node: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """Items within items, and those that belong to an answer."""
    if depth > _DEEPEST:
        return
    for item in items(node, "item"):
        yield item
        yield from _items(item, depth + 1)
        for answer in items(item, "answer"):
            yield from _items(answer, depth + 1)


def _loinc(item: Mapping[str, Any]) -> str:
    """The code of an item, at the end of its link id or of its definition."""
    for name in ("linkId", "definition"):
        if found := _CODE.search(text(item, name)):
            return found[1]
    return ""


def _value(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer in the form of an Observation's value; nothing where there is none."""
    for name in ("valueInteger", "valueDecimal"):
        if name in answer:
            return {"valueQuantity": {"value": answer[name], "unit": "{score}", "code": "{score}"}}
    if coding := mapping(answer, "valueCoding"):
        words = text(coding, "display")
        return {"valueCodeableConcept": {"coding": [coding], "text": words}}
    for name in ("valueBoolean", "valueString", "valueQuantity"):
        if name in answer:
            return {name: answer[name]}
    return {}
