"""Devices: bytes from monitors and pumps to readings that the clinic has for certain."""

from openketamine.devices.connector import Decode, Reading, Unmapped
from openketamine.devices.gateway import GatewaySettings, serve

__all__ = ["Decode", "GatewaySettings", "Reading", "Unmapped", "serve"]
