"""A small clinic over ten weeks in which the clocks of six zones change: the year of the thorough
tests, small enough for every day."""

from datetime import UTC, datetime

import pytest
from tests.clinic.a_year_proof import mails_about_tasks, prove, quiet_look, tasks_in_time
from tests.clinic.running_a_year import run

pytestmark = [pytest.mark.django_db(transaction=True)]
# Lord Howe and Auckland go on in September and October, Europe and America back after them.
IN_TIME_S = 60
START = datetime(2026, 9, 20, 9, 0, tzinfo=UTC)


@pytest.mark.hazard("HZ-20")
@pytest.mark.hazard("HZ-21")
def test_each_message_once_to_the_right_person_awake_and_none_lost(cast, settings, monkeypatch):
    year = run(9, 7, START, 70, cast, settings, monkeypatch, grave=0.4)
    counted = prove(year)
    assert counted["letters"] > 40, counted
    assert counted["kills"] > 3, counted
    assert len(year.suicide) > 3
    late = tasks_in_time(year)
    assert set(late) == {0, 1, 2}
    assert max(one for step in late.values() for one in step) <= IN_TIME_S, late
    assert mails_about_tasks(year)
    quiet_look(year)
