"""Which readings a state is given: held against the words of the rule, on random streams."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from openketamine.clinic.journal._readings import ABSENT, AT_RECEIPT, NO_NUMBER, SIGNALS, Reading
from openketamine.clinic.sessions._worth import said, worth_keeping

START = datetime(2026, 7, 3, 8, 0, tzinfo=UTC)
PLACES = [(), ("spo2",), ("spo2", "heart_rate"), ("heart_rate", "systolic", "diastolic")]


@st.composite
def streams(draw):
    """Two hours with gaps; signals come and go, have no number, are doubted."""
    at, found = 0, []
    for number in range(draw(st.integers(1, 120))):
        at += draw(st.sampled_from([1, 1, 1, 20, 61, 400]))
        names = draw(st.sampled_from(PLACES))
        doubted = draw(st.sampled_from([(), (), names[:1]]))
        tenths = tuple(
            NO_NUMBER if name == "heart_rate" and number % 7 == 0 else 700 if name in names
            else ABSENT
            for name in SIGNALS
        )  # fmt: skip
        doubts = json.dumps(dict.fromkeys(doubted, "why")) if doubted else ""
        received = int(START.timestamp() * 10**6) + at * 10**6
        found.append(
            Reading(number + 1, "M", f"K|{number}", received, AT_RECEIPT, 0, tenths, doubts)
        )
    return found


def by_the_words(readings):
    """Newest ten of each signal, believed and not apart; of the last 65 minutes one a minute."""
    kept = set()
    every = {signal for one in readings for signal in one.signals}
    for signal in every:
        mine = [one for one in readings if signal in one.signals]
        kept.update(mine[-10:])
        late = [one for one in mine if one.at >= readings[-1].at - 65 * 60 * 10**6]
        kept.update({one.at // (60 * 10**6): one for one in late}.values())
    return tuple(one for one in readings if one in kept)


@given(streams(), st.one_of(st.none(), st.integers(0, 7200)))
def test_nothing_else_is_kept_and_nothing_is_left_out(found, started):
    readings = [said(one) for one in found]
    start = None if started is None else START + timedelta(seconds=started)
    if start is None:
        expected = by_the_words(readings)
    else:
        us = int(start.timestamp() * 10**6)
        before = [one for one in readings if one.at <= us]
        since = [one for one in readings if one.at > us]
        expected = (*by_the_words(before), *by_the_words(since))
    assert worth_keeping(readings, start) == expected
