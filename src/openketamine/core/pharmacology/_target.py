"""Rates that bring plasma or effect site to a level and hold it there.

Every step asks what would happen if the pump ran for this step only and then stopped: the level
is linear in the rate, so the largest rate whose peak does not pass the goal is a division (the
idea of Shafer and Gregg, 1992). Built for the simulator and for study, not to drive a pump.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._disposition import Modes, disposition_of, modes
from openketamine.core.pharmacology._model import Model, usable
from openketamine.core.pharmacology._people import NOBODY, Floats, Traits, person
from openketamine.core.pharmacology._regimen import Segment
from openketamine.core.pharmacology._solution import NG_PER_ML_IN_MG_PER_L, by_modes, grown, passed

_LOOK_AHEAD_S = 900


@dataclass(frozen=True)
class Hold:
    """Pump rates step by step, and the levels that they lead to at the end of each step."""

    model: str
    step_min: float
    rates_mg_per_min: tuple[float, ...]
    time_min: tuple[float, ...]
    plasma_ng_per_ml: tuple[float, ...]
    effect_site_ng_per_ml: tuple[float, ...] | None
    sources: tuple[str, ...]

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The same as a regimen; steps without drug are left out."""
        return tuple(
            Segment(step * self.step_min, (step + 1) * self.step_min, rate)
            for step, rate in enumerate(self.rates_mg_per_min)
            if rate > 0
        )


def hold(
    which: str | Model,
    site: Literal["plasma", "effect site"],
    goal_ng_per_ml: float | Sequence[float],
    weight_kg: float,
    *,
    step_s: int = 10,
    steps: int = 360,
    most_mg_per_h: float = 600.0,
    traits: Traits = NOBODY,
    simulator: bool = False,
) -> Hold:
    """Rates for `steps` steps that reach the goal as fast as the pump may and do not pass it.

    `goal_ng_per_ml` is one level or one a step. Raises BadInput.
    """
    used = usable(which, simulator=simulator)
    goals = _goals(goal_ng_per_ml, steps)
    most = _most(most_mg_per_h) / 60
    values = person(used, weight_kg, traits)
    _check(used, site, step_s)
    people = disposition_of(used, values)
    own = modes(people)
    ke0 = float(values["ke0"][0]) if "ke0" in values else 1.0
    pump = _Pump(own, ke0, step_s)
    chosen = pump.plasma_rates if site == "plasma" else pump.site_rates
    rates, plasma, effect = chosen(goals, most)
    step_min = step_s / 60
    return Hold(
        model=used.id,
        step_min=step_min,
        rates_mg_per_min=tuple(rates),
        time_min=tuple(step_min * (step + 1) for step in range(steps)),
        plasma_ng_per_ml=tuple(plasma),
        effect_site_ng_per_ml=tuple(effect) if used.effect_site is not None else None,
        sources=used.citations,
    )


def _goals(goal: float | Sequence[float], steps: int) -> list[float]:
    if steps < 1:
        raise BadInput("steps", "one or more", steps)
    goals = np.broadcast_to(np.asarray(goal, dtype=float), (steps,))
    if not (np.isfinite(goals) & (goals >= 0)).all():
        raise BadInput("goal_ng_per_ml", "a level that is not negative", goal)
    return list(goals.tolist())


def _most(most_mg_per_h: float) -> float:
    if not 0 < most_mg_per_h < np.inf:
        raise BadInput("most_mg_per_h", "what the pump can give, more than 0", most_mg_per_h)
    return most_mg_per_h


def _check(used: Model, site: str, step_s: int) -> None:
    if used.structure != "mammillary":
        raise BadInput("model", "a mammillary model", used.id)
    if site not in ("plasma", "effect site"):
        raise BadInput("site", "plasma or effect site", site)
    if site == "effect site" and used.effect_site is None:
        raise BadInput("site", f"plasma: {used.id} has no effect site of its own", site)
    if not 1 <= step_s <= _LOOK_AHEAD_S // 3:
        raise BadInput("step_s", f"from 1 to {_LOOK_AHEAD_S // 3} s", step_s)


