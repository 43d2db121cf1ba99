"""What a forecast must say about itself: whose numbers, what was not used, what looks wrong."""

from collections.abc import Iterable, Sequence

from openketamine.core.pharmacology._band import Band
from openketamine.core.pharmacology._forecast import Curve
from openketamine.core.pharmacology._landmarks import landmarks
from openketamine.core.pharmacology._model import Covariate, Model
from openketamine.core.pharmacology._people import Traits
from openketamine.core.pharmacology._regimen import Dose, Regimen, Segment, routes

ONE_LINE = "One line is not the truth: look at more than one model, and at the band."
UNUSED = "it changed nothing."
_WORDS = {"age_years": "age", "sex": "sex", "height_cm": "height", "ancestry": "ancestry"}


def warnings(
    drug: str,
    regimen: Regimen,
    traits: Traits,
    chosen: tuple[Model, ...],
    curves: tuple[Curve, ...],
    spread: Band | None,
) -> tuple[str, ...]:
    """Every doubt that this forecast raises."""
    said = [_not_for_outpatients(entry) for entry in chosen if entry.suited_to != "outpatients"]
    said += dict.fromkeys(doubt for curve in curves for doubt in curve.provisional)
    said += dict.fromkeys(doubt for curve in curves for doubt in curve.beside)
    said += () if spread is None else spread.provisional
    if len(chosen) == 1 or spread is None:
        said.append(ONE_LINE)
    said += _unused(traits, chosen)
    said += _not_given(traits, chosen)
    if traits.age_years is not None and traits.age_years < 18:
        said.append("The models were built from adults; for a child they may be far off.")
    said += _between_points(regimen, curves[0].time_min)
    return (*said, *_part_devices(regimen, chosen), *_deep(drug, routes(regimen), curves))


def _between_points(regimen: Regimen, time_min: Sequence[float]) -> Iterable[str]:
    """The highest level stands where an infusion ends; a coarse answer steps over it."""
    seen, last = set(time_min), time_min[-1]
    ends = {
        entry.end_min if isinstance(entry, Segment) else entry.at_min
        for entry in regimen
        if not isinstance(entry, Dose)
    }
    if any(end <= last and end not in seen for end in ends):
        yield (
            "The end of an infusion lies between two points of the answer: the highest level is "
            "above what is shown. A smaller step shows it."
        )


def _unused(traits: Traits, chosen: tuple[Model, ...]) -> Iterable[str]:
    used = {covariate.of for entry in chosen for covariate in entry.covariates}
    given = [field for field in _WORDS if getattr(traits, field) is not None]
    left = [_WORDS[field] for field in given if field not in used]
    if left:
        yield f"No model here uses {' or '.join(left)}: {UNUSED}"


def _not_given(traits: Traits, chosen: tuple[Model, ...]) -> Iterable[str]:
    """What a model asks and nobody said is not known; the curve needs one answer all the same."""
    for entry in chosen:
        for trait in dict.fromkeys(one.of for one in entry.covariates):
            if getattr(traits, trait) is None:
                own = [one for one in entry.covariates if one.of == trait]
                yield (
                    f"{entry.title} depends on {_WORDS[trait]}, which is not known here: "
                    f"drawn for {_where_nothing_changes(own)}."
                )


def _where_nothing_changes(covariates: Sequence[Covariate]) -> str:
    named = sorted({name.capitalize() for one in covariates for name in one.equals})
    if named:
        return f"people who are not {' or '.join(named)}"
    return f"people of up to {covariates[0].above:g}"


def _part_devices(regimen: Regimen, chosen: tuple[Model, ...]) -> Iterable[str]:
    """A spray device is whole or not at all."""
    for entry in chosen:
        for way in entry.absorption:
            each = 0.0 if way.devices is None else way.devices.mass_mg
            given = [dose.mass_mg for dose in regimen if isinstance(dose, Dose)]
            if way.route in routes(regimen) and each and any(mass % each for mass in given):
                says = f"not whole devices of {each:g} mg; what is taken up lies between."
                yield f"{entry.title}: {says}"


def _deep(drug: str, by: tuple[str, ...], curves: tuple[Curve, ...]) -> Iterable[str]:
    """A dose ten times too high shows itself here."""
    highest = max(curve.peak.ng_per_ml for curve in curves)
    for mark in landmarks(drug, by[0] if by else "iv"):
        if mark.effect == "anaesthesia" and highest >= mark.from_ng_per_ml:
            seen = f"{mark.from_ng_per_ml:,.0f} ng/mL and above was seen in {mark.effect}"
            yield f"The curves reach {highest:,.0f} ng/mL: {seen} ({mark.source.id})."


def _not_for_outpatients(entry: Model) -> str:
    if entry.suited_to == "comparison":
        return f"{entry.name}: kept for comparison. {entry.caveats[0]}"
    return f"{entry.name}: {entry.caveats[0]}"
