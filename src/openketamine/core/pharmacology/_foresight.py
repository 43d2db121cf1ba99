"""The answer to a request: curves, band and warnings, as JSON, as a table and as a picture."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._band import Band, band
from openketamine.core.pharmacology._chart import forecast_notes, forecast_svg
from openketamine.core.pharmacology._forecast import Curve, forecast
from openketamine.core.pharmacology._interactions import Interaction, changed, changed_band
from openketamine.core.pharmacology._model import Model, default_models
from openketamine.core.pharmacology._people import NOBODY, Traits
from openketamine.core.pharmacology._regimen import Regimen
from openketamine.core.pharmacology._regimen_words import given_in_words
from openketamine.core.pharmacology._warnings import ONE_LINE, UNUSED, warnings


@dataclass(frozen=True)
class Foresight:
    """The answer: curves, band (None where no people were asked for) and warnings.

    `given` is dose and weight in words. `interaction` is what the other medicine does by this
    route, None where none was asked about.
    """

    drug: str
    route: str
    given: str
    curves: tuple[Curve, ...]
    band: Band | None
    warnings: tuple[str, ...]
    interaction: Interaction | None = None

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        return {
            "curves": [curve.as_json() for curve in self.curves],
            "band": None if self.band is None else self.band.as_json(),
            "warnings": list(self.warnings),
        } | ({} if self.interaction is None else {"interaction": self.interaction.as_json()})

    def as_columns(self) -> dict[str, tuple[float, ...]]:
        """The table by columns: times, each model's levels, the band; a data frame takes it."""
        columns = {"time_min": self.curves[0].time_min}
        columns |= {f"{c.model}_plasma_ng_per_ml": c.plasma_ng_per_ml for c in self.curves}
        for curve in self.curves:
            if curve.effect_site_ng_per_ml is not None:
                columns[f"{curve.model}_effect_site_ng_per_ml"] = curve.effect_site_ng_per_ml
            for name, level in curve.metabolites_ng_per_ml:
                columns[f"{curve.model}_{name}_ng_per_ml"] = level
        if self.band is not None:
            for name in ("p5", "p50", "p95"):
                columns[f"band_{name}_ng_per_ml"] = getattr(self.band, name)
        return columns

    def as_csv(self) -> str:
        """One row a time."""
        columns = self.as_columns()
        page = io.StringIO()
        rows = csv.writer(page, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows(zip(*columns.values(), strict=True))
        return page.getvalue()

    @property
    def notes(self) -> tuple[str, ...]:
        """What belongs to the picture in words; BadInput without a band."""
        if self.band is None:
            raise BadInput("people", "some people: a picture is never drawn without its band")
        return forecast_notes(self.curves, self.band, self.drug, self.route, self._doubts)

    @property
    def _doubts(self) -> tuple[str, ...]:
        """Warnings about the picture; it has a band, and what changed nothing is not in it."""
        return tuple(one for one in self.warnings if one != ONE_LINE and not one.endswith(UNUSED))

    def as_svg(self, *, with_notes: bool = True) -> str:
        """The picture; BadInput without a band, because one line would pass for the truth."""
        if self.band is None:
            raise BadInput("people", "some people: a picture is never drawn without its band")
        return forecast_svg(
            self.curves, self.band, now_min=None, drug=self.drug, route=self.route,
            given=self.given, doubts=self._doubts, with_notes=with_notes,
        )  # fmt: skip


def foreseen(
    drug: str,
    route: str,
    regimen: Regimen,
    weight_kg: float | None,
    chosen: Sequence[Model],
    time_min: Sequence[float],
    *,
    people: int = 1000,
    seed: int = 1,
    traits: Traits = NOBODY,
    simulator: bool = False,
    measured: bool = False,
    other: Interaction | None = None,
) -> Foresight:
    """Curves, band and every doubt for a regimen; no band for no people. Raises BadInput.

    The weight may be None where no chosen model uses it.
    """
    used = tuple(chosen)
    who = _weight(weight_kg, used)
    curves = forecast(regimen, who, used, time_min, traits=traits, simulator=simulator)
    spread = None
    if people:
        spread = band(
            regimen, who, _for_band(drug, route, used), time_min, people, seed,
            traits=traits, simulator=simulator, measured=measured,
        )  # fmt: skip
    if other is not None:
        curves = tuple(changed(curve, other) for curve in curves)
        spread = None if spread is None else changed_band(spread, other)
    said = warnings(drug, regimen, traits, used, curves, spread)
    said += () if other is None else (other.says,)
    given = given_in_words(regimen, weight_kg)
    return Foresight(drug, route, given, curves, spread, said, other)


def _weight(weight_kg: float | None, used: tuple[Model, ...]) -> float:
    if weight_kg is not None:
        return weight_kg
    if any(entry.uses_weight for entry in used):
        raise BadInput("weight", "the body weight in kg: these models depend on it")
    return used[0].reference_weight_kg


def _for_band(drug: str, route: str, chosen: tuple[Model, ...]) -> tuple[Model, ...]:
    """One chosen model is joined by a default one, so that the band holds their disagreement."""
    if len(chosen) > 1:
        return chosen
    others = [m for m in default_models(drug, route) if m not in chosen]
    return (*chosen, *others[:1])
