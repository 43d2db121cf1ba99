"""What a rule says, in sentences: whom it is about, what raises it, what sets it aside."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.quantities import format_number
from openketamine.core.screening import questions
from openketamine.knowledge import KnowledgeError, document

SIGNALS = {
    "systolic": "systolic blood pressure",
    "diastolic": "diastolic blood pressure",
    "heart_rate": "heart rate",
    "spo2": "oxygen saturation",
    "respiratory_rate": "breaths a minute",
    "temperature": "temperature",
    "glucose": "blood glucose",
    "ejection_fraction": "ejection fraction",
    "qtc": "QTc",
    "bmi": "body mass index",
    "alt": "ALT",
    "ast": "AST",
    "alkaline_phosphatase": "alkaline phosphatase",
    "gamma_gt": "gamma GT",
    "bilirubin": "bilirubin",
    "phq9": "PHQ-9",
    "within": "time since",
    "diazepam_mg_a_day": "benzodiazepine, as diazepam",
    "age": "age",
    "only_age": "age",
}
COMPARE = {">=": "at or above", ">": "above", "<=": "at or below", "<": "below"}
UNITS = {
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "a": "years",
    "d": "days",
    "wk": "weeks",
    "mo": "months",
    "kg/m2": "kg/m²",
    "/min": "per minute",
    "{score}": "points",
    "1": "",
}
_WHEN = {
    "ever": "A diagnosis, now or at any time before",
    "active": "A diagnosis that is active now",
    "past": "A diagnosis in the past",
}
_LONG = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than"}
_OLD = {">=": "{} or older", ">": "older than {}", "<=": "{} or younger", "<": "younger than {}"}
_LOCALES = {"us": "the US text", "eu": "the EU text"}
_ROUTES = {"iv": "by vein", "im": "into muscle", "sc": "under the skin"}


def amount(value: Any, unit: Any) -> str:
    """`160 mmHg`."""
    number = format_number(Decimal(str(value)), 3)
    return f"{number} {UNITS.get(str(unit), str(unit))}".strip()


def threshold_words(node: Mapping[str, Any]) -> str:
    """`at or above 160 mmHg`."""
    return f"{COMPARE[str(node['compare'])]} {amount(node['value'], node['unit'])}"


def signal_words(name: str) -> str:
    """`systolic` → `systolic blood pressure`."""
    return SIGNALS.get(name, name.replace("_", " ").replace("-", " "))


def about(node: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom the rule is about; empty where it is about everybody."""
    return tuple(_about(node))


def raised_by(node: Mapping[str, Any]) -> tuple[str, ...]:
    """Each fact that raises it; any one of them is enough."""
    return tuple(_raised_by(node))


def set_aside_by(node: Mapping[str, Any]) -> tuple[str, ...]:
    """What keeps it silent."""
    said = [_answered(question, given) for question, given in node.get("unless", {}).items()]
    if "unless_with" in node:
        said.append(_diagnosis(node["unless_with"]))
    if classes := node.get("without_medicines"):
        said.append(f"A current medicine of the class {_or([signal_words(c) for c in classes])}")
    return tuple(said)


def _about(node: Mapping[str, Any]) -> Iterator[str]:
    if drugs := node.get("drugs"):
        yield f"Only {_or(drugs)}"
    if routes := node.get("routes"):
        yield f"Only {_or([_ROUTES.get(str(route), str(route)) for route in routes])}"
    if areas := node.get("areas"):
        yield f"Only treatment of {_or(areas)}"
    if protocols := node.get("protocols"):
        yield f"Only under {_or([_protocol(str(name)) for name in protocols])}"
    if locales := node.get("locales"):
        yield f"From {_or([_LOCALES.get(str(one), str(one)) for one in locales])}"
    if programmes := node.get("programmes"):
        yield f"Only in a clinic with the programme {_or(programmes)}"
    if programmes := node.get("not_programmes"):
        yield f"Not in a clinic with the programme {_or(programmes)}"
    for age in node.get("only_age", ()):
        yield f"Only people {_age(age)}"
    if "only_with" in node:
        yield f"Only with: {_diagnosis(node['only_with'])}"


