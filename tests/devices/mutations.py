"""Damaged messages and frames, from a seed; all that a gateway does with bytes, short of disk."""

import json
from datetime import UTC, datetime

from openketamine.core.findings import BadInput
from openketamine.devices.connectors.mllp.acknowledge import (
    answer,
    refuse,
    rejected,
    write_answer,
)
from openketamine.devices.connectors.mllp.batch import answer_batch, open_batch
from openketamine.devices.connectors.mllp.decode import read_message
from openketamine.devices.connectors.mllp.framing import wrap
from openketamine.devices.connectors.mllp.table import pcd01
from openketamine.devices.health import Health

NOW = datetime(2026, 7, 3, 7, 0, 1, tzinfo=UTC)
PIECES = [b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"MSH", b"OBX|", b"PID|", b'""', b"\xff"]
PIECES += [b"\x00", b"\xc3", b"99999999999", b"-", b".", b"X", b"+1400", b"00010101000000+1400"]
PIECES += [b"BHS|^~\\&|", b"BTS|", b"FHS", b"\rMSH|^~\\&|", b"ZZZ|1|", b"A" * 3000]
FRAMES = [b"\x0b", b"\x1c", b"\x1c\r", b"\x0b\x0b", b"", b"", b"", b"", b"\r\n"]
_health = Health()


def handle(raw):
    """The header or batch that was understood, None where nothing was. Raises nothing, ever."""
    batch = open_batch(raw)
    if batch is None:
        return _one(raw)
    said = [answered for one in batch.messages for answered in [_one(one)] if answered]
    answers = [answered for each in said for answered in each]
    assert isinstance(answer_batch(batch, answers, control_id="1", now=NOW), bytes)
    return said or None


def _one(raw):
    """The answers to one message; None where it is none."""
    try:
        decoded = read_message(raw, received_at=NOW, zone=UTC)
    except BadInput as error:
        _health.rejects("", error.field, NOW)
        return None
    header = decoded.header
    fault = rejected(header, pcd01())
    replies = refuse(header, fault) if fault else answer(decoded, "new", {})
    written = [write_answer(header, reply, control_id="1", now=NOW) for reply in replies]
    assert all(b"MSA" in one for one in written)
    assert decoded.readings
    for reading in decoded.readings:
        json.dumps(reading.as_json(), allow_nan=False)
    _health.heard(decoded.readings, "mllp")
    return written or [b""]


def mutated(chance, original):
    """The message with one to six damages."""
    raw = bytearray(original)
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(raw) + 1)
        end = min(len(raw), start + chance.choice([0, 0, 1, 1, 3, 40, 400]))
        piece = chance.choice([*PIECES, bytes([chance.randrange(256)]), raw[:start][-60:]])
        raw[start:end] = piece
    return bytes(raw)


def mutated_frames(chance, raw):
    """A frame around it, which is itself damaged one time in three."""
    if chance.random() < 2 / 3:
        return wrap(raw)
    cut = chance.randrange(len(raw) + 1)
    return b"".join((chance.choice(FRAMES), raw[:cut], chance.choice(FRAMES), raw[cut:],
                     chance.choice(FRAMES)))  # fmt: skip
