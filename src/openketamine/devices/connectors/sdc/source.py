"""Follows one SDC provider: connects, subscribes, hands every report to the spool, connects again.

The library runs threads of its own; what they bring is handed to the loop at once. It is imported
when a source is started, so that a gateway without the extra `sdc` runs as ever.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from openketamine.devices.connectors.sdc._papers import Papers, contexts
from openketamine.devices.connectors.sdc.decode import Metric, Update, decode
from openketamine.devices.follower import Follower
from openketamine.devices.intake import Intake

_LOOK_S, _FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 1.0, 30.0


@dataclass(frozen=True)
class SdcSettings:
    """`provider`: its address; or `discover`: our own address on the network of the devices, and
    `epr` the endpoint that is looked for (empty: the first one that answers); `papers`: with what
    both sides prove who they are, None only for the bench: SDC asks for TLS."""

    provider: str = ""
    discover: str = ""
    epr: str = ""
    papers: Papers | None = None


class SdcSource(Follower):
    """One provider, followed until it is stopped."""

    name = "sdc"

    def __init__(
        self, settings: SdcSettings, intake: Intake, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(intake, clock)
        self._settings = settings

    def where(self) -> list[dict[str, str | int]]:
        """The provider that is followed."""
        address = urlsplit(self._settings.provider)
        host = address.hostname or self._settings.discover
        kind = "sdc" if self._settings.papers else "sdc, not encrypted"
        return [{"kind": kind, "host": host or "", "port": address.port or 0}]

    async def start(self) -> None:
        """Begin to look for the provider. Raises OSError where the extra `sdc` is missing or a
        certificate cannot be used."""
        try:
            import sdc11073  # noqa: F401
        except ImportError as error:
            raise OSError("SDC needs the extra `sdc`: pip install openketamine[sdc]") from error
        if self._settings.papers is not None:
            contexts(self._settings.papers)
        await super().start()

    async def _follow(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            try:
                await self._once()
                pause = _FIRST_PAUSE_S
            except asyncio.CancelledError:
                raise
            # The library raises whatever its parts raise; a provider that is away is no reason to
            # end, and the technician is told.
            except Exception as error:
                why = f"SDC provider cannot be reached ({type(error).__name__})"
                self._intake.rejects("", why, self._clock())
                self._log.warning("%s; trying again in %.0f s", why, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _once(self) -> None:
        loop = asyncio.get_running_loop()

        def hand_over(update: Update) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._hear, update)

        link = await asyncio.to_thread(_connect, self._settings, hand_over)
        self._log.info("following the SDC provider %s", link.device_id)
        try:
            while link.alive:  # noqa: ASYNC110  (a thread of the library changes it)
                await asyncio.sleep(_LOOK_S)
            raise ConnectionError("the provider ended the subscription")
        finally:
            await asyncio.shield(asyncio.to_thread(link.close))

    def _hear(self, update: Update) -> None:
        readings = decode(update, received_at=self._clock())
        if readings:
            self._take(readings, repr(update).encode())


class _Link:
    """A running subscription."""

    def __init__(self, consumer: Any, mdib: Any, discovery: Any) -> None:
        self._consumer = consumer
        self._mdib = mdib
        self._discovery = discovery
        self.device_id = _device_id(consumer)
        # The library keeps weak references only: this holds the function for as long as it lives.
        self.heard: Callable[[Mapping[str, Any]], None] | None = None

    @property
    def alive(self) -> bool:
        return bool(self._consumer.is_connected)

    def close(self) -> None:
        # What is half closed on the other side raises here; there is nothing left to save.
        with suppress(Exception):
            self._consumer.stop_all(unsubscribe=self.alive)
        if self._discovery is not None:
            with suppress(Exception):
                self._discovery.stop()

    def update(self, states: Mapping[str, Any]) -> Update:
        """The states of one report as plain values."""
        version = self._mdib.mdib_version
        metrics = [_metric(state) for state in states.values()]
        found = self._mdib.descriptions.objects
        mds = next((one for one in found if one.NODETYPE.localname == "MdsDescriptor"), None)
        code = str(mds.Type.Code) if mds is not None and mds.Type is not None else ""
        return Update(
            f"sdc:{self.device_id}|{self._mdib.sequence_id}|{version}",
            self.device_id,
            code,
            _person(self._mdib),
            tuple(one for one in metrics if one is not None),
        )


def _connect(settings: SdcSettings, hand_over: Callable[[Update], None]) -> _Link:
    """Connect and subscribe; runs in a thread. Raises whatever the library raises."""
    from sdc11073 import observableproperties
    from sdc11073.consumer.consumerimpl import SdcConsumer
    from sdc11073.definitions_sdc import SdcV1Definitions
    from sdc11073.mdib import ConsumerMdib

    address, discovery = settings.provider, None
    if not address:
        address, discovery = _discovered(settings)
    # Read anew each time: a certificate that was renewed is used from the next connection on.
    # Forced: the library would go on without TLS where the other side fails at it.
    papers = settings.papers
    safe = None if papers is None else contexts(papers)
    consumer = SdcConsumer(address, SdcV1Definitions, safe, force_ssl_connect=safe is not None)
    try:
        consumer.start_all()
        mdib = ConsumerMdib(consumer)
        mdib.init_mdib()
    except Exception:
        with suppress(Exception):
            consumer.stop_all(unsubscribe=False)
        raise
    link = _Link(consumer, mdib, discovery)

    def heard(states: Mapping[str, Any]) -> None:
        hand_over(link.update(states))

    link.heard = heard
    observableproperties.bind(mdib, metrics_by_handle=heard)
    return link


def _discovered(settings: SdcSettings) -> tuple[str, Any]:
    from sdc11073.definitions_sdc import SdcV1Definitions
    from sdc11073.wsdiscovery import WSDiscovery

    discovery = WSDiscovery(settings.discover)
    discovery.start()
    services = discovery.search_services(types=SdcV1Definitions.MedicalDeviceTypesFilter)
    for one in services:
        if one.x_addrs and (not settings.epr or str(one.epr) == settings.epr):
            return str(one.x_addrs[0]), discovery
    discovery.stop()
    raise ConnectionError("no such provider answered")


def _device_id(consumer: Any) -> str:
    """The serial number, which is on the device for a person to read; else its address' end."""
    serial = getattr(consumer.host_description.this_device, "SerialNumber", None)
    named = str(serial).strip() if serial else ""
    return (named or urlsplit(str(consumer.provider_address)).path.strip("/"))[:80]


