"""HL7 v2 over MLLP: IHE PCD-01 observations from monitors and pumps, acknowledged when durable."""

from openketamine.devices.connectors.mllp.decode import decode
from openketamine.devices.connectors.mllp.listener import MllpListener

__all__ = ["MllpListener", "decode"]
