"""The rule files as dataclasses. A rule names facts that raise it; any one of them is enough."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from functools import cache
from itertools import count
from typing import Any

from openketamine.core.findings import Action, sources_of
from openketamine.core.screening._names import read_names
from openketamine.core.screening._rule import (
    ConditionMatch,
    MeasuredMatch,
    MedicineMatch,
    ProcedureMatch,
    Question,
    Rule,
)
from openketamine.knowledge import KnowledgeError, Threshold, documents, read_threshold


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of the contraindications and of the interactions, in file order."""
    nodes = [
        node
        for kind in ("contraindications", "interactions")
        for file in documents(kind)
        for node in file.body.get("rules", ())
    ]
    return _numbered(read_rule(node) for node in nodes)


def _numbered(found: Iterable[Rule]) -> tuple[Rule, ...]:
    numbers = count(1)
    parts = ("conditions", "only_with", "unless_with")
    return tuple(
        replace(
            rule,
            **{
                part: replace(getattr(rule, part), number=next(numbers))
                for part in parts
                if getattr(rule, part) is not None
            },
        )
        for rule in found
    )


@cache
def known_programmes() -> frozenset[str]:
    """What a clinic may switch on for itself, since a rule speaks of it."""
    return frozenset(name for rule in rules() for name in (*rule.programmes, *rule.not_programmes))


@cache
def questions() -> tuple[Question, ...]:
    """Every question, in file order."""
    nodes = [
        node
        for kind in ("contraindications", "interactions")
        for file in documents(kind)
        for node in file.body.get("questions", ())
    ]
    return tuple(_question(node) for node in nodes)


def _keys(shape: type, **spelt: str) -> frozenset[str]:
    """The keys that a node of this shape may have: its fields, some of which the files spell so."""
    return frozenset(spelt.get(field.name, field.name) for field in fields(shape))


_RULE = _keys(Rule, id="rule")
_QUESTION = _keys(Question, id="question")
_PARTS = {
    **{
        part: _keys(ConditionMatch) - {"number"} | {"but_not"}
        for part in ("conditions", "family", "only_with", "unless_with")
    },
    "procedures": frozenset({"names", "but_not", "ever", "within", "unless_says"}),
    "medicines": _keys(MedicineMatch),
    "allergies": frozenset({"names", "but_not"}),
    "measured": _keys(MeasuredMatch, thresholds="signals"),
}
_WHEN = ("ever", "active", "past")


def _check(name: str, node: Mapping[str, Any], known: frozenset[str]) -> None:
    """A misspelt key would leave out, in silence, what a clinician wrote."""
    if unknown := sorted(set(node) - known):
        raise KnowledgeError(f"{name}: {unknown[0]!r} is not one of {', '.join(sorted(known))}")


def _check_rule(node: Mapping[str, Any]) -> None:
    name = str(node["rule"])
    _check(name, node, _RULE)
    for part, known in _PARTS.items():
        _check(f"{name}.{part}", node.get(part, {}), known)
    if "conditions" in node and node["conditions"].get("when") not in _WHEN:
        raise KnowledgeError(f"{name}.conditions.when: expected one of {', '.join(_WHEN)}")


