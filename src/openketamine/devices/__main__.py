"""`python -m openketamine.devices`: one gateway between the devices of a clinic and the clinic."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openketamine.core.findings import BadInput
from openketamine.devices import GatewaySettings, serve
from openketamine.devices.connectors.lines import LineSettings, read_dialect
from openketamine.devices.connectors.sdc import Papers, SdcSettings


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0 after a clean stop, 2 for wrong words, 1 where the port or disk fails."""
    words = _parser().parse_args(argv)
    token = words.token or os.environ.get("OPENKETAMINE_GATEWAY_TOKEN", "")
    if not token:
        return _wrong("--token: expected the gateway token of the clinic", 2)
    if not words.clinic.startswith(("http://", "https://")):
        return _wrong(f"--clinic: expected an http address, got {words.clinic!r}", 2)
    try:
        zone = ZoneInfo(words.zone)
    except (ZoneInfoNotFoundError, ValueError):
        return _wrong(f"--zone: expected a time zone such as Europe/Paris, got {words.zone!r}", 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = _settings(words, token, zone)
    except BadInput as error:
        return _wrong(f"{error}", 2)
    try:
        asyncio.run(serve(settings))
    except OSError as error:
        return _wrong(f"the gateway cannot run: {error}", 1)
    return 0


def _settings(words: argparse.Namespace, token: str, zone: ZoneInfo) -> GatewaySettings:
    """With another source and no --mllp-port, nothing listens: a process of its own for each."""
    papers = _papers(words)
    sdc = tuple(SdcSettings(provider=address, papers=papers) for address in words.sdc)
    if words.sdc_discover:
        sdc = (*sdc, SdcSettings("", words.sdc_discover, words.sdc_epr, papers))
    lines: tuple[LineSettings, ...] = ()
    if words.line:
        dialect = read_dialect(words.dialect)
        lines = (LineSettings(words.line, dialect, words.baud, words.line_device),)
    port = words.mllp_port
    if port is None and not sdc and not lines:
        port = 2575
    limit = words.spool_mb * 1024**2
    return GatewaySettings(
        words.clinic, token, words.mllp_host, port, words.data, words.name, zone, sdc, lines, limit
    )


def _papers(words: argparse.Namespace) -> Papers | None:
    """All three or none: half of them would look like encryption. Raises BadInput."""
    files = (words.sdc_certificate, words.sdc_key, words.sdc_authority)
    if not any(files):
        return None
    if not all(files):
        raise BadInput("sdc-certificate", "a certificate, its key and the authority, all three")
    bare = next((one for one in words.sdc if not one.startswith("https://")), None)
    if bare is not None:
        raise BadInput("sdc", "an https address, where certificates are given", bare)
    return Papers(*files, password=os.environ.get("OPENKETAMINE_SDC_KEY_PASSWORD", ""))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="openketamine.devices", description=__doc__)
    parser.add_argument("--clinic", required=True, metavar="URL")
    parser.add_argument("--token", help="else from OPENKETAMINE_GATEWAY_TOKEN")
    parser.add_argument("--mllp-host", default="127.0.0.1")
    parser.add_argument("--mllp-port", type=int, help="2575 where nothing else is named; 0: any")
    parser.add_argument("--sdc", action="append", default=[], metavar="URL", help="an SDC provider")
    parser.add_argument("--sdc-discover", default="", metavar="ADDRESS", help="our own, to search")
    parser.add_argument("--sdc-epr", default="", metavar="EPR", help="the provider looked for")
    parser.add_argument("--sdc-certificate", type=Path, metavar="PEM", help="ours, for TLS")
    parser.add_argument("--sdc-key", type=Path, metavar="PEM", help="of our certificate")
    parser.add_argument("--sdc-authority", type=Path, metavar="PEM", help="who signs for devices")
    parser.add_argument("--line", type=Path, metavar="PORT", help="a serial port or pipe to read")
    parser.add_argument("--dialect", default="openketamine", help="its table: a name or a file")
    parser.add_argument("--baud", type=int, default=0, help="its speed; 0: as it is")
    parser.add_argument("--line-device", default="", metavar="ID", help="where no line names it")
    parser.add_argument("--data", type=Path, required=True, help="folder of the spool")
    parser.add_argument("--spool-mb", type=_megabytes, default=4096, metavar="MB", help="its limit")
    parser.add_argument("--name", default="gw-1", help="the name of this gateway")
    parser.add_argument("--zone", default="UTC", help="for devices that send times without zone")
    return parser


def _megabytes(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError("expected whole megabytes above 0")
    return int(word)


def _wrong(sentence: str, status: int) -> int:
    sys.stderr.write(sentence + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
