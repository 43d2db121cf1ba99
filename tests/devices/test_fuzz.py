"""No bytes crash the pure functions. The million is `benchmarks/devices_fuzz.py`."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.devices.captures import FULL_MONITOR, FULL_PUMP, message
from tests.devices.mutations import handle, mutated, mutated_frames

from openketamine.devices.connectors.mllp.framing import BadFrame, Framer, wrap

BATCH = (
    b"BHS|^~\\&|BEDMON|W|O|W|20260703090000+0200||||B1\r" + FULL_MONITOR + FULL_PUMP + b"BTS|2\r"
)


def test_twenty_thousand_mutated_messages_crash_nothing():
    chance = random.Random(20260703)  # noqa: S311  (seeded on purpose)
    understood = 0
    for number in range(20_000):
        original = (FULL_PUMP, FULL_MONITOR, BATCH)[number % 3]
        understood += handle(mutated(chance, original)) is not None
    assert 1_000 < understood < 20_000  # the mutations neither spare nor ruin everything


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_crash_nothing(raw):
    handle(raw)
    list(Framer(max_frame=100).feed(raw))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_any_text_in_a_row_crashes_nothing(value, unit, code):
    handle(
        message(f"OBX|2|NM|147842^^MDC|1.5.1.1|{value}|{unit}|||||R", f"OBX|3|NM|{code}|1|{value}")
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=8), st.binary(max_size=30))
def test_a_frame_comes_through_whatever_stood_before_it(pieces, noise):
    framer = Framer()
    for piece in pieces:
        list(framer.feed(piece))
    list(framer.feed(noise + b"\x1c\r"))
    assert list(framer.feed(wrap(FULL_MONITOR)))[-1] == FULL_MONITOR


def test_damaged_frames_crash_nothing_and_the_next_whole_one_is_read():
    chance = random.Random(7)  # noqa: S311  (seeded on purpose)
    framer, faults = Framer(), 0
    for _ in range(2000):
        for found in framer.feed(mutated_frames(chance, mutated(chance, FULL_MONITOR))):
            faults += isinstance(found, BadFrame)
            if isinstance(found, bytes):
                handle(found)
    assert faults > 100
    list(framer.feed(b"\x1c\r"))
    assert list(framer.feed(wrap(FULL_PUMP)))[-1] == FULL_PUMP
