"""Ports to listen on."""

import socket

from openketamine.core.findings import BadInput

_TRIED = 50


def is_free(host: str, port: int) -> bool:
    """Whether nothing listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def first_free(host: str, preferred: int) -> int:
    """The preferred port, or the next one that is free."""
    for port in range(preferred, preferred + _TRIED):
        if is_free(host, port):
            return port
    raise BadInput("--port", f"a free port from {preferred} to {preferred + _TRIED}")
