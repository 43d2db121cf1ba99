"""What a rule and a question are: plain shapes, filled from the knowledge files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openketamine.core.findings import Action, Because, Evidence, Finding, Source
from openketamine.core.screening._names import NO_NAMES, Names
from openketamine.knowledge import Threshold


@dataclass(frozen=True)
class Plan:
    """What a rule may be narrowed to: a protocol, and whose label text counts.

    Without a locale the rules of every region count, so that the strictest speaks. `programmes`:
    what this clinic has switched on for itself, such as a paediatric programme.
    """

    id: str
    drug: str
    route: str
    area: str
    locale: str | None = None
    programmes: frozenset[str] = frozenset()

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
    question with `undated_for` asks for it; or, where `undated_counts`, it counts as within; or,
    where `recorded_counts`, it does when it was written down within. `unless_says`: words beside
    the diagnosis that set it aside.
    """

    icd10cm: tuple[str, ...]
    icd10cm_except: tuple[str, ...]
    names: Names
    when: str
    within: Threshold | None
    undated_counts: bool = False
    recorded_counts: bool = False
    unless_says: Names = NO_NAMES
    number: int = 0


@dataclass(frozen=True)
class MedicineMatch:
    """Current medicines by class or name.

    `together_with` needs a second class at the same time; `diazepam_mg_a_day` and `mme_a_day` need
    the known daily dose, as diazepam or as morphine, to be over a threshold. `says`: only where its
    name says one of these, such as a form.
    """

    classes: tuple[str, ...]
    ingredients: tuple[str, ...]
    together_with: tuple[str, ...]
    diazepam_mg_a_day: Threshold | None
    mme_a_day: Threshold | None = None
    says: Names = NO_NAMES


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
    """Something done to the person: on the very day, `within` so many days, or `ever`.

    `unless_says`: words that make it another thing, such as a look at what is named.
    """

    names: Names
    unless_says: Names = NO_NAMES
    ever: bool = False
    within: Threshold | None = None


@dataclass(frozen=True)
class Rule:
    """One rule, or one grade of it: of all that fit in a `group`, only the strictest is raised.

    `protocols` and `locales` narrow it to some protocols, or to one region's text ("us", "eu").
    `programmes`: only in a clinic that has one of these; `not_programmes`: in no such clinic.
    `not_understood`: kinds of resource; one that could not be read raises the rule.
    `unless`: answers that set the rule aside. `older`: advice that is added from an age on.
    `only_age`, `only_with` and `unless_with` narrow the rule to some people: of that age, with that
    diagnosis, without it; `without_medicines`: not where one of these classes is taken. `family`:
    an illness of a close relative. `misspelt`: a medicine or a diagnosis that nobody knows but
    which reads like one of ours. `deceased`: the record says that the person has died.
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
    programmes: tuple[str, ...]
    not_programmes: tuple[str, ...]
    always: bool
    not_understood: tuple[str, ...]
    conditions: ConditionMatch | None
    medicines: MedicineMatch | None
    allergies: Names | None
    measured: MeasuredMatch | None
    age: tuple[Threshold, ...]
    family: ConditionMatch | None
    procedures: ProcedureMatch | None
    misspelt: str
    deceased: bool
    only_age: tuple[Threshold, ...]
    only_with: ConditionMatch | None
    unless_with: ConditionMatch | None
    without_medicines: tuple[str, ...]
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
        return (
            plan.within(self.drugs, self.routes, self.areas, self.protocols)
            and (not self.locales or plan.locale is None or plan.locale in self.locales)
            and (not self.programmes or not plan.programmes.isdisjoint(self.programmes))
            and plan.programmes.isdisjoint(self.not_programmes)
        )


@dataclass(frozen=True)
class Question:
    """Something to ask. `known_from` names what in the record answers it already.

    `asked_for`: only where one of these rules was raised; `undated_for`: only where a diagnosis of
    this rule has no date that would decide it. `at_gate`: a matter of the day, which the checklist
    before the dose asks too, so that an order need not wait for it. `good_for`: how old an answer
    may be; `lasts`: answers that hold for longer.
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
    programmes: tuple[str, ...]
    asked_for: tuple[str, ...]
    undated_for: str
    known_from: Mapping[str, Any]
    good_for: Threshold | None
    lasts: Mapping[str, Threshold]
    at_gate: bool

    def fits(self, plan: "Plan") -> bool:
        """Whether it matters under this protocol and in this clinic."""
        return plan.within(self.drugs, self.routes, self.areas, self.protocols) and (
            not self.programmes or not plan.programmes.isdisjoint(self.programmes)
        )
