"""A monitor of our own on a plain socket: frames out, answers in, nothing retried unseen."""

import socket
from datetime import UTC, datetime

from openketamine.simulator.wire import END, START, Bedside, monitor_message, read_acknowledgement


class Monitor:
    """One device that speaks MLLP to the gateway of a house."""

    def __init__(self, house, device, mrn):
        self._where = ("127.0.0.1", house.mllp_port)
        self._bedside = Bedside(device, mrn, application="E2E")
        self._socket = None

    def message(self, control_id, at=None, **values):
        """One reading as the monitor would say it."""
        digits = {name: str(value) for name, value in values.items()}
        at = at or datetime.now(UTC)
        return monitor_message(self._bedside, digits, at=at, control_id=control_id)

    def send(self, payload, timeout=10):
        """The answer to one frame, as raw text. Raises OSError where there is none."""
        if self._socket is None:
            self._socket = socket.create_connection(self._where, timeout)
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(START + payload + END)
            answer = b""
            while not answer.endswith(END):
                part = self._socket.recv(4096)
                if not part:
                    raise ConnectionError("the gateway hung up")
                answer += part
        except OSError:
            self.close()
            raise
        return answer.removesuffix(END).lstrip(START)

    def say(self, control_id, at=None, **values):
        """Say one reading; the acknowledgement's code."""
        answer = read_acknowledgement(self.send(self.message(control_id, at, **values)))
        assert answer is not None
        return answer.code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Pull the plug."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
