"""SIGKILL at random moments, under load: what was acknowledged is there once, and in order.

`pytest tests/faults --kill-rounds 200` for the long proof; a few rounds every time.
"""

import time
from contextlib import suppress

import psutil
import pytest
from tests.end_to_end.house import eventually
from tests.faults.clinic import Bed, Clinic, Nurse, Screen, chance, everything_is_there

BEDS = 3


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    made = Clinic(tmp_path_factory.mktemp("faults"), BEDS).open()
    yield made
    made.close()


@pytest.mark.hazard("HZ-05")
@pytest.mark.hazard("HZ-18")
def test_whatever_is_killed_nothing_acknowledged_is_lost_or_doubled(clinic, request):
    rounds = request.config.getoption("--kill-rounds")
    seed = request.config.getoption("--kill-seed")
    dice = chance(seed)
    beds = [Bed(clinic, bed).start() for bed in clinic.beds]
    nurse = Nurse(clinic, clinic.beds[0]).start()
    screens = [Screen(clinic, bed).start() for bed in clinic.beds[:2]]
    killed = []
    try:
        for number in range(rounds):
            goes_on(beds, nurse)
            time.sleep(dice.uniform(0.0, 1.5))
            # Each of them in the first rounds, then whatever the dice say, two at once included.
            names = sorted(clinic.victims())
            chosen = (
                [names[number]]
                if number < len(names)
                else dice.sample(names, dice.choice([1, 1, 2]))
            )
            for name in chosen:
                strike(clinic, name, dice)
            killed += chosen
        goes_on(beds, nurse)
    finally:
        for one in (*beds, nurse):
            one.stop()
    everything_is_there(clinic, beds, [nurse], screens)
    for one in screens:
        one.stop()
    counts = sorted((name, killed.count(name)) for name in set(killed))
    readings = sum(len(one.acknowledged) for one in beds)
    again = sum(one.again for one in (*beds, nurse))
    cut_off = sum(one.cut_off for one in screens)
    print(
        f"\n{rounds} rounds (seed {seed}), killed {counts}: {readings} readings and"
        f" {len(nurse.acknowledged)} facts acknowledged, said again {again} times,"
        f" screens cut off {cut_off} times; lost 0, doubled 0"
    )
    assert again > 0, "nothing was cut off: nothing was proven"


def strike(clinic, name, dice):
    """It may be dead already from the blow before."""
    with suppress(OSError, KeyError, ValueError, psutil.Error):
        clinic.kill(name, dice)


def goes_on(beds, nurse):
    """Until everybody was answered again: a kill that meets a dead house proves nothing."""
    before = [len(one.acknowledged) for one in (*beds, nurse)]
    eventually(
        lambda: all(
            len(one.acknowledged) > n + 2 for one, n in zip((*beds, nurse), before, strict=True)
        ),
        90,
    )
