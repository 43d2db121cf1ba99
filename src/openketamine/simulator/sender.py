"""A monitor's end of an MLLP connection: nothing is sent twice unless its answer did not come."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress

from openketamine.simulator.wire import END, START, Acknowledged, read_acknowledgement

_log = logging.getLogger("openketamine.simulator.sender")
_LONGEST_PAUSE_S = 5.0


class NobodyAnswersError(ConnectionError):
    """The message was sent as often as was asked for, and never acknowledged."""


class MllpSender:
    """Sends one message at a time and waits for its answer; without one it sends it again."""

    def __init__(self, host: str, port: int, *, timeout_s: float = 5.0) -> None:
        self.answers: Counter[str] = Counter()
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(
        self, payload: bytes, control_id: str, *, tries: int | None = None
    ) -> Acknowledged:
        """The answer to this message. `tries` None: for ever. Raises NobodyAnswersError."""
        pause, tried = 0.2, 0
        while True:
            tried += 1
            try:
                async with asyncio.timeout(self._timeout_s):
                    answer = await self._once(payload, control_id)
            except (OSError, EOFError, TimeoutError) as error:
                await self.close()
                if tries is not None and tried >= tries:
                    where = f"{self._host}:{self._port}"
                    raise NobodyAnswersError(f"nobody acknowledged at {where}") from error
                _log.info("no answer (%s); sending again in %.1f s", type(error).__name__, pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
                continue
            self.answers[answer.code] += 1
            return answer

    async def close(self) -> None:
        """Let go of the connection."""
        if self._streams is None:
            return
        _, writer = self._streams
        self._streams = None
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _once(self, payload: bytes, control_id: str) -> Acknowledged:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(START + payload + END)
        await writer.drain()
        while True:
            frame = await reader.readuntil(END)
            answer = read_acknowledgement(frame.removesuffix(END).lstrip(START))
            # A late answer to an earlier try must not be taken for this one's.
            if answer and answer.control_id == control_id:
                return answer