class _Pump:
    """Tables of one person, a row a second, as plain numbers: only the loops below repeat."""

    def __init__(self, own: Modes, ke0: float, step_s: int) -> None:
        seconds = np.arange(_LOOK_AHEAD_S + 1) / 60
        rates = np.zeros((3,))
        weights = np.zeros((3,))
        rates[: own.rates.shape[1]] = own.rates[0]
        rates[own.rates.shape[1] :] = 1.0
        weights[: own.rates.shape[1]] = own.weights[0] * NG_PER_ML_IN_MG_PER_L
        length = step_s / 60
        site = np.reshape(ke0, (1, 1, 1))
        reach = ke0 * passed(rates[None, :, None], site, seconds)[0]
        self.stays = np.exp(-rates * length).tolist()
        self.gains = (weights * grown(rates, np.array([length]))).tolist()
        self.step = step_s
        unit = _of_one_step(own, ke0, length, seconds)
        self.unit = float(unit[step_s])
        # Row by second: 1, the three modes and the site, over what 1 mg/min for a step adds there.
        ahead = np.maximum(unit, 1e-300)
        rows = np.vstack([np.ones(len(seconds)), reach, np.exp(-ke0 * seconds)]) / ahead
        self.answers = list(zip(*rows.tolist(), strict=True))
        self.reach = (*reach[:, step_s].tolist(), float(np.exp(-ke0 * length)))

    def site_rates(
        self, goals: list[float], most: float
    ) -> tuple[list[float], list[float], list[float]]:
        """Rates, plasma and effect site; the peak that one step leads to never passes the goal."""
        table, last = self.answers, len(self.answers) - 2
        a = b = c = e = 0.0
        place = self.step + 1
        rates, plasma, effect = [], [], []
        for goal in goals:
            # The rate at which the level of one second meets the goal: before, at and after the
            # second of the peak, which moves by little from one step to the next.
            g, p, q, r, s = table[place - 1]
            before = goal * g - a * p - b * q - c * r - e * s
            g, p, q, r, s = table[place]
            here = goal * g - a * p - b * q - c * r - e * s
            g, p, q, r, s = table[place + 1]
            after = goal * g - a * p - b * q - c * r - e * s
            while after < here and place < last:
                place += 1
                g, p, q, r, s = table[place + 1]
                before, here, after = here, after, goal * g - a * p - b * q - c * r - e * s
            while before < here and place > 2:
                place -= 1
                g, p, q, r, s = table[place - 1]
                before, here, after = goal * g - a * p - b * q - c * r - e * s, before, here
            rate = _lowest(before, here, after)
            rate = 0.0 if rate < 0 else min(rate, most)
            a, b, c, e = self._after(a, b, c, e, rate)
            rates.append(rate)
            plasma.append(a + b + c)
            effect.append(e)
        return rates, plasma, effect

    def plasma_rates(
        self, goals: list[float], most: float
    ) -> tuple[list[float], list[float], list[float]]:
        """Rates, plasma and effect site; plasma is at the goal at the end of each step."""
        a = b = c = e = 0.0
        gain = sum(self.gains)
        x, y, z = self.stays
        rates, plasma, effect = [], [], []
        for goal in goals:
            rate = min(max((goal - a * x - b * y - c * z) / gain, 0.0), most)
            a, b, c, e = self._after(a, b, c, e, rate)
            rates.append(rate)
            plasma.append(a + b + c)
            effect.append(e)
        return rates, plasma, effect

    def _after(
        self, a: float, b: float, c: float, e: float, rate: float
    ) -> tuple[float, float, float, float]:
        p, q, r, s = self.reach
        x, y, z = self.stays
        u, v, w = self.gains
        e = e * s + a * p + b * q + c * r + rate * self.unit
        return a * x + rate * u, b * y + rate * v, c * z + rate * w, e


def _of_one_step(own: Modes, ke0: float, length: float, seconds: Floats) -> Floats:
    """The effect site after 1 mg/min for one step, second by second."""
    found = by_modes(own, np.array([ke0]), (Segment(0.0, length, 1.0),), seconds)
    assert found.effect_site is not None  # noqa: S101 - ke0 was given
    site: Floats = found.effect_site[0]
    return site


def _lowest(before: float, here: float, after: float) -> float:
    """The bottom of the parabola through three seconds: the peak may lie between two."""
    bend = before + after - 2 * here
    return here if bend <= 0 else here - (after - before) ** 2 / (8 * bend)
