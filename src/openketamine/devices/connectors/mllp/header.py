"""The MSH of a message: who speaks, which message it is, and which answers it asks for."""

import re
from dataclasses import dataclass

from openketamine.core.findings import BadInput
from openketamine.devices.connectors.mllp.segments import Segment, split_message
from openketamine.devices.connectors.mllp.table import Table

_LONGEST_KEY = 180


@dataclass(frozen=True)
class Header:
    """MSH, field by field, as the answer needs it; texts are raw, to be echoed unchanged."""

    sender: str
    facility: str
    receiver: str
    receiving_facility: str
    sent_at: str
    message_type: tuple[str, str, str]
    control_id: str
    processing_id: str
    version: str
    accept_ack: str
    application_ack: str
    charset: str
    signs: str

    @property
    def key(self) -> str:
        """By which a repeated message is known: sender and control id."""
        return f"{self.sender}|{self.control_id}"

    @property
    def enhanced(self) -> bool:
        """Whether the sender asks for commit acknowledgements apart from the application's."""
        return bool(self.accept_ack or self.application_ack)


def open_message(payload: bytes, table: Table) -> tuple[Header, list[Segment], tuple[str, ...]]:
    """Header, all segments, and remarks. Raises BadInput where it is no HL7 message at all."""
    charset, remarks = _charset(payload, table)
    # No database text can hold a NUL, and no device means one.
    text = payload.decode(charset, errors="replace").replace("\0", "\ufffd")
    if "\ufffd" in text:
        remarks = (*remarks, f"some characters are not readable as {charset}")
    segments = split_message(text)
    return _header(segments[0]), segments, remarks


def _header(msh: Segment) -> Header:
    if not msh.field(3) or not msh.part(10):
        raise BadInput("MSH", "a sender in MSH-3 and a control id in MSH-10")
    if len(msh.field(3)) + len(msh.field(10)) > _LONGEST_KEY:
        raise BadInput("MSH-3, MSH-10", f"at most {_LONGEST_KEY} characters together")
    return Header(
        sender=msh.field(3),
        facility=msh.field(4),
        receiver=msh.field(5),
        receiving_facility=msh.field(6),
        sent_at=msh.part(7),
        message_type=(msh.part(9, 1), msh.part(9, 2), msh.part(9, 3)),
        control_id=msh.field(10),
        processing_id=msh.part(11),
        version=msh.part(12),
        accept_ack=msh.part(15),
        application_ack=msh.part(16),
        charset=msh.part(18),
        signs=msh.signs.all,
    )


def _charset(payload: bytes, table: Table) -> tuple[str, tuple[str, ...]]:
    """MSH-18 is ASCII in every charset that MLLP can carry, so it is read before decoding."""
    start = payload.lstrip(b"\xef\xbb\xbf\r\n ")
    first = re.split(rb"[\r\n]", start, maxsplit=1)[0].decode("latin-1")
    fields = first.split(first[3]) if len(first) > 3 else []
    declared = fields[17].split("~")[0].strip() if len(fields) > 17 else ""
    if declared in table.charsets:
        return table.charsets[declared], ()
    return "utf-8", (f"charset {declared[:20]!r} is not known; read as UTF-8",)
