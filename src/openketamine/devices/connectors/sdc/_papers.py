"""Certificates for SDC: both sides show one, and both are signed by an authority that we trust.

IEEE 11073-20701 asks for TLS with certificates of both sides. The name of a host is not compared:
devices get other addresses each day, and who they are is in the certificate of the maker or the
hospital. So the authority must be one that signs for such devices only, never a public one.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Papers:
    """Files in PEM: our certificate, its key, and the authority that signs for the devices.
    `password`: of the key, where it has one."""

    certificate: Path
    key: Path
    authority: Path
    password: str = ""


def contexts(papers: Papers) -> Any:
    """As the library wants them. Raises OSError where a file is missing or is not what it should
    be (ssl.SSLError is one)."""
    from sdc11073.certloader import SSLContextContainer

    return SSLContextContainer(
        _context(papers, ssl.PROTOCOL_TLS_CLIENT), _context(papers, ssl.PROTOCOL_TLS_SERVER)
    )


def _context(papers: Papers, protocol: int) -> ssl.SSLContext:
    made = ssl.SSLContext(protocol)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED
    # Always with a password: for want of one, a key that has one would ask at a terminal.
    made.load_cert_chain(papers.certificate, papers.key, password=papers.password)
    made.load_verify_locations(papers.authority)
    return made
