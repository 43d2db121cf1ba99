"""MLLP frames: 0x0B payload 0x1C 0x0D, out of a stream that may be cut anywhere.

Pure: bytes in, frames and faults out. The end block alone ends a frame, so that a sender who
forgets the last 0x0D is answered and not kept waiting; 0x0B and 0x1C never occur in HL7 text.
"""

from collections.abc import Iterator
from dataclasses import dataclass

START = b"\x0b"
END = b"\x1c"
MAX_FRAME = 1024 * 1024
_BETWEEN = b"\r\n\x00 "


@dataclass(frozen=True)
class BadFrame:
    """Bytes that are no message; `fatal` where the rest of the stream cannot be trusted either."""

    why: str
    fatal: bool = False


def wrap(payload: bytes) -> bytes:
    """One payload as a frame."""
    return START + payload + END + b"\r"


class Framer:
    """Collects what arrives on one connection, and gives out whole messages."""

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self._max_frame = max_frame
        self._open = False
        self._dead = False
        self._buffer = bytearray()

    @property
    def waiting(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._open

    @property
    def size(self) -> int:
        """Bytes of that message which came until now."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[bytes | BadFrame]:
        """Whole payloads and faults, in order, that these bytes complete."""
        while data and not self._dead:
            if self._open:
                found, data = self._inside(data)
            else:
                found, data = self._outside(data)
            yield from found

    def _outside(self, data: bytes) -> tuple[list[bytes | BadFrame], bytes]:
        garbage, start, rest = data.partition(START)
        self._open = bool(start)
        stray = garbage.strip(_BETWEEN)
        return ([BadFrame(f"{len(stray)} bytes before a message")] if stray else []), rest

    def _inside(self, data: bytes) -> tuple[list[bytes | BadFrame], bytes]:
        body, end, rest = data.partition(END)
        before, again, after = body.partition(START)
        if again:
            # The sender began anew in mid-message, as after a restart: what came before is lost.
            self._buffer.clear()
            return [BadFrame("a message was cut short by the next one")], after + end + rest
        self._buffer += before
        if len(self._buffer) > self._max_frame:
            self._dead = True
            return [BadFrame(f"a message over {self._max_frame} bytes", fatal=True)], b""
        return self._finish(rest) if end else ([], b"")

    def _finish(self, rest: bytes) -> tuple[list[bytes | BadFrame], bytes]:
        payload = bytes(self._buffer)
        self._buffer.clear()
        self._open = False
        return [payload if payload.strip(_BETWEEN) else BadFrame("an empty message")], rest
