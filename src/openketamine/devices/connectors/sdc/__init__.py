"""IEEE 11073 SDC: subscribes to the metrics of a provider. Needs the extra `sdc`.

SDC knows no acknowledgement of readings: what comes while our disk is full is lost, and said so.
"""

from openketamine.devices.connectors.sdc._papers import Papers
from openketamine.devices.connectors.sdc.decode import Metric, Update, decode
from openketamine.devices.connectors.sdc.source import SdcSettings, SdcSource

__all__ = ["Metric", "Papers", "SdcSettings", "SdcSource", "Update", "decode"]
