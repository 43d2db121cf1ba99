"""What a new connector starts from; it works, on a trivial line format."""

from openketamine.devices.connectors._template.decode import decode

__all__ = ["decode"]
