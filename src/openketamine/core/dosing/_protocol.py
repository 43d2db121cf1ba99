"""A treatment protocol as its file describes it; one whose bounds contradict is not loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.dosing._bounds import (
    Bound,
    Bounds,
    Note,
    Phase,
    Reduction,
    Syringe,
    amount,
    bound,
    bounds,
    intervals,
    note,
    phase,
    reduction,
    syringe,
    whole,
)
from openketamine.core.findings import BadInput, Source, sources_of
from openketamine.knowledge import KnowledgeError, Threshold, document, documents, read_threshold

FORMS = ("infusion", "injection", "by-mouth", "devices")


@dataclass(frozen=True)
class Protocol:
    """One way of giving one drug by one route for one indication.

    `start`, `step` and `ladder` are in µg/kg where `per_kg` is true, else in µg. `form` says how
    the dose is made ready: pumped, injected at once, counted out by mouth, or as nasal devices.
    """

    id: str
    title: str
    drug: str
    route: str
    area: str
    indication: str
    form: str
    per_kg: bool
    start: int
    step: int | None
    ladder: tuple[int, ...]
    start_older: tuple[Threshold, int, tuple[str, ...]] | None
    lowest: int
    reduce_percent: Decimal | None
    share_by_session: tuple[Decimal, ...]
    first_dose: Bound | None
    first_dose_per_kg: Bound | None
    reductions: tuple[Reduction, ...]
    range: tuple[Note, ...]
    over_s: int
    slow_to_s: int
    recommended: Bounds
    absolute: Bounds
    needs_weight: bool
    adjusted_from_bmi: Threshold
    ideal_from_bmi: Threshold
    weight_old_after: Threshold
    weight_sources: tuple[Source, ...]
    concentration_ug_per_ml: int
    stock_ug_per_ml: int
    syringes: tuple[Syringe, ...]
    bag_ug: int
    smallest_volume_step_ul: int
    unit_ug: int
    unit_name: str
    between_units_s: int
    smallest_rate_step_ul_per_h: int
    diluent: str
    adjust: Mapping[str, Threshold]
    exposure: Mapping[str, Threshold]
    course: tuple[Phase, ...]
    course_ends_after: Threshold | None
    new_course_after: Threshold | None
    repeat: Mapping[str, Threshold] | None
    measure_every_s: Mapping[str, int]
    measure_every_s_in_recovery: Mapping[str, int]
    continuous: tuple[str, ...]
    observe_after_end_s: int
    checklists: Mapping[str, str]

    def phase_of(self, session_number: int, week: int = 1) -> Phase:
        """The phase of a session: by its number from 1, or by the week of the course."""
        left = session_number
        for one in self.course:
            if one.until_week is not None and week <= one.until_week:
                return one
            left -= one.sessions
            if one.until_week is None and left <= 0:
                return one
        return self.course[-1]

    @property
    def smallest_draw_ul(self) -> int:
        """The finest step of any syringe."""
        return min((one.step_ul for one in self.syringes), default=0)


@cache
def protocols() -> tuple[str, ...]:
    """The ids of every protocol."""
    return tuple(found.id for found in documents("protocols"))


@cache
def protocol(name: str) -> Protocol:
    """One protocol. Raises BadInput, naming those that exist."""
    if name not in protocols():
        raise BadInput("protocol", f"one of {', '.join(protocols())}", name)
    found = read_protocol(name, document("protocols", name).title, document("protocols", name).body)
    _check(found)
    return found


def read_protocol(name: str, title: str, body: Mapping[str, Any]) -> Protocol:
    """A protocol from the body of its file and the file of its drug."""
    dose, preparation = body["dose"], body["preparation"]
    weight = document("measurements", "dosing-weight").body["weight"]
    drug = document("drugs", str(body["drug"])).body
    monitoring = body["monitoring"]
    per_kg = str(dose["start"]["unit"]).endswith("/kg")
    unit = "ug/kg" if per_kg else "ug"
    return Protocol(
        id=name,
        title=title,
        drug=str(body["drug"]),
        route=str(body["route"]),
        area=str(body["area"]),
        indication=str(body["indication"]),
        form=str(body["form"]),
        per_kg=per_kg,
        start=whole(dose["start"], unit),
        step=whole(dose["step"], unit) if "step" in dose else None,
        ladder=tuple(whole(rung, unit) for rung in dose.get("ladder", ())),
        start_older=_older(dose["start_older"], unit) if "start_older" in dose else None,
        lowest=whole(dose["lowest"], unit) if "lowest" in dose else 0,
        reduce_percent=amount(dose["reduce_by"], "%") if "reduce_by" in dose else None,
        share_by_session=tuple(amount(n, "%") for n in dose.get("share_by_session", ())),
        first_dose=bound(dose["first_dose"], "ug") if "first_dose" in dose else None,
        first_dose_per_kg=bound(dose["first_dose_per_kg"], "ug/kg")
        if "first_dose_per_kg" in dose
        else None,
        reductions=tuple(reduction(node) for node in dose.get("reduce_if", ())),
        range=tuple(note(node) for node in dose.get("range", ())),
        over_s=whole(dose["over"], "s") if "over" in dose else 0,
        slow_to_s=whole(dose["slow_to"], "s") if "slow_to" in dose else 0,
        recommended=bounds(body["recommended"]),
        absolute=bounds(body["absolute"]),
        needs_weight=body["form"] != "devices",
        adjusted_from_bmi=read_threshold(weight["adjusted_from_bmi"]),
        ideal_from_bmi=read_threshold(weight["ideal_from_bmi"]),
        weight_old_after=read_threshold(weight["old_after"]),
        weight_sources=sources_of(weight["adjusted_from_bmi"]["sources"]),
        concentration_ug_per_ml=_concentration(body, drug),
        stock_ug_per_ml=whole(drug["stock"], "ug/mL") if "stock" in drug else 0,
        syringes=tuple(syringe(node) for node in drug.get("syringes", ())),
        bag_ug=whole(preparation["bag"], "ug") if "bag" in preparation else 0,
        smallest_volume_step_ul=whole(preparation["smallest_volume_step"], "uL")
        if "smallest_volume_step" in preparation
        else 0,
        unit_ug=whole(preparation["unit"], "ug") if "unit" in preparation else 0,
        unit_name=str(preparation.get("unit_name", "")),
        between_units_s=whole(preparation["between_units"], "s")
        if "between_units" in preparation
        else 0,
        smallest_rate_step_ul_per_h=whole(preparation["smallest_rate_step"], "uL/h")
        if "smallest_rate_step" in preparation
        else 0,
        diluent=str(preparation.get("diluent", "")),
        adjust={key: read_threshold(node) for key, node in body["adjust"].items()},
        exposure={key: read_threshold(node) for key, node in body["exposure"].items()},
        course=tuple(phase(node) for node in body["course"]),
        course_ends_after=read_threshold(body["course_ends_after"])
        if "course_ends_after" in body
        else None,
        new_course_after=read_threshold(body["new_course_after"])
        if "new_course_after" in body
        else None,
        repeat=_repeat(str(body["area"])),
        measure_every_s=intervals(monitoring["every"]),
        measure_every_s_in_recovery=intervals(monitoring["every_in_recovery"]),
        continuous=tuple(monitoring["continuous"]),
        observe_after_end_s=whole(monitoring["observe_after_end"], "s"),
        checklists=dict(body["checklists"]),
    )


def _repeat(area: str) -> Mapping[str, Threshold] | None:
    """What a course for pain must have shown before it is repeated."""
    if area != "pain":
        return None
    nodes = document("dose-checks", "pain").body["repeat"]
    return {name: read_threshold(node) for name, node in nodes.items()}


def _older(node: Mapping[str, Any], unit: str) -> tuple[Threshold, int, tuple[str, ...]]:
    return (
        read_threshold(node["age"]),
        whole(node["start"], unit),
        tuple(str(locale) for locale in node.get("locales", ())),
    )


def _concentration(body: Mapping[str, Any], drug: Mapping[str, Any]) -> int:
    """Of a bag what the protocol says; an injection is not diluted; nothing else is a solution."""
    if body["form"] == "infusion":
        return whole(body["preparation"]["concentration"], "ug/mL")
    return whole(drug["stock"], "ug/mL") if body["form"] == "injection" else 0


def _check(found: Protocol) -> None:
    """Recommended lies inside absolute, and the protocol's own dose inside recommended."""
    if found.form not in FORMS:
        raise KnowledgeError(f"{found.id}: form: expected one of {', '.join(FORMS)}")
    inner, outer = found.recommended, found.absolute
    cap = inner.dose_ug_per_kg if found.per_kg else inner.total_ug
    orders: list[tuple[str, int | Decimal, int | Decimal]] = [
        ("recommended total within absolute", inner.total_ug.amount, outer.total_ug.amount)
    ]
    if cap is not None:
        orders.append(("start within recommended", found.start, cap.amount))
    if inner.dose_ug_per_kg and outer.dose_ug_per_kg:
        pair = inner.dose_ug_per_kg.amount, outer.dose_ug_per_kg.amount
        orders.append(("recommended mg/kg within absolute", *pair))
    if inner.shortest_s and outer.shortest_s:
        shortest, hard = inner.shortest_s.amount, outer.shortest_s.amount
        orders.append(("absolute shortest within recommended", hard, shortest))
        orders.append(("recommended shortest within the ordered time", shortest, found.over_s))
    for what, smaller, larger in orders:
        if not 0 < smaller <= larger:
            raise KnowledgeError(f"{found.id}: {what}: expected {smaller} to be at most {larger}")
