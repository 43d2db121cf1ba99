"""No bytes crash the pure functions."""

import json
import random
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.devices.captures import FULL_MONITOR, FULL_PUMP, message

from openketamine.core.findings import BadInput
from openketamine.devices.connectors.mllp.acknowledge import (
    answer,
    refuse,
    rejected,
    write_answer,
)
from openketamine.devices.connectors.mllp.decode import read_message
from openketamine.devices.connectors.mllp.framing import Framer, wrap
from openketamine.devices.connectors.mllp.table import pcd01

NOW = datetime(2026, 7, 3, 7, 0, 1, tzinfo=UTC)
PIECES = [b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"MSH", b"OBX|", b"PID|", b'""', b"\xff"]
PIECES += [b"\x00", b"\xc3", b"99999999999", b"-", b".", b"X", b"+1400", b"00010101000000+1400"]


def handle(raw):
    """All that the gateway does with bytes, short of sockets and disk."""
    try:
        decoded = read_message(raw, received_at=NOW, zone=UTC)
    except BadInput:
        return None
    header = decoded.header
    fault = rejected(header, pcd01())
    replies = refuse(header, fault) if fault else answer(decoded, "new", {})
    for reply in replies:
        assert b"MSA" in write_answer(header, reply, control_id="1", now=NOW)
    assert decoded.readings
    for reading in decoded.readings:
        json.dumps(reading.as_json(), allow_nan=False)
    return decoded


def mutated(chance, original):
    raw = bytearray(original)
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(raw) + 1)
        end = min(len(raw), start + chance.choice([0, 0, 1, 1, 3, 40, 400]))
        piece = chance.choice([*PIECES, bytes([chance.randrange(256)]), raw[:start][-60:]])
        raw[start:end] = piece
    return bytes(raw)


def test_twenty_thousand_mutated_messages_crash_nothing():
    chance = random.Random(20260703)  # noqa: S311  (seeded on purpose)
    understood = 0
    for number in range(20_000):
        original = FULL_PUMP if number % 3 else FULL_MONITOR
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
