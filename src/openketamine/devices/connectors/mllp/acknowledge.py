"""Which answers a message gets, and their bytes. Pure: clock and numbering come from outside.

AA is only said of what lies durably in the spool. AE says that the sender must look at something:
another person, a value that cannot be read. AR says that this is no message for us.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from openketamine.devices.connector import Reading
from openketamine.devices.connectors.mllp.decode import Decoded
from openketamine.devices.connectors.mllp.header import Header
from openketamine.devices.connectors.mllp.rows import Fault
from openketamine.devices.connectors.mllp.segments import NULL
from openketamine.devices.connectors.mllp.table import Table
from openketamine.devices.connectors.mllp.times import write_time

Kept = Literal["new", "duplicate", "conflict"]
"""What the spool said: stored now, there already, or another message under the same number."""

Associations = Mapping[str, str]
"""Device id → MRN of the person it was attached to."""

_ORIGINAL = {"ok": "AA", "error": "AE", "reject": "AR"}
_WANTED = {"AL": ("ok", "error", "reject"), "SU": ("ok",), "ER": ("error", "reject")}


@dataclass(frozen=True)
class Answer:
    """One acknowledgement to send: MSA-1 and the reasons that go with it."""

    code: str
    faults: tuple[Fault, ...] = ()


def rejected(header: Header, table: Table) -> Fault | None:
    """Why this message is not for us: type, version or processing id. None where it is."""
    kind, event, structure = header.message_type
    if kind not in {known for known, _ in table.types}:
        return Fault("200", "Unsupported message type", "MSH^1^9", "message type")
    if (kind, event) not in table.types or structure not in table.structures:
        return Fault("201", "Unsupported event code", "MSH^1^9", "event or structure")
    if header.processing_id not in table.processing_ids:
        return Fault("202", "Unsupported processing id", "MSH^1^11", "processing id")
    if header.version not in table.versions:
        return Fault("203", "Unsupported version id", "MSH^1^12", "version")
    return None


def wrong_person(readings: Sequence[Reading], known: Associations | None) -> Fault | None:
    """204 where the device is attached to nobody or to somebody else; `known` None: cannot know.

    A device that names nobody speaks for the person to whom somebody attached it.
    """
    if known is None:
        return None
    for reading in readings:
        attached = known.get(reading.device_id)
        if attached is None or reading.mrn not in {None, attached}:
            says = "patient not associated with device"
            return Fault("204", "Unknown key identifier", "PID^1^3", says)
    return None


def refuse(header: Header, fault: Fault) -> tuple[Answer, ...]:
    """The answers to a message that is not for us."""
    if not header.enhanced:
        return (Answer("AR", (fault,)),)
    if _wants(header.accept_ack, "reject"):
        return (Answer("CR", (fault,)),)
    return (Answer("AR", (fault,)),) if _wants(header.application_ack, "reject") else ()


def answer(message: Decoded, kept: Kept, known: Associations | None) -> tuple[Answer, ...]:
    """The answers to a message that the spool has seen, in the order in which they are sent."""
    header = message.header
    if kept == "conflict":
        says = "another message came under this control id"
        return _error(header, Fault("205", "Duplicate key identifier", "MSH^1^10", says))
    stranger = wrong_person(message.readings, known)
    faults = (*((stranger,) if stranger else ()), *message.faults)
    outcome = "error" if faults else "ok"
    if not header.enhanced:
        return (Answer(_ORIGINAL[outcome], faults),)
    committed = (Answer("CA"),) if _wants(header.accept_ack, "ok") else ()
    applied = (
        (Answer(_ORIGINAL[outcome], faults),) if _wants(header.application_ack, outcome) else ()
    )
    return committed + applied


def write_answer(header: Header, reply: Answer, *, control_id: str, now: datetime) -> bytes:
    """One acknowledgement as an HL7 message, sender and receiver exchanged, in their own signs."""
    signs = header.signs
    f, c = signs[0], signs[1]
    msh = [
        f"MSH{f}{signs[1:]}", header.receiver or "OPENKETAMINE", header.receiving_facility,
        header.sender, header.facility, write_time(now), "", c.join(("ACK", _event(header), "ACK")),
        control_id, header.processing_id or "P", "2.6",
        *(["", "", "", "", "", header.charset] if header.charset else []),
    ]  # fmt: skip
    lines = [f.join(msh), f.join(("MSA", reply.code, header.control_id))]
    lines += [_err(fault, f, c) for fault in reply.faults]
    return ("\r".join(lines) + "\r").encode(
        "utf-8" if "UTF-8" in header.charset else "latin-1", "replace"
    )


def nobody(why: str) -> tuple[Header, Answer]:
    """The answer to bytes in which no sender can be made out."""
    header = Header("", "", "", "", "", ("", "R01", ""), NULL, "P", "", "", "", "", r"|^~\&")
    return header, Answer("AR", (Fault("100", "Segment sequence error", "MSH^1", why),))


def _error(header: Header, fault: Fault) -> tuple[Answer, ...]:
    if header.enhanced and _wants(header.accept_ack, "error"):
        return (Answer("CE", (fault,)),)
    if header.enhanced and not _wants(header.application_ack, "error"):
        return ()
    return (Answer("AE", (fault,)),)


def _wants(field: str, outcome: str) -> bool:
    return outcome in _WANTED.get(field, ())


def _event(header: Header) -> str:
    return header.message_type[1] or "R01"


def _err(fault: Fault, f: str, c: str) -> str:
    place = fault.place.replace("^", c)
    code = c.join((fault.code, fault.text, "HL70357"))
    return f.join(("ERR", "", place, code, "E", "", "", "", fault.says))
