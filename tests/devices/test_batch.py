"""Several messages in one frame: each is stored and answered by itself."""

from datetime import UTC, datetime

import pytest
from hl7apy.parser import parse_message
from tests.devices.captures import BPM, HR, MDS, message, numeric

from openketamine.devices.connectors.mllp.batch import answer_batch, open_batch
from openketamine.devices.connectors.mllp.decode import read_message
from openketamine.devices.connectors.mllp.framing import wrap

NOW = datetime(2026, 7, 3, 7, 0, 1, tzinfo=UTC)
FHS = b"FHS|^~\\&|BEDMON^F|WARD|OPENKET|WARD|20260703090000+0200||||F1\r"
BHS = b"BHS|^~\\&|BEDMON^F|WARD|OPENKET|WARD|20260703090000+0200||||B1\r"


def beat(number):
    return message(MDS, numeric(2, HR, "1.5.1.1", 60 + number, BPM), control=f"N{number}")


def ids(batch):
    read = [read_message(one, received_at=NOW, zone=UTC) for one in batch.messages]
    return [one.header.control_id for one in read]


@pytest.mark.parametrize("ends", [b"\r", b"\n", b"\r\n"])
def test_every_message_of_a_batch_comes_out_in_order(ends):
    raw = FHS + BHS + beat(1) + beat(2) + b"BTS|2\rFTS|1\r"
    batch = open_batch(raw.replace(b"\r", ends))
    assert ids(batch) == ["N1", "N2"]
    assert (batch.declared, batch.remark) == (True, "")


def test_one_message_is_no_batch_and_two_without_a_header_are():
    assert open_batch(beat(1)) is None
    assert open_batch(b"") is None
    bare = open_batch(beat(1) + beat(2))
    assert (ids(bare), bare.declared) == (["N1", "N2"], False)


def test_the_rows_of_the_second_message_never_count_for_the_first():
    first = beat(1)
    second = beat(2).replace(b"MRN7007", b"MRN8008")
    one, other = (
        read_message(raw, received_at=NOW, zone=UTC).readings[0]
        for raw in open_batch(first + second).messages
    )
    assert (one.mrn, other.mrn) == ("MRN7007", "MRN8008")


def test_a_trailer_that_counts_otherwise_is_said():
    batch = open_batch(BHS + beat(1) + beat(2) + b"BTS|3\r")
    assert batch.remark == "the trailer counts 3 messages and 2 came"
    assert ids(batch) == ["N1", "N2"]


def test_what_stands_outside_of_a_message_belongs_to_none():
    stray = b"OBX|9|NM|147842^MDC_ECG_HEART_RATE^MDC|1.5.1.1|1\r"
    batch = open_batch(BHS + beat(1) + b"BTS|1\r" + stray)
    assert stray not in b"".join(batch.messages)


def test_the_answer_is_a_batch_that_points_at_theirs():
    batch = open_batch(FHS + BHS + beat(1) + b"BTS|1\rFTS|1\r")
    ack = b"MSH|^~\\&|OPENKET||BEDMON^F||20260703070001+0000||ACK^R01^ACK|1|P|2.6\rMSA|AA|N1\r"
    said = answer_batch(batch, [ack], control_id="X-1", now=NOW).decode()
    lines = said.split("\r")
    assert [line[:3] for line in lines[:-1]] == ["FHS", "BHS", "MSH", "MSA", "BTS", "FTS"]
    fields = lines[1].split("|")
    # Counted as in the standard, where BHS-1 is the sign itself: 3 sender … 12 their control id.
    assert (fields[2], fields[4], fields[10], fields[11]) == ("OPENKET", "BEDMON^F", "X-1", "B1")
    assert lines[4] == "BTS|1"
    assert parse_message("\r".join(lines[2:4]) + "\r").validate()


def test_other_separators_are_kept_in_the_answer():
    odd = BHS.replace(b"|", b"$").replace(b"^", b"#")
    batch = open_batch(odd + beat(1) + b"BTS$1\r")
    said = answer_batch(batch, [], control_id="X", now=NOW)
    assert said.startswith(b"BHS$#~\\&$OPENKET$")


def test_a_gateway_answers_a_batch_with_a_batch(attached, connect):
    device = connect(attached.port)
    device.put(wrap(BHS + beat(1) + beat(2) + b"BTS|2\r"))
    said = device.answer().split("\r")
    assert [line for line in said if line.startswith("MSA")] == ["MSA|AA|N1", "MSA|AA|N2"]
    assert (said[0][:3], said[-2]) == ("BHS", "BTS|2")


def test_a_gateway_answers_undeclared_messages_frame_by_frame(attached, connect):
    device = connect(attached.port)
    device.put(wrap(beat(1) + beat(2)) + wrap(b"BHS|^~\\&|A\rBTS|0\r"))
    assert [device.answer().split("\r")[1] for _ in range(2)] == ["MSA|AA|N1", "MSA|AA|N2"]
    assert "MSA|AR|" in device.answer()
