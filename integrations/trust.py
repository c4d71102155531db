"""Which certificate authorities a room trusts: the system's, certifi's, and the company's own (`EXTRA_CA_FILE`)."""

from __future__ import annotations

import ssl
from pathlib import Path

from integrations.contract import Refused

_FIX = "EXTRA_CA_FILE must name a readable PEM file with one or more CA certificates"


def context(source: str, ca_file: Path | None) -> ssl.SSLContext:
    """A client's TLS context for the room `source`. Raises Refused when the extra file cannot be used."""
    import certifi

    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())
    if ca_file is not None:
        try:
            trusted.load_verify_locations(ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise Refused(source, f"cannot read the CA file {ca_file.name}", _FIX) from error
    return trusted


def bundle(source: str, ca_file: Path) -> bytes:
    """certifi's authorities and those of `ca_file` as one PEM, for clients that take only a path.

    Raises Refused when the file cannot be used.
    """
    import certifi

    context(source, ca_file)
    return Path(certifi.where()).read_bytes() + b"\n" + ca_file.read_bytes()
