"""Two machines over one PostgreSQL, any process of which may die: nobody misses or doubles a fact.

`pytest tests/faults --kill-rounds 200` for the long proof; a few rounds every time.
"""

import time

import pytest
from tests.end_to_end.house import eventually
from tests.faults.clinic import (
    Bed,
    Clinic,
    Nurse,
    Screen,
    SecondMachine,
    chance,
    everything_is_there,
)
from tests.faults.test_kills import goes_on, strike


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    first = Clinic(tmp_path_factory.mktemp("first"), 2).open()
    second = SecondMachine(first, tmp_path_factory.mktemp("second"))
    try:
        yield first, second.open()
    finally:
        second.close()
        first.close()


@pytest.mark.hazard("HZ-18")
def test_what_one_machine_took_the_readers_of_the_other_see_at_once(machines):
    first, second = machines
    bed = first.beds[0]
    nurse = Nurse(first, bed, urls=[first.url])
    screen = Screen(first, bed, [second.url])
    try:
        screen.start()
        eventually(lambda: screen.numbers, 30)
        nurse.start()
        eventually(lambda: len(nurse.acknowledged) > 5, 60)
        nurse.stop()
        eventually(lambda: screen.numbers[-1] >= first.head(bed), 30)
        assert screen.cut_off == 0, "it was told by asking again and not by the other machine"
        assert screen.numbers == list(range(1, len(screen.numbers) + 1))
    finally:
        nurse._stop.set()
        screen._stop.set()


@pytest.mark.hazard("HZ-05")
@pytest.mark.hazard("HZ-18")
def test_whatever_dies_on_either_machine_every_reader_has_every_fact_once(machines, request):
    first, second = machines
    dice = chance(request.config.getoption("--kill-seed"))
    urls, ports = [first.url, second.url], [first.mllp_port, second.mllp_port]
    # Of two beds and two screens one begins at each machine; facts go to both by turns.
    beds = [Bed(first, first.beds[0], ports=ports), Bed(first, first.beds[1], ports=ports[::-1])]
    nurses = [Nurse(first, bed, urls=list(urls)) for bed in first.beds]
    screens = [Screen(first, first.beds[0], urls), Screen(first, first.beds[0], urls[::-1])]
    everybody = (*beds, *nurses, *screens)
    try:
        for one in everybody:
            one.start()
        for _ in range(request.config.getoption("--kill-rounds")):
            goes_on(beds, nurses[0])
            time.sleep(dice.uniform(0.0, 1.0))
            machine = dice.choice([first, second])
            strike(machine, dice.choice(sorted(machine.victims())), dice)
        # Without fail once: the page that one screen reads, whichever of the two it reads by now.
        for machine in machines:
            goes_on(beds, nurses[0])
            strike(machine, "web", dice)
        goes_on(beds, nurses[0])
        for one in (*beds, *nurses):
            one.stop()
        everything_is_there(first, beds, nurses, screens, in_order=False)
        assert all(one.cut_off for one in screens), "no reader was cut off: nothing was proven"
    finally:
        for one in everybody:
            one._stop.set()