def read_rule(node: Mapping[str, Any]) -> Rule:
    """One rule from its node. Raises KnowledgeError for a key that rules do not have."""
    _check_rule(node)
    action = Action(node["action"])
    can_override = action in (Action.OVERRIDE, Action.DEFER)
    return Rule(
        id=str(node["rule"]),
        group=str(node.get("group", node["rule"])),
        kind=str(node["kind"]),
        action=action,
        summary=str(node["summary"]),
        advice=_words(node, "advice"),
        sources=sources_of(node["sources"]),
        evidence=node["evidence"],
        overridable=bool(node.get("overridable", can_override)),
        drugs=_words(node, "drugs"),
        routes=_words(node, "routes"),
        areas=_words(node, "areas"),
        protocols=_words(node, "protocols"),
        locales=_words(node, "locales"),
        programmes=_words(node, "programmes"),
        not_programmes=_words(node, "not_programmes"),
        always=bool(node.get("always", False)),
        not_understood=_words(node, "not_understood"),
        conditions=_conditions(node["conditions"]) if "conditions" in node else None,
        medicines=_medicines(node["medicines"]) if "medicines" in node else None,
        allergies=read_names(node["allergies"]) if "allergies" in node else None,
        measured=_measured(node["measured"]) if "measured" in node else None,
        age=_thresholds(node.get("age", ())),
        family=_conditions(node["family"]) if "family" in node else None,
        procedures=_procedures(node["procedures"]) if "procedures" in node else None,
        misspelt=str(node.get("misspelt", "")),
        deceased=bool(node.get("deceased", False)),
        only_age=_thresholds(node.get("only_age", ())),
        only_with=_conditions(node["only_with"]) if "only_with" in node else None,
        unless_with=_conditions(node["unless_with"]) if "unless_with" in node else None,
        without_medicines=_words(node, "without_medicines"),
        answers=_choices(node.get("answers", {})),
        unless=_choices(node.get("unless", {})),
        older=_older(node["older"]) if "older" in node else None,
    )


def _choices(node: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    return {str(question): tuple(map(str, given)) for question, given in node.items()}


def _older(node: Mapping[str, Any]) -> tuple[Threshold, tuple[str, ...]]:
    return read_threshold(node["age"]), _words(node, "advice")


def _conditions(node: Mapping[str, Any]) -> ConditionMatch:
    return ConditionMatch(
        icd10cm=_words(node, "icd10cm"),
        icd10cm_except=_words(node, "icd10cm_except"),
        names=read_names(node),
        when=str(node["when"]),
        within=read_threshold(node["within"]) if "within" in node else None,
        undated_counts=bool(node.get("undated_counts", False)),
        recorded_counts=bool(node.get("recorded_counts", False)),
        unless_says=read_names(node.get("unless_says", {})),
    )


def _procedures(node: Mapping[str, Any]) -> ProcedureMatch:
    return ProcedureMatch(
        names=read_names(node),
        unless_says=read_names(node.get("unless_says", {})),
        ever=bool(node.get("ever", False)),
        within=read_threshold(node["within"]) if "within" in node else None,
    )


def _medicines(node: Mapping[str, Any]) -> MedicineMatch:
    dose = node.get("diazepam_mg_a_day")
    return MedicineMatch(
        classes=_words(node, "classes"),
        ingredients=_words(node, "ingredients"),
        together_with=_words(node, "together_with"),
        diazepam_mg_a_day=read_threshold(dose) if dose else None,
        mme_a_day=read_threshold(node["mme_a_day"]) if "mme_a_day" in node else None,
        says=read_names(node.get("says", {})),
    )


def _measured(node: Mapping[str, Any]) -> MeasuredMatch:
    return MeasuredMatch(
        thresholds=tuple((name, read_threshold(t)) for name, t in node["signals"].items()),
        pre_dose=bool(node.get("pre_dose", False)),
        within=read_threshold(node["within"]) if "within" in node else None,
        days_running=int(node.get("days_running", 1)),
    )


def _question(node: Mapping[str, Any]) -> Question:
    _check(str(node["question"]), node, _QUESTION)
    return Question(
        id=str(node["question"]),
        text=str(node["text"]),
        ask=str(node["ask"]),
        choices=_words(node, "choices"),
        sexes=_words(node, "sexes"),
        age=_thresholds(node.get("age", ())),
        drugs=_words(node, "drugs"),
        routes=_words(node, "routes"),
        areas=_words(node, "areas"),
        protocols=_words(node, "protocols"),
        programmes=_words(node, "programmes"),
        asked_for=_words(node, "asked_for"),
        undated_for=str(node.get("undated_for", "")),
        known_from=dict(node.get("known_from", {})),
        good_for=read_threshold(node["good_for"]) if "good_for" in node else None,
        lasts={str(word): read_threshold(t) for word, t in node.get("lasts", {}).items()},
        at_gate=bool(node.get("at_gate", False)),
    )


def _thresholds(nodes: Iterable[Mapping[str, Any]]) -> tuple[Threshold, ...]:
    return tuple(read_threshold(node) for node in nodes)


def _words(node: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(word) for word in node.get(key, ()))
