"""Devices that write lines: over a serial port, a terminal or a pipe; each dialect is a table."""

from openketamine.devices.connectors.lines.decode import decode_line
from openketamine.devices.connectors.lines.dialect import Dialect, read_dialect
from openketamine.devices.connectors.lines.source import LineSettings, LineSource

__all__ = ["Dialect", "LineSettings", "LineSource", "decode_line", "read_dialect"]
