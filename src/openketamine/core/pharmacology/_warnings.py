"""What a forecast must say about itself: whose numbers, what was not used, what looks wrong."""

from collections.abc import Iterable

from openketamine.core.pharmacology._band import Band
from openketamine.core.pharmacology._forecast import Curve
from openketamine.core.pharmacology._landmarks import landmarks
from openketamine.core.pharmacology._model import Model
from openketamine.core.pharmacology._people import Traits
from openketamine.core.pharmacology._regimen import Dose, Regimen, routes


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
    if len(chosen) == 1 or spread is None:
        said.append("One line is not the truth: look at more than one model, and at the band.")
    said += _unused(traits, chosen)
    if traits.age_years is not None and traits.age_years < 18:
        said.append("The models were built from adults; for a child they may be far off.")
    return (*said, *_part_devices(regimen, chosen), *_deep(drug, curves))


def _unused(traits: Traits, chosen: tuple[Model, ...]) -> Iterable[str]:
    used = {covariate.of for entry in chosen for covariate in entry.covariates}
    words = {"age_years": "age", "sex": "sex", "height_cm": "height", "ancestry": "ancestry"}
    given = [word for field, word in words.items() if getattr(traits, field) is not None]
    left = [word for field, word in words.items() if word in given and field not in used]
    if left:
        yield f"No model here uses {' or '.join(left)}: it changed nothing."


def _part_devices(regimen: Regimen, chosen: tuple[Model, ...]) -> Iterable[str]:
    """A spray device is whole or not at all."""
    for entry in chosen:
        for way in entry.absorption:
            each = 0.0 if way.devices is None else way.devices.mass_mg
            given = [dose.mass_mg for dose in regimen if isinstance(dose, Dose)]
            if way.route in routes(regimen) and each and any(mass % each for mass in given):
                says = f"not whole devices of {each:g} mg; what is taken up lies between."
                yield f"{entry.title}: {says}"


def _deep(drug: str, curves: tuple[Curve, ...]) -> Iterable[str]:
    """A dose ten times too high shows itself here."""
    highest = max(curve.peak.ng_per_ml for curve in curves)
    for mark in landmarks(drug):
        if mark.effect == "anaesthesia" and highest >= mark.from_ng_per_ml:
            seen = f"{mark.from_ng_per_ml:,.0f} ng/mL and above was seen in {mark.effect}"
            yield f"The curves reach {highest:,.0f} ng/mL: {seen} ({mark.source.id})."


def _not_for_outpatients(entry: Model) -> str:
    if entry.suited_to == "comparison":
        return f"{entry.name}: kept for comparison. {entry.caveats[0]}"
    return f"{entry.name}: {entry.caveats[0]}"
