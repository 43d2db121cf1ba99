"""Studies of more people than fit in memory, against all their curves at once."""

import functools
import io
import operator
import sys
import tracemalloc

import numpy as np
import pytest

from openketamine import pharmacology as pk
from openketamine.core.findings import BadInput
from openketamine.pharmacology import _machines, _ranks

INFUSION = [pk.Segment(0, 40, 0.875)]


def _whole(name: str, plan: pk.Schedule, people: int, seed: int, percent) -> np.ndarray:
    """The same people, all curves at once, by the plain definition of a percentile."""
    asked = _machines._Study(
        pk.model(name), plan, 70, people, seed, _machines.NOBODY, simulator=False
    )
    return np.percentile(
        np.concatenate([asked.levels(lot) for lot in range(asked.lots)]), percent, axis=0
    )


@pytest.mark.parametrize("people", [20, 1000, 5_321])
@pytest.mark.parametrize("name", ["domino_3c", "clements1981_2c"])
def test_a_study_is_exact_though_it_keeps_no_curve(name, people) -> None:
    plan, percent = pk.schedule(INFUSION, step_min=5, points=25), (0.0, 5.0, 50.0, 97.5, 100.0)
    found = pk.study(name, plan, 70, people, 11, percent=percent, progress=False)
    sites = [found.plasma] + ([] if found.effect_site is None else [found.effect_site])
    expected = _whole(name, plan, people, 11, percent)
    np.testing.assert_allclose(np.concatenate(sites, axis=1), expected, rtol=1e-14)


@pytest.mark.parametrize("most_kept", [0, 50, 4_000_000])
def test_a_percentile_is_found_whatever_the_levels_look_like(monkeypatch, most_kept) -> None:
    """Ties, noughts, jumps, and first people who are nothing like the rest."""
    rng = np.random.default_rng(5)
    lots = [rng.lognormal(3, 0.4, (400, 6)) * 10.0 ** rng.integers(-9, 9) for _ in range(9)]
    for lot in lots:
        lot[:, 0] = 0.0
        lot[:, 1] = np.round(lot[:, 1])
        lot[::2, 2] = 7.0
        lot[:, 3] = np.where(rng.random(400) < 0.5, 1e-300, 1e9)
    percent = (0.0, 1.0, 50.0, 99.9, 100.0)
    search = _ranks.Search(_ranks.around(lots[0], percent), percent, 3600)
    for _ in range(12):
        counted = functools.reduce(operator.add, (_ranks.tally(x, search.brackets) for x in lots))
        if search.narrow(counted) <= most_kept:
            break
    kept = functools.reduce(operator.add, (_ranks.keep(x, search.brackets) for x in lots))
    expected = np.percentile(np.concatenate(lots), percent, axis=0)
    np.testing.assert_allclose(search.finished(kept), expected, rtol=1e-12)


def test_a_study_gives_the_same_numbers_however_it_is_shared_out() -> None:
    from distributed import Client, LocalCluster

    plan = pk.schedule(INFUSION, step_min=10, points=13)
    here = pk.study("domino_3c", plan, 70, 12_500, 11)
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        there = pk.study("domino_3c", plan, 70, 12_500, 11, client=client)
    np.testing.assert_array_equal(here.plasma, there.plasma)
    np.testing.assert_array_equal(here.effect_site, there.effect_site)
    other = pk.study("domino_3c", plan, 70, 12_500, 12)
    assert (other.plasma[:, 4] != here.plasma[:, 4]).all()


def test_a_study_shares_its_people_out_in_any_way(monkeypatch) -> None:
    plan = pk.schedule(INFUSION, step_min=30, points=5)
    usual = pk.study("kamp2020_3c_arterial", plan, 70, 3_500, 3)
    for lots in (1, 2, 100):
        monkeypatch.setattr(_machines, "_LOTS_A_PART", lots)
        again = pk.study("kamp2020_3c_arterial", plan, 70, 3_500, 3)
        np.testing.assert_array_equal(usual.plasma, again.plasma)


def test_a_study_of_more_people_needs_no_more_memory() -> None:
    def most(people: int) -> int:
        tracemalloc.start()
        pk.study("clements1981_2c", plan, 70, people, 1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    plan = pk.schedule(INFUSION, step_min=10, points=13)
    most(1_000)  # what is read once is read now
    few, many = most(5_000), most(50_000)
    assert many < 1.5 * few
    assert many < 50_000 * 13 * 8  # less than the curves alone would take


@pytest.mark.parametrize("terminal", [True, False])
def test_a_study_shows_how_far_it_is_on_a_terminal_only(monkeypatch, terminal) -> None:
    page = io.StringIO()
    monkeypatch.setattr(page, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(sys, "stderr", page)
    plan = pk.schedule(INFUSION, step_min=60, points=2)
    pk.study("clements1981_2c", plan, 70, 15_000, 1)
    assert ("reading 1 [" in page.getvalue()) == terminal
    assert ("2 of 2\n" in page.getvalue()) == terminal


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"people": 5}, "people"),
        ({"people": 10**12}, "people"),
        ({"seed": -1}, "seed"),
        ({"percent": (5, 101)}, "percent"),
        ({"percent": ()}, "percent"),
        ({"model": "hornik2018_2c_paed"}, "model"),
        ({"weight_kg": -70}, "weight_kg"),
    ],
)
def test_a_study_that_cannot_be_is_refused(change, field) -> None:
    plan = pk.schedule(INFUSION, step_min=60, points=2)
    usual = {"model": "domino_3c", "plan": plan, "weight_kg": 70, "people": 100, "seed": 1}
    with pytest.raises(BadInput) as refused:
        pk.study(**{**usual, **change})
    assert refused.value.field == field
