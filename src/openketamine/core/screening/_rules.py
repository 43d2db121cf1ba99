"""The rule files as dataclasses. A rule names facts that raise it; any one of them is enough."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import count
from typing import Any

from openketamine.core.findings import Action, Because, Evidence, Finding, Source
from openketamine.core.screening._names import Names, read_names
from openketamine.knowledge import KnowledgeError, Threshold, documents, read_threshold


@dataclass(frozen=True)
class Plan:
    """What a rule may be narrowed to: a protocol, and whose label text counts.

    Without a locale the rules of every region count, so that the strictest speaks.
    """

    id: str
    drug: str
    route: str
    area: str
    locale: str | None = None

    def within(
        self,
        drugs: tuple[str, ...],
        routes: tuple[str, ...],
        areas: tuple[str, ...],
        protocols: tuple[str, ...],
    ) -> bool:
        """Whether it is among those named; naming none means all."""
        wanted = (
            (drugs, self.drug),
            (routes, self.route),
            (areas, self.area),
            (protocols, self.id),
        )
        return all(not allowed or given in allowed for allowed, given in wanted)


@dataclass(frozen=True)
class ConditionMatch:
    """Diagnoses by ICD-10-CM prefix or by name. `when`: ever, active or past.

    `number`: its place among all of them, from 1.
    `within`: only where it began fewer days ago than this. An unknown date is not "long ago": a
    question with `undated_for` asks for it.
    """

    icd10cm: tuple[str, ...]
    icd10cm_except: tuple[str, ...]
    names: Names
    when: str
    within: Threshold | None
    number: int = 0


@dataclass(frozen=True)
class MedicineMatch:
    """Current medicines by class or name.

    `together_with` needs a second class at the same time; `diazepam_mg_a_day` needs the known daily
    dose, as diazepam, to be over a threshold.
    """

    classes: tuple[str, ...]
    ingredients: tuple[str, ...]
    together_with: tuple[str, ...]
    diazepam_mg_a_day: Threshold | None


@dataclass(frozen=True)
class MeasuredMatch:
    """The newest value of a signal; `days_running` asks it of the last so many days measured.

    `pre_dose`: only what was measured on the very day counts.
    """

    thresholds: tuple[tuple[str, Threshold], ...]
    pre_dose: bool
    within: Threshold | None
    days_running: int


@dataclass(frozen=True)
class ProcedureMatch:
    """Something done to the person, or planned, on the very day."""

    names: Names


@dataclass(frozen=True)
class Rule:
    """One rule, or one grade of it: of all that fit in a `group`, only the strictest is raised.

    `protocols` and `locales` narrow it to some protocols, or to one region's text ("us", "eu").
    `not_understood`: kinds of resource; one that could not be read raises the rule.
    `unless`: answers that set the rule aside. `older`: advice that is added from an age on.
    `only_age`, `only_with` and `unless_with` narrow the rule to some people: of that age, with that
    diagnosis, without it. `family`: an illness of a close relative. `misspelt`: a medicine whose
    name nobody knows but which reads like one of ours.
    """

    id: str
    group: str
    kind: str
    action: Action
    summary: str
    advice: tuple[str, ...]
    sources: tuple[Source, ...]
    evidence: Evidence
    overridable: bool
    drugs: tuple[str, ...]
    routes: tuple[str, ...]
    areas: tuple[str, ...]
    protocols: tuple[str, ...]
    locales: tuple[str, ...]
    always: bool
    not_understood: tuple[str, ...]
    conditions: ConditionMatch | None
    medicines: MedicineMatch | None
    allergies: Names | None
    measured: MeasuredMatch | None
    age: tuple[Threshold, ...]
    family: ConditionMatch | None
    procedures: ProcedureMatch | None
    misspelt: bool
    only_age: tuple[Threshold, ...]
    only_with: ConditionMatch | None
    unless_with: ConditionMatch | None
    answers: Mapping[str, tuple[str, ...]]
    unless: Mapping[str, tuple[str, ...]]
    older: tuple[Threshold, tuple[str, ...]] | None

    def finding(self, because: tuple[Because, ...], years: int | None) -> Finding:
        """The finding that it raises for a person of that age."""
        advice = self.advice
        if self.older and years is not None and self.older[0].met_by(years):
            advice += self.older[1]
        return Finding(
            rule=self.id,
            kind=self.kind,
            action=self.action,
            summary=self.summary,
            advice=advice,
            because=because,
            sources=self.sources,
            evidence=self.evidence,
            overridable=self.overridable,
        )

    def fits(self, plan: "Plan") -> bool:
        """Whether the rule speaks about this protocol and region at all."""
        return plan.within(self.drugs, self.routes, self.areas, self.protocols) and (
            not self.locales or plan.locale is None or plan.locale in self.locales
        )


@dataclass(frozen=True)
class Question:
    """Something to ask. `known_from` names what in the record answers it already.

    `asked_for`: only where one of these rules was raised; `undated_for`: only where a diagnosis of
    this rule has no date that would decide it. `at_gate`: a matter of the day, which the checklist
    before the dose asks too, so that an order need not wait for it.
    """

    id: str
    text: str
    ask: str
    choices: tuple[str, ...]
    sexes: tuple[str, ...]
    age: tuple[Threshold, ...]
    drugs: tuple[str, ...]
    routes: tuple[str, ...]
    areas: tuple[str, ...]
    protocols: tuple[str, ...]
    asked_for: tuple[str, ...]
    undated_for: str
    known_from: Mapping[str, Any]
    good_for: Threshold | None
    at_gate: bool

    def fits(self, plan: "Plan") -> bool:
        """Whether it matters under this protocol."""
        return plan.within(self.drugs, self.routes, self.areas, self.protocols)


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
    "procedures": frozenset({"names", "but_not"}),
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
        sources=_sources(node["sources"]),
        evidence=node["evidence"],
        overridable=bool(node.get("overridable", can_override)),
        drugs=_words(node, "drugs"),
        routes=_words(node, "routes"),
        areas=_words(node, "areas"),
        protocols=_words(node, "protocols"),
        locales=_words(node, "locales"),
        always=bool(node.get("always", False)),
        not_understood=_words(node, "not_understood"),
        conditions=_conditions(node["conditions"]) if "conditions" in node else None,
        medicines=_medicines(node["medicines"]) if "medicines" in node else None,
        allergies=read_names(node["allergies"]) if "allergies" in node else None,
        measured=_measured(node["measured"]) if "measured" in node else None,
        age=_thresholds(node.get("age", ())),
        family=_conditions(node["family"]) if "family" in node else None,
        procedures=ProcedureMatch(read_names(node["procedures"])) if "procedures" in node else None,
        misspelt=bool(node.get("misspelt", False)),
        only_age=_thresholds(node.get("only_age", ())),
        only_with=_conditions(node["only_with"]) if "only_with" in node else None,
        unless_with=_conditions(node["unless_with"]) if "unless_with" in node else None,
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
    )


def _medicines(node: Mapping[str, Any]) -> MedicineMatch:
    dose = node.get("diazepam_mg_a_day")
    return MedicineMatch(
        classes=_words(node, "classes"),
        ingredients=_words(node, "ingredients"),
        together_with=_words(node, "together_with"),
        diazepam_mg_a_day=read_threshold(dose) if dose else None,
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
        asked_for=_words(node, "asked_for"),
        undated_for=str(node.get("undated_for", "")),
        known_from=dict(node.get("known_from", {})),
        good_for=read_threshold(node["good_for"]) if "good_for" in node else None,
        at_gate=bool(node.get("at_gate", False)),
    )


def _sources(nodes: Iterable[Mapping[str, Any]]) -> tuple[Source, ...]:
    return tuple(Source(str(node["id"]), str(node.get("where", ""))) for node in nodes)


def _thresholds(nodes: Iterable[Mapping[str, Any]]) -> tuple[Threshold, ...]:
    return tuple(read_threshold(node) for node in nodes)


def _words(node: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(word) for word in node.get(key, ()))
