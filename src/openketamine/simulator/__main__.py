"""`python -m openketamine.simulator`: virtual monitors for the people of a demo clinic."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from openketamine.simulator.ward import Ward, WardSettings


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0 after a clean stop, 2 for wrong words."""
    words = _parser().parse_args(argv)
    token = words.token or os.environ.get("OPENKETAMINE_GATEWAY_TOKEN", "")
    host, _, port = words.mllp.rpartition(":")
    if not host or not port.isdigit():
        return _wrong(f"--mllp: expected HOST:PORT, got {words.mllp!r}")
    if not token:
        return _wrong("--token: expected the gateway token of the clinic")
    if not words.speed > 0:
        return _wrong(f"--speed: expected a number above 0, got {words.speed}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = WardSettings(words.clinic, token, host, int(port), words.speed, words.seed)
    asyncio.run(_serve(settings))
    return 0


async def _serve(settings: WardSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await Ward(settings, lambda: datetime.now(UTC)).run(stop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="openketamine.simulator", description=__doc__)
    parser.add_argument("--clinic", required=True, metavar="URL")
    parser.add_argument("--token", help="else from OPENKETAMINE_GATEWAY_TOKEN")
    parser.add_argument("--mllp", required=True, metavar="HOST:PORT")
    parser.add_argument("--speed", type=float, default=1.0, help="messages a second")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def _wrong(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
