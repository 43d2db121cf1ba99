"""Frames out of a stream that may be cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openketamine.devices.connectors.mllp.framing import BadFrame, Framer, wrap

ONE, TWO = b"MSH|one\rPID|1\r", b"MSH|two\rPID|2\r"


def fed(*pieces, **settings):
    framer = Framer(**settings)
    return [found for piece in pieces for found in framer.feed(piece)]


def test_one_message_in_single_bytes_and_two_in_one_read():
    assert fed(*(bytes([byte]) for byte in wrap(ONE))) == [ONE]
    assert fed(wrap(ONE) + wrap(TWO)) == [ONE, TWO]


@given(st.lists(st.integers(1, 40), max_size=12))
def test_where_the_stream_is_cut_makes_no_difference(cuts):
    stream, pieces = wrap(ONE) + wrap(TWO), []
    for cut in cuts:
        pieces.append(stream[:cut])
        stream = stream[cut:]
    assert fed(*pieces, stream) == [ONE, TWO]


def test_garbage_before_a_message_is_told_and_the_message_is_read():
    assert fed(b"GET / HTTP" + wrap(ONE)) == [BadFrame("10 bytes before a message"), ONE]


@pytest.mark.parametrize("between", [b"", b"\r", b"\r\n", b"\n\n"])
def test_line_ends_between_messages_are_no_garbage(between):
    assert fed(wrap(ONE) + between + wrap(TWO)) == [ONE, TWO]


def test_a_missing_last_carriage_return_keeps_nobody_waiting():
    assert fed(wrap(ONE)[:-1]) == [ONE]
    assert fed(wrap(ONE)[:-1], wrap(TWO)) == [ONE, TWO]


def test_a_message_cut_short_by_the_next_is_told():
    assert fed(wrap(ONE)[:6] + wrap(TWO)) == [
        BadFrame("a message was cut short by the next one"),
        TWO,
    ]


def test_a_message_of_the_largest_size_is_read_and_one_byte_more_is_not():
    assert fed(wrap(b"x" * 100), max_frame=100) == [b"x" * 100]
    too_long = fed(wrap(b"x" * 101) + wrap(ONE), max_frame=100)
    assert too_long == [BadFrame("a message over 100 bytes", fatal=True)]


def test_an_empty_frame_is_told():
    assert fed(wrap(b"\r\n")) == [BadFrame("an empty message")]
