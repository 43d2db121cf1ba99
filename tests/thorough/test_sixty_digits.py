"""Against sixty digits: a matrix exponential in decimal arithmetic, whose rounding is nothing."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from openketamine import pharmacology as pk
from openketamine.core.pharmacology import _blocks
from openketamine.core.pharmacology._compartments import CENTRAL, SITE, compartments, inflows
from openketamine.core.pharmacology._disposition import modes
from openketamine.core.pharmacology._levels import levels
from openketamine.core.pharmacology._model import model
from openketamine.core.pharmacology._people import person

MIXED = [pk.Bolus(0, 10), pk.Segment(5, 25, 1.25), pk.Segment(31, 33, 4.0), pk.Bolus(61, 3)]
TIMES = [1 / 64, 1.0, 20.0, 32.5, 61.0, 240.0, 1440.0, 10080.0]
CASES = [
    ("domino_3c", MIXED),
    ("kamp2020_3c_arterial", MIXED),
    ("clements1981_2c", [pk.Dose(0, 35, "im"), pk.Dose(32, 10, "im")]),
    ("perezruixo2021_S_hepatoportal", [pk.Dose(0, 28, "in"), pk.Dose(5, 28, "in")]),
    ("simons2022_S_arterial", [pk.Dose(0, 50, "sl")]),
    ("flint2017_S_2c_picu", MIXED),
    ("fanta2015_otto2021_S_venous", MIXED),
]


def times(a, b):
    return [[sum((x * y for x, y in zip(r, c, strict=True)), Decimal(0))
             for c in zip(*b, strict=True)] for r in a]  # fmt: skip


def exponential(matrix, length: Decimal):
    size = len(matrix)
    halvings = max(0, int(length * max(abs(x) for row in matrix for x in row)).bit_length() + 2)
    small = [[x * length / 2**halvings for x in row] for row in matrix]
    total = [[Decimal(int(i == j)) for j in range(size)] for i in range(size)]
    term = total
    for number in range(1, 42):
        term = [[x / number for x in row] for row in times(term, small)]
        total = [
            [x + y for x, y in zip(*rows, strict=True)] for rows in zip(total, term, strict=True)
        ]
    for _ in range(halvings):
        total = times(total, total)
    return total


def exact(flow, entering, moment: float) -> list[Decimal]:
    """Amounts at one time; the 1 at the end of the state carries what flows in steadily."""
    size = len(flow)
    ends = [float(e.end[0]) for e in entering if e.end is not None]
    cuts = sorted({t for t in (*(e.start for e in entering), *ends) if t < moment} | {moment})
    state = [Decimal(0)] * size + [Decimal(1)]
    for here, after in zip(cuts, [*cuts[1:], moment], strict=True):
        block = [[Decimal(float(x)) for x in row] + [Decimal(0)] for row in flow]
        block.append([Decimal(0)] * (size + 1))
        for entry in entering:
            if entry.mass is not None and entry.start == here:
                state[entry.place] += Decimal(float(entry.mass[0]))
            elif entry.rate is not None and entry.start <= here < float(entry.end[0]):
                block[entry.place][size] += Decimal(float(entry.rate[0]))
        moved = times(exponential(block, Decimal(after) - Decimal(here)), [[x] for x in state])
        state = [row[0] for row in moved]
    return state


@pytest.mark.parametrize(("name", "regimen"), CASES, ids=[name for name, _ in CASES])
def test_every_structure_is_right_to_ten_digits(name, regimen) -> None:
    used = model(name)
    values = person(used, 70)
    routes = tuple({entry.route if isinstance(entry, pk.Dose) else "iv" for entry in regimen})
    system = compartments(used, values, routes)
    entering = inflows(used, values, regimen, system.places)
    found = levels(used, values, regimen, np.array(TIMES))
    with localcontext() as context:
        context.prec = 60
        for place, moment in enumerate(TIMES):
            right = exact(system.flow[0], entering, moment)
            plasma = right[system.places[CENTRAL]] / Decimal(float(values["V1"][0])) * 1000
            assert found.plasma[0, place] == pytest.approx(float(plasma), rel=1e-10)
            if found.effect_site is not None:
                site = right[system.places[SITE]] * 1000
                assert found.effect_site[0, place] == pytest.approx(float(site), rel=1e-10)
            for product, rows in found.metabolites:
                volume = Decimal(float(values[used_volume(used, product)][0]))
                level = right[system.places[product]] / volume * 1000
                assert rows[0, place] == pytest.approx(float(level), rel=1e-10)


def used_volume(used, product: str) -> str:
    return next(one.volumes[0] for one in used.metabolites if one.name == product)


def compiled(people, plan, out) -> None:
    assert pk.engine() == "compiled", "install the extra `fast`"
    pk.simulate(people, plan, out=out)


def people_with(kind: str) -> pk.Cohort:
    """The typical person, one whose ke0 is a rate of elimination, one with two equal tissues."""
    usual = pk.cohort("domino_3c", 70, 1, None)
    values = dict(usual.values)
    if kind == "ke0 is an eigenvalue":
        values["ke0"] = modes(usual.disposition).rates[0, 1:2].copy()
    if kind == "k21 is k31":
        values["Q3"] = values["Q2"] * values["V3"] / values["V2"]
    return pk.Cohort(usual.model, values)


@pytest.mark.parametrize("kind", ["usual", "ke0 is an eigenvalue", "k21 is k31"])
@pytest.mark.parametrize("fill", [_blocks.fill, compiled], ids=["numpy", "compiled"])
def test_the_quick_ways_are_right_to_eleven_digits(fill, kind) -> None:
    people, regimen = people_with(kind), [pk.Bolus(0, 10), pk.Segment(5, 25, 1.25)]
    plan = pk.schedule(regimen, step_min=1 / 64, points=15361)
    out = np.empty((1, 2, plan.points))
    fill(people, plan, out)
    system = compartments(people.model, people.values, ("iv",))
    entering = inflows(people.model, people.values, regimen, system.places)
    with localcontext() as context:
        context.prec = 60
        for point in (1, 7, 33, 321, 1600, 1663, 15360):
            right = exact(system.flow[0], entering, point / 64)
            plasma = right[system.places[CENTRAL]] / Decimal(float(people.values["V1"][0])) * 1000
            assert out[0, 0, point] == pytest.approx(float(plasma), rel=1e-11)
            site = right[system.places[SITE]] * 1000
            assert out[0, 1, point] == pytest.approx(float(site), rel=1e-11)