def _metric(state: Any) -> Metric | None:
    descriptor, value = state.descriptor_container, state.MetricValue
    if descriptor.Type is None or not state.NODETYPE.localname.endswith("MetricState"):
        return None
    said = getattr(value, "Value", None)
    quality = getattr(value, "MetricQuality", None)
    at = getattr(value, "DeterminationTime", None)
    return Metric(
        code=str(descriptor.Type.Code),
        system=str(descriptor.Type.CodingSystem or ""),
        unit=str(descriptor.Unit.Code) if descriptor.Unit is not None else "",
        value=said if said is None or isinstance(said, Decimal) else str(said),
        validity=str(getattr(getattr(quality, "Validity", None), "value", "") or ""),
        at=None if at is None else datetime.fromtimestamp(float(at), UTC),
        on=str(getattr(state.ActivationState, "value", "On") or "On") == "On",
    )


def _person(mdib: Any) -> str | None:
    """Whom the device was told that it measures; None where it does not say, or says more."""
    named = set()
    for state in mdib.context_states.objects:
        associated = str(getattr(state.ContextAssociation, "value", "")) == "Assoc"
        if state.NODETYPE.localname == "PatientContextState" and associated:
            named |= {str(one.Extension) for one in state.Identification if one.Extension}
    return named.pop() if len(named) == 1 else None
