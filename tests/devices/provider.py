"""An SDC provider for tests: `python provider.py SERIAL [MRN [announce]]`.

Prints its address, then the metrics that it reports, twice a second. Ends with its standard input.
With a folder of certificates in SDC_PAPERS (cert.pem, key.pem, ca.pem) it speaks TLS only.
"""

import json
import os
import sys
import threading
import time
import uuid
from decimal import Decimal
from pathlib import Path

import sdc11073.definitions_sdc  # noqa: F401  (registers the schema that reading an MDIB needs)
from sdc11073.certloader import mk_ssl_contexts
from sdc11073.mdib import ProviderMdib
from sdc11073.provider import SdcProvider
from sdc11073.wsdiscovery import WSDiscovery
from sdc11073.xml_types import pm_types
from sdc11073.xml_types.dpws_types import ThisDeviceType, ThisModelType

SPACES = (
    'xmlns:msg="http://standards.ieee.org/downloads/11073/11073-10207-2017/message" '
    'xmlns:pm="http://standards.ieee.org/downloads/11073/11073-10207-2017/participant" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
METRICS = {"hr": ("147842", "264864"), "spo2": ("150456", "262688"), "odd": ("999999", "262656")}


def metric(handle, code, unit):
    return (
        f'<pm:Metric xsi:type="pm:NumericMetricDescriptor" Handle="{handle}" MetricCategory="Msrmt"'
        f' MetricAvailability="Cont" Resolution="1"><pm:Type Code="{code}"/>'
        f'<pm:Unit Code="{unit}"/></pm:Metric>'
    )


def state(kind, handle):
    return (
        f'<pm:State xsi:type="pm:{kind}" DescriptorHandle="{handle}" StateVersion="0" '
        'ActivationState="On"/>'
    )


def mdib():
    """A monitor with one module, three metrics and a patient context."""
    metrics = "".join(metric(handle, *codes) for handle, codes in METRICS.items())
    states = "".join(
        [state("MdsState", "mds"), state("SystemContextState", "sc"), state("VmdState", "vmd"),
         state("ChannelState", "ch"), *(state("NumericMetricState", h) for h in METRICS)]
    )  # fmt: skip
    version = f'MdibVersion="0" SequenceId="{uuid.uuid4().urn}"'
    return (
        f"<msg:GetMdibResponse {SPACES} {version}><msg:Mdib {version}>"
        '<pm:MdDescription><pm:Mds Handle="mds"><pm:Type Code="69965"/>'
        '<pm:SystemContext Handle="sc"><pm:PatientContext Handle="pat"/></pm:SystemContext>'
        '<pm:Vmd Handle="vmd"><pm:Type Code="69642"/><pm:Channel Handle="ch">'
        f'<pm:Type Code="69643"/>{metrics}</pm:Channel></pm:Vmd></pm:Mds></pm:MdDescription>'
        f'<pm:MdState StateVersion="0">{states}</pm:MdState></msg:Mdib></msg:GetMdibResponse>'
    ).encode()


class Nowhere:
    """Nothing is announced: the consumer is told the address."""

    active_address = "127.0.0.1"

    def publish_service(self, *args, **kwargs):
        pass

    def clear_service(self, *args, **kwargs):
        pass

    def get_active_addresses(self):
        return [self.active_address]


def associate(device, mrn):
    with device.context_state_transaction() as change:
        patient = change.mk_context_state("pat", set_associated=True)
        patient.Identification = [pm_types.InstanceIdentifier(root="1.2.3", extension_string=mrn)]


def report(device, number):
    """The next numbers; the second of them is doubted by the device itself."""
    with device.metric_state_transaction() as change:
        for handle in METRICS:
            one = change.get_state(handle)
            if one.MetricValue is None:
                one.mk_metric_value()
            one.MetricValue.Value = Decimal(number)
            validity = pm_types.MeasurementValidity
            doubted = handle == "spo2"
            one.MetricValue.MetricQuality.Validity = (
                validity.QUESTIONABLE if doubted else validity.VALID
            )
            one.MetricValue.DeterminationTime = time.time()


def papers():
    folder = os.environ.get("SDC_PAPERS")
    if not folder:
        return None
    names = ("key.pem", "cert.pem", "ca.pem")
    return mk_ssl_contexts(*(Path(folder) / name for name in names))


def main():
    device = ProviderMdib.from_string(mdib())
    announced = sys.argv[3:] == ["announce"]
    discovery = WSDiscovery("127.0.0.1") if announced else Nowhere()
    name = uuid.uuid4()
    if announced:
        discovery.start()
    provider = SdcProvider(
        discovery,
        ThisModelType(manufacturer="test", model_name="test"),
        ThisDeviceType(friendly_name="test", firmware_version="1", serial_number=sys.argv[1]),
        device,
        epr=name,
        ssl_context_container=papers(),
    )
    provider.start_all(start_rtsample_loop=False)
    if len(sys.argv) > 2:
        associate(device, sys.argv[2])
    if announced:
        provider.publish()
    print(json.dumps({"address": provider.get_xaddrs()[0], "epr": name.urn}), flush=True)
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    number = 60
    while not over.wait(0.5):
        number += 1
        report(device, number)
    provider.stop_all()


if __name__ == "__main__":
    main()