def _raised_by(node: Mapping[str, Any]) -> Iterator[str]:
    if node.get("always"):
        yield "It holds for everybody under this protocol"
    for part, say in _PARTS.items():
        if part in node:
            yield say(node[part])
    if node.get("age"):
        yield f"A person {' and '.join(_age(one) for one in node['age'])}"
    if "measured" in node:
        yield from _measured(node["measured"])
    for question, given in node.get("answers", {}).items():
        yield _answered(question, given)
    if kinds := node.get("not_understood"):
        yield f"An entry of the record that could not be read ({', '.join(map(str, kinds))})"
    if what := node.get("misspelt"):
        yield f"A {what} whose name nobody knows and that reads like one that matters"
    if node.get("deceased"):
        yield "The record says that the person has died"
    for bound in node.get("any_of", ()):
        yield _bound(bound)


def _diagnosis(match: Mapping[str, Any]) -> str:
    said = f"{_WHEN.get(str(match.get('when')), 'A diagnosis')}: {_names(match)}"
    if codes := match.get("icd10cm"):
        said += f"; ICD-10-CM {', '.join(map(str, codes))}"
    if codes := match.get("icd10cm_except"):
        said += f", but not {', '.join(map(str, codes))}"
    if "within" in match:
        said += f"; began {_time(match['within'])} ago"
        said += ", or nobody knows when" if match.get("undated_counts") else ""
        said += ", or was written down within that time" if match.get("recorded_counts") else ""
    if "unless_says" in match:
        said += f"; not where it says {_names(match['unless_says'])}"
    return said


def _names(match: Any) -> str:
    if not isinstance(match, Mapping):
        return ", ".join(map(str, match))
    said = ", ".join(map(str, match.get("names", ()))) or "by code"
    if but_not := match.get("but_not"):
        said += f" (not {', '.join(map(str, but_not))})"
    return said


def _medicine(match: Mapping[str, Any]) -> str:
    parts = []
    if classes := match.get("classes"):
        parts.append(f"of the class {_or([signal_words(str(one)) for one in classes])}")
    if ingredients := match.get("ingredients"):
        parts.append(_or(ingredients))
    said = f"A current medicine: {' or '.join(parts)}"
    if partners := match.get("together_with"):
        said += f", together with {_or([signal_words(str(one)) for one in partners])}"
    if "diazepam_mg_a_day" in match:
        said += f"; {threshold_words(match['diazepam_mg_a_day'])} a day as diazepam"
    return said


def _procedure(match: Mapping[str, Any]) -> str:
    if "within" in match:
        return f"{_time(match['within'])} ago: {_names(match)}".capitalize()
    return f"{'At any time before' if match.get('ever') else 'On the same day'}: {_names(match)}"


_PARTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "conditions": _diagnosis,
    "family": lambda match: f"In a close relative: {_names(match)}",
    "procedures": _procedure,
    "medicines": _medicine,
    "allergies": lambda match: f"Allergy to {_names(match)}",
}


def _measured(match: Mapping[str, Any]) -> Iterator[str]:
    days = int(match.get("days_running", 1))
    when = " on the day of the dose" if match.get("pre_dose") else ""
    when += f" on each of the last {days} days measured" if days > 1 else ""
    if "within" in match:
        when += f", measured {_time(match['within'])} ago"
    for signal, threshold in match.get("signals", {}).items():
        said = f"{signal_words(str(signal))} {threshold_words(threshold)}{when}"
        yield said[:1].upper() + said[1:]


def _bound(node: Mapping[str, Any]) -> str:
    rise = "A rise over the person’s baseline" if node.get("against") == "baseline" else "A reading"
    return f"{rise} {threshold_words(node)}"


def _time(node: Mapping[str, Any]) -> str:
    return f"{_LONG[str(node['compare'])]} {amount(node['value'], node['unit'])}"


def _age(node: Mapping[str, Any]) -> str:
    return _OLD[str(node["compare"])].format(amount(node["value"], node["unit"]))


def _answered(question: str, given: Sequence[str]) -> str:
    return f"The answer {_or([f'“{one}”' for one in given])} to “{_asks().get(question, question)}”"


@cache
def _asks() -> Mapping[str, str]:
    return {one.id: one.ask for one in questions()}


def _protocol(name: str) -> str:
    try:
        return document("protocols", name).title
    except KnowledgeError:
        return name


def _or(words: Sequence[Any]) -> str:
    said = [str(word) for word in words]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"
