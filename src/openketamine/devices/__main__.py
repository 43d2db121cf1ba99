"""`python -m openketamine.devices`: one gateway between the devices of a clinic and the clinic."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openketamine.devices import GatewaySettings, serve


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
    settings = GatewaySettings(
        words.clinic, token, words.mllp_host, words.mllp_port, words.data, words.name, zone
    )
    try:
        asyncio.run(serve(settings))
    except OSError as error:
        return _wrong(f"the gateway cannot run: {error}", 1)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="openketamine.devices", description=__doc__)
    parser.add_argument("--clinic", required=True, metavar="URL")
    parser.add_argument("--token", help="else from OPENKETAMINE_GATEWAY_TOKEN")
    parser.add_argument("--mllp-host", default="127.0.0.1")
    parser.add_argument("--mllp-port", type=int, default=2575, help="0: any free port")
    parser.add_argument("--data", type=Path, required=True, help="folder of the spool")
    parser.add_argument("--name", default="gw-1", help="the name of this gateway")
    parser.add_argument("--zone", default="UTC", help="for devices that send times without zone")
    return parser


def _wrong(sentence: str, status: int) -> int:
    sys.stderr.write(sentence + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
