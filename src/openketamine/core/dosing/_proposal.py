"""A dose as a value: what is offered, what was wanted, what limited it, every step in words."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openketamine.core.dosing._bounds import Note
from openketamine.core.findings import Evidence, Finding, Refusal, Source
from openketamine.core.quantities import format_number
from openketamine.knowledge import digest


@dataclass(frozen=True)
class Limit:
    """Something that made the dose smaller, or the time longer, than was wanted."""

    by: str
    sources: tuple[Source, ...] = ()
    evidence: Evidence = "P"

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        return {
            "by": self.by,
            "sources": [source.as_json() for source in self.sources],
            "evidence": self.evidence,
        }


@dataclass(frozen=True)
class Wish:
    """What a prescriber would like instead of the protocol's own dose; None leaves it as it is.

    `dose_ug` is for protocols of a fixed dose, `dose_ug_per_kg` for those by weight.
    """

    dose_ug_per_kg: int | None = None
    over_s: int | None = None
    dose_ug: int | None = None


@dataclass(frozen=True)
class DoseProposal:
    """One dose that can be made ready as its form asks, and lies within every limit.

    `over_s` is the ordered time; `runs_s` how long the pump really runs, since its rate is rounded
    down. `draw_volume_ul` of stock is diluted to `volume_ul`. What a form does not have is 0 here,
    as the journal counts in integers, and null in JSON: an injection has no rate and no time, a
    dose by mouth no volume, a nasal dose `units` devices instead.
    """

    protocol: str
    drug: str
    route: str
    dose_ug: int
    over_s: int
    runs_s: int
    concentration_ug_per_ml: int
    volume_ul: int
    rate_ul_per_h: int
    weight_g: int
    actual_weight_g: int
    weight_basis: str
    dose_ug_per_kg: int
    wanted_ug: int
    limited_by: tuple[Limit, ...]
    next_in_days: int
    session_number: int
    steps: tuple[str, ...]
    stock_concentration_ug_per_ml: int
    draw_volume_ul: int
    diluent: str
    form: str = "infusion"
    units: int = 0
    unit_ug: int = 0
    unit_name: str = ""
    range: tuple[Note, ...] = ()
    findings: tuple[Finding, ...] = ()
    knowledge: str = ""

    def as_json(self) -> dict[str, Any]:
        """The `proposal` object of the command-line contract."""
        return {
            "drug": self.drug,
            "route": self.route,
            "dose_mg": _number(self.dose_ug, 1000),
            "dose_mg_per_kg": _or_null(self.dose_ug_per_kg, 1000),
            "weight_used_kg": _or_null(self.weight_g, 1000),
            "weight_basis": self.weight_basis or None,
            "actual_weight_kg": _or_null(self.actual_weight_g, 1000),
            "over_min": _or_null(self.over_s, 60),
            "concentration_mg_per_ml": _or_null(self.concentration_ug_per_ml, 1000),
            "volume_ml": _or_null(self.volume_ul, 1000),
            "rate_ml_per_h": _or_null(self.rate_ul_per_h, 1000),
            "wanted_mg": _number(self.wanted_ug, 1000),
            "limited_by": [limit.as_json() for limit in self.limited_by],
            "next_in_days": self.next_in_days,
            "session_number": self.session_number,
            "stock_mg_per_ml": _or_null(self.stock_concentration_ug_per_ml, 1000),
            "draw_ml": _or_null(self.draw_volume_ul, 1000),
            "diluent": self.diluent or None,
            "form": self.form,
            "units": self.units or None,
            "unit_mg": _or_null(self.unit_ug, 1000),
            "unit_name": self.unit_name or None,
            "evidence_by_dose": [note.as_json() for note in self.range],
            "steps": list(self.steps),
            "pump_card": [vars(line) for line in pump_card(self)],
        }

    def plan_fields(self) -> dict[str, Any]:
        """The fields that a signed plan freezes, in the units of the journal."""
        return {
            "drug": self.drug,
            "route": self.route,
            "dose_ug": self.dose_ug,
            "over_s": self.over_s,
            "concentration_ug_per_ml": self.concentration_ug_per_ml,
            "volume_ul": self.volume_ul,
            "rate_ul_per_h": self.rate_ul_per_h,
            "weight_g": self.weight_g,
            "weight_basis": self.weight_basis,
            "proposal": self.as_json(),
            "findings": tuple(finding.as_json() for finding in self.findings),
            "knowledge": self.knowledge or digest(),
        }


@dataclass(frozen=True)
class CardLine:
    """One line of the pump card: every unit is spelt out, so that nobody reads mg for mL."""

    label: str
    value: str
    unit: str


def pump_card(offered: DoseProposal) -> tuple[CardLine, ...]:
    """The proposal as it is read aloud at the pump; a form has only the lines that it needs."""
    hourly = Decimal(offered.rate_ul_per_h) * offered.concentration_ug_per_ml / 1_000_000
    weight = Decimal(offered.weight_g) / 1000
    strength, solution = offered.stock_concentration_ug_per_ml, offered.concentration_ug_per_ml
    lines = (
        ("dose", Decimal(offered.dose_ug) / 1000, "milligrams"),
        ("weight used", weight, f"kilograms ({offered.weight_basis} weight)"),
        ("pieces", Decimal(offered.units), f"{offered.unit_name}s"),
        ("drawn up", Decimal(offered.draw_volume_ul) / 1000, "millilitres of the vial"),
        ("vial", Decimal(strength) / 1000, "milligrams in 1 millilitre"),
        ("concentration given", Decimal(solution) / 1000, "milligrams in 1 millilitre"),
        ("volume given", Decimal(offered.volume_ul) / 1000, "millilitres"),
        ("rate", Decimal(offered.rate_ul_per_h) / 1000, "millilitres an hour"),
        ("rate of drug", hourly, "milligrams an hour"),
        ("rate by weight", hourly / (weight or 1), "milligrams per kilogram an hour"),
        ("time", Decimal(offered.runs_s or offered.over_s) / 60, "minutes"),
    )
    head = (CardLine("drug", offered.drug, ""), CardLine("route", offered.route, ""))
    return (*head, *(CardLine(name, format_number(n, 3), unit) for name, n, unit in lines if n))


def as_json(answer: DoseProposal | Refusal) -> dict[str, Any]:
    """The whole answer in the form of the command-line contract."""
    offered = isinstance(answer, DoseProposal)
    return {
        "proposal": answer.as_json() if isinstance(answer, DoseProposal) else None,
        "refusal": None if offered else {"summary": _summary(answer), **_findings(answer)},
        **_findings(answer),
        "knowledge": (answer.knowledge if isinstance(answer, DoseProposal) else "") or digest(),
    }


def _summary(answer: DoseProposal | Refusal) -> str:
    return answer.summary if isinstance(answer, Refusal) else ""


def _findings(answer: DoseProposal | Refusal) -> dict[str, Any]:
    return {"findings": [finding.as_json() for finding in answer.findings]}


def _or_null(amount: int, size: int) -> float | None:
    """Nothing where this form of dose has no such number."""
    return _number(amount, size) if amount else None


def _number(amount: int, size: int) -> float:
    """A plain JSON number, at the outermost edge only."""
    return float(Decimal(amount) / size)
