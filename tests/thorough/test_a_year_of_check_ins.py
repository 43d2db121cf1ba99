"""A thousand people over a year: every message, every restart, every answer about suicide.

Twenty after each change, forty where everything is tried (`--effort whole`); `--year-people 1000`
is the whole clinic, and `--year-seed` chooses another year.
"""

from datetime import UTC, datetime
from statistics import quantiles

import pytest
from tests.clinic.a_year_proof import mails_about_tasks, prove, quiet_look, tasks_in_time
from tests.clinic.conftest import CAST, Cast, hire
from tests.clinic.running_a_year import run

START, DAYS = datetime(2026, 1, 10, 9, 0, tzinfo=UTC), 365
IN_TIME_S = 60


@pytest.mark.django_db(transaction=True)
def test_each_message_once_and_every_answer_about_suicide_told_in_time(
    settings, monkeypatch, request, capsys
):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cast = Cast({name: hire(name, role, title) for name, (role, title) in CAST.items()})
    asked, seed = (request.config.getoption(f"--year-{one}") for one in ("people", "seed"))
    people = asked or (40 if request.config.getoption("--effort") == "whole" else 20)
    year = run(people, seed, START, DAYS, cast, settings, monkeypatch, longest=10)
    counted, late, mails = prove(year), tasks_in_time(year), mails_about_tasks(year)
    with capsys.disabled():
        print(f"\n{counted}\nanswers about suicide: {len(year.suicide)}")
        for step, times in sorted(late.items()):
            print(f"step {step}: told {len(times)} times, {spread(times)} s after its time")
        print(f"first letter: {len(mails)}, {spread(mails)} s after the answer")
    assert max((one for step in late.values() for one in step), default=0) <= IN_TIME_S
    quiet_look(year)
    if people >= 1000:
        assert counted["letters"] > 3 * people
        assert counted["kills"] > 100
        assert set(late) == {0, 1, 2}


def spread(times):
    """Median, the 99th of a hundred, the longest."""
    cut = quantiles(times, n=100) if len(times) > 1 else [0] * 99
    return f"median {cut[49]:.0f}, 99 % {cut[98]:.0f}, longest {max(times, default=0):.0f}"
