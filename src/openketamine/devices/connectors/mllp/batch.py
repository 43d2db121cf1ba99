"""Batches: several messages in one frame, between FHS/BHS and BTS/FTS, or simply one after another.

Pure. Every message of a batch is read, stored and answered by itself; the answers go back as one
batch where one came (HL7 v2.6, 2.10.3), and as frames of their own where none was declared.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from openketamine.core.findings import BadInput
from openketamine.devices.connectors.mllp.segments import Segment, Separators, split_lines
from openketamine.devices.connectors.mllp.times import write_time

_LINE_ENDS = re.compile(rb"\r\n|\r|\n")
_EDGES = (b"FHS", b"BHS", b"BTS", b"FTS")


@dataclass(frozen=True)
class Batch:
    """Messages that came in one frame. `file`, `head`: FHS and BHS, None where there was none.

    `remark`: what does not fit, such as a trailer that counts otherwise; empty where all does.
    """

    messages: tuple[bytes, ...]
    file: Segment | None = None
    head: Segment | None = None
    remark: str = ""

    @property
    def declared(self) -> bool:
        """Whether the sender called it a batch, and wants one back."""
        return self.file is not None or self.head is not None


def open_batch(payload: bytes) -> Batch | None:
    """The batch in this frame; None where it is one plain message, or none at all."""
    if payload.count(b"MSH") < 2 and payload.lstrip(b"\xef\xbb\xbf\r\n ")[:3] not in _EDGES:
        return None
    lines = [line for line in _LINE_ENDS.split(payload.lstrip(b"\xef\xbb\xbf")) if line.strip()]
    messages = _messages(lines)
    edges = {line[:3]: _edge(line) for line in reversed(lines) if line[:3] in _EDGES}
    if not edges and len(messages) < 2:
        return None
    file, head, trailer = edges.get(b"FHS"), edges.get(b"BHS"), edges.get(b"BTS")
    heads = sum(line[:3] == b"BHS" for line in lines)
    # A file of several batches is counted batch by batch; only the whole of one is checked here.
    remark = _count_remark(trailer, len(messages)) if heads < 2 else ""
    return Batch(tuple(messages), file, head, remark)


def answer_batch(
    batch: Batch, answers: Sequence[bytes], *, control_id: str, now: datetime
) -> bytes:
    """The answers to a declared batch as one batch, in the same order."""
    body = b"".join(answers)
    if batch.head is not None:
        head = _answer_edge(batch.head, control_id, now, batch.remark)
        body = head + body + _trailer(batch.head, "BTS", len(answers))
    if batch.file is not None:
        count = 1 if batch.head is not None else 0
        head = _answer_edge(batch.file, control_id, now, "")
        body = head + body + _trailer(batch.file, "FTS", count)
    return body


def _messages(lines: Sequence[bytes]) -> list[bytes]:
    found: list[list[bytes]] = []
    inside = False
    for line in lines:
        if line[:3] in _EDGES:
            inside = False
        elif line[:3] == b"MSH":
            found.append([line])
            inside = True
        elif inside:
            found[-1].append(line)
    return [b"\r".join(one) + b"\r" for one in found]


def _edge(line: bytes) -> Segment | None:
    """One of the four edge segments; None where nothing can be made of it."""
    text = line.decode("utf-8", errors="replace")
    if line[:3] in (b"BTS", b"FTS"):
        return Segment(text[:3], tuple(text.split(text[3:4] or "|")), Separators())
    try:
        return split_lines([text], "FHS", "BHS")[0]
    except BadInput:
        return None


def _count_remark(trailer: Segment | None, came: int) -> str:
    said = trailer.field(1).strip() if trailer else ""
    if not said.isascii() or not said.isdigit() or len(said) > 9 or int(said) == came:
        return ""
    return f"the trailer counts {int(said)} messages and {came} came"


def _answer_edge(edge: Segment, control_id: str, now: datetime, comment: str) -> bytes:
    f = edge.signs.field
    fields = [
        edge.name + f + edge.signs.all_but_field, edge.field(5) or "OPENKETAMINE", edge.field(6),
        edge.field(3), edge.field(4), write_time(now), "", "", comment, control_id, edge.field(11),
    ]  # fmt: skip
    return (f.join(fields) + "\r").encode("utf-8", "replace")


def _trailer(edge: Segment, name: str, count: int) -> bytes:
    return f"{name}{edge.signs.field}{count}\r".encode()
