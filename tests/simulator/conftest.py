"""A real gateway and a border clinic for the virtual monitors to speak to."""

from tests.devices.conftest import clinic, connect, start_gateway

__all__ = ["clinic", "connect", "start_gateway"]
